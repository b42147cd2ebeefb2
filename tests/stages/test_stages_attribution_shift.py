"""The action shift of the stage attribution: where the shift between twins comes from, and what are no twins."""

import logging
import re
from types import SimpleNamespace

import numpy as np
import pytest
import torch

from attribution_run import attribute_shift, hotter, read
from repshift import InputError
from repshift.stages.attribution import shift
from repshift.storage.models import read_model
from repshift.storage.simulations import open_simulations
from world import paths_of


@pytest.fixture(scope="module")
def twins(first_world, write_simulations_once, tmp_path_factory):
    """The world, its twins, and the file of the shift between them; no test may change any."""
    world = {**first_world, "folder": tmp_path_factory.mktemp("shift")}
    twin = write_simulations_once("MockTWIN", seed=1, change=hotter)
    return world, twin, read(attribute_shift(world, twin, by_layer=True))


def answers_of(world, files, found):
    network, description = read_model(world["weights"])
    maps = open_simulations(**paths_of(files)).standardised(found["position"].values, description.moments)
    with torch.inference_mode():
        return maps, network.eval()(torch.from_numpy(maps)).double().numpy()[:, :2].T


def test_the_shift_is_the_change_of_the_outputs(twins):
    world, twin, found = twins
    (maps, before), (others, after) = (answers_of(world, files, found) for files in (world["home"], twin))
    assert found["input"].values == pytest.approx(maps)
    assert found["twin_input"].values == pytest.approx(others)
    assert found["shift"].values == pytest.approx((after - before).mean(1), rel=1e-3, abs=1e-6)


@pytest.mark.parametrize("kind", ["environment", "scale", "pixel_value", "channel"])
def test_parts_and_remainder_add_up_to_the_shift(twins, kind):
    found = twins[2]
    total = found[f"{kind}_shift"].sum(kind) + found["remainder"]
    assert total.values == pytest.approx(found["shift"].values, abs=1e-6)


def test_a_loop_over_nodes_finds_the_same_contributions(twins):
    world, twin, found = twins
    network, _ = read_model(world["weights"])
    maps, others = (torch.from_numpy(answers_of(world, files, found)[0]) for files in (world["home"], twin))
    points, weights = np.polynomial.legendre.leggauss(16)
    mean = torch.zeros_like(maps)
    for point, weight in zip(points, weights, strict=True):
        leaf = (maps + float(1 + point) / 2 * (others - maps)).requires_grad_()
        network.eval()(leaf)[:, 0].sum().backward()
        mean += float(weight) / 2 * leaf.grad
    contributions = (mean * (others - maps)).numpy()
    assert found["attribution"].sel(output="Omega_m").values == pytest.approx(contributions, rel=1e-3, abs=1e-6)


def test_all_of_the_shift_passes_through_a_layer_of_a_chain(twins):
    found = twins[2]
    last = found["layer_shift"].isel(layer=-1)
    assert last.values == pytest.approx(found["shift"].values, rel=0.05, abs=1e-4)  # 16 nodes across kinks


def test_the_file_of_a_shift_names_its_twins(twins):
    found = twins[2]
    assert found.attrs["twin"] == found.attrs["twin_suite"] == "MockTWIN"
    assert found.attrs["parameters_compared"].split()[:2] == ["Omega_m", "sigma_8"]
    assert 0.9 < found.attrs["twin_correlation"] < 1
    assert len(found.attrs["twin_maps_sha256"]) == 64


def test_layers_are_left_out_unless_asked_for(twins):
    world, twin, _ = twins
    assert not [name for name in read(attribute_shift(world, twin)) if str(name).startswith("layer_")]


def test_twins_of_other_parameters_are_refused(twins, write_simulations):
    world, other = twins[0], write_simulations("other", seed=2)
    message = r"is no twin of .*: Omega_m of simulation \d+ is [\d.]+, expected [\d.]+. Twins have the same parameters"
    with pytest.raises(InputError, match=message):
        attribute_shift(world, other, write=shift.run)


def test_labels_that_are_measured_may_differ(twins):
    """Twins of the same maps under other labels are those twins still, where these labels are measured."""
    world, twin, found = twins
    labels = twin.parameters.read_text().splitlines()
    other = SimpleNamespace(maps=twin.maps, measured=twin.measured, parameters=world["folder"] / "measured.txt")
    other.parameters.write_text("\n".join(_with_first(line, 1.5) for line in labels) + "\n")
    with pytest.raises(InputError, match="Omega_m of simulation"):
        attribute_shift(world, other, write=shift.run)
    again = read(attribute_shift(world, other, write=shift.run, measured_labels=["Omega_m"]))
    assert again.attrs["parameters_compared"].split()[0] == "sigma_8"
    assert again["shift"].values == pytest.approx(found["shift"].values)


def _with_first(line, factor):
    """Return a line of a table with its first number multiplied; a comment as it is."""
    if line.startswith("#"):
        return line
    first, *others = line.split()
    return " ".join([f"{factor * float(first):g}", *others])


def test_too_few_twins_are_refused(twins, write_simulations):
    few = write_simulations("few", seed=1, n_simulations=3)
    with pytest.raises(InputError, match=r"is no twin of .*: its n_maps is 45, expected 180"):
        attribute_shift(twins[0], few, write=shift.run)


def test_a_twin_that_is_the_map_has_no_shift(twins):
    world = twins[0]
    with pytest.raises(InputError, match="so that there is no shift"):
        attribute_shift(world, world["home"], write=shift.run)


def test_twins_with_pixels_that_are_not_positive_are_refused(twins, write_simulations):
    def emptied(number, maps):
        maps[:, 3, 4] = 0
        return maps

    world, files = twins[0], write_simulations("full", seed=1)
    empty = np.load(files.maps)
    empty[:, 3, 4] = 0
    np.save(files.maps, empty)
    with pytest.raises(InputError, match=re.escape(str(files.maps))) as refusal:
        attribute_shift(world, files, write=shift.run)
    assert "above zero" in str(refusal.value) or "positive" in str(refusal.value)


def test_maps_of_other_initial_conditions_are_warned_of(twins, write_simulations, caplog, monkeypatch):
    monkeypatch.setattr(logging.getLogger("repshift"), "propagate", True)
    world, unlike = twins[0], write_simulations("unlike", seed=1, change=lambda _, maps: maps[:, ::-1])
    attribute_shift(world, unlike, write=shift.run, twin_parameters=None)
    assert "nothing says whether maps and twins have the same parameters" in caplog.text
    assert "pixels of maps and twins correlate by" in caplog.text


def test_few_nodes_are_warned_of(twins, caplog, monkeypatch):
    monkeypatch.setattr(logging.getLogger("repshift"), "propagate", True)
    world, twin, _ = twins
    found = read(attribute_shift(world, twin, write=shift.run, nodes=1))
    worst = found["completeness"].max().item()
    assert worst > 0.01
    assert f"{found['completeness'].idxmax().item()}: contributions miss the change of the output by " in caplog.text
    assert f"For 1 %, ask for {int(np.ceil(worst / 0.01))} nodes or more" in caplog.text
