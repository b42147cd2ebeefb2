"""What follows from a study: what is scored, out of distribution, a trial or a partner of another; kinds of shift."""

import pytest

from repshift.study.cases import (
    cases,
    correlates,
    failing_pairs,
    infers,
    is_out_of_distribution,
    is_trained,
    is_trial,
    models_with,
    own_domain,
    pairing_of,
    parent_of,
    provider_of,
    scored_cases,
    shift_step_cases,
    shifted_pairs,
    trained_in_the_run,
    training_seed,
    trials_of,
    weights_of,
)
from repshift.study.figure_cases import drawn_cases, drawn_models
from repshift.study.files import is_converted, simulation_files, training_simulations
from repshift.study.preparations import preparations, variants
from repshift.study.shifts import are_partners, box_of, condition_of, is_paired, origin_of, shift_of
from repshift.study.tables import tables
from repshift.vocabulary import PARAMETERS
from studies import derive, drop, put, study_of

CONVOLUTIONS = {"layers": ["C[0-9][0-9]:0", "FC[12]:0"]}


@pytest.fixture(scope="module")
def study():
    return study_of()


@pytest.fixture(scope="module")
def sweep():
    return study_of(base="sweep")


def again(name, model, **settings):
    """Show a model once more, as another of some settings."""

    def change(configuration):
        configuration["models"][name] = configuration["models"][model] | settings
        configuration["cases"][name] = configuration["cases"][model]
        if "weights" in settings:
            configuration["training"]["models"].append(name)

    return change


def fewer(configuration):
    """Leave nine networks."""
    for name in list(configuration["cases"])[9:]:
        del configuration["cases"][name]
    configuration["figures"]["figure1"] = ["T-MockTNG-1"]


OWN = ("models", "T-MockTNG-untrained", "network")


def own_network(configuration):
    network = {"constructor": "package.module:function", "seed": 1, "trained": False, "outputs": ["Omega_m", "sigma_8"]}
    del configuration["models"]["T-MockTNG-untrained"]["untrained"]
    configuration["models"]["T-MockTNG-untrained"]["network"] = network


def test_cases_stand_in_the_order_of_the_file(study):
    assert cases(study)[:2] == [("T-MockTNG", "MockTNG"), ("T-MockTNG", "MockSIMBA")]
    assert len(cases(study)) == 10


def test_the_first_domain_is_the_model_s_own(study):
    assert own_domain(study, "Mtot-MockSIMBA") == "MockSIMBA"


@pytest.mark.parametrize(("domain", "outside"), [("MockTNG", False), ("MockSIMBA", True), ("MockSIMBA-spectrum", True)])
def test_another_suite_is_out_of_distribution(study, domain, outside):
    assert is_out_of_distribution(study, "T-MockTNG", domain) == outside


def test_another_standardisation_is_in_distribution():
    own = put("domains", "own", value={"suite": "MockTNG", "set": "LHT", "standardisation": "own"})
    study = study_of(own, put("cases", "T-MockTNG-untrained", value=["MockTNG", "own"]))
    assert not is_out_of_distribution(study, "T-MockTNG-untrained", "own")


def test_networks_of_cmd_infer_its_parameters(study):
    assert infers(study, "T-MockTNG") == tuple(PARAMETERS)
    assert scored_cases(study) == cases(study)


def test_models_are_known_by_where_their_weights_come_from(study):
    assert models_with(study, "untrained") == ["T-MockTNG-untrained"]
    assert models_with(study, "rank") == []
    with pytest.raises(AttributeError):
        models_with(study, "magic")


def test_an_untrained_network_is_not_trained(study):
    assert [is_trained(study, name) for name in study.models] == [True, True, True, False]


def test_your_own_network_without_weights_is_not_trained():
    study = study_of(own_network)
    assert not is_trained(study, "T-MockTNG-untrained")
    assert weights_of(study, "T-MockTNG-untrained") is None
    assert len(failing_pairs(study)) == 4


def test_your_own_network_with_weights_can_fail():
    weights = put("models", "T-MockTNG-untrained", "network", "weights", value="resources/models/T-MockTNG.pt")
    assert len(failing_pairs(study_of(own_network, weights, drop(*OWN, "trained")))) == 5


def test_a_network_that_loads_its_own_weights_is_trained():
    study = study_of(own_network, put(*OWN, "trained", value=True))
    assert is_trained(study, "T-MockTNG-untrained")
    assert len(failing_pairs(study)) == 5
    assert weights_of(study, "T-MockTNG-untrained") == ("package.module:function", "{}", None, ())


