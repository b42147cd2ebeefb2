"""The action cause of the stage pruning: CKA moved by the loss, in the small worlds."""

import numpy as np
import pytest
import xarray as xr

from case_inputs import on_case
from repshift import InputError
from repshift.stages.pruning import cause
from repshift.storage.maps import write_parameters
from world import AWAY, HOME, initialise, paths_of

HOW = {"splits": 2, "maps_each": 4, "seed": 1, "resamples": 100, "batch_size": 7, "device": "cpu", "threads": 1}
HOW |= {"seeds": 1, "steps": 8, "batch": 13, "learning_rate": 1e-2, "term_weights": [100.0]}


def move(world, *, name="cause", **changes):
    """Run the action in the small world, and return where it wrote."""
    output = world["folder"] / f"{name}.nc"
    own = {f"reference_{name}": path for name, path in paths_of(world["home"]).items()}
    given = {"model": "T-MockTNG", "weights": world["weights"], "reference": HOME} | own | HOW
    on_case(cause.run)(domain=AWAY, output=output, **paths_of(world["away"]) | given | changes)
    return output


def read(path):
    with xr.open_dataset(path) as opened:
        return opened.load()


def of_kind(found, kind):
    return found.isel(run=found["run_kind"].values == kind)


@pytest.fixture(scope="module")
def moved(write_simulations_once, tmp_path_factory):
    """What was run, where it was written, and what; no test may change it."""
    home, away = (
        write_simulations_once(name, seed=seed, n_simulations=26) for name, seed in (("MockTNG", 1), ("MockSIMBA", 2))
    )
    folder = tmp_path_factory.mktemp("cause")
    world = {"home": home, "away": away, "folder": folder, "weights": initialise(home, folder / "model.pt")}
    path = move(world)
    return world, path, read(path)


def test_each_split_and_seed_has_its_control(moved):
    found = moved[2]
    runs = list(zip(*(found[f"run_{name}"].values.tolist() for name in ("split", "seed", "kind")), strict=True))
    assert len(set(runs)) == len(runs) == 2 * (1 + 1 * 4)
    assert {(0, 0, "control"), (1, 0, "control")} <= set(runs)


@pytest.mark.parametrize("where", ["cka_reached", "cka_at_home"])
def test_built_networks_have_more_cka_than_removed_ones(moved, where):
    built, removed = (of_kind(moved[2], kind)[where].values for kind in ("build", "remove"))
    assert (built > removed).all()


def test_gains_are_paired_with_controls(moved):
    found = moved[2]
    by_hand = of_kind(found, "build")["target_score"].values - of_kind(found, "control")["target_score"].values
    gain = found["gain"].values[found["entry_kind"].values == "build"]
    np.testing.assert_allclose(gain[0], by_hand.mean(0), atol=1e-10)
    assert np.isnan(found["gain"].values[:2]).all()


def test_a_number_of_a_run_lies_in_its_interval(moved):
    found = moved[2].isel(entry=slice(2, None))
    assert (found["gain_low"] <= found["gain"]).all()
    assert (found["gain"] <= found["gain_high"]).all()
    assert np.isfinite(found["gain_low"]).all()


def test_trainings_have_the_seeds_of_retrained_networks(moved, tmp_path, monkeypatch):
    """As the action retrain: the seed of the case, and those that follow."""
    seen = []

    def note(network, labelled, options, *, task, alignment=None):
        seen.append((options.seed, alignment is None))
        return network

    monkeypatch.setattr("repshift.case.pruning.cause.trained", note)
    move({**moved[0], "folder": tmp_path}, seed=5, seeds=2, splits=1, kinds=["match"])
    assert seen == [(5, True), (5, False), (6, True), (6, False)]


def test_a_second_run_writes_the_same_bytes(moved):
    world, path, _ = moved
    assert move(world, name="again").read_bytes() == path.read_bytes()


def test_training_sees_no_label_of_the_domain(moved, tmp_path, rng):
    world = {**moved[0], "folder": tmp_path}
    shuffled = world["folder"] / "shuffled.txt"
    write_parameters(rng.permutation(np.loadtxt(world["away"].parameters)), shuffled)
    found, before = read(move(world, parameters=shuffled)), moved[2]
    assert found["cka_reached"].equals(before["cka_reached"])
    assert found["source_score"].equals(before["source_score"])
    assert not found["target_score"].equals(before["target_score"])


def test_kinds_and_layers_are_chosen(world):
    path = move(world, kinds=["match"], layers=["C02", "C11", "FC1"], term_weights=[1.0, 2.0], splits=1, seeds=1)
    found = read(path)
    assert found["entry_kind"].values.tolist() == ["none", "control", "match", "match"]
    assert found.attrs["layers"] == "C02, C11, FC1"


@pytest.mark.parametrize("missing", ["parameters", "reference_parameters"])
def test_a_domain_without_labels_is_refused(world, missing):
    with pytest.raises(InputError, match="CKA is moved while the score at home is held, so that labels of two domains"):
        move(world, **{missing: None})


def test_weights_of_zero_are_refused(world):
    with pytest.raises(InputError, match=r"The weights are \[0.0\]. Expected numbers above 0, once"):
        move(world, term_weights=[0.0])


def test_an_unknown_kind_is_refused(world):
    with pytest.raises(InputError, match=r"The kinds are \['raise'\]. Expected some of build, remove, match, once"):
        move(world, kinds=["raise"])


def test_other_outputs_at_home_are_refused(world):
    with pytest.raises(
        InputError, match="The domain has labels of sigma_8, A_SN1, and the own one of Omega_m, sigma_8"
    ):
        move(world, unscored=["Omega_m"])
