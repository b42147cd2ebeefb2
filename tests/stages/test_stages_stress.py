"""The stage stress: a case along axes, its layers and its scores."""

import json
import os
import signal
import subprocess
import sys

import numpy as np
import pytest
import torch
import xarray as xr

import own_network
from case_inputs import on_case
from repshift import InputError
from repshift.perturbation.axes import Sky, axis_of, perturbed
from repshift.similarity.cka import cka
from repshift.similarity.gram import linear_gram
from repshift.stages.stress import curves
from repshift.storage.models import read_model
from repshift.storage.simulations import open_simulations
from stress_run import AXES, HOW, stress
from test_stages_classes import OF_CLASSES, label
from world import AWAY, ENVIRONMENT, HOME, paths_of, predict


@pytest.fixture(scope="module")
def home(first_world, tmp_path_factory):
    """The world's own domain along the axes, and what was run; no test may change either."""
    world = {**first_world, "folder": tmp_path_factory.mktemp("stress")}
    path = stress(world, read=False)
    with xr.open_dataset(path) as found:
        return world, path, found.load()


def at(dataset, axis, strength):
    found = (dataset["axis"].values == axis) & (dataset["strength"].values == strength)
    return dataset.isel(level=int(np.flatnonzero(found)[0]))


def zeros(dataset):
    return dataset.isel(level=np.flatnonzero(dataset["strength"].values == 0))


def test_every_strength_of_every_axis_is_a_level(home):
    found = home[2]
    assert found["axis"].values.tolist() == ["noise"] * 3 + ["gain"] * 3
    assert found["strength"].values.tolist() == [0, 0.1, 0.5, -0.2, 0, 0.2]
    branches = zip(found["branch_axis"].values, found["branch_direction"].values, strict=True)
    assert [tuple(map(str, one)) for one in branches] == [("noise", "up"), ("gain", "up"), ("gain", "down")]


def test_strength_0_is_what_the_stage_predictions_says(home):
    world, _, found = home
    with xr.open_dataset(predict(world)) as predicted:
        expected = predicted.sel(map=found["map"]).load()
    for _, level in zeros(found).groupby("level"):
        for name in ("mean", "std"):
            assert level[name].values.squeeze() == pytest.approx(expected[name].values, rel=1e-4, abs=1e-5)
    assert found["truth"].values == pytest.approx(expected["truth"].values)


def test_a_slow_loop_says_the_same(home):
    world, _, found = home
    network, description = read_model(world["weights"])
    simulations = open_simulations(**paths_of(world["home"]))
    positions = found["map_position"].values
    mean = description.moments[0].mean
    sky = Sky((True,), (10**mean,), True, ("T",), offsets=(0.0,))
    for entry in AXES:
        for strength in entry["strengths"]:
            maps = simulations.raw(positions).astype(np.float64)
            seeds = [(1, int(position)) for position in positions]
            maps, _ = perturbed(axis_of(entry["axis"]), maps, strength, sky=sky, entropy=seeds)
            inputs = ((np.log10(maps) - mean) / description.moments[0].std).astype(np.float32)
            with torch.inference_mode():
                answers = network.eval()(torch.from_numpy(inputs)).double().numpy()[:, 0]
            found_here = at(found, entry["name"], strength)["mean"].sel(parameter="Omega_m").values
            assert found_here == pytest.approx(0.1 + 0.4 * answers, abs=1e-5)


def test_layers_do_not_drift_at_strength_0(home):
    unmoved = zeros(home[2])
    for end in ("", "_low", "_high"):
        assert (unmoved[f"drift_cka{end}"].values == 1).all()
        assert (unmoved[f"drift_distance{end}"].values == 0).all()
        assert (unmoved[f"bias{end}"].values == 0).all()
        assert (unmoved[f"r2_change{end}"].values == 0).all()


def test_the_drift_of_a_layer_is_that_of_its_maps(home):
    world, _, found = home
    network, description = read_model(world["weights"])
    simulations, positions = open_simulations(**paths_of(world["home"])), found["map_position"].values
    recorded = positions[np.arange(12) * 2 + np.arange(12) % 2]
    kept = []
    network.eval().C01.register_forward_hook(lambda _module, _inputs, output: kept.append(output))
    for factor in (1.0, 10**0.2):
        maps = np.log10(simulations.raw(recorded).astype(np.float64) * factor)
        inputs = (maps - description.moments[0].mean) / description.moments[0].std
        with torch.inference_mode():
            network(torch.from_numpy(inputs.astype(np.float32)))
    before, after = (torch.nn.functional.leaky_relu(one, 0.2).double().flatten(1).numpy() for one in kept)
    level = at(found, "gain", 0.2).sel(layer="C01")
    expected = cka(linear_gram(before), linear_gram(after), estimator="debiased")
    assert float(level["drift_cka"]) == pytest.approx(expected, abs=1e-5)
    apart = np.square(before - before.mean(0)).sum()
    assert float(level["drift_distance"]) == pytest.approx(np.sqrt(np.square(after - before).sum() / apart), rel=1e-4)


