"""The lens finder's example, in a run of fewer objects with the shipped weights."""

import numpy as np
import pandas as pd
import pytest
import xarray as xr
import yaml

from running import copy_tree, run

CONFIGURATION = "examples/lenses/config.yaml"
STRESS = "examples/lenses/stress.yaml"
ATTRIBUTION = "examples/lenses/attribution.yaml"
REPAIR = "examples/lenses/repair.yaml"
AXES = ("colour", "occlusion", "seeing", "einstein_radius")
DOMAINS = ["DES", "Short", "Impostors"]
N_OBJECTS = 60


@pytest.fixture(scope="module")
def example(tmp_path_factory):
    """A clone in which the example was run on fewer objects of three domains."""
    folder = copy_tree(tmp_path_factory.mktemp("lenses"), "examples/skies", "examples/lenses")
    configuration = yaml.safe_load((folder / CONFIGURATION).read_text())
    for suite in configuration["suites"].values():
        suite["sets"]["LHT"] = N_OBJECTS
    configuration["activations"]["n_maps"] = 20
    configuration["cases"] = {"finder": DOMAINS}
    configuration["figures"] = {"predictions": ["finder"]}
    (folder / CONFIGURATION).write_text(yaml.safe_dump(configuration, sort_keys=False))
    run(folder, "--configfile", CONFIGURATION, cores=1)
    return folder


def test_lenses_are_found_at_home(example):
    scores = pd.read_csv(example / "results/summary/scores.csv").query("maps == 'split'").set_index("domain")
    assert 0.8 < scores.loc["DES", "accuracy"] < 1
    assert scores.loc["Short", "accuracy"] < scores.loc["DES", "accuracy"] - 0.1


def test_impostors_leave_the_lenses_as_they_are(example):
    home, impostors = (xr.load_dataset(example / f"results/predictions/finder/{name}.nc") for name in DOMAINS[::2])
    lenses = home["truth"].to_numpy() == "lens"
    same = np.all(home["probability"].to_numpy() == impostors["probability"].to_numpy(), axis=1)
    assert same[lenses].all()
    assert not same[~lenses].any()


def test_the_figures_of_the_lenses_are_drawn(example):
    assert {path.name for path in (example / "results/figures").iterdir()} >= {"figure1.png", "predictions.png"}


@pytest.fixture(scope="module")
def attributed(example):
    """What the finder looks at in the same objects, and which pixels carry the shift to a shorter exposure."""
    configuration = yaml.safe_load((example / ATTRIBUTION).read_text())
    for suite in configuration["suites"].values():
        suite["sets"]["LHT"] = N_OBJECTS
    few = {"maps": 20, "nodes": 16, "methods": ["grad_cam"], "resamples": 200, "shift": {"maps": 20, "nodes": 40}}
    configuration["activations"]["n_maps"] = 20
    configuration["attribution"] |= {"faithfulness": None, "randomisation": None, **few}
    (example / ATTRIBUTION).write_text(yaml.safe_dump(configuration, sort_keys=False))
    files = [f"results/attribution/finder/{name}.nc" for name in ("DES", "DES_to_Short")]
    run(example, "--configfile", ATTRIBUTION, "--", *files, cores=1)
    return [xr.load_dataset(example / file) for file in files]


def test_a_shorter_exposure_looks_like_a_lens_in_g(attributed):
    shift = attributed[1].squeeze("output")
    assert shift["shift_low"] > 1
    assert shift["channel_shift"].sum() + shift["remainder"] == pytest.approx(shift["shift"].item(), rel=1e-3)
    assert shift["channel_shift"].sel(channel="image-g") > 0.5 * shift["shift"]
    assert abs(shift["remainder"]) < 0.05 * shift["shift"]


def test_class_activation_maps_are_of_the_layer_that_is_named(attributed):
    """Each of its 8 x 8 pixels covers 8 x 8 of the map, so that neighbours in the map hardly differ."""
    found = attributed[0]["attribution"].squeeze(("method", "output")).isel(channel=0)
    assert found.shape == (20, 64, 64)
    assert found.diff("x").std() < 0.3 * found.std()


