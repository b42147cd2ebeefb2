"""The action network of the stage models: layers, outputs, moments and weights of a network of one's own."""

import numpy as np
import pytest
import torch

from own_network import make_world, multiply, predict, take
from repshift import InputError
from repshift.networks.channels import Moments
from repshift.stages.models.network import run as take_network
from repshift.storage.constructors import construct
from repshift.storage.functions import Constructor
from repshift.storage.measurement import read_measured
from repshift.storage.models import read_model


@pytest.fixture
def world(code, tmp_path):
    return make_world(code, tmp_path)


def test_taking_a_network_finds_its_layers_and_its_weights(world):
    weights = world["folder"] / "trained.pt"
    torch.manual_seed(5)
    torch.save(construct(world["own"], {"width": 3}).state_dict(), weights)
    network, description = read_model(take(world, weights=weights)["weights"], own=world["own"])
    assert description.layers == (":relu:0", ":relu:1")
    assert description.outputs == ("amplitude", "slope")
    assert description.moments == (read_measured(world["home"]["measured"]).moments,)
    assert torch.equal(network.head.bias, torch.load(weights)["head.bias"])


def test_patterns_choose_layers_in_the_order_of_their_calls(world):
    description = read_model(take(world, layers=["head", "f*"])["weights"], own=world["own"])[1]
    assert description.layers == ("first:0", "head")


def test_given_moments_stand_in_for_the_measured_ones(world):
    assert read_model(take(world, moments=[0.5, 2.0])["weights"], own=world["own"])[1].moments == (Moments(0.5, 2.0),)


@pytest.mark.parametrize("moments", [[np.nan, 1.0], [np.inf, 1.0], [0.0, 0.0], [0.0, np.inf], [0.0, -1.0]])
def test_moments_that_standardise_nothing_are_refused(world, moments):
    with pytest.raises(InputError, match=rf"moments are mean {moments[0]} and standard deviation {moments[1]}. Expect"):
        take(world, moments=moments)
    assert not list(world["folder"].glob("*.pt"))


def test_arguments_that_json_does_not_hold_leave_nothing(world):
    with pytest.raises(InputError, match=r"Small.json would hold a number that is not finite"):
        take(world, arguments={"width": 3, "scale": np.nan})
    assert not list(world["folder"].glob("*.pt"))


@pytest.mark.parametrize("kept", [True, False])
def test_a_mask_of_minus_infinity_works_from_end_to_end(world, kept):
    weights = world["folder"] / "trained.pt"
    torch.manual_seed(5)
    masked = construct(Constructor("small_network:Masked", world["own"].directory), {"width": 3})
    torch.save(masked.state_dict(), weights)
    taken = take(world, "Masked", weights=weights if kept else None)
    assert predict(world, taken).exists()
    for cache in (True, False):
        assert multiply(world, taken, cache=cache).exists()


def test_a_mask_that_is_drawn_anew_is_refused_at_once(world):
    with pytest.raises(InputError, match="Masked' does not build the same network again: .* has 'mask' with val"):
        take(world, "Masked", arguments={"width": 3, "drawn": True})
    assert not list(world["folder"].glob("*.pt"))


def test_a_network_inside_module_is_read_as_written(world):
    taken = take(world, "Wrapped")
    assert read_model(taken["weights"], own=taken["own"])[1].layers == ("module:relu:0", "module:relu:1")


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"layers": ["third"]}, "has no layer"),
        ({"layers": ["blocks.*"]}, r"made no call that fits 'blocks"),
        ({"outputs": ["amplitude", "slope", "age"]}, r"returns shape \(3, 4\) .* Expected 3 columns, or 6"),
        ({"arguments": {"width": 3, "answers": 7}}, r"returns shape \(3, 7\)"),
        ({"field": "T"}, "measured of field 'kappa', but the model reads field 'T'"),
    ],
)
def test_a_network_that_is_not_what_is_said_is_refused(world, changes, message):
    with pytest.raises(InputError, match=message):
        take(world, **changes)


def test_weights_that_do_not_fit_are_refused(world):
    weights = world["folder"] / "trained.pt"
    torch.save(construct(world["own"], {"width": 4}).state_dict(), weights)
    with pytest.raises(InputError, match=r"trained.pt has 'first.weight' of shape \(4, 1, 3, 3\); the network needs"):
        take(world, weights=weights)


def test_a_network_that_cannot_take_the_maps_is_refused(world):
    linear = Constructor("torch.nn:Linear")
    with pytest.raises(InputError, match=r"'torch.nn:Linear' cannot take maps of shape \(3, 1, 8, 8\)"):
        take_network(
            linear,
            arguments={"in_features": 5, "out_features": 2},
            weights=None,
            seed=1,
            layers=[""],
            outputs=[],
            moments=None,
            measured=world["home"]["measured"],
            suite="Smooth",
            field="kappa",
            output=world["folder"] / "linear.pt",
        )
