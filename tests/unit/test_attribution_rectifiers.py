"""Guided backpropagation and deconvolution change the way back through every rectifier, however it is called."""

import pytest
import torch
from torch import nn
from torch.nn import functional

from attribution_networks import Residual, attributed, chain, cmd_network, cmd_outputs, unrolled
from repshift import InputError
from repshift.attribution.rectifiers import RECTIFIERS
from repshift.recording.layers import FUNCTIONS

METHODS = ("guided_backpropagation", "deconvolution")


@pytest.fixture(autouse=True)
def _weights():
    torch.manual_seed(0)


@pytest.fixture
def maps(rng):
    return torch.from_numpy(rng.normal(size=(4, 1, 16, 16))).float()


@pytest.fixture
def captum():
    return pytest.importorskip("captum.attr")


def of_captum(captum, name, network, maps):
    """Return captum's of the first two outputs, (2, n_maps, channels, y, x)."""
    method = captum.GuidedBackprop if name == METHODS[0] else captum.Deconvolution
    leaf = maps.clone().requires_grad_()
    with pytest.warns(UserWarning, match="backward hooks"):
        return torch.stack([method(network).attribute(leaf, target=target) for target in (0, 1)]).detach()


@pytest.mark.parametrize("name", METHODS)
def test_networks_of_relu_give_what_captum_gives(name, maps, captum):
    network = chain(nn.ReLU).eval()
    expected = of_captum(captum, name, network, maps)
    torch.testing.assert_close(attributed(name, network, maps).values, expected, atol=1e-5, rtol=1e-5)


@pytest.mark.parametrize("name", METHODS)
def test_leaky_rectifiers_change_the_gradient(name, maps, captum):
    network = chain(nn.LeakyReLU).eval()
    plain = attributed("gradient", network, maps).values
    torch.testing.assert_close(of_captum(captum, name, network, maps), plain)  # captum sees nn.ReLU alone
    assert (attributed(name, network, maps).values - plain).abs().max() > 0.1 * plain.abs().max()


@pytest.mark.parametrize("name", METHODS)
def test_the_rule_is_the_one_written_down(name, rng):
    maps = torch.from_numpy(rng.normal(size=(5, 1, 2, 3))).float()
    first, last = nn.Linear(6, 8), nn.Linear(8, 1)
    found = attributed(name, nn.Sequential(nn.Flatten(), first, nn.LeakyReLU(0.3), last), maps).values
    before = first(maps.flatten(1))
    passed = last.weight.clamp(min=0) * (before > 0 if name == METHODS[0] else torch.ones_like(before))
    torch.testing.assert_close(found[0], (passed @ first.weight).reshape(maps.shape).detach())


@pytest.mark.parametrize("name", METHODS)
def test_a_module_used_again_is_one_rectifier_a_call(name, maps):
    network = cmd_network(maps)
    expected = attributed(name, unrolled(network), maps, [0, 1]).values
    torch.testing.assert_close(attributed(name, network, maps, [0, 1]).values, expected)


def in_place(features):
    features.relu_()
    return features


SPELLINGS = (
    torch.relu,
    torch.Tensor.relu,
    in_place,
    lambda features: functional.relu(features, inplace=True),
    lambda features: features.clamp(min=0),
    nn.ReLU(True),
)


@pytest.mark.parametrize("rectify", SPELLINGS)
@pytest.mark.parametrize("name", METHODS)
def test_a_rectifier_may_be_spelt_in_any_way(name, rectify, maps):
    network = Residual(functional.relu)
    expected = attributed(name, network, maps).values
    network.rectify = rectify
    torch.testing.assert_close(attributed(name, network, maps).values, expected)


@pytest.mark.parametrize("rectifier", RECTIFIERS)
def test_guided_gradients_pass_positive_inputs_alone(rectifier, rng):
    maps, head = torch.from_numpy(rng.normal(size=(3, 1, 4, 4))).float(), nn.Linear(16, 1)
    head.weight.data.abs_()
    network = nn.Sequential(FUNCTIONS[rectifier](), nn.Flatten(), head)
    plain = attributed("gradient", network, maps).values
    found = attributed("guided_backpropagation", network, maps).values
    torch.testing.assert_close(found, plain.clamp(min=0) * (maps > 0))


@pytest.mark.parametrize("name", METHODS)
def test_functions_that_are_no_rectifiers_keep_their_slopes(name, maps):
    network = nn.Sequential(nn.Flatten(), nn.Linear(256, 8), nn.ReLU(), nn.Linear(8, 1), nn.Sigmoid())
    found, logit = attributed(name, network, maps).values, attributed(name, network[:-1], maps).values
    output = network(maps).detach().reshape(1, 4, 1, 1, 1)
    torch.testing.assert_close(found, output * (1 - output) * logit)


def test_the_network_is_left_as_it_was(maps):
    network = chain(nn.LeakyReLU)
    before = attributed("gradient", network, maps).values
    attributed("guided_backpropagation", network, maps)
    torch.testing.assert_close(attributed("gradient", network, maps).values, before, atol=0, rtol=0)
    assert not any(module._forward_hooks or module._forward_pre_hooks for module in network.modules())


def test_a_network_without_rectifiers_is_refused(maps):
    with pytest.raises(InputError, match="would be the plain gradient.*calls none of relu.*activations are tanh"):
        attributed("guided_backpropagation", chain(nn.Tanh), maps)


def test_a_compiled_module_is_refused(maps):
    network = nn.Sequential(nn.Flatten(), torch.jit.script(nn.Linear(256, 2)))
    with pytest.raises(InputError, match="Module '1' is compiled, so the calls within it are not seen"):
        attributed("deconvolution", network, maps)


@pytest.mark.parametrize("name", METHODS)
def test_outputs_of_cmd_are_of_one_pass(name, maps):
    network = cmd_network(maps)
    both = attributed(name, network, maps, **cmd_outputs("sigma_8", "Omega_m_std")).values
    one = attributed(name, network, maps, **cmd_outputs("Omega_m_std")).values
    torch.testing.assert_close(both[1:], one)