@pytest.fixture(scope="module")
def repaired(example):
    """Repairs of the finder for a shorter exposure, one of them trained, and trust in it on impostors."""
    configuration = yaml.safe_load((example / REPAIR).read_text())
    for suite in configuration["suites"].values():
        suite["sets"] |= {name: N_OBJECTS for name in ("LHT", "Tune") if name in suite["sets"]}
    configuration["activations"]["n_maps"] = 20
    few = {"cases": {"finder": ["Short"]}, "splits": 2, "simulations": [20], "resamples": 200, "latent_space": None}
    trained = {"rungs": ["source_training", "fine_tuning"], "steps": 5, "labelled": [20], "simulations": [20]}
    configuration["repair"] |= few | {"training": {"set": "Tune", "seeds": 1, **trained}}
    configuration["trust"] |= {"resamples": 200, "cases": {"finder": ["DES", "Rings"]}}
    del configuration["figures"]
    (example / REPAIR).write_text(yaml.safe_dump(configuration, sort_keys=False))
    files = {name: f"results/repair/finder/Short{name}.nc" for name in ("", "_fine_tuning")}
    files["trust"] = "results/trust/finder/Rings.nc"
    run(example, "--configfile", REPAIR, "--", *files.values(), cores=1)
    return {name: xr.load_dataset(example / file, decode_times=False) for name, file in files.items()}


def test_batch_norm_raises_a_short_exposure_and_costs_at_home(repaired):
    ladder = repaired[""].squeeze("parameter").set_index(entry="entry_rung")
    gain = ladder["gain"].sel(entry="batch_norm")
    assert gain.sel(judged_on="target") > 0.1
    assert gain.sel(judged_on="home") < -0.1


def test_a_trained_rung_of_classes_has_its_control(repaired):
    found = repaired["_fine_tuning"]
    assert found["parameter"].values.tolist() == ["kind"]
    assert np.isfinite(found["gain_over_control"].sel(entry=1)).all()


def test_no_score_finds_a_class_that_was_not_in_training(repaired):
    found = repaired["trust"]
    assert "error" not in found
    assert found["auc_domain"].max() < 0.7


@pytest.fixture(scope="module")
def stressed(example):
    """What the finder makes of the same objects along some axes."""
    configuration = yaml.safe_load((example / STRESS).read_text())
    for suite in configuration["suites"].values():
        suite["sets"]["LHT"] = N_OBJECTS
    axes = {name: configuration["stress"]["axes"][name] for name in AXES}
    for axis in axes.values():
        axis["strengths"] = sorted({0, min(axis["strengths"]), max(axis["strengths"])})
    axes["einstein_radius"]["strengths"] = [-0.1, 0]
    configuration["activations"]["n_maps"] = 20
    configuration["stress"] |= {"axes": axes, "cases": {"finder": ["DES"]}, "halves": 4, "resamples": 200}
    configuration["cases"] = {"finder": ["DES"]}
    configuration["figures"] = {"predictions": ["finder"]}
    (example / STRESS).write_text(yaml.safe_dump(configuration, sort_keys=False))
    run(example, "--configfile", STRESS, "--", "results/stress/finder/DES.nc", cores=1)
    with xr.open_dataset(example / "results/stress/finder/DES.nc") as found:
        return found.load().set_index(level=("axis", "strength"))


def test_the_finder_fails_where_lenses_are_blurred_or_hidden(stressed):
    change = stressed["accuracy_change"].squeeze("output")
    for axis, strength in (("colour", -1), ("occlusion", 0.3), ("seeing", 0.3)):
        assert change.sel(axis=axis, strength=strength) < -0.1, axis
        assert change.sel(axis=axis, strength=0) == 0


def test_the_einstein_radius_is_of_lenses_alone(stressed):
    taken = np.isfinite(stressed["probability"]).all("class").sel(axis="einstein_radius", strength=-0.1)
    assert 10 < taken.sum() < N_OBJECTS / 2
    assert (stressed["truth"].to_numpy()[taken] == "lens").all()
    assert np.isfinite(stressed["accuracy"].sel(axis="einstein_radius")).all()


def test_scores_are_of_axes_that_all_objects_take_part_in(stressed):
    scores = stressed["score_value"].sel(score="mmd_linear_last")
    assert np.isfinite(scores.sel(axis="occlusion")).all()
    assert np.isnan(scores.sel(axis="einstein_radius")).all()
