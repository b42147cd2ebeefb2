"""Configurations that cannot work are refused in one sentence that says what is wrong and what was expected."""

import pytest

from repshift.perturbation import CHANGES
from repshift.similarity.measures import BESIDE_CKA
from studies import changed, compare, derive, drop, put, refusal, study_of


def shift_within_the_own_suite(configuration):
    configuration["suites"]["noisy"] = {"provider": "derived", "of": "MockTNG", "noise": 0.1}
    for domain in ("MockSIMBA-own", "MockSIMBA-spectrum"):
        configuration["domains"][domain]["suite"] = "noisy"
    configuration["shift_steps"]["T-MockTNG"] = ["MockTNG", "MockSIMBA-own", "MockSIMBA-spectrum"]
    del configuration["comparisons"]


def few_simulations(configuration):
    """Leave shift_steps as the one thing that resamples simulations, of which there are six."""
    for stage in ("intervals", "permutation_tests", "influence", "sample_size"):
        configuration[stage] = False
    configuration["activations"]["maps_each"] = 2


def without_outputs(configuration):
    """Leave out the figures that draw outputs."""
    for figure in ("predictions", *(f"figure{number}" for number in range(4, 10)), "latent_space"):
        del configuration["figures"][figure]


def home(configuration):
    configuration["cases"] |= {"T-MockTNG": ["MockTNG"], "Mtot-MockSIMBA": ["MockSIMBA"]}


def alone(configuration):
    """Leave out the sections of other stages, which have sentences of their own."""
    for section in ("comparisons", "shift_steps", "intervals", "permutation_tests", "influence", "sample_size"):
        configuration.pop(section, None)
    for section in ("models", "cases"):
        configuration[section].pop("T-MockTNG-repaired", None)
    configuration["figures"] = {"figure1": ["T-MockTNG"]}


def shipped(configuration):
    configuration["models"]["T-MockTNG"] |= {"weights": "resources/models/T-MockTNG.pt", "seed": 2}
    configuration["training"]["models"] = ["Mtot-MockSIMBA"]
    del configuration["trust"]["dropout_passes"]