def test_what_lies_in_the_results_is_trained_in_the_run(study):
    assert trained_in_the_run(study) == ["Mtot-MockSIMBA", "T-MockTNG"]
    assert trained_in_the_run(study_of(base="paper")) == []


def test_what_can_fail_is_shifted_where_all_is_labelled(study, sweep):
    assert shifted_pairs(study) == [*failing_pairs(study), ("T-MockTNG-repaired", "MockSIMBA")]
    assert shifted_pairs(sweep) == failing_pairs(sweep)


def test_an_untrained_network_fails_at_nothing(study):
    assert {model for model, _ in failing_pairs(study)} == {"T-MockTNG", "Mtot-MockSIMBA"}


def test_a_repaired_network_is_no_other_network_that_fails(study):
    assert "T-MockTNG-repaired" in study.cases
    assert "T-MockTNG-repaired" not in {model for model, _ in failing_pairs(study)}


def test_one_network_read_in_two_ways_fails_once(sweep):
    twice = study_of(again("other", "T-MockTNG-1", **CONVOLUTIONS), base="sweep")
    assert failing_pairs(twice) == failing_pairs(sweep)
    assert len(failing_pairs(sweep)) == 96


def test_nine_networks_are_not_correlated(sweep):
    assert correlates(sweep)
    assert not correlates(study_of(fewer, base="sweep"))


def test_networks_that_differ_in_their_seed_are_trials(sweep):
    assert trials_of(sweep, "T-MockTNG-1", "MockSIMBA") == ["T-MockTNG-2"]
    assert is_trial(sweep, "T-MockTNG-1", "T-MockTNG-2")


@pytest.mark.parametrize(
    "settings",
    [
        CONVOLUTIONS,
        {**CONVOLUTIONS, "seed": 3, "weights": "results/training/other.pt"},
        {"weights": "results/training/other.pt"},
        {"preprocessing": {"monopole": "removed"}, "seed": 3, "weights": "results/training/other.pt"},
    ],
)
def test_what_differs_in_more_or_less_is_no_trial(settings):
    study = study_of(again("other", "T-MockTNG-1", **settings), base="sweep")
    assert trials_of(study, "T-MockTNG-1", "MockSIMBA") == ["T-MockTNG-2"]


def test_ranks_of_a_search_are_trials():
    study = study_of(put("grid", "ranks", value=[1, 3]), base="cmd")
    assert trials_of(study, "T-SIMBA", "Astrid") == ["T-SIMBA-rank3"]


def test_a_model_s_own_seed_goes_before_that_of_all():
    study = study_of(put("models", "T-MockTNG", "seed", value=9), put("training", "seed", value=7))
    assert [training_seed(study, name) for name in ("T-MockTNG", "Mtot-MockSIMBA")] == [9, 7]


def test_a_figure_draws_the_domains_that_it_names(study):
    assert drawn_cases(study, "figure1")[:2] == [("T-MockTNG", "MockTNG"), ("T-MockTNG", "MockSIMBA")]
    assert drawn_models(study, "figure1") == ["T-MockTNG", "Mtot-MockSIMBA"]
    assert len(drawn_cases(study, "measures")) == 4


def test_an_unknown_figure_is_an_error(study):
    with pytest.raises(KeyError):
        drawn_cases(study, "figure10")


def test_steps_are_cases(study):
    assert [domain for _, domain in shift_step_cases(study)] == list(study.cases["T-MockTNG"])


def test_a_comparison_is_paired_as_it_says(study):
    assert pairing_of(study, ("T-MockTNG", "MockSIMBA"), ("T-MockTNG", "MockSIMBA-own")) == "simulation"
    with pytest.raises(KeyError):
        pairing_of(study, ("T-MockTNG", "MockTNG"), ("T-MockTNG", "MockSIMBA"))


def test_a_derived_suite_has_its_parent_s_provider(study):
    assert parent_of(study, "MockSIMBA-spectrum") == "MockSIMBA"
    assert provider_of(study, "MockSIMBA-spectrum") == "mock"


