"""CKA as a term of a loss: a slow twin, its gradient in double precision, what it refuses."""

import copy

import numpy as np
import pytest
import torch
from torch import nn

from repshift import InputError
from repshift.adaptation import Material, Options, Sample, Task, repair_of
from repshift.adaptation.barrier import repaired
from repshift.adaptation.cka_loss import cka_loss, cka_term, layer_grams
from repshift.adaptation.differentiable_gram import differentiable_gram
from repshift.networks.cmd import CMDNetwork
from repshift.recording.layers import choose_layers

KINDS = ["match", "off_diagonal"]


def maps_of(rng, n_maps=8, size=16, dtype=torch.float32):
    return torch.from_numpy(rng.normal(size=(n_maps, 1, size, size))).to(dtype)


@pytest.fixture
def network():
    torch.manual_seed(1)
    return CMDNetwork(1, size=16).eval()


@pytest.fixture
def domains(rng):
    return maps_of(rng), 1.5 * maps_of(rng, n_maps=6) + 0.3


def slow_hsic(first, other):
    """Write the sums of Song et al. 2012, eq. 5, pair after pair."""
    n = len(first)
    off = 1 - torch.eye(n, dtype=first.dtype)
    first, other = first * off, other * off
    ones = torch.ones(n, dtype=first.dtype)
    sums = (ones @ first @ ones) * (ones @ other @ ones) / ((n - 1) * (n - 2))
    return (torch.trace(first @ other) + sums - 2 / (n - 2) * (ones @ first @ other @ ones)) / (n * (n - 3))


def slow_pairs(network, maps, layers):
    """Return CKA of all pairs of layers by plain automatic differentiation, in double precision."""
    outputs = []
    hook = network.LeakyReLU.register_forward_hook(lambda _module, _maps, output: outputs.append(output.flatten(1)))
    network(maps)
    hook.remove()
    chosen = [outputs[list(network.layers).index(name)] for name in layers]
    grams = [features @ features.T for features in chosen]
    pairs = [(i, j) for i in range(len(grams)) for j in range(i + 1, len(grams))]
    own = [slow_hsic(gram, gram) for gram in grams]
    return torch.stack([slow_hsic(grams[i], grams[j]) / (own[i] * own[j]).sqrt() for i, j in pairs])


def slow_loss(network, source, target, kind):
    first, other = (slow_pairs(network, maps, list(network.layers)) for maps in (source, target))
    return (first - other).abs().mean() if kind == "match" else torch.cat([first, other]).mean()


def gradient_of(loss, network):
    found = torch.autograd.grad(loss, network.parameters(), allow_unused=True)
    return torch.cat([one.flatten().double() for one in found if one is not None])


def in_double(network, domains):
    return copy.deepcopy(network).double(), *(maps.double() for maps in domains)


def of_two_layers(rng, source=None, target=None):
    """Return Gram matrices of two random layers of each domain, or of given features."""
    given = [torch.from_numpy(rng.normal(size=(6, 9))) for _ in range(4)]
    given[0] = given[0] if source is None else source
    given[2] = given[2] if target is None else target
    grams = [differentiable_gram(features, name="a") for features in given]
    return {"a": grams[0], "b": grams[1]}, {"a": grams[2], "b": grams[3]}


@pytest.mark.parametrize("kind", KINDS)
class TestBothKinds:
    def test_the_loss_equals_its_slow_twin(self, network, domains, kind):
        exact, *maps = in_double(network, domains)
        expected = slow_loss(exact, *maps, kind)
        assert cka_loss(exact, *maps, kind=kind).item() == pytest.approx(expected.item(), abs=1e-12)

    def test_the_gradient_equals_that_of_the_twin(self, network, domains, kind):
        exact, *maps = in_double(network, domains)
        expected = gradient_of(slow_loss(exact, *maps, kind), exact)
        found = gradient_of(cka_loss(exact, *maps, kind=kind), exact)
        assert (found - expected).norm() < 1e-10 * expected.norm()

    def test_single_precision_gives_the_same_gradient(self, network, domains, kind):
        exact, *maps = in_double(network, domains)
        expected = gradient_of(slow_loss(exact, *maps, kind), exact)
        found = gradient_of(cka_loss(network, *domains, kind=kind), network)
        assert (found - expected).norm() < 1e-4 * expected.norm()

    def test_the_loss_ignores_the_order_of_maps(self, network, domains, kind):
        exact, source, target = in_double(network, domains)
        shuffled = cka_loss(exact, source.flip(0), target, kind=kind)
        assert shuffled.item() == pytest.approx(cka_loss(exact, source, target, kind=kind).item(), abs=1e-12)


