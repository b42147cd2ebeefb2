"""Twins, sets 1P and the section stress: what follows from them, and what is refused, in one sentence each."""

import json

import pytest

from repshift.cli.commands import call_of
from repshift.costs.requests import Requests, parts_of_stress
from repshift.costs.whole import jobs_of_run
from repshift.perturbation.axes import AXES
from repshift.study.figure_cases import drawn_cases
from repshift.study.groups import network_groups, stress_groups
from repshift.study.jobs import network_job, statistics_job
from repshift.study.map_sets import shown_sets
from repshift.study.partners import are_partners, drawn_as, have_own_seeds, shares_simulations
from repshift.study.reading import read_study, read_yaml
from repshift.study.shifts import is_paired
from repshift.study.sizes import perturbed_maps
from repshift.study.stress_axes import axes_of_domain, n_levels
from repshift.study.stress_jobs import axes_words, stress_files, stress_job
from repshift.study.tables import tables
from repshift.vocabulary import PARAMETERS, InputError
from studies import ROOT, drop, put, refusal, study_of

COSTS = ROOT / "workflow/costs.json"
FUNCTION = {"function": "optics:defocus", "source": None}
OWN = {"function": "optics:defocus", "strengths": [0, 2], "units": "pixel"}
ONE = {"T-MockTNG": ["MockTNG", "One"]}

SHOWN = put("cases", "T-MockTNG", value=["MockTNG", "MockSIMBA", "MockSIMBA-own", "MockSIMBA-spectrum", "Twin"])


def twin(**changes):
    """Return a change that gives a configuration a twin of MockTNG with MockSIMBA's feedback."""

    def change(config):
        config["suites"]["Twin"] = {**config["suites"]["MockSIMBA"], "seeds": "MockTNG", **changes}
        config["domains"]["Twin"] = {"set": "LHT"}

    return change


def unstressed(config):
    """Leave the section out, and the figure of it."""
    del config["stress"], config["figures"]["figure4"]


def refused(*changes):
    return refusal(*changes).removeprefix("Configuration: ")


def test_a_mock_twin_shows_the_simulations_of_its_suite():
    study = study_of(twin(), SHOWN)
    assert [drawn_as(study, suite) for suite in ("Twin", "MockTNG", "MockSIMBA")] == ["MockTNG", "MockTNG", "MockSIMBA"]
    assert not have_own_seeds(study, ("Twin", "MockTNG"), "LHT")
    assert have_own_seeds(study, ("Twin", "MockSIMBA"), "LHT")
    assert are_partners(study, ("Twin", "LHT", "all"), ("MockTNG", "LHT", "all"))
    assert not are_partners(study, ("Twin", "LH", "all"), ("MockTNG", "LHT", "all"))
    assert [is_paired(study, "T-MockTNG", domain) for domain in ("MockTNG", "Twin", "MockSIMBA")] == [
        False,
        True,
        False,
    ]


OF_SUITES = [
    (twin(seeds="EAGLE"), "suites.Twin.seeds is 'EAGLE'; the suites are MockTNG, MockSIMBA"),
    (twin(seeds="Twin"), "suites.Twin.seeds is 'Twin', which is no other mock suite. Name the mock suite whose"),
    (twin(seeds="MockSIMBA-spectrum"), "suites.Twin.seeds is 'MockSIMBA-spectrum', which is no other mock suite."),
    (
        lambda config: (twin()(config), put("suites", "MockSIMBA", "seeds", value="Twin")(config)),
        "suites.MockSIMBA.seeds is 'Twin', a twin itself. Name the mock suite that draws the initial conditions.",
    ),
    (
        put("maps", "mock", "simulations", value={"LH": 40, "LHT": 12, "1P": 45}),
        "maps.mock.simulations.1P is 45. Expected a multiple of 30: 6 parameters at 5 values for each realisation",
    ),
]


@pytest.mark.parametrize(("change", "words"), OF_SUITES)
def test_twins_and_sets_1p_are_refused_in_one_sentence(change, words):
    assert refused(change).startswith(words)


def stress(**section):
    """Return a change that gives a configuration with a twin the section stress."""

    def change(config):
        twin()(config)
        shown = {"T-MockTNG": ["MockTNG", "MockSIMBA"], "Mtot-MockSIMBA": ["MockSIMBA", "MockTNG"]}
        config["stress"] = {"cases": shown, "axes": {"noise": {}, "feedback": {"twin": "Twin"}}, **section}

    return change