OF_FORM = [
    (
        put("colour", value="red"),
        "at the top level, 'colour' is not a key; the keys are device, threads, suites, fields",
    ),
    (
        put("cka", "estimator", value="biased"),
        "at cka, 'estimator' is not a key; the keys are batch_size, seed, measures",
    ),
    (
        put("suites", "MockTNG", "agn", "power", value=1),
        "at suites.MockTNG.agn, 'power' is not a key; the keys are effic",
    ),
    (
        put("comparisons", 0, "by", value="map"),
        "at comparisons.0, 'by' is not a key; the keys are rows, columns, pairing",
    ),
    (
        put("suites", "MockTNG", "provider", value="globus"),
        "at suites.MockTNG.provider, 'globus' is not one of ['mock'",
    ),
    (drop("suites", "MockTNG", "provider"), "at suites.MockTNG, provider must be given."),
    (drop("suites", "MockTNG", "agn"), "at suites.MockTNG, agn must be given."),
    (drop("suites", "MockTNG", "agn", "efficiency"), "at suites.MockTNG.agn, efficiency must be given."),
    (drop("suites"), "at the top level, suites must be given."),
    (drop("cases"), "at the top level, cases must be given."),
    (put("suites", "MockTNG", value=None), "at suites.MockTNG, nothing is written, but a section of keys is expect"),
    (put("cka", value="fast"), "at cka, 'fast' is not a section of keys."),
    (put("device", value="gpu"), "at device, 'gpu' is not one of ['auto', 'cpu', 'cuda']"),
    (
        put("domains", "MockTNG", "set", value="L_H"),
        "at domains.MockTNG.set, 'L_H' is not a name of letters and digits",
    ),
    (
        put("models", "T-MockTNG", "weights", value="model.ckpt"),
        "at models.T-MockTNG.weights, 'model.ckpt' is not a file whose name ends with .pt",
    ),
    (
        put("models", "T-MockTNG", "rank", value=1),
        "at models.T-MockTNG, one of weights, untrained, rank, network, repaired must be",
    ),
    (put("models", "T-MockTNG-untrained", "seed", value=2), "at models.T-MockTNG-untrained, seed needs weights."),
    (put("cka", "batch_size", value=3), "at cka.batch_size, 3 is less than the minimum of 4."),
    (
        put("cka", "measures", value=["cka_biased"]),
        f"at cka.measures.0, 'cka_biased' is not one of {list(BESIDE_CKA)}"[:60],
    ),
    (put("cka", "share", value=1.2), "at cka.share, 1.2 is greater than the maximum of 1."),
    (put("cka", value={"batch_size": 4, "width": 0.4}), "at cka, width needs measures."),
    (put("comparisons", value=[]), "at comparisons, [] should be non-empty."),
    (compare("a b", "c d", pairing="field"), "at comparisons.0.pairing, 'field' is not one of ['map', 'simulation']"),
    (compare("a b c", "c d"), "at comparisons.0.rows, ['a', 'b', 'c'] is not a model and a domain."),
    (compare("a", "c d"), "at comparisons.0.rows, ['a'] is not a model and a domain."),
    (put("influence", "draws", value=1), "at influence.draws, 1 is less than the minimum of 2."),
    (put("sample_size", "sizes", value=[3]), "at sample_size.sizes.0, 3 is less than the minimum of 4."),
    (put("sample_size", "sizes", value=[10, 10]), "at sample_size.sizes, '10' stands twice."),
    (derive(of="MockTNG", matching="one_point"), "at suites.derived, matching needs like."),
    (
        derive(of="MockTNG", noise=0.1, beam=1.0),
        f"at suites.derived, one of {', '.join(CHANGES)} must be given; found beam, noise",
    ),
    (derive(of="MockTNG"), f"at suites.derived, one of {', '.join(CHANGES)} must be given; found none."),
    (derive(of="MockTNG", noise=0), "at suites.derived.noise, 0 is less than or equal to the minimum of 0."),
    (derive(of="MockTNG", beam=2, seed=1), "at suites.derived, seed needs noise."),
    (
        put("shift_steps", value={"T-MockTNG": ["MockTNG", "MockSIMBA"]}),
        "at shift_steps.T-MockTNG, ['MockTNG', 'MockSIMBA'] is too short; expected 3 or more.",
    ),
    (put("shift_scores", "components", value=1), "at shift_scores.components, 1 is less than the minimum of 2."),
    (put("symmetries", "shifts", value=-1), "at symmetries.shifts, -1 is less than the minimum of 0."),
    (put("failures", "resamples", value=10), "at failures.resamples, 10 is less than the minimum of 100."),
    (drop("shift_scores"), "at the top level, symmetries needs shift_scores."),
    (without_outputs, "at figures, parameters needs predictions or figure4 or figure5 or figure6 or figure7"),
    (put("maps", "mock", "size", value=48), "at maps.mock.size, 48 is not one of [16, 32, 64, 128, 256]."),
]