def test_a_domain_matches_itself(network, domains):
    assert cka_loss(network, domains[0], domains[0].clone()).item() == 0


def test_a_step_down_the_gradient_lowers_the_loss(network, domains):
    before = cka_loss(network, *domains)
    optimiser = torch.optim.SGD(network.parameters(), lr=1e-3)
    before.backward()
    optimiser.step()
    assert cka_loss(network, *domains) < before


def test_one_pass_gives_the_outputs_too(network, domains):
    outputs, grams = layer_grams(network, domains[0], choose_layers(network, None))
    assert torch.equal(outputs, network(domains[0]))
    assert list(grams) == list(network.layers)


def test_the_network_keeps_its_mode(network, domains):
    network.train()
    before = network.B02.running_mean.clone()
    cka_loss(network, *domains)
    assert network.training
    assert not torch.equal(network.B02.running_mean, before)


def test_layers_are_chosen_by_name(network, domains):
    chosen = ["C02", "C11", "FC1"]
    exact, source, target = in_double(network, domains)
    expected = (slow_pairs(exact, source, chosen) - slow_pairs(exact, target, chosen)).abs().mean()
    assert cka_loss(exact, source, target, layers=chosen).item() == pytest.approx(expected.item(), abs=1e-12)


@pytest.mark.parametrize("offset", [1, 5, 100, 1e4])
def test_an_offset_leaves_the_gradient_as_it_is(rng, offset):
    features = torch.from_numpy(rng.normal(size=(6, 500))).float().requires_grad_()
    losses = [
        cka_term(*of_two_layers(np.random.default_rng(1), one), kind="match") for one in (features + offset, features)
    ]
    shifted, plain = (torch.autograd.grad(loss, features)[0] for loss in losses)
    assert (shifted - plain).norm() < max(3e-5, 1e-6 * offset) * plain.norm()


def test_one_outlying_map_costs_no_precision(rng):
    features = torch.from_numpy(rng.normal(size=(8, 300))).float() + 100
    features[0] *= 1e4
    gram = differentiable_gram(features, name="a")
    exact = features.double() - features.double().mean(0)
    distances = [(one.diagonal()[1:, None] + one.diagonal()[1:] - 2 * one[1:, 1:]) for one in (gram, exact @ exact.T)]
    assert torch.allclose(distances[0], distances[1], rtol=1e-4, atol=1e-3)


def test_half_precision_is_multiplied_in_single(rng):
    features = torch.from_numpy(rng.normal(size=(6, 50))).bfloat16()
    assert torch.equal(differentiable_gram(features, name="a"), differentiable_gram(features.float(), name="a"))


def test_domains_may_have_other_numbers_of_maps(network, rng):
    assert cka_loss(network, maps_of(rng, n_maps=9), maps_of(rng, n_maps=5)).isfinite()


def test_a_second_derivative_is_refused(rng):
    features = torch.from_numpy(rng.normal(size=(6, 50))).requires_grad_()
    loss = cka_term(*of_two_layers(rng, features), kind="match")
    (gradient,) = torch.autograd.grad(loss, features, create_graph=True)
    with pytest.raises(RuntimeError, match="once_differentiable"):
        gradient.sum().backward()


class Overwriting(nn.Module):
    """A convolution whose output an activation overwrites, and two layers of nothing but a constant."""

    def __init__(self):
        super().__init__()
        self.first, self.act, self.last = nn.Conv2d(1, 2, 3), nn.ReLU(inplace=True), nn.Flatten()

    def forward(self, maps):
        return self.last(self.act(self.first(maps)))


def test_a_layer_that_is_overwritten_is_refused(rng):
    with pytest.raises(InputError, match=r"Layers \['first'\] are overwritten in place after their call"):
        cka_loss(Overwriting(), *[maps_of(rng)] * 2, layers=["first", "act"])


