"""The stage activations: what it writes of each layer, and which path it takes."""

from dataclasses import replace

import numpy as np
import pytest
import torch
import xarray as xr

from repshift.networks.cmd import CMDNetwork
from repshift.stages import activations
from repshift.storage.maps import open_maps
from repshift.storage.models import read_model
from world import AWAY, activate, initialise


def test_activations_hold_a_variable_a_layer(world):
    with xr.open_dataset(activate(world)) as found:
        assert list(found.data_vars) == [*CMDNetwork(1, size=16).layers, "pixels"]
        assert found["C01"].shape == (8, 2 * 16 * 16)
        assert set(found.coords) == {"map", "position", "simulation", "suite", "domain"}
        assert found.attrs["in_distribution"] == "true"
        assert found.attrs["standardisation"] == "training"


def test_activations_are_those_of_the_network(world):
    network, description = read_model(world["weights"])
    with xr.open_dataset(activate(world)) as found:
        pixels = np.log10(open_maps(world["home"].maps)[found["position"].values].astype(np.float64))
        inputs = (pixels - description.moments[0].mean) / description.moments[0].std
        with torch.inference_mode():
            first = network.C01(torch.from_numpy(inputs.astype(np.float32))[:, None])
        assert found["C01"].values == pytest.approx(network.LeakyReLU(first).flatten(1).numpy(), abs=1e-5)


def test_own_constants_change_what_is_out_of_distribution(world):
    own = replace(AWAY, standardisation="own")
    with xr.open_dataset(activate(world, AWAY)) as given, xr.open_dataset(activate(world, own, name="own")) as changed:
        assert not np.allclose(given["C01"], changed["C01"])


def test_two_passes_without_dropout_are_identical(world):
    with xr.open_dataset(activate(world, passes=2)) as found:
        assert found["FC1"].dims == ("pass", "map", "unit_FC1")
        layers = found.drop_vars("pixels").data_vars.values()
        assert all(layer[0].identical(layer[1]) for layer in layers)


def test_two_passes_with_dropout_differ_in_the_last_layer_alone(world):
    world["weights"] = initialise(world["home"], world["folder"] / "dropout.pt", dropout=0.5)
    with xr.open_dataset(activate(world, passes=2, dropout="on")) as found:
        layers = found.drop_vars("pixels").data_vars.items()
        assert [name for name, layer in layers if not layer[0].identical(layer[1])] == ["FC1"]


def test_the_fast_path_is_taken_and_said(world, caplog):
    caplog.set_level("INFO")
    with xr.open_dataset(activate(world, run=activations.run)) as found:
        assert found.attrs["rewritten_convolutions"] == 7
    assert "T-MockTNG: The fast path is used: 7 convolutions rewritten" in caplog.text


def test_with_dropout_the_plain_path_is_taken_and_said(world, caplog):
    caplog.set_level("INFO")
    with xr.open_dataset(activate(world, dropout="on", run=activations.run)) as found:
        assert found.attrs["rewritten_convolutions"] == 0
    assert "T-MockTNG: The plain path is used: dropout is on." in caplog.text


def test_bfloat16_changes_the_activations_a_little(world):
    with xr.open_dataset(activate(world)) as single, xr.open_dataset(activate(world, precision="bfloat16")) as half:
        assert half.attrs["precision"] == "bfloat16"
        assert half["C01"].dtype == np.float32
        assert not np.array_equal(half["C01"], single["C01"])
        assert half["C01"].values == pytest.approx(single["C01"].values, abs=0.05)


def test_activations_are_the_same_bytes_again(world):
    again = activate(world, name="again", run=activations.run)
    assert activate(world).read_bytes() == again.read_bytes()
