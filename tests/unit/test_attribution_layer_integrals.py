"""The integral between twins at each layer: complete, by channel, and its derivatives those of finite differences."""

import pytest
import torch
from torch import nn

from attribution_networks import Residual, attributed, chain, cmd_network, cmd_outputs, explained_network
from repshift import InputError
from repshift.attribution.layer_calls import layer_pass
from repshift.attribution.layer_integrals import layer_integrals


@pytest.fixture(autouse=True)
def _weights():
    torch.manual_seed(0)


@pytest.fixture
def maps(rng):
    return torch.from_numpy(rng.normal(size=(7, 1, 16, 16))).float()


@pytest.fixture
def twins(maps, rng):
    return maps + torch.from_numpy(rng.normal(0.1, 0.1, size=maps.shape)).float()


def integrals(network, maps, twins, *, nodes=20, layers=None, **chosen):
    with explained_network(network, maps, **chosen) as explained:
        return layer_integrals(explained, maps, twins, nodes=nodes, layers=layers)


def worst_of(network, maps, twins, **how):
    """Return the median error over the root mean square of the differences, the largest over layers and outputs."""
    found = integrals(network, maps, twins, **how)
    rms = found.differences.square().mean(dim=1).sqrt()
    errors = torch.stack([layer.total - found.differences for layer in found.layers.values()])
    return float((errors.abs().median(dim=2).values / rms).max())


def test_every_layer_of_a_chain_is_complete(maps, twins):
    assert worst_of(chain(nn.GELU), maps, twins, nodes=20) < 1e-5


def test_layers_of_cmd_s_network_nearly_are_complete(maps, twins):
    network = cmd_network(maps)
    few, many = (worst_of(network, maps, twins, nodes=nodes, **cmd_outputs()) for nodes in (4, 20))
    assert many < 0.02 < few  # the gradient jumps wherever a unit changes sign


def test_layers_are_in_the_order_of_the_forward_pass(maps, twins):
    found = integrals(cmd_network(maps), maps, twins, nodes=1, **cmd_outputs())
    assert list(found.layers) == ["C01", "C02", "C03", "C11", "C12", "C13", "C21", "FC1"]
    assert [layer.units.shape for layer in found.layers.values()] == [(2,)] * 8


def test_differences_are_those_of_the_outputs(maps, twins):
    network = cmd_network(maps)
    found = integrals(network, maps, twins, nodes=1, **cmd_outputs())
    torch.testing.assert_close(found.differences.float(), (network(twins) - network(maps)).T[:2].detach())


def test_a_chain_integrates_as_the_pixels_do(maps, twins):
    network = chain(nn.Tanh)
    pixels = attributed("integrated_gradients", network, twins, baseline=maps).values.sum((2, 3, 4))
    for layer in integrals(network, maps, twins).layers.values():
        torch.testing.assert_close(layer.total.float(), pixels, atol=1e-5, rtol=1e-4)


def test_conductance_of_captum_is_the_limit(maps, twins):
    captum = pytest.importorskip("captum.attr")
    network = chain(nn.Tanh)
    found = integrals(network, maps, twins, layers=["1"]).layers["1"]
    conductance = captum.LayerConductance(network, network[1])
    expected = conductance.attribute(twins, maps, target=1, n_steps=200).sum((2, 3)).detach()
    torch.testing.assert_close(found.contributions[1].float(), expected, atol=2e-4, rtol=0.01)


@pytest.mark.parametrize("layer", ["C02", "C13", "FC1"])
def test_forward_derivatives_are_finite_differences(layer, maps, twins):
    network, start, direction = cmd_network(maps).double(), maps.double(), (twins - maps).double()
    with explained_network(network, start, **cmd_outputs(), batch_size=7) as explained:
        found = layer_pass(explained, start, [layer], direction=direction).changes[layer]
        ends = [layer_pass(explained, start + sign * 1e-7 * direction, [layer]).features[layer] for sign in (1, -1)]
    torch.testing.assert_close(found, (ends[0] - ends[1]) / 2e-7, atol=1e-5, rtol=1e-5)


def test_gradients_of_a_pass_do_not_feel_its_direction(maps, twins):
    with explained_network(cmd_network(maps), maps, **cmd_outputs()) as explained:
        plain = layer_pass(explained, maps, ["C02"]).gradients()["C02"]
        along = layer_pass(explained, maps, ["C02"], direction=twins - maps).gradients()["C02"]
    torch.testing.assert_close(along, plain)