def axes(**named):
    return stress(axes=named)


def set_1p(n_simulations=60):
    """Return a change that gives a configuration a set 1P of MockTNG, and a domain that shows it."""

    def change(config):
        config["maps"]["mock"]["simulations"]["1P"] = n_simulations
        config["domains"]["One"] = {"suite": "MockTNG", "set": "1P"}

    return change


def study_with(*changes):
    return study_of(*(changes or [stress()]))


def words_of(command):
    """Return the options of a command, each with its values."""
    places = [number for number, word in enumerate(command) if word.startswith("--")]
    return {
        command[start]: command[start + 1 : end] for start, end in zip(places, [*places[1:], len(command)], strict=True)
    }


def test_a_job_perturbs_all_domains_of_a_model_home_first():
    study = study_with()
    assert stress_groups(study, "T-MockTNG") == [("MockTNG", "MockSIMBA")]
    job = stress_job(study, "T-MockTNG", ("MockTNG", "MockSIMBA"))
    assert job.outputs == ["results/stress/T-MockTNG/MockTNG.nc", "results/stress/T-MockTNG/MockSIMBA.nc"]
    assert [command[:2] for command in job.commands] == [["stress", "curves"]] * 2
    assert not set(job.inputs) & set(job.outputs)
    assert {"results/models/T-MockTNG.pt", "results/predictions/T-MockTNG/MockTNG.nc"} <= set(job.inputs)
    assert "results/maps/Twin/Maps_T_Twin_LHT_z=0.00.npy" in job.inputs


def test_a_job_of_another_domain_reads_what_home_was():
    study = study_with()
    home, abroad = (stress_job(study, "T-MockTNG", (domain,)) for domain in ("MockTNG", "MockSIMBA"))
    assert "results/stress/T-MockTNG/MockTNG.nc" in abroad.inputs
    (told,), (own,) = ([words_of(command) for command in job.commands] for job in (abroad, home))
    assert told["--own-stress"] == ["results/stress/T-MockTNG/MockTNG.nc"]
    assert told["--reference-domain"] == ["MockTNG"]
    assert not {"--own-stress", "--reference-domain"} & set(own)
    assert own["--own-predictions"] == told["--own-predictions"] == ["results/predictions/T-MockTNG/MockTNG.nc"]


def test_the_command_of_a_case_can_be_parsed():
    study = study_with(stress(simulations=11, scores=["pixel_std"]))
    for command in stress_job(study, "T-MockTNG", ("MockTNG", "MockSIMBA")).commands:
        given = call_of(command).arguments
        assert (given["maps_each"], given["simulations"], given["resamples"], given["halves"]) == (3, 11, 2000, 20)
        assert (given["periodic"], given["pixel"], given["pixel_units"]) == (True, 75 / 32, "Mpc/h")


def test_a_twin_is_an_axis_of_the_domains_of_its_simulations():
    study = study_with()
    assert list(axes_of_domain(study, "MockTNG")) == ["noise", "feedback"]
    assert list(axes_of_domain(study, "MockSIMBA")) == ["noise"]
    assert not shares_simulations(study, "Twin", "MockSIMBA-spectrum")
    (feedback,) = [one for one in json.loads(axes_words(study, "T-MockTNG", "MockTNG")) if one["name"] == "feedback"]
    assert feedback["maps"] == ["results/maps/Twin/Maps_T_Twin_LHT_z=0.00.npy"]
    assert feedback["strengths"] == [0, 0.25, 0.5, 0.75, 1]


def test_the_maps_of_a_twin_are_shown():
    shown = shown_sets(study_with())
    assert ("T-MockTNG", "Twin", "LHT", "all") in shown
    assert ("T-MockTNG", "Twin", "LHT", "all") not in shown_sets(study_of(twin(), unstressed))