@pytest.mark.parametrize("batch_size", [5, 7])
def test_a_batch_changes_nothing_but_rounding(home, batch_size):
    world, _, expected = home
    found = stress(world, name="batches", batch_size=batch_size)
    for name in ("mean", "std", "floored", "drift_cka", "drift_distance", "score_value", "r2"):
        assert found[name].values == pytest.approx(expected[name].values, rel=1e-3, abs=1e-4), name


def test_a_run_repeats_to_the_byte(home):
    world, path, _ = home
    assert stress(world, name="again", read=False).read_bytes() == path.read_bytes()


def test_an_axis_that_does_nothing_has_no_width(home):
    still = [{"name": "still", "axis": "shift", "strengths": [0, 16]}]  # once around a periodic map
    found = at(stress(home[0], name="still", axes=still), "still", 16)
    for name, value in (("drift_cka", 1), ("drift_distance", 0), ("bias", 0), ("r2_change", 0)):
        for end in ("", "_low", "_high"):
            assert found[f"{name}{end}"].values == pytest.approx(value, abs=2e-3), name


def test_more_noise_moves_every_layer_further(home):
    weak, strong = at(home[2], "noise", 0.1), at(home[2], "noise", 0.5)
    assert (strong["drift_distance"] > weak["drift_distance"]).all()


def test_scores_of_unperturbed_maps_are_their_own_null(home):
    found = home[2]
    null = found["score_null"].values
    for _, level in zeros(found).groupby("level"):
        assert level["score_value"].values.squeeze() == pytest.approx(null, nan_ok=True)


def test_out_of_distribution_scores_are_against_the_own_domain(home, world):
    held = {**world, "folder": world["folder"]}
    own = {"own_predictions": predict(world), "own_stress": home[1]}
    found = stress(held, AWAY, home=HOME, **own)
    assert found["score_null"].values == pytest.approx(home[2]["score_null"].values, nan_ok=True)
    assert found["score_suite"].values == pytest.approx(zeros(found)["score_value"].values[0])
    assert found["position"].dims == ("branch", "score")
    assert found.attrs["own_domain"] == "home"


def test_bias_is_measured_by_the_error_at_home(home, world):
    with xr.open_dataset(predict(world)) as own:
        rmse = np.sqrt(np.square(own["mean"] - own["truth"]).mean("map")).load()
    found = stress(world, AWAY, home=HOME, own_predictions=predict(world), own_stress=home[1])
    level, first = at(found, "noise", 0.5), at(found, "noise", 0)
    moved = (level["mean"] - first["mean"]).mean("map")
    assert level["bias"].values == pytest.approx((moved / rmse).values)


def test_maps_without_truth_have_layers_and_scores_alone(home):
    found = stress(home[0], name="silent", without_truth=True, parameters=None)
    assert found.sizes["output"] == 0
    assert "r2" not in found
    assert found["drift_cka"].values == pytest.approx(home[2]["drift_cka"].values)
    assert "score_critical" in found


def test_without_scores_there_are_none(home):
    found = stress(home[0], name="unscored", scores=[])
    assert found.sizes["score"] == 0
    assert found["r2"].values == pytest.approx(home[2]["r2"].values)


def test_an_axis_of_ones_own_is_called_map_by_map(home, tmp_path):
    (tmp_path / "fading.py").write_text("def fade(maps, strength, rng):\n    return maps * 10 ** (-strength)\n")
    own = {"name": "fade", "function": "fading:fade", "source": str(tmp_path), "strengths": [0, 0.2]}
    found = stress(home[0], name="own", axes=[{**own, "label": "fading", "units": "dex", "moves_labels": True}])
    expected = at(home[2], "gain", -0.2)
    assert at(found, "fade", 0.2)["mean"].values == pytest.approx(expected["mean"].values, abs=1e-5)
    about = json.loads(found.attrs["axes"])["fade"]
    assert (about["label"], about["units"], about["moves_labels"]) == ("fading", "dex", True)


