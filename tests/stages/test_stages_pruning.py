"""The stage pruning: layers replaced and networks trained again, in the small worlds."""

import numpy as np
import pytest
import torch
import xarray as xr

import own_network
from case_inputs import inputs_of, on_case
from repshift import InputError
from repshift.adaptation.replacement import linear_replacement
from repshift.adaptation.sample import Sample
from repshift.stages.pruning import replace, retrain
from repshift.statistics.tuning_splits import tuning_splits
from repshift.storage.models import read_model
from test_stages_classes import labelled_world, sort
from world import AWAY, HOME, paths_of

HOW = {"alike": 0.5, "splits": 2, "maps_each": 3, "seed": 1, "resamples": 100, "batch_size": 7}
HOW |= {"device": "cpu", "threads": 1}
TRAINING = {"seeds": 2, "steps": 2, "batch": 4, "learning_rate": 1e-3}
ALL = ["C01", "C02", "C03", "C11", "C12", "C13", "C21", "FC1"]


def prune(world, domain=HOME, *, name="pruned", run=replace.run, **changes):
    """Run an action in the small world, and return where it wrote."""
    output = world["folder"] / f"{name}.nc"
    given = {"model": "T-MockTNG", "weights": world["weights"]} | HOW | changes
    if domain is not HOME:
        own = paths_of(world["home"])
        given = {"reference": HOME, "reference_maps": own["maps"], "reference_measured": own["measured"]} | given
    on_case(run)(domain=domain, output=output, **paths_of(world["home" if domain is HOME else "away"]) | given)
    return output


def read(path):
    with xr.open_dataset(path) as opened:
        return opened.load()


@pytest.fixture(scope="module")
def home(first_world, tmp_path_factory):
    """The layers of the world's model replaced on its own domain, and what was run; no test may change either."""
    world = {**first_world, "folder": tmp_path_factory.mktemp("pruning")}
    path = prune(world)
    return world, path, read(path)


@pytest.fixture(scope="module")
def trained(home):
    return read(prune(home[0], name="trained", run=retrain.run, layers=["C02", "C03", "C12"], **TRAINING))


def test_every_layer_is_a_change(home):
    found = home[2]
    assert found["change"].values[:8].tolist() == ALL
    assert found["depth"].values[:8].tolist() == list(range(1, 9))
    assert (found["n_layers"].values[8:] > 1).all()


def test_convolutions_of_whole_blocks_lose_nothing(home):
    found = home[2].sel(way="linear", change=["C03", "C13"])
    np.testing.assert_allclose(found["score_lost"], 0, atol=1e-4)
    assert found["is_linear"].values.tolist() == [1, 1]
    assert (found["unexplained"] < 1e-9).all()


def test_what_is_not_possible_says_why(home):
    found = home[2]
    refused = found["refusal"].values != ""
    np.testing.assert_array_equal(refused, np.isnan(found["score_lost"]).all("parameter"))
    assert "nothing can be passed on" in str(found["refusal"].sel(change="C03", way="identity").values)
    assert "coefficients of each output" in str(found["refusal"].sel(change="FC1", way="linear").values)


def test_what_is_lost_is_the_difference_of_scores(home):
    found = home[2].sel(change="C02", way="linear")
    expected = found["score_unchanged"] - found["score"]
    np.testing.assert_allclose(found["score_lost"], expected, atol=1e-9)


def test_scores_are_those_of_networks_replaced_one_by_one(home):
    world, _, found = home
    network, _ = read_model(world["weights"], own=None)
    case = inputs_of({"model": "m", "weights": world["weights"], "domain": HOME, **paths_of(world["home"])}).open()
    maps, truth = judged_maps(case)
    split = tuning_splits(12, n_tuned=2, n_splits=2, seed=1)[0]
    replaced = linear_replacement(network.eval(), ["C02"], Sample(maps[split.tuned].flatten(0, 1), np.arange(6)))
    with torch.no_grad():
        mean = replaced(maps[split.judged].flatten(0, 1)).double().numpy()[:, 0] * 0.4 + 0.1
    expected = np.repeat(truth[split.judged], 3)
    by_hand = 1 - np.square(mean - expected).sum() / np.square(expected - expected.mean()).sum()
    of_splits = found.sel(change="C02", way="linear", parameter="Omega_m")
    ends = [float(of_splits["score_lowest"]), float(of_splits["score_highest"])]
    assert min(abs(by_hand - one) for one in ends) < 1e-4 * abs(by_hand)


def judged_maps(case):
    """Return the maps of each simulation of the world's own domain, and the true Omega_m."""
    from repshift.case.domain_maps import KnownLabels, domain_maps
    from repshift.case.outputs import outputs_of

    how = {"maps_each": 3, "most_simulations": None, "seed": 1, "device": torch.device("cpu")}
    found = domain_maps(case, outputs_of(case), labels=KnownLabels(None), **how)
    return found.maps, found.truth[:, 0]


def test_another_domain_is_judged_with_maps_fitted_at_home(home):
    found = read(prune(home[0], AWAY, name="away"))
    assert found.attrs["own_domain"] == "home"
    assert found["change"].values.tolist() == home[2]["change"].values.tolist()
    np.testing.assert_allclose(found["unexplained"], home[2]["unexplained"], atol=1e-12)
    assert not np.allclose(found["score_unchanged"], home[2]["score_unchanged"])


