"""The action smallest of the stage stress: what it writes of each map, in which units, and what it refuses."""

import numpy as np
import pytest
import torch
import xarray as xr

import own_network
from case_inputs import on_case
from own_network import make_world, take
from repshift import InputError
from repshift.stages import predictions
from repshift.stages.models.initialise import run as initialise
from repshift.stages.stress import smallest
from repshift.storage.models import read_model
from repshift.storage.simulations import open_simulations
from repshift.vocabulary import PARAMETERS, Domain
from world import AWAY, HOME, once, paths_of, predict

HOW = {
    "n_maps": 12,
    "seed": 1,
    "factor": 1.0,
    "bound": 5.0,
    "steps": 2,
    "draws": 2,
    "pixel": 3.0,
    "candidates": 2,
    "resamples": 100,
    "batch_size": 8,
    "device": "cpu",
    "threads": 1,
}
TWO = {"outputs": ["Omega_m", "sigma_8"]}


def attack(world, domain=HOME, **changes):
    output = world["folder"] / f"smallest_{domain.name}.nc"
    arguments = {**HOW, **TWO, "model": "T-MockTNG", "weights": world["weights"]}
    arguments |= {"own_predictions": predict(world)} | paths_of(world[domain.name]) | changes
    once(on_case(smallest.run))(domain=domain, output=output, **arguments)
    return read(output)


def read(path):
    with xr.open_dataset(path) as opened:
        return opened.load()


def test_the_threshold_is_an_error_in_distribution(world):
    own = read(predict(world))
    error = np.sqrt(np.square(own["mean"] - own["truth"]).mean("map")).sel(parameter=TWO["outputs"])
    for domain in (HOME, AWAY):
        found = attack(world, domain, factor=0.5)
        assert found["threshold"].values == pytest.approx(0.5 * error.values)
        assert found.attrs["in_distribution"] == str(domain is HOME).lower()


def test_dex_are_standard_deviations_of_the_training_maps(world):
    found = attack(world)
    std = read_model(world["weights"])[1].moments[0].std
    assert found["size_raw"].dims == ("norm", "output", "map", "channel")
    assert found["size_raw"].isel(channel=0).values == pytest.approx(std * found["size"].values)
    assert found["size_raw"].attrs["units"] == "dex"
    assert found["size_raw_median"].isel(channel=0).values == pytest.approx(std * found["size_median"].values)


def test_every_map_found_moves_by_the_threshold_and_half_not(world):
    found = attack(world)
    assert np.isfinite(found["size"]).all()
    assert ((found["moved"] >= 1) & (found["moved"] < 1.01)).all()
    assert (found["moved_half"] < 1).all()
    assert (found["noise_moved"] < 1).all()
    assert (found["n_failed"] == 0).all()


def test_the_written_pixel_moves_the_output_as_written(world):
    found, files = attack(world), world["home"]
    network, description = read_model(world["weights"])
    simulations = open_simulations(files.maps, files.parameters, files.measured)
    maps = simulations.standardised(found["position"].values, description.moments)
    with torch.no_grad():
        before = network(torch.from_numpy(maps.copy()))[:, 0].numpy()
        first = found.sel(output="Omega_m")
        maps[np.arange(12), first["pixel_channel"], first["pixel_y"], first["pixel_x"]] += first["pixel_change"].values
        after = network(torch.from_numpy(maps.astype(np.float32)))[:, 0].numpy()
    width = PARAMETERS["Omega_m"].maximum - PARAMETERS["Omega_m"].minimum
    moved = np.abs(after - before) * width / float(found["threshold"][0])
    assert first["pixel_moved"].values == pytest.approx(moved, rel=1e-3)


def test_medians_have_ends_and_all_say_their_unit(world):
    found = attack(world)
    for name in ("size_median", "size_p10", "size_p90", "noise_moved_median", "pixel_moved_median", "l2_share_median"):
        assert (found[f"{name}_low"] <= found[name]).all()
        assert (found[name] <= found[f"{name}_high"]).all()
    assert found["size_median"].values == pytest.approx(found["size"].median("map").values)
    assert all({"units", "long_name"} <= set(found[name].attrs) for name in found.data_vars)


def test_maps_beyond_the_bound_are_counted(world):
    found = attack(world, bound=1e-5)
    assert (found["n_failed"] == 12).all()
    assert np.isinf(found["size_median"]).all()
    assert np.isnan(found["noise_moved_median"]).all()