OF_NAMES = [
    (put("models", "T-MockTNG", "field", value="Heat"), "the field of models.T-MockTNG is 'Heat'; the fields are Mgas"),
    (
        put("models", "T-MockTNG", "field", value="HI"),
        "models.T-MockTNG reads 'HI' of mock suite 'MockTNG', which has Mto",
    ),
    (
        put("domains", "MockTNG", "suite", value="EAGLE"),
        "domains.MockTNG.suite is 'EAGLE'; the suites are MockTNG, Mock",
    ),
    (
        put("models", "T-MockTNG", "suite", value="EAGLE"),
        "models.T-MockTNG.suite is 'EAGLE'; the suites are MockTNG, Moc",
    ),
    (
        put("domains", "MockTNG", "set", value="CV"),
        "domains.MockTNG.set is 'CV'; the sets of maps.mock.simulations are ",
    ),
    (put("cases", "nobody", value=["MockTNG"]), "a model of cases is 'nobody'; the models are T-MockTNG"),
    (
        put("cases", "T-MockTNG", value=["Astrid"]),
        "cases.T-MockTNG is 'Astrid', which is neither a suite nor an entry of domains; there",
    ),
    (put("cases", "T-MockTNG", value=["MockSIMBA"]), "the first domain must be of the model's own suite 'MockTNG'."),
    (drop("cases", "T-MockTNG-untrained"), "models.T-MockTNG-untrained is untrained, so it needs a case"),
    (
        put("figures", "figure1", value=["nobody"]),
        "a model of figures.figure1 is 'nobody'; the models with cases are T",
    ),
    (
        put("figures", "measures", value=["nobody"]),
        "a model of figures.measures is 'nobody'; the models with cases are",
    ),
    (
        put("figures", "figure1", value=[["T-MockTNG", "nowhere"]]),
        "a domain of figures.figure1 with T-MockTNG is 'nowhere'",
    ),
    (
        put("figures", "figure1", value=["T-MockTNG", ["T-MockTNG", "MockTNG"]]),
        "figures.figure1 has 'T-MockTNG' twice.",
    ),
    (
        put("figures", "parameters", value=["h"]),
        "a parameter of figures.parameters is 'h'; the parameters that the models",
    ),
    (
        put("failures", "parameters", value=["h"]),
        "a parameter of failures.parameters with T-MockTNG is 'h'; the paramete",
    ),
    (put("plotting", "suites", value={"EAGLE": {}}), "a name of plotting.suites is 'EAGLE'; the suites are MockTNG"),
    (
        put("training", "models", value=["nobody"]),
        "a model of training.models is 'nobody'; the models with weights are",
    ),
    (put("training", "models", value=["T-MockTNG-untrained"]), "is 'T-MockTNG-untrained'; the models with weights are"),
    (put("training", "set", value="CV"), "training.set is 'CV'; the sets of maps.mock.simulations are LH, LHT."),
    (
        put("maps", value={}),
        "MockSIMBA, MockSIMBA-twin have the provider mock, so maps.mock is needed.",
    ),
    (put("cka", value={"batch_size": 4}), "figures.measures is there, so cka.measures is needed"),
    (compare("nobody MockTNG", "T-MockTNG MockTNG"), "a model of comparisons is 'nobody'; the models with cases are"),
    (
        compare("T-MockTNG MockTNG", "Mtot-MockSIMBA MockSIMBA-own"),
        "a domain of comparisons with Mtot-MockSIMBA is 'MockSIMBA-own'; the domains of cases.Mtot-MockSIMBA are",
    ),
    (
        compare("T-MockTNG MockTNG", "T-MockTNG MockTNG"),
        "comparisons has T-MockTNG on MockTNG with itself; cka does that for every case.",
    ),
    (
        put(
            "comparisons",
            value=[
                {"rows": ["T-MockTNG", "MockTNG"], "columns": ["T-MockTNG-untrained", "MockTNG"]},
                {"rows": ["T-MockTNG-untrained", "MockTNG"], "columns": ["T-MockTNG", "MockTNG"]},
            ],
        ),
        "comparisons has T-MockTNG-untrained on MockTNG with T-MockTNG on MockTNG twice.",
    ),
    (
        compare("T-MockTNG MockTNG", "T-MockTNG MockSIMBA"),
        "comparisons pairs MockTNG with MockSIMBA by map, which needs the same suite, set, split; they differ in "
        "suite.",
    ),
    (
        compare("T-MockTNG MockTNG", "T-MockTNG MockSIMBA", pairing="simulation"),
        "MockTNG and MockSIMBA draw the initial conditions of set LHT each for itself: no simulation of one has a",
    ),
    (
        put("domains", "MockSIMBA-own", "split", value="test"),
        "by simulation, which needs the same set, split; they differ in split.",
    ),
    (derive(of="EAGLE", noise=0.1), "suites.derived.of is 'EAGLE'; the suites are MockTNG, MockSIMBA"),
    (derive(of="MockSIMBA-spectrum", noise=0.1), "suites.derived.of is 'MockSIMBA-spectrum', itself a derived suite"),
    (
        derive(of="MockTNG", like="MockTNG", matching="one_point"),
        "suites.derived is made from 'MockTNG' to be like itself",
    ),
    (
        put("shift_steps", value={"Mtot-MockSIMBA": ["MockSIMBA", "MockTNG", "MockSIMBA-own"]}),
        "a domain of shift_steps.Mtot-MockSIMBA is 'MockSIMBA-own'; the domains of cases.Mtot-MockSIMBA are",
    ),
    (
        put("shift_steps", value={"T-MockTNG": ["MockSIMBA", "MockTNG", "MockSIMBA-own"]}),
        "shift_steps.T-MockTNG begins with 'MockSIMBA'; the first is the model's own domain 'MockTNG'",
    ),
    (
        put("domains", "MockSIMBA-spectrum", "set", value="LH"),
        "shift_steps.T-MockTNG has 'MockSIMBA-spectrum', which shows other maps than 'MockSIMBA'",
    ),
    (
        shift_within_the_own_suite,
        "shift_steps.T-MockTNG has 'MockSIMBA-own' beside 'MockTNG', which shows the same simulations; the two",
    ),
    (
        put("figures", "figure2", value=[{"model": "Mtot-MockSIMBA"}]),
        "a model of figures.figure2 is 'Mtot-MockSIMBA'; the",
    ),
    (
        put("figures", "figure2", value=[{"model": "T-MockTNG", "untrained": "T-MockTNG-untrained"}]),
        "figures.figure2 has 'T-MockTNG-untrained' as T-MockTNG untrained; shift_steps needs the same domains",
    ),
    (
        put("figures", "figure2", value=[{"model": "T-MockTNG"}, {"model": "T-MockTNG", "layers": "Mtot-MockSIMBA"}]),
        "figures.figure2 has 'T-MockTNG' twice.",
    ),
    (
        put("figures", "figure2", value=[{"model": "T-MockTNG", "layers": "nobody"}]),
        "figures.figure2 has 'nobody' as T-MockTNG with other layers; cases shows it not both MockTNG and MockSIMBA.",
    ),
    (shipped, "models.T-MockTNG has a seed, which draws its training, but it is not trained here"),
]