def test_an_activation_in_place_is_a_layer(rng):
    assert cka_loss(Overwriting(), maps_of(rng), maps_of(rng), layers=["act", "last"]).requires_grad


@pytest.mark.parametrize("value", [0.0, 3.7], ids=["zeros", "a number"])
def test_a_constant_layer_is_refused(network, domains, value):
    nn.init.zeros_(network.FC1.weight)
    nn.init.constant_(network.FC1.bias, value)
    with pytest.raises(
        InputError, match="Layer 'FC1' is constant over the maps, or differs by less than its precision"
    ):
        cka_loss(network, *domains)


def test_a_layer_of_rounding_is_refused(rng):
    features = 1 + 1e-6 * torch.from_numpy(rng.normal(size=(6, 50))).float()
    with pytest.raises(InputError, match="Layer 'a' is constant over the maps, or differs by less"):
        differentiable_gram(features, name="a")


def test_infinite_features_are_refused(rng):
    features = torch.from_numpy(rng.normal(size=(6, 50)))
    features[2, 3] = torch.inf
    with pytest.raises(InputError, match="Layer 'a' holds values that are not finite"):
        differentiable_gram(features, name="a")


def test_fewer_than_four_maps_are_refused(network, rng):
    with pytest.raises(InputError, match="needs 4 maps or more of each domain in a batch: found 3"):
        cka_loss(network, maps_of(rng), maps_of(rng, n_maps=3))


def test_one_layer_alone_is_refused(network, domains):
    with pytest.raises(InputError, match=r"compares layers, but there is 1: \['C11'\]"):
        cka_loss(network, *domains, layers=["C11"])


def test_an_unknown_kind_is_refused(network, domains):
    with pytest.raises(InputError, match="Unknown kind 'apart' of a loss by CKA. Choose match, off_diagonal"):
        cka_loss(network, *domains, kind="apart")


def trained_by(network, domains, repair, weight=30.0, **options):
    """Return the weights of a network that a repair trained for some steps."""
    source, target = (Sample(maps, np.arange(len(maps)), torch.full((len(maps), 6), 0.5)) for maps in domains)
    material = Material(source, target, task=Task("regression", 6, has_std=True))
    chosen = Options(**{"weight": weight, "steps": 3, "batch": 4} | options)
    return repaired(network, repair_of(repair), material, chosen).state_dict()


@pytest.mark.parametrize("repair", ["cka", "cka_off_diagonal"])
def test_a_weight_of_zero_is_the_control(network, domains, repair):
    found, control = (trained_by(network, domains, *one) for one in ((repair, 0.0), ("source_training",)))
    assert all(torch.equal(found[name], control[name]) for name in control)


@pytest.mark.parametrize("repair", ["cka", "cka_off_diagonal"])
def test_a_repair_moves_cka_beside_its_control(network, domains, repair):
    kind = {"cka": "match", "cka_off_diagonal": "off_diagonal"}[repair]
    losses = []
    for weight in (0.0, 300.0):
        other = CMDNetwork(1, size=16).eval()
        other.load_state_dict(trained_by(network, domains, repair, weight, steps=15, batch=8))
        losses.append(cka_loss(other, *domains, kind=kind).item())
    assert losses[1] < losses[0]


def test_a_repair_of_too_few_maps_is_refused(network, rng):
    with pytest.raises(InputError, match="needs 4 maps or more of each domain in a batch: found 3"):
        trained_by(network, (maps_of(rng), maps_of(rng, n_maps=3)), "cka")


def test_a_repair_may_take_some_layers(network, domains):
    every, some = (trained_by(network, domains, "cka", layers=layers) for layers in (None, ["C02", "FC1"]))
    assert not torch.equal(every["FC1.weight"], some["FC1.weight"])


def test_layers_of_one_domain_alone_are_refused(rng):
    source, target = of_two_layers(rng)
    with pytest.raises(InputError, match=r"Layers \['b'\] are called for the maps of one domain alone"):
        cka_term(source, {"a": target["a"]}, kind="match")


def test_maps_that_are_all_equally_far_apart_are_refused(rng):
    source, target = of_two_layers(rng)
    source["b"] = torch.eye(6, dtype=torch.float64)
    with pytest.raises(InputError, match=r"Layers \['b'\] have no CKA: all maps are equally far apart"):
        cka_term(source, target, kind="match")
