"""DeepLIFT is complete, equals captum's on an unrolled network, and refuses what it has no rule for by name."""

import warnings
from itertools import cycle

import pytest
import torch
from examples.galaxies.network import galaxy_network
from examples.lenses.network import finder
from examples.own_network.network import residual
from torch import nn
from torch.nn import functional

from attribution_networks import Residual, attributed, chain, cmd_network, cmd_outputs, unrolled
from repshift import InputError
from repshift.networks.classes import Classes


@pytest.fixture(autouse=True)
def _weights():
    torch.manual_seed(0)


@pytest.fixture
def maps(rng):
    return torch.from_numpy(rng.normal(size=(4, 1, 16, 16))).float()


@pytest.fixture
def colours(rng):
    return torch.from_numpy(rng.normal(size=(4, 3, 32, 32))).float()


def of_captum(network, maps, baseline):
    """Return captum's of the first two outputs, (2, n_maps, channels, y, x)."""
    captum = pytest.importorskip("captum.attr")
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # it says that it sets hooks
        found = [captum.DeepLift(network).attribute(maps, baseline, target=target) for target in (0, 1)]
    return torch.stack(found).detach()


def assert_complete(found, *, to=1e-5):
    assert found.error.shape == found.values.shape[:2]
    change = found.values.sum((2, 3, 4)).abs().max()
    assert change > 0
    assert found.error.abs().max() < to * max(float(change), 1.0)


def test_the_unrolled_network_is_the_same_bit_for_bit(maps):
    network = cmd_network(maps)
    again = unrolled(network)
    assert sum(isinstance(module, nn.LeakyReLU) for module in again.modules()) == len(network.layers)
    assert torch.equal(again(maps), network(maps))


def test_cmd_s_network_gives_what_captum_gives_unrolled(maps):
    network, baseline = cmd_network(maps), maps.flip(0) / 2
    expected = of_captum(unrolled(network), maps, baseline)
    found = attributed("deeplift", network, maps, [0, 1], baseline=baseline).values
    torch.testing.assert_close(found, expected, atol=1e-5, rtol=1e-5)


@pytest.mark.parametrize("activation", [nn.ReLU, nn.ELU, nn.Tanh, nn.Sigmoid, nn.Softplus])
def test_a_chain_gives_what_captum_gives(activation, maps):
    network = chain(activation).eval()
    found = attributed("deeplift", network, maps, baseline=-maps)
    torch.testing.assert_close(found.values, of_captum(network, maps, -maps), atol=1e-5, rtol=1e-5)


def test_max_pooling_gives_what_captum_gives(maps):
    # captum 0.9.0 is wrong where a pooling follows an activation at once
    layers = [nn.Conv2d(1, 4, 3), nn.ReLU(), nn.Conv2d(4, 4, 3), nn.MaxPool2d(2), nn.Conv2d(4, 4, 3), nn.ReLU()]
    network, baseline = nn.Sequential(*layers, nn.Flatten(), nn.Linear(64, 2)).eval(), maps.flip(0)
    found = attributed("deeplift", network, maps, baseline=baseline)
    torch.testing.assert_close(found.values, of_captum(network, maps, baseline), atol=1e-5, rtol=1e-5)


@pytest.mark.parametrize("names", [("Omega_m", "sigma_8"), ("Omega_m_std", "A_SN1_std")])
def test_cmd_s_network_is_complete_with_roots(names, maps):
    assert_complete(attributed("deeplift", cmd_network(maps), maps, **cmd_outputs(*names), baseline=maps.flip(0)))


POOLINGS = (
    nn.MaxPool2d(3, stride=2, padding=1),
    nn.AdaptiveMaxPool2d(5),
    lambda features: torch.max_pool2d(features, 2),
    lambda features: features.amax(dim=(2, 3), keepdim=True),
    lambda features: torch.amax(features, -1, keepdim=True),
    lambda features: functional.max_pool1d(features.flatten(2), 4).unsqueeze(2),
    lambda features: functional.max_pool3d(features.unsqueeze(1), (1, 2, 2)).squeeze(1),
)


@pytest.mark.parametrize("pool", POOLINGS)
def test_maxima_are_complete_from_any_baseline(pool, maps):
    convolution = nn.Conv2d(1, 4, 3)
    network = Calling(lambda rows: pool(convolution(rows.reshape(-1, 1, 16, 16)).relu()).flatten(1))
    assert_complete(attributed("deeplift", network, maps, baseline=maps.flip(0) * 2))


def test_a_maximum_is_of_the_largest_of_either_map():
    maps, baseline = torch.tensor([[[[3.0, 1.0]]], [[[0.0, 1.0]]]]), torch.tensor([[[[0.0, 2.0]]], [[[4.0, 2.0]]]])
    network = nn.Sequential(nn.MaxPool2d((1, 2)), nn.Flatten())
    found = attributed("deeplift", network, maps, baseline=baseline).values
    assert found.flatten().tolist() == [1, 0, -3, 0]  # of 2 to 3, and of 4 to 1