def test_a_twin_at_strength_1_is_the_twin(home, world):
    files = paths_of(world["away"])
    entry = {"name": "feedback", "twin": "MockSIMBA-twin", "strengths": [0, 0.5, 1]}
    entry |= {"maps": [str(files["maps"])], "measured": [str(files["measured"])]}
    found = stress(home[0], name="twin", axes=[entry])
    network, description = read_model(world["weights"])
    twin = open_simulations(**files).standardised(found["map_position"].values, description.moments)
    with torch.inference_mode():
        answers = network.eval()(torch.from_numpy(twin)).double().numpy()[:, 0]
    assert at(found, "feedback", 1)["mean"].sel(parameter="Omega_m").values == pytest.approx(
        0.1 + 0.4 * answers, abs=1e-5
    )


def test_halfway_to_a_twin_is_the_geometric_mean(home, world):
    files = paths_of(world["away"])
    entry = {"name": "feedback", "twin": "MockSIMBA-twin", "strengths": [0, 0.5, 1]}
    entry |= {"maps": [str(files["maps"])], "measured": [str(files["measured"])]}
    pictures = stress(home[0], name="half", axes=[entry])["example"].values
    assert np.log10(pictures[1]) == pytest.approx((np.log10(pictures[0]) + np.log10(pictures[2])) / 2, abs=1e-5)


def test_pixels_that_are_floored_are_counted(home):
    entry = {"name": "dark", "axis": "offset", "strengths": [-1, 0]}
    found = stress(home[0], name="dark", axes=[entry])
    assert at(found, "dark", -1)["floored"].values.sum() > 0
    assert (at(found, "dark", 0)["floored"].values == 0).all()
    assert json.loads(found.attrs["axes"])["dark"]["floors"] == int(found["floored"].sum())


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"axes": [{"name": "a", "axis": "nois", "strengths": [0, 1]}]}, "Unknown axis 'nois'"),
        ({"axes": [{"name": "a", "axis": "noise", "strengths": [0, 1, 0.5]}]}, "Expected them increasing"),
        ({"axes": [{"name": "a", "axis": "noise", "strengths": [0.5, 1]}]}, "Expected 0"),
        ({"axes": [{"name": "a", "axis": "colour", "strengths": [0, 1]}]}, "needs two bands or more; the maps have 1"),
        ({"axes": [{"name": "a", "strengths": [0, 1]}]}, "Axis 'a' has one of axis, function, twin.*found none"),
        ({"axes": [{"name": "a", "axis": "noise", "strengths": ["0", 1]}]}, "Expected a list of numbers"),
        ({"axes": [AXES[0], AXES[0]]}, "Expected a name for each, each once"),
        ({"scores": ["mmd"]}, "Unknown level score 'mmd'"),
        ({"axes": [{"name": "a", "axis": "offset", "strengths": [-1e9, 0]}]}, "leaves no pixel above 0"),
    ],
)
def test_what_cannot_be_run_is_refused(home, changes, message):
    with pytest.raises(InputError, match=message):
        stress(home[0], name="refused", **changes)
    assert not (home[0]["folder"] / "stress_refused.nc").exists()


def test_few_simulations_have_neither_ends_nor_scores(home, caplog):
    found = stress(home[0], name="few", simulations=4)
    assert np.isfinite(found["bias"]).all()
    assert np.isnan(found["bias_low"]).all()
    assert np.isnan(found["drift_cka"]).all()
    assert found.sizes["score"] == 0
    assert "4 simulations do not make two halves" in caplog.text
    assert "4 simulations" in caplog.text.replace("4 simulations do not make", "")


def test_out_of_distribution_needs_the_error_at_home(world):
    with pytest.raises(InputError, match="Give --own-predictions"):
        stress(world, AWAY, home=HOME)


def test_out_of_distribution_needs_the_own_domain(world):
    with pytest.raises(InputError, match="'away' is not the model's own, which scores compare with. Give --ref"):
        stress(world, AWAY, own_predictions=predict(world))


def test_curves_are_no_predictions(home, world):
    with pytest.raises(InputError, match="Expected predictions of 'T-MockTNG', of the same weights"):
        stress(home[0], name="refused", own_predictions=stress(home[0], name="again", read=False))


def test_a_case_is_named_once(home):
    with pytest.raises(InputError) as error:
        stress(home[0], name="refused", parameters=None)
    assert str(error.value).count("Model 'T-MockTNG' on domain 'home'") == 1


def test_the_scores_of_another_model_are_refused(home, world):
    path = world["folder"] / "other.nc"
    home[2].assign_attrs(weights_sha256="0").to_netcdf(path)
    with pytest.raises(InputError, match="is not of model 'T-MockTNG' on its own domain"):
        stress(world, AWAY, home=HOME, own_predictions=predict(world), own_stress=path)