def test_axes_are_told_with_their_strengths_and_options():
    study = study_with(
        axes(noise={"label": "grain"}, wide={"axis": "beam", "strengths": [0, 4]}, mine=OWN, feedback={"twin": "Twin"})
    )
    noise, wide, mine, _ = json.loads(axes_words(study, "T-MockTNG", "MockTNG"))
    assert (noise["axis"], noise["label"], noise["strengths"]) == ("noise", "grain", list(AXES["noise"].strengths))
    assert (wide["axis"], wide["strengths"], wide["arguments"]) == ("beam", [0, 4], {})
    assert mine == {"name": "mine", "strengths": [0, 2], "units": "pixel", "moves_labels": False, **FUNCTION}


def test_a_set_1p_has_axes_of_its_parameters():
    study = study_with(set_1p(), stress(cases=ONE, axes={"noise": {}}))
    assert list(axes_of_domain(study, "One")) == list(PARAMETERS)
    described = json.loads(axes_words(study, "T-MockTNG", "One"))
    assert described[2] == {"name": "A_SN1", "one_at_a_time": "A_SN1"}
    chosen = study_with(set_1p(), stress(cases=ONE, axes={"noise": {}, "wind": {"one_at_a_time": "A_SN1"}}))
    assert list(axes_of_domain(chosen, "One")) == ["wind"]
    assert list(axes_of_domain(chosen, "MockTNG")) == ["noise"]
    assert (n_levels(study, "T-MockTNG", "One"), perturbed_maps(study, "T-MockTNG", "One")) == (1 + 6 * 4, 2 * 3)


def test_smallest_perturbations_are_of_each_case_on_request():
    study = study_with(set_1p(), stress(cases=ONE, smallest={"maps": 11}, axes={"noise": {}}))
    job = stress_job(study, "T-MockTNG", ONE["T-MockTNG"])
    made = ["MockTNG.nc", "MockTNG_smallest.nc", "One.nc"]
    assert job.outputs == [f"results/stress/T-MockTNG/{name}" for name in made]
    assert words_of(job.commands[1])["--n-maps"] == ["11"]
    assert stress_files(study) == job.outputs
    assert stress_files(study_of(drop("stress"), drop("figures", "figure4"))) == []


def test_no_results_of_other_stages_hang_on_stress():
    without, study = study_of(unstressed), study_with()
    for model in without.cases:
        assert network_groups(study, model) == network_groups(without, model)
        for domains in network_groups(without, model):
            assert network_job(study, model, domains) == network_job(without, model, domains)
            assert statistics_job(study, model, domains) == statistics_job(without, model, domains)


def test_the_cost_of_stress_is_estimated():
    study = study_with(stress(smallest={"maps": 12}))
    without, kinds = (
        [[kind for kind, _ in job.parts] for job in jobs_of_run(one, COSTS)] for one in (study_of(unstressed), study)
    )
    assert kinds.count(["stress", "smallest"] * 2) == 2
    assert kinds.count(["maps"]) == without.count(["maps"]) + 1
    shown = parts_of_stress(study, "T-MockTNG", ["MockTNG"])
    few, many = (Requests(study_with(stress(maps_each=each)), COSTS).seconds(shown) for each in (1, 15))
    assert many > few