def test_a_branch_has_the_part_that_passes_there(maps, twins):
    network = Residual(torch.tanh)
    found = integrals(network, maps, twins, layers=["first", ":tanh:0", ":tanh:1"]).layers
    around = integrals(network, maps, twins, layers=["head"])
    torch.testing.assert_close(found[":tanh:0"].total, around.layers["head"].total, atol=1e-5, rtol=1e-4)
    # the rest goes around the second activation, straight from the first to the head
    means = [network.rectify(network.first(each)).mean((2, 3)) for each in (maps, twins)]
    rest = ((means[1] - means[0]) @ network.head.weight.T).T.detach()
    torch.testing.assert_close(
        (found[":tanh:1"].total + rest).float(), around.differences.float(), atol=1e-5, rtol=1e-4
    )


def test_channels_of_a_linear_network_have_their_weights(maps, twins):
    network = nn.Sequential(nn.Conv2d(1, 3, 1), nn.AvgPool2d(16), nn.Flatten(), nn.Linear(3, 2))
    found = integrals(network, maps, twins, nodes=1, layers=["0"]).layers["0"]
    change = (network[:3](twins) - network[:3](maps)).detach()
    torch.testing.assert_close(found.changes.float(), change, atol=1e-6, rtol=1e-4)
    weights = network[3].weight.detach()[:, None]
    torch.testing.assert_close(found.gradients.float(), weights.expand(2, 7, 3))
    torch.testing.assert_close(found.contributions.float(), weights * change, atol=1e-6, rtol=1e-4)


def test_a_shift_of_all_maps_is_all_offset(maps):
    network = nn.Sequential(nn.Conv2d(1, 3, 3), nn.ReLU(), nn.AvgPool2d(14), nn.Flatten(), nn.Linear(3, 2))
    found = integrals(network, maps, maps + 0.5, nodes=3, layers=["0"]).layers["0"]
    torch.testing.assert_close(found.offset, found.total, atol=1e-6, rtol=1e-4)
    mixed = integrals(network, maps, maps + maps.flip(0) - maps.mean(), nodes=3, layers=["0"]).layers["0"]
    assert (mixed.offset - mixed.total).abs().max() > 1e-3


def test_units_count_the_channels_that_carry_it(maps):
    network = nn.Sequential(nn.Conv2d(1, 4, 1), nn.AvgPool2d(16), nn.Flatten(), nn.Linear(4, 2))
    network[0].weight.data.fill_(1)
    network[3].weight.data[:] = torch.tensor([[1.0, 1.0, 1.0, -1.0], [0.0, 2.0, 0.0, 0.0]])
    found = integrals(network, maps, maps + 1, nodes=1, layers=["0"]).layers["0"]
    torch.testing.assert_close(found.units, torch.tensor([4.0, 1.0]).double())


def test_features_of_tokens_are_their_last_axis(maps, twins):
    network = nn.Sequential(nn.Flatten(2), nn.Linear(256, 5), nn.Tanh(), nn.Flatten(), nn.Linear(5, 2))
    network[0].forward = lambda maps: maps.flatten(2).expand(-1, 3, -1)
    network[4] = nn.Linear(15, 2)
    found = integrals(network, maps, twins, layers=["2", "4"])
    assert found.layers["2"].contributions.shape == (2, 7, 5)
    assert found.layers["4"].contributions.shape == (2, 7, 2)
    torch.testing.assert_close(found.layers["2"].total, found.differences, atol=1e-5, rtol=1e-4)


def test_twins_of_another_shape_are_refused(maps, twins):
    with pytest.raises(InputError, match=r"maps have shape \(7, 1, 16, 16\), their twins \(6, 1, 16, 16\)"):
        integrals(chain(nn.ReLU), maps, twins[:6])


def test_no_node_is_refused(maps, twins):
    with pytest.raises(InputError, match="'nodes' is 0. Expected 1 or more"):
        integrals(chain(nn.ReLU), maps, twins, nodes=0)


class Doubled(torch.autograd.Function):
    """A function that torch can differentiate backward alone."""

    @staticmethod
    def forward(context, features):
        return features * 2

    @staticmethod
    def backward(context, gradient):
        return gradient * 2


def test_what_has_no_forward_derivative_is_refused(maps, twins):
    network = chain(nn.ReLU)
    network[2] = nn.Identity()
    network[2].forward = Doubled.apply
    network[6] = nn.Linear(16, 2)
    with pytest.raises(InputError, match="forward mode, at 'mul', called by module '2'.*implement the jvp"):
        integrals(network, maps, twins)