OF_NUMBERS = [
    (
        put("cka", "batch_size", value=5),
        "n_maps is 12, which leaves 2 maps over in batches of cka.batch_size 5. Choose a",
    ),
    (put("activations", "maps_each", value=5), "activations.n_maps is 12, which leaves 2 maps over in simulations of"),
    (put("cka", "neighbours", value=12), "cka.neighbours is 12, but each of the 12 maps of activations.n_maps has 11"),
    (
        put("influence", "most", value=3),
        "influence.most is 3, which leaves 9 of the 12 simulations compared; at least 10",
    ),
    (
        put("sample_size", "sizes", value=[10, 13]),
        "sample_size.sizes has 13, but the maps compared are of 12 simulations",
    ),
    (
        put("activations", "passes", value=2),
        "intervals is there, but activations.passes is 2. Intervals and tests are of",
    ),
    (
        put("activations", "n_maps", value=8),
        "intervals is there, but activations.n_maps is 8, 1 of each simulation. Inter",
    ),
    (
        few_simulations,
        "shift_steps is there, but activations.n_maps is 12, 2 of each simulation. Intervals and tests need",
    ),
    (
        put("shift_scores", "folds", value=7),
        "shift_scores.folds is 7, but activations compares 12 simulations of a domai",
    ),
    (
        put("activations", "n_maps", value=16),
        "activations.n_maps is 16, 1 of each simulation, but domain 'MockTNG' (set",
    ),
    (put("domains", "MockTNG", "split", value="train"), "(set 'LHT', split 'train') has 10 simulations. Compare fewer"),
    (put("maps", "mock", "simulations", value={"LH": 19, "LHT": 12}), "training.set is 'LH', which has 19 simulations"),
]


@pytest.mark.parametrize(("change", "message"), [*OF_FORM, *OF_NAMES, *OF_NUMBERS])
def test_what_cannot_work_is_refused_in_a_sentence(change, message):
    assert refusal(change).startswith("Configuration: ")
    assert message in refusal(change)


def test_shift_scores_are_of_one_pass():
    assert "shift_scores compares the maps of one pass" in refusal(alone, put("activations", "passes", value=2))


def test_shift_scores_need_something_that_can_fail():
    assert "no trained model with a domain of another suite" in refusal(alone, home)


def test_the_value_found_is_not_repeated_at_length():
    assert len(refusal(put("device", value="x" * 5000))) < 200


def test_all_missing_keys_are_named_at_once():
    incomplete = put("suites", "MockTNG", value={"provider": "mock"})
    assert refusal(incomplete) == "Configuration: at suites.MockTNG, supernova, agn must be given."


def test_an_unknown_key_goes_before_a_missing_one():
    renamed = put("suites", "MockTNG", value={"provider": "mock", "supernovae": {}, "agn": {}})
    assert "'supernovae' is not a key" in refusal(renamed)


def test_the_same_maps_standardised_otherwise_are_paired():
    study = study_of(compare("T-MockTNG MockSIMBA", "T-MockTNG MockSIMBA-own", pairing="map"))
    assert study.comparisons[0].pairing == "map"


def test_an_archive_needs_no_files_of_maps():
    assert study_of(base="smallest", archived=True).archived


def test_a_configuration_is_not_changed_by_reading_it():
    before = changed()
    study_of()
    assert changed() == before