def test_axes_that_are_no_list_are_refused():
    for text in ("{", "[]", "{}", "[1]"):
        with pytest.raises(InputError, match="--axes is"):
            curves._axes_of(text)


def test_a_run_killed_half_way_leaves_nothing(world):
    strengths = [0, *np.linspace(0.001, 0.5, 400).tolist()]
    files, output = paths_of(world["home"]), world["folder"] / "killed.nc"
    words = ["--model", "T-MockTNG", "--weights", world["weights"], "--domain", "home", "--suite", "MockTNG"]
    words += ["--set", "LHT", "--split", "all", "--standardisation", "training", "--maps", files["maps"]]
    words += ["--parameters", files["parameters"], "--measured", files["measured"], "--threads", 1, "--batch-size", 50]
    words += ["--device", "cpu", "--maps-each", 2, "--seed", 1, "--resamples", 200, "--halves", 3]
    words += ["--axes", json.dumps([{"name": "noise", "axis": "noise", "strengths": strengths}]), "--output", output]
    command = [sys.executable, "-m", "repshift", "stress", "curves", *map(str, words)]
    process = subprocess.Popen(command, env=ENVIRONMENT, stderr=subprocess.PIPE, text=True)
    while "levels: 9 of" not in process.stderr.readline():
        assert process.poll() is None
    os.kill(process.pid, signal.SIGTERM)
    process.communicate()
    assert process.returncode != 0
    assert not list(world["folder"].glob("killed*"))
    assert not list(world["folder"].glob(".*"))


def of_ones_own(code, folder, **changes):
    """Return a run on maps and a network of one's own."""
    world = own_network.make_world(code, folder)
    if "classes" in changes:
        label(world, "home", np.arange(12) % 3)
    taken = own_network.take(world, **changes)
    axes = [{"name": "noise", "axis": "noise", "strengths": [0, 0.1, 2]}]
    output = folder / "stress.nc"
    on_case(curves.run)(domain=own_network.HOME, axes=axes, output=output, **world["home"], **taken, **HOW)
    with xr.open_dataset(output) as found:
        return found.load()


def test_a_network_of_ones_own_is_run_whole(code, tmp_path):
    found = of_ones_own(code, tmp_path)
    assert found["output"].values.tolist() == own_network.OUTPUTS
    assert found.sizes["layer"] == 2
    assert json.loads(found.attrs["axes"])["noise"]["units"] == "unit of the field"


def test_a_layer_that_is_rounding_has_no_drift(code, tmp_path, caplog):
    found = of_ones_own(code, tmp_path, name="Faint")
    assert np.isnan(found["drift_cka"]).all()  # also of the layer that follows it
    assert "by less than rounding: no drift" in caplog.text


def test_a_classifier_has_accuracy_and_log_loss(code, tmp_path):
    found = of_ones_own(code, tmp_path, **OF_CLASSES)
    right = found["probability"].argmax("class").values == (np.arange(24) // 2 % 3)[None]
    assert found["accuracy"].values[:, 0] == pytest.approx(right.mean(1))
    assert {"log_loss", "log_loss_change", "calibration", "accuracy_change_low"} <= set(found.data_vars)
    assert found["output"].values.tolist() == ["kind"]
    assert "entropy_rise" in found["score"].values


def test_outputs_without_a_name_have_layers_alone(code, tmp_path):
    found = of_ones_own(code, tmp_path, outputs=[])
    assert "mean" not in found
    assert found["drift_cka"].sizes["layer"] == 2


def test_several_channels_are_perturbed_together(write_simulations, tmp_path):
    from repshift.stages.models.initialise import run as initialise

    first, second = write_simulations("T"), write_simulations("Mtot", field="Mtot")
    files = {"maps": [first.maps, second.maps], "parameters": first.parameters}
    files |= {"measured": [first.measured, second.measured]}
    how = {"hidden": 1, "dropout": 0.0, "seed": 1, "split": "all", "batch_size": 32, "threads": 1}
    initialise(**files, suite="MockTNG", field="T+Mtot", output=tmp_path / "both.pt", **how)
    axes = [{"name": "lost", "axis": "missing_band", "strengths": [0, 1], "arguments": {"band": "Mtot"}}]
    on_case(curves.run)(
        model="both", weights=tmp_path / "both.pt", domain=HOME, axes=axes, output=tmp_path / "s.nc", **files, **HOW
    )
    with xr.open_dataset(tmp_path / "s.nc") as found:
        assert found["example"].dims == ("level", "channel", "y", "x")
        assert (found["example"][0, 0] == found["example"][1, 0]).all()
        assert found["example"][1, 1].std() < found["example"][0, 1].std()
