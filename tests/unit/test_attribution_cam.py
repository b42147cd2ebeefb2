"""Class activation maps equal captum's before its cut, at layers as recording names them."""

import re

import pytest
import torch
from examples.galaxies.network import galaxy_network
from examples.lenses.network import finder
from torch import nn
from torch.nn import functional

from attribution_networks import Residual, attributed, chain, cmd_network, cmd_outputs, explained_network
from repshift import InputError
from repshift.attribution.cam import feature_layer
from repshift.attribution.layer_calls import layer_pass

METHODS = ("grad_cam", "layer_cam")


@pytest.fixture(autouse=True)
def _weights():
    torch.manual_seed(0)


@pytest.fixture
def maps(rng):
    return torch.from_numpy(rng.normal(size=(4, 1, 16, 16))).float()


def of_captum(name, network, layer, maps):
    """Return captum's of the first two outputs, (2, n_maps, 1, y, x)."""
    captum = pytest.importorskip("captum.attr")
    method, how = captum.LayerGradientXActivation(network, layer), {}
    if name == "grad_cam":
        method, how = captum.LayerGradCam(network, layer), {"relu_attributions": False}
    found = [method.attribute(maps, target=target, **how).sum(1, keepdim=True) for target in (0, 1)]
    return torch.stack([captum.LayerAttribution.interpolate(one, (16, 16), "bilinear") for one in found]).detach()


@pytest.mark.parametrize("layer", [0, 1, 2, 3, 4])
@pytest.mark.parametrize("name", METHODS)
def test_cams_are_those_of_captum_before_its_cut(name, layer, maps):
    network = chain(nn.LeakyReLU).eval()
    found = attributed(name, network, maps, layer=str(layer)).values
    torch.testing.assert_close(found, of_captum(name, network, network[layer], maps), atol=1e-5, rtol=1e-5)
    assert found.min() < 0 < found.max()


@pytest.mark.parametrize("name", METHODS)
def test_each_call_of_a_module_is_a_layer(name, maps):
    network = cmd_network(maps)
    by_call = attributed(name, network, maps, **cmd_outputs(), layer="LeakyReLU:4").values
    torch.testing.assert_close(attributed(name, network, maps, **cmd_outputs(), layer="C12").values, by_call)
    other = attributed(name, network, maps, **cmd_outputs(), layer="C11").values
    assert not torch.allclose(other, by_call)


@pytest.mark.parametrize("name", METHODS)
def test_a_call_of_a_function_is_a_layer(name, maps):
    found = attributed(name, Residual(), maps, layer=":leaky_relu:1")
    assert found.values.shape == (2, 4, 1, 16, 16)
    assert found.error is None
    assert found.values.abs().min(dim=-1).values.max() > 0


def test_the_default_layer_is_the_last_with_maps(maps, rng):
    colours = torch.from_numpy(rng.normal(size=(2, 3, 64, 64))).float()
    cases = [(cmd_network(maps), maps, "C13"), (galaxy_network(), colours, "stages.4.1.2:0")]
    for network, given, expected in [*cases, (finder(), colours, "last.2:0")]:
        with explained_network(network, given) as explained:
            assert feature_layer(explained, given) == expected


def test_a_planted_square_lights(rng):
    maps = torch.from_numpy(rng.uniform(1, 2, size=(3, 1, 16, 16))).float()
    mask = torch.zeros(16, 16)
    mask[4:8, 8:12] = 1

    class OfSquare(nn.Module):
        def forward(self, maps):
            return ((maps * mask).relu().sum((2, 3)) ** 2).expand(-1, 2)

    for name in METHODS:
        found = attributed(name, OfSquare(), maps).values
        assert torch.equal(found != 0, (mask != 0).expand_as(found))


def test_what_is_overwritten_later_counts_as_it_was(maps):
    network = Residual(functional.relu)
    expected = attributed("layer_cam", network, maps, layer="second").values
    network.rectify = torch.relu_
    torch.testing.assert_close(attributed("layer_cam", network, maps, layer="second").values, expected)


def test_gradients_by_a_layer_are_finite_differences(maps):
    network = chain(nn.Tanh).double()
    with explained_network(network, maps.double()) as explained:
        found = layer_pass(explained, maps.double(), ["3"])
        features, gradients = found.features["3"], found.gradients()["3"]
        step = torch.zeros_like(features)
        step[0, 2, 5, 7] = 1e-6
        after = [network[4:](features + sign * step)[:, :2] for sign in (1, -1)]
    torch.testing.assert_close(gradients[:, 0, 2, 5, 7], (after[0] - after[1])[0] / 2e-6, atol=1e-8, rtol=1e-6)


@pytest.mark.parametrize(
    ("layer", "shape"), [("FC1", "(8,)"), ("FC2", "(12,)"), ("C21", "(16, 1, 1)"), ("LeakyReLU:7", "(8,)")]
)
def test_a_layer_without_maps_is_refused_with_its_shape(layer, shape, maps):
    with pytest.raises(InputError, match=re.escape(shape) + " for a map, no maps of features of more than one pixel"):
        attributed("grad_cam", cmd_network(maps), maps, **cmd_outputs(), layer=layer)


def test_a_network_without_maps_of_features_is_refused(maps):
    network = nn.Sequential(nn.Flatten(), nn.Linear(256, 8), nn.ReLU(), nn.Linear(8, 2))
    with pytest.raises(InputError, match=r"No layer of the network returns maps of features.*\(8,\) of '2:0'"):
        attributed("layer_cam", network, maps)


def test_a_pattern_of_several_layers_is_refused(maps):
    with pytest.raises(InputError, match=r"'C1\?' fits the layers C11, C12, C13\. Name one"):
        attributed("grad_cam", cmd_network(maps), maps, **cmd_outputs(), layer="C1?")


def test_an_unknown_layer_is_refused(maps):
    with pytest.raises(InputError, match="no layer .*C99"):
        attributed("grad_cam", cmd_network(maps), maps, **cmd_outputs(), layer="C99")


class Aside(nn.Module):
    """A network with a layer that does not depend on the maps."""

    def __init__(self):
        super().__init__()
        self.aside, self.head = nn.Conv2d(1, 2, 1), nn.Linear(256, 2)

    def forward(self, maps):
        return self.head(maps.relu().flatten(1)) + self.aside(torch.ones(len(maps), 1, 4, 4)).relu().mean((2, 3))


def test_a_layer_that_maps_do_not_reach_is_refused(maps):
    with pytest.raises(InputError, match="Layer 'aside' does not depend on the maps"):
        attributed("grad_cam", Aside(), maps, layer="aside")
    with explained_network(Aside(), maps) as explained:
        assert list(layer_pass(explained, maps).features) == [":relu:0"]


def test_a_layer_that_is_never_called_is_refused(maps):
    with pytest.raises(InputError, match="never made the call of layer"):
        attributed("grad_cam", cmd_network(maps), maps, **cmd_outputs(), layer="B01")


def test_outputs_without_a_gradient_are_refused(maps):
    network = nn.Sequential(nn.ReLU(), nn.Flatten(), nn.Linear(256, 2))
    with explained_network(network, maps) as explained, pytest.raises(InputError, match="no gradient by the pixels"):
        network[2].forward = lambda features: features.detach()[:, :2]
        layer_pass(explained, maps)