def test_all_outputs_with_a_truth_are_moved_by_default(world):
    own = predict(world, unscored=["A_SN1"]).rename(world["folder"] / "unscored.nc")
    found = attack(world, outputs=[], own_predictions=own, n_maps=10, steps=0, candidates=1)
    assert found["output"].values.tolist() == [name for name in PARAMETERS if name != "A_SN1"]


def test_smallest_writes_the_same_bytes_again(world):
    contents = []
    for name in ("first", "again"):
        output = world["folder"] / f"{name}.nc"
        how = {**HOW, **TWO, "model": "T-MockTNG", "weights": world["weights"], "own_predictions": predict(world)}
        on_case(smallest.run)(domain=HOME, output=output, **how, **paths_of(world["home"]))
        contents.append(output.read_bytes())
    assert contents[0] == contents[1]


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"outputs": ["Omega_b"]}, "has no error of the output 'Omega_b'. There are Omega_m"),
        ({"n_maps": 9}, "9 simulations are too few"),
    ],
)
def test_what_smallest_cannot_do_is_refused(world, changes, message):
    with pytest.raises(InputError, match=message):
        attack(world, **changes)


def test_errors_of_another_domain_are_refused(world):
    with pytest.raises(InputError, match="shown 'away'. Expected predictions of 'T-MockTNG', of the same"):
        attack(world, own_predictions=predict(world, AWAY))


def test_an_own_network_is_moved_in_the_unit_of_its_labels(code, tmp_path):
    world = make_world(code, tmp_path)
    found, own = attack_own(world, take(world))
    error = np.sqrt(np.square(own["mean"] - own["truth"]).mean("map"))
    assert found["output"].values.tolist() == own_network.OUTPUTS
    assert found["threshold"].values == pytest.approx(error.values)
    assert found["size_raw"].attrs["units"] == "1"
    assert (found["moved"] >= 1).any()


def test_a_classifier_s_class_changes(code, tmp_path):
    world = make_world(code, tmp_path)
    lines = [f"{number / 12},{number % 3}" for number in range(12)]
    world["home"]["parameters"].write_text("\n".join(["amplitude,kind", *lines]) + "\n")
    classes = {"task": "classification", "classes": ("0", "1", "2"), "outputs": ["kind"]}
    taken = take(world, **classes, arguments={"width": 3, "answers": 3})
    found, _ = attack_own(world, taken, bound=100.0)
    assert found["output"].values.tolist() == ["kind"]
    assert np.isnan(found["threshold"]).all()
    reached = np.isfinite(found["size"])
    assert reached.any()
    assert (found["moved"].where(reached, 1) >= 1).all()
    with pytest.raises(InputError, match="tells classes of kind; found the outputs amplitude"):
        attack_own(world, taken, outputs=["amplitude"])


def attack_own(world, taken, **changes):
    torch_how = {"batch_size": 8, "device": "cpu", "threads": 1, "domain": own_network.HOME}
    own, output = world["folder"] / "own.nc", world["folder"] / "smallest.nc"
    on_case(predictions.run)(**taken, **world["home"], **torch_how, output=own)
    on_case(smallest.run)(**taken, **world["home"], **HOW | torch_how | changes, own_predictions=own, output=output)
    return read(output), read(own)


def test_each_channel_has_its_own_unit(write_simulations, tmp_path):
    files = [write_simulations(field, field=field) for field in ("T", "Mtot")]
    home = {
        "maps": [one.maps for one in files],
        "parameters": files[0].parameters,
        "measured": [one.measured for one in files],
    }
    how = {"hidden": 1, "dropout": 0.0, "seed": 1, "split": "all", "batch_size": 32, "threads": 1}
    weights, domain = tmp_path / "both.pt", Domain("home", "MockTNG", "LHT", "all")
    initialise(**home, suite="MockTNG", field="T+Mtot", output=weights, **how)
    case = {"model": "both", "weights": weights, "domain": domain, "device": "cpu", "threads": 1, "batch_size": 8}
    on_case(predictions.run)(**case, **home, output=tmp_path / "own.nc")
    given = HOW | case | {"outputs": ["Omega_m"], "own_predictions": tmp_path / "own.nc"}
    on_case(smallest.run)(**given, **home, output=tmp_path / "smallest.nc")
    found = read(tmp_path / "smallest.nc")
    assert found["channel"].values.tolist() == ["T", "Mtot"]
    raw = found["size_raw"] / [moments.std for moments in read_model(weights)[1].moments]
    assert raw.sel(norm="linf").values == pytest.approx(found["size"].sel(norm="linf").values[..., None] * [1, 1])
    assert np.sqrt(np.square(raw.sel(norm="l2")).sum("channel")).values == pytest.approx(
        found["size"].sel(norm="l2").values, rel=1e-5
    )
