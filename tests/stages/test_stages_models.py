"""The stage models: files that are taken, and untrained networks."""

from dataclasses import replace

import numpy as np
import pytest
import xarray as xr

from repshift import InputError
from repshift.case.layers import called_layers
from repshift.networks.channels import Preprocessing
from repshift.networks.cmd import CMDNetwork
from repshift.stages.models import choose as choose_action
from repshift.storage.models import read_model
from world import activate, initialise, measure, multiply, predict


def test_choosing_keeps_the_weights(world):
    output = world["folder"] / "chosen.pt"
    choose_action.run(weights=world["weights"], suite="MockTNG", field="T", output=output)
    assert output.read_bytes() == world["weights"].read_bytes()


def test_a_model_of_another_field_is_refused(world):
    with pytest.raises(InputError, match="field 'T' of suite 'MockTNG'; the configuration says field 'Mtot'"):
        choose_action.run(weights=world["weights"], suite="MockTNG", field="Mtot", output=world["folder"] / "chosen.pt")


def smoothed(world, suite="MockTNG"):
    """Measure a set again, smoothed and without its monopole."""
    name = "home" if suite == "MockTNG" else "away"
    files = replace(world[name], measured=world["folder"] / f"{name}_smoothed.json")
    measure(files, files.measured, smoothing=2.0, monopole="removed")
    return files


def test_an_untrained_model_says_how_its_maps_were_preprocessed(world):
    path = initialise(smoothed(world), world["folder"] / "smoothed.pt")
    assert read_model(path)[1].channels[0].preprocessing == Preprocessing(2.0, "removed")


@pytest.mark.parametrize("stage", ["activations", "predictions"])
def test_a_model_refuses_maps_of_another_preprocessing(world, stage):
    world["home"] = smoothed(world)
    with pytest.raises(
        InputError, match="smoothing 2 and monopole removed, but the model was trained with smoothing 0"
    ):
        {"activations": activate, "predictions": predict}[stage](world)


CONVOLUTIONS = ["C[0-9][0-9]:0", "FC[12]:0"]


def test_the_other_convention_of_layers_is_one_more_model(world):
    other = world["folder"] / "other.pt"
    choose_action.run(weights=world["weights"], suite="MockTNG", field="T", output=other, layers=CONVOLUTIONS)
    (_, first), (_, second) = read_model(world["weights"]), read_model(other)
    assert second.layers == (*(f"{name}:0" for name in first.layers), "FC2:0")
    assert replace(second, layers=first.layers) == first
    found = xr.open_dataset(multiply({**world, "weights": other, "folder": world["folder"] / "other"}))
    assert tuple(found["layer"].values) == second.layers


def test_the_other_convention_has_21_published_layers():
    maps = np.zeros((2, 1, 256, 256), dtype=np.float32)
    assert len(called_layers(CMDNetwork(1), maps, CONVOLUTIONS)) == 21


def test_an_untrained_model_may_have_other_layers(world):
    path = initialise(world["home"], world["folder"] / "other.pt", layers=["FC?:0"])
    assert read_model(path)[1].layers == ("FC1:0", "FC2:0")


def test_layers_that_a_model_has_not_are_refused_with_its_file(world):
    with pytest.raises(InputError, match=r"model\.pt: The network has no layer \['nonsense'\]"):
        choose_action.run(
            weights=world["weights"], suite="MockTNG", field="T", output=world["folder"] / "x.pt", layers=["nonsense"]
        )


def test_an_untrained_model_follows_its_seed(world):
    again = initialise(world["home"], world["folder"] / "again.pt")
    other = initialise(world["home"], world["folder"] / "other.pt", seed=2)
    assert again.read_bytes() == world["weights"].read_bytes() != other.read_bytes()