REFUSED = [
    (stress(cases={}), "at stress.cases, {} should be non-empty."),
    (stress(axes={}), "at stress.axes, {} should be non-empty."),
    (stress(cases={"nobody": ["MockTNG"]}), "a model of stress.cases is 'nobody'; the models with cases are T-MockTNG"),
    (
        stress(cases={"T-MockTNG": ["Mars"]}),
        "a domain of stress.cases.T-MockTNG is 'Mars', which is neither a suite nor",
    ),
    (
        stress(cases={"T-MockTNG": ["MockSIMBA", "MockTNG"]}),
        "stress.cases.T-MockTNG begins with 'MockSIMBA'; the first is the model's own domain 'MockTNG'",
    ),
    (
        axes(nois={}),
        "an axis of stress.axes without function, twin, parameter or axis is 'nois'; the axes of the package are ",
    ),
    (axes(mine={"axis": "nois"}), "stress.axes.mine.axis is 'nois'; the axes of the package are "),
    (
        axes(mine={"axis": "noise", "twin": "Twin"}),
        "at stress.axes.mine, one of axis, function, twin, parameter, one_at",
    ),
    (axes(noise={"path": "."}), "at stress.axes.noise, path needs function."),
    (axes(noise={"scale": "log10"}), "at stress.axes.noise, scale needs parameter."),
    (
        axes(feedback={"twin": "Twin", "fill": "blur"}),
        "at stress.axes.feedback, fill belongs to an axis of the package",
    ),
    (axes(noise={"fill": "blur"}), "stress.axes.noise: Axis 'noise' has no option 'fill'."),
    (
        axes(masked_square={"fill": "black"}),
        "stress.axes.masked_square: Option 'fill' of axis 'masked_square' is 'blac",
    ),
    (
        axes(noise={"strengths": [0, 0.2, 0.1]}),
        "stress.axes.noise: Strengths of axis 'noise' are 0, 0.2, 0.1. Expected",
    ),
    (
        axes(noise={"strengths": [0.1, 0.2]}),
        "stress.axes.noise: Strengths of axis 'noise' are 0.1, 0.2. Expected 0, wh",
    ),
    (axes(noise={"strengths": [-1, 0]}), "stress.axes.noise: Strengths of axis 'noise': -1 is out of range. Expected"),
    (axes(feedback={"twin": "Twin", "strengths": [1, 0]}), "stress.axes.feedback: Strengths of axis 'feedback' are 1"),
    (axes(mine={"function": "a:b"}), "stress.axes.mine.strengths must be given: there are none by default."),
    (
        axes(mine={**OWN, "path": "no"}),
        "stress.axes.mine.function is 'optics:defocus', but its path 'no' holds no module",
    ),
    (axes(colour={}), "stress.axes.colour on T-MockTNG: Axis 'colour' needs two bands or more; the maps have 1."),
    (axes(other={"twin": "Elsewhere"}), "stress.axes.other.twin is 'Elsewhere'; the suites are MockTNG"),
    (
        axes(other={"twin": "MockTNG"}),
        "stress.axes.other is of no domain of stress.cases: 'MockTNG' has no seeds, so it shares its initial",
    ),
    (
        stress(cases={"Mtot-MockSIMBA": ["MockSIMBA"]}),
        "stress.axes.feedback is of no domain of stress.cases: 'Twin' has the simulations of none of them",
    ),
    (
        axes(ring={"parameter": "einstein_radius", "strengths": [0, 1]}),
        "stress.axes.ring is of no domain of stress.cases: none is of a suite of a function with the parameter",
    ),
    (
        axes(wind={"one_at_a_time": "A_SN1"}),
        "stress.axes.wind is of no domain of stress.cases: none is of the set 1P.",
    ),
    (stress(maps_each=16), "stress.maps_each is 16, but a simulation of domain 'MockTNG' has 15 maps."),
    (
        stress(simulations=9),
        "stress perturbs 9 simulations of 'MockTNG' (set 'LHT', split 'all'). Its bands and halves",
    ),
    (stress(halves=1), "stress.halves is 1. Expected 2 or more, or 0 for no label-free scores."),
    (stress(scores=["cka"]), "a score of stress.scores is 'cka'; the scores are cka_"),
    (stress(scores=["cka", "cka"]), "at stress.scores, 'cka' stands twice."),
    (
        stress(smallest={"maps": 9}),
        "stress.smallest.maps is 9, one of each simulation. Expected 10 to 12, the simulations of",
    ),
    (
        stress(smallest={"maps": 10, "outputs": ["h"]}),
        "an output of stress.smallest.outputs of T-MockTNG is 'h'; the outputs of the model are Omega_m, sigma_8",
    ),
    (stress(smallest={"factor": 0}), "at stress.smallest.factor, 0 is less than or equal to the minimum of 0."),
]


@pytest.mark.parametrize(("change", "words"), REFUSED)
def test_a_wrong_section_is_refused_in_one_sentence(change, words):
    assert refused(change).startswith(words)


def test_axes_without_strengths_need_some_without_a_logarithm():
    plain = put("models", "T-MockTNG", "preprocessing", value={"logarithm": False})
    words = refused(axes(noise={}), plain)
    assert words.startswith("stress.axes.noise on T-MockTNG: Axis 'noise' has no strengths by default where no logarit")
    study_with(axes(noise={"strengths": [0, 1e5]}), plain)