def test_a_run_repeats_to_the_byte(home):
    assert prune(home[0], name="again").read_bytes() == home[1].read_bytes()


def test_a_batch_changes_nothing_but_rounding(home):
    found = read(prune(home[0], name="batch", batch_size=50))
    np.testing.assert_allclose(found["score"], home[2]["score"], rtol=1e-3)


def test_chosen_layers_lose_what_they_lose_among_all(home):
    found = read(prune(home[0], name="some", layers=["C02", "C12"], runs=False))
    assert found["change"].values.tolist() == ["C02", "C12"]
    among_all = home[2].sel(change=["C02", "C12"])
    np.testing.assert_allclose(found["score_lost"], among_all["score_lost"], rtol=1e-4)
    np.testing.assert_array_equal(found["cka_with_neighbour"], among_all["cka_with_neighbour"])


def test_the_control_is_measured_beside_each_change(trained):
    found = trained.sel(way="linear", change="C02")
    np.testing.assert_allclose(found["score_lost"], found["score_control"] - found["score"], atol=1e-9)
    assert not np.allclose(found["score_control"], found["score_unchanged"])


def test_before_training_a_change_loses_what_replace_says(home, trained):
    found = trained["score_lost_before"].sel(change=["C02", "C12"])
    np.testing.assert_allclose(found, home[2]["score_lost"].sel(change=["C02", "C12"]), rtol=1e-4)


def test_networks_are_not_trained_on_what_judges_them(home, monkeypatch):
    seen = []

    def note(network, labelled, options, *, task):
        seen.append((options.seed, set(labelled[0].simulations.tolist())))
        return network

    monkeypatch.setattr("repshift.case.pruning.retraining.trained", note)
    prune(home[0], name="noted", run=retrain.run, layers=["C02"], ways=["linear"], runs=False, **TRAINING)
    tuned = [set(one.tuned.tolist()) for one in tuning_splits(12, n_tuned=2, n_splits=2, seed=1)]
    assert seen == [(1 + seed, tuned[split]) for split in range(2) for seed in range(2) for _ in range(2)]


def test_retraining_elsewhere_needs_labels_of_the_own_domain(home):
    world = home[0]
    with pytest.raises(InputError, match="domain 'home' was given without them. Give --training-set"):
        prune(world, AWAY, name="unlabelled", run=retrain.run, layers=["C02"], **TRAINING)
    labels = {"reference_parameters": world["home"].parameters}
    found = read(prune(world, AWAY, name="labelled", run=retrain.run, layers=["C02"], **TRAINING | labels))
    assert found.attrs["trained_on"] == "home"


def test_a_training_set_stands_for_the_own_domain(home):
    files = {name: [str(path)] for name, path in paths_of(home[0]["home"]).items()}
    words = {"domain": "more", "suite": "MockTNG", "set": "LH", "split": "all", "standardisation": "training"}
    given = {"training_set": files | words | {"parameters": str(home[0]["home"].parameters)}}
    found = read(prune(home[0], name="set", run=retrain.run, layers=["C02"], **TRAINING | given))
    assert found.attrs["trained_on"] == "more"


def prune_own(world, taken, *, run=replace.run, **changes):
    output = world["folder"] / f"own_{run.__module__}.nc"
    on_case(run)(domain=own_network.HOME, output=output, **world["home"] | taken | HOW | {"maps_each": 2} | changes)
    return read(output)


def test_functions_of_a_network_of_ones_own_are_layers(code, tmp_path):
    world = own_network.make_world(code, tmp_path)
    found = prune_own(world, own_network.take(world))
    assert found["change"].values.tolist() == [":relu:0", ":relu:1"]
    assert (found["refusal"].values == "").tolist() == [[False, True], [True, True]]
    assert found["parameter"].values.tolist() == own_network.OUTPUTS
    assert found["parameters_saved"].sel(change=":relu:1").values.tolist() == [84, 84 - 12]


@pytest.mark.parametrize("run", [replace.run, retrain.run])
def test_a_classifier_loses_accuracy(code, tmp_path, run):
    world = labelled_world(code, tmp_path)
    found = prune_own(world, sort(world), run=run, **(TRAINING if run is retrain.run else {}))
    assert found.attrs["score"] == "accuracy"
    assert found["parameter"].values.tolist() == ["kind"]
    assert ((found["score"] >= 0) & (found["score"] <= 1) | found["score"].isnull()).all()
    np.testing.assert_allclose(found["score"].sel(change=":relu:1", way="linear") * 40 % 1, 0, atol=1e-9)


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"layers": ["C99"]}, "no layer C99. Its layers are C01"),
        ({"alike": 2}, "Expected above 0, at most 1"),
        ({"ways": ["linear", "linear"]}, "Expected some of identity, linear, once"),
        ({"parameters": None}, "Domain 'home' has no labels, and pruning is judged by scores"),
        ({"outputs": ["age"]}, "does not infer age"),
        ({"unscored": ["Omega_m"], "outputs": ["Omega_m"]}, "has no labels of Omega_m"),
    ],
)
def test_what_cannot_be_pruned_is_refused(home, changes, message):
    with pytest.raises(InputError, match=message):
        prune(home[0], name="refused", **changes)
    assert not (home[0]["folder"] / "refused.nc").exists()