@pytest.mark.parametrize("scale", ["logits", "probabilities"])
def test_log_odds_of_several_classes_are_complete(scale, maps):
    network = chain(nn.LeakyReLU)
    network = nn.Sequential(network, nn.Softmax(1)) if scale == "probabilities" else network
    assert_complete(attributed("deeplift", network, maps, classes=Classes(("a", "b", "c"), scale), baseline=-maps))


def test_networks_of_the_examples_are_complete(maps, colours):
    assert_complete(attributed("deeplift", finder(), colours, classes=Classes(("galaxy", "lens"))))
    assert_complete(attributed("deeplift", galaxy_network(), colours, ["a", "c_std"], ("a", "b", "c")))
    assert_complete(attributed("deeplift", residual(4, 2), maps, ["a", "b_std"], ("a", "b")))


def test_the_slope_is_that_between_the_two_inputs(rng):
    maps, baseline = (torch.from_numpy(rng.normal(size=(3, 1, 1, 4))).float() for _ in range(2))
    inner, outer = nn.Linear(4, 5), nn.Linear(5, 1)
    network = nn.Sequential(nn.Flatten(), inner, nn.Tanh(), outer)
    found = attributed("deeplift", network, maps, baseline=baseline).values[0].flatten(1)
    ends = [inner(each.flatten(1)) for each in (maps, baseline)]
    slope = (ends[0].tanh() - ends[1].tanh()) / (ends[0] - ends[1])
    expected = (outer.weight * slope) @ inner.weight * (maps - baseline).flatten(1)
    torch.testing.assert_close(found, expected.detach())


@pytest.mark.parametrize("name", ["Omega_m", "Omega_m_std"])
def test_a_map_that_is_its_baseline_has_no_contribution(name, maps):
    found = attributed("deeplift", cmd_network(maps), maps, **cmd_outputs(name), baseline=maps)
    assert torch.equal(found.values, torch.zeros_like(found.values))
    assert not found.error.any()


def test_activations_in_place_change_nothing(maps):
    network, baseline = Residual(functional.relu), maps.flip(0)
    expected = attributed("deeplift", network, maps, baseline=baseline).values
    network.rectify = torch.relu_
    torch.testing.assert_close(attributed("deeplift", network, maps, baseline=baseline).values, expected)


class Calling(nn.Module):
    """A network of one function, called by the module `inner`."""

    def __init__(self, function):
        super().__init__()
        self.inner = nn.Identity()
        self.inner.forward = function

    def forward(self, maps):
        return self.inner(maps.flatten(1)).sum(1, keepdim=True)


REFUSED = {
    "mul": lambda features: features * features.sigmoid(),
    "div": lambda features: features / features.exp(),
    "gt": lambda features: features * (features > 0),
    "layer_norm": lambda features: functional.layer_norm(features, (256,)),
    "batch_norm": lambda features: functional.batch_norm(
        features.reshape(-1, 4, 64), None, None, training=True
    ).flatten(1),
    "detach": lambda features: features + features.detach(),
    "__float__": lambda features: features * float(features.sum()),
    "data": lambda features: features + features.data,
    "glu": functional.glu,
    "std": lambda features: features / features.std(),
}


@pytest.mark.parametrize(("call", "function"), REFUSED.items())
def test_a_call_without_a_rule_is_named_with_its_module(call, function, maps):
    with pytest.raises(InputError, match=f"DeepLIFT has no rule for '{call}', called by module 'inner'"):
        attributed("deeplift", Calling(function), maps[:1])


def without_gradient(features):
    with torch.no_grad():
        return features * 2


LOST = {"to": lambda features: features.to(torch.int64).float() + features, "mul": without_gradient}


@pytest.mark.parametrize(("call", "function"), LOST.items())
def test_a_call_without_a_gradient_is_named(call, function, maps):
    with pytest.raises(InputError, match=f"lost at '{call}', called by module 'inner': its output has no gradient"):
        attributed("deeplift", Calling(lambda features: function(features) + features), maps)


def test_a_call_of_the_network_itself_is_named_as_such(maps):
    network = Residual(lambda features: features * features)
    with pytest.raises(InputError, match="no rule for 'mul', called by the network itself"):
        attributed("deeplift", network, maps)


def test_functions_of_shapes_and_constants_are_no_obstacle(maps):
    def scaled(features):
        return features * torch.ones_like(features) / len(features) + 2 * features.new_zeros(features.shape[1])

    found = attributed("deeplift", Calling(scaled), maps[:1])
    torch.testing.assert_close(found.values[0], maps[:1])


def test_other_calls_for_the_baseline_are_refused(maps):
    calls = cycle([torch.tanh, torch.relu])
    network = Calling(lambda features: next(calls)(features))
    with pytest.raises(
        InputError, match="other calls for a map than for its baseline: '(tanh|relu)', called by module 'inner'"
    ):
        attributed("deeplift", network, maps[:1])


def test_a_baseline_of_another_shape_is_refused(maps):
    with pytest.raises(InputError, match=r"baseline has shape \(1, 1, 16, 16\), the maps \(4, 1, 16, 16\)"):
        attributed("deeplift", chain(nn.ReLU), maps, baseline=maps[:1])