SET_1P_REFUSED = [
    (
        axes(wind={"one_at_a_time": "A_SN3"}),
        "stress.axes.wind.one_at_a_time is 'A_SN3'; the parameters of the set 1P a",
    ),
    (
        put("domains", "One", "split", value="train"),
        "stress.cases.T-MockTNG has 'One', of the set 1P, which is shown w",
    ),
    (put("stress", "simulations", value=11), "stress.cases.T-MockTNG has 'One', of the set 1P, which is shown whole"),
]


@pytest.mark.parametrize(("change", "words"), SET_1P_REFUSED)
def test_a_set_1p_is_refused_in_one_sentence(change, words):
    def with_cases(config):
        config["stress"]["cases"] = ONE

    assert refused(set_1p(), stress(axes={"noise": {}}), change, with_cases).startswith(words)


def example(name, **axes):
    """Return the study of an example's stress, with these axes."""
    path = f"examples/{name}/stress.yaml"
    raw = read_yaml(ROOT / path)
    raw["stress"]["axes"] = axes
    raw["figures"] = {"predictions": list(raw["cases"])}
    return read_study(raw, files=[path])


def test_a_domain_without_an_axis_is_refused():
    words = refused(set_1p(), stress(cases=ONE, axes={"wind": {"one_at_a_time": "A_SN1"}}))
    assert words.startswith("stress.cases.T-MockTNG has 'MockTNG', but none of stress.axes is one of its maps.")


def test_axes_move_parameters_and_arguments_of_a_generator():
    strengths = {"strengths": [0, 0.1]}
    axes = {"source_magnitude": {"parameter": "source_magnitude", **strengths}}
    axes |= {"seeing": {"parameter": "blur", "scale": "log10", **strengths}}
    described = json.loads(axes_words(example("lenses", **axes), "finder", "DES"))
    assert [(one["parameter"], one["scale"], one["units"]) for one in described] == [
        ("source_magnitude", "linear", "mag"),
        ("blur", "log10", "dex"),
    ]
    assert described[0]["generator"][:2] == ["--generator", "lenses.sky:cutout"]


def test_an_axis_of_no_parameter_or_word_is_refused():
    for name, words in {
        "survey": "stress.axes.mine is of no domain of stress.cases: none is of a suite of a function with the",
        "kind": "stress.axes.mine.parameter is 'kind', which has values and no range to move in.",
    }.items():
        with pytest.raises(InputError, match=words):
            example("lenses", mine={"parameter": name, "strengths": [0, 1]})


OF_FIGURE = [
    (drop("stress"), "figures.figure4 is there, so the section stress is needed: what it draws."),
    (put("figures", "figure4", value=["Mtot-MockSIMBA"]), "a model of figures.figure4 is 'Mtot-MockSIMBA'; the models"),
    (put("figures", "figure4", value=["T-MockTNG", "T-MockTNG"]), "at figures.figure4, 'T-MockTNG' stands twice."),
    (put("figures", "figure4", value=[["T-MockTNG", "MockSIMBA-own"]]), "domains of stress.cases.T-MockTNG"),
]


@pytest.mark.parametrize(("change", "message"), OF_FIGURE, ids=range(len(OF_FIGURE)))
def test_figure4_draws_what_is_under_stress(change, message):
    assert message in refused(change)


def test_figure4_draws_the_domains_of_stress():
    study = study_of(put("stress", "cases", value={"T-MockTNG": ["MockTNG"]}))
    assert drawn_cases(study, "figure4") == [("T-MockTNG", "MockTNG")]


def test_tables_of_stress_are_made_where_it_is():
    made = tables(study_of())
    assert {"stress", "stress_layers", "critical_strengths", "early_warnings"} <= set(made)
    assert [name for name in tables(study_of(unstressed)) if "stress" in name or "early" in name] == []
    assert ("smallest_perturbations" in made) == (study_of().stress.smallest is not None)


def test_a_band_that_there_is_not_is_refused():
    both = [put("models", f"T-MockTNG{end}", "field", value=["T", "Mtot"]) for end in ("", "-repaired")]
    lost = [put("stress", "axes", value={"lost": {"axis": "missing_band", "band": band}}) for band in ("Mtot", "HI")]
    assert json.loads(axes_words(study_of(*both, lost[0]), "T-MockTNG", "MockTNG"))[0]["arguments"] == {"band": "Mtot"}
    assert refused(*both, lost[1]) == "stress.axes.lost.band on T-MockTNG is 'HI'; the bands are T, Mtot."