@pytest.mark.parametrize(
    ("domain", "shift", "condition", "paired"),
    [
        ("MockTNG", "suite", "MockTNG", False),
        ("MockSIMBA", "suite", "MockSIMBA", False),
        ("MockTNG-noise-weak", "noise", "noise 0.03", True),
        ("MockTNG-beam-wide", "beam", "beam 2", True),
    ],
)
def test_each_shift_has_its_kind_and_its_words(sweep, domain, shift, condition, paired):
    assert shift_of(sweep, domain) == shift
    assert condition_of(sweep, domain) == condition
    assert is_paired(sweep, "T-MockTNG-1", domain) == paired


def test_matched_maps_are_a_shift_of_their_own(study):
    assert shift_of(study, "MockSIMBA-spectrum") == "matched"
    assert condition_of(study, "MockSIMBA-spectrum") == "power_spectrum like MockTNG"


def test_simulations_are_those_that_maps_are_made_from(study):
    assert origin_of(study, "MockSIMBA-spectrum") == ("MockSIMBA", "LHT", "all")


def test_gravity_alone_has_the_partners_of_its_twin():
    twin = put("suites", "Nbody_SIMBA", value={"provider": "cmd"})
    study = study_of(twin, base="paper")
    assert are_partners(study, ("Nbody_SIMBA", "LH", "test"), ("SIMBA", "LH", "test"))
    assert not are_partners(study, ("IllustrisTNG", "LH", "test"), ("SIMBA", "LH", "test"))
    assert are_partners(study, ("IllustrisTNG", "CV", "all"), ("SIMBA", "CV", "all"))


def test_boxes_are_those_of_the_suite_that_maps_are_made_from(study):
    assert box_of(study, "MockSIMBA-spectrum") == 75.0
    assert box_of(study_of(base="paper"), "SIMBA") == 25.0


def test_tables_are_those_of_the_sections(study, sweep):
    assert tables(study)[2:] == [
        *("permutation_tests", "independence", "comparisons", "shift_steps", "influential_maps", "influence"),
        *("sample_size", "shift_scores", "failures"),
        *("stress", "stress_layers", "critical_strengths", "early_warnings", "attribution"),
        *("repairs", "repair_label_free", "repair_correlations", "pruning", "pruning_correlations"),
        *("trust", "trust_intervals", "trust_calibration", "attribution_of_shift", "repair_weights"),
        *("pruning_cause", "pruning_cause_runs", "pruning_cause_correlations"),
    ]
    assert tables(sweep) == [
        "scores",
        "similarity",
        "shift_scores",
        "failures",
        "failure_correlations",
        "failure_transfers",
        "choices",
    ]


def test_maps_are_made_by_suite_set_and_field(study):
    files = simulation_files(study, "MockTNG", "LHT", field="T", split="all", variant="")
    assert files == {
        "maps": "results/maps/MockTNG/Maps_T_MockTNG_LHT_z=0.00.npy",
        "parameters": "results/maps/MockTNG/params_LHT_MockTNG.txt",
        "measured": "results/maps/MockTNG/Maps_T_MockTNG_LHT_z=0.00.json",
    }
    assert training_simulations(study, "T-MockTNG")["maps"][0].endswith("_LH_z=0.00.npy")


def test_a_derived_suite_keeps_its_parent_s_parameters(study):
    files = simulation_files(study, "MockSIMBA-spectrum", "LHT", field="T", split="all", variant="_v")
    assert files == {
        "maps": "results/maps/MockSIMBA-spectrum/Maps_T_MockSIMBA-spectrum_LHT_z=0.00.npy",
        "parameters": "results/maps/MockSIMBA/params_LHT_MockSIMBA.txt",
        "measured": "results/maps/MockSIMBA-spectrum/Maps_T_MockSIMBA-spectrum_LHT_z=0.00_v.json",
    }


def test_a_preprocessing_has_files_of_its_own():
    prepared = {"smoothing": 2, "monopole": "removed", "logarithm": False}
    study = study_of(put("models", "T-MockTNG", "preprocessing", value=prepared))
    assert preparations(study, "T-MockTNG")[0].variant == "_smoothing=2_monopole=removed_logarithm=none"
    assert list(variants(study)) == ["_smoothing=2_monopole=removed_logarithm=none", ""]


def test_a_derived_suite_of_one_seed_draws_noise():
    study = study_of(derive(of="MockTNG", noise=0.1), drop("comparisons"))
    assert study.suites["derived"].seed == 1


def test_what_is_no_npy_is_converted():
    assert [is_converted(path) for path in ("a.npy", "a.fits", "folder")] == [False, True, True]
