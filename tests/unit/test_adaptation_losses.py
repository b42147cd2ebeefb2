"""Terms that make domains alike: each against the sum that it stands for, in value and gradient."""

import numpy as np
import pytest
import torch
from torch import nn
from torch.nn import functional

from repshift import InputError
from repshift.adaptation.losses import sinkhorn
from repshift.adaptation.losses.coral import CorrelationAlignment, covariance_distance
from repshift.adaptation.losses.dann import Discriminator, domain_loss, reversed_gradient
from repshift.adaptation.losses.mmd import WIDTHS, MeanDiscrepancy, mean_discrepancy
from repshift.adaptation.losses.sinkhorn import BLUR, SinkhornDivergence, sinkhorn_divergence
from repshift.adaptation.losses.term import Term, on_one_scale

TERMS = {"mmd": MeanDiscrepancy, "coral": CorrelationAlignment, "sinkhorn": SinkhornDivergence}


@pytest.fixture
def source(rng):
    return torch.from_numpy(rng.normal(size=(7, 5))).requires_grad_()


@pytest.fixture
def target(rng):
    return torch.from_numpy(rng.normal(0.5, 1.5, size=(6, 5))).requires_grad_()


def slow_mmd(source, target):
    def kernel(one, other):
        return sum(torch.exp(-(one - other).square().sum() / (width * scale)) for width in WIDTHS)

    def mean(ones, others):
        return sum(kernel(one, other) for one in ones for other in others) / (len(ones) * len(others))

    both = [*source.detach(), *target.detach()]
    scale = np.mean([float((x - y).square().sum()) for i, x in enumerate(both) for j, y in enumerate(both) if i != j])
    return mean(source, source) + mean(target, target) - 2 * mean(source, target)


def slow_coral(source, target):
    return (torch.cov(source.T) - torch.cov(target.T)).square().sum() / (4 * source.shape[1] ** 2)


def slow_transport(source, target, strength):
    """Return the cost under the plan of two thousand updates, whose change costs nothing at the optimum."""
    costs = (source[:, None] - target).square().sum(-1) / 2
    kernel, weights = torch.exp(-costs.detach() / strength), costs.new_full((len(target),), 1 / len(target))
    for _ in range(2000):
        rows = 1 / (kernel @ weights) / len(source)
        weights = 1 / (kernel.T @ rows) / len(target)
    plan = rows[:, None] * kernel * weights
    return (plan * costs).sum() + strength * (plan * (plan * plan.numel()).log()).sum()


def slow_sinkhorn(source, target):
    largest = torch.cdist(source.detach(), target.detach()).max()
    pairs = [(source, target), (source, source), (target, target)]
    across, first, second = (slow_transport(*pair, (BLUR * largest) ** 2) for pair in pairs)
    return (across - first / 2 - second / 2) / source.shape[1]


def differences(fast, slow, source, target):
    """Return how far a value and its two gradients are from those of the slow twin, relative to the largest."""
    values = [of(source, target) for of in (fast, slow)]
    gradients = [torch.autograd.grad(value, [source, target]) for value in values]
    found, expected = ([value.detach(), *gradient] for value, gradient in zip(values, gradients, strict=True))
    return [float((one - other).abs().max() / other.abs().max()) for one, other in zip(found, expected, strict=True)]


@pytest.mark.parametrize(
    ("fast", "slow"),
    [(mean_discrepancy, slow_mmd), (covariance_distance, slow_coral), (sinkhorn_divergence, slow_sinkhorn)],
)
def test_a_term_and_its_gradient_are_the_slow_sum(fast, slow, source, target, monkeypatch):
    monkeypatch.setattr(sinkhorn, "_LAST", 2000)  # both to convergence
    assert max(differences(fast, slow, source, target)) < 1e-6


def test_few_updates_of_sinkhorn_come_close_for_a_batch(rng):
    scale = 1 / np.arange(1, 65)
    source, target = (torch.from_numpy(rng.normal(k, 1, size=(24, 64)) * scale).requires_grad_() for k in (0, 3))
    values = [of(source, target) for of in (sinkhorn_divergence, slow_sinkhorn)]
    assert float(values[0].detach()) == pytest.approx(float(values[1].detach()), rel=0.02)
    found, expected = (torch.autograd.grad(value, source)[0].flatten() for value in values)
    assert torch.cosine_similarity(found, expected, dim=0) > 0.99


@pytest.mark.parametrize("name", TERMS)
def test_a_term_of_equal_samples_is_zero(name, source):
    features = {"layer": source.detach().float()}
    assert float(TERMS[name]()(features, features)) == pytest.approx(0, abs=1e-6)


@pytest.mark.parametrize("name", TERMS)
def test_a_term_does_not_depend_on_units(name, source, target):
    term = TERMS[name]()
    once, twice = (float(term({"layer": k * source}, {"layer": k * target}).detach()) for k in (1, 1000))
    assert once == pytest.approx(twice, rel=1e-6)
    assert once > 0.01


@pytest.mark.parametrize("name", TERMS)
def test_a_term_sums_over_layers(name, source, target):
    once = TERMS[name]()({"a": source}, {"a": target})
    twice = TERMS[name]()({"a": source, "b": source}, {"a": target, "b": target})
    torch.testing.assert_close(twice, 2 * once)


def test_reversal_keeps_values_and_turns_gradients(source):
    assert torch.equal(reversed_gradient(source), source)
    (gradient,) = torch.autograd.grad((3 * reversed_gradient(source)).sum(), source)
    assert torch.equal(gradient, torch.full_like(source, -3))


def test_the_discriminator_learns_and_the_network_unlearns(source, target):
    layer = nn.Linear(5, 1).double()
    labels = torch.tensor([0.0] * 7 + [1.0] * 6).double()
    weights = torch.tensor([1 / 14] * 7 + [1 / 12] * 6).double()  # each domain counts one half
    outputs = layer(torch.cat([source, target]))[:, 0]
    plain = functional.binary_cross_entropy_with_logits(outputs, labels, weights, reduction="sum")
    expected = torch.autograd.grad(plain, [source, target, layer.weight])
    found = torch.autograd.grad(domain_loss(layer, source, target), [source, target, layer.weight])
    for one, other, sign in zip(found, expected, (-1, -1, 1), strict=True):
        torch.testing.assert_close(one, sign * other)


def test_a_discriminator_depends_on_its_seed_alone(source):
    before = torch.random.get_rng_state()
    made = [Discriminator(seed) for seed in (3, 3, 4)]
    for one in made:
        one.prepare({"layer": source})
    first, second, other = ([weight.flatten().tolist() for weight in one.parameters()] for one in made)
    assert first == second != other
    assert torch.equal(torch.random.get_rng_state(), before)


def test_the_weight_of_sinkhorn_follows_the_losses():
    term = SinkhornDivergence()
    optimiser = torch.optim.Adam(term.parameters(), lr=0.05)
    for _ in range(400):
        optimiser.zero_grad()
        term.added(torch.tensor(4.0), torch.tensor(0.5), weight=1.0).backward()
        optimiser.step()
    assert term.log_variances.exp().tolist() == pytest.approx([4.0, 0.5], rel=1e-3)
    divergence = torch.tensor(0.5, requires_grad=True)
    term.added(torch.tensor(4.0), divergence, weight=3.0).backward()
    assert float(divergence.grad) == pytest.approx(3 * 4 / 0.5, rel=2e-3)


def test_a_loss_that_is_a_logarithm_has_no_variance():
    term = SinkhornDivergence()
    term.added(torch.tensor(-9.0), torch.tensor(0.5), weight=1.0).backward()
    assert term.log_variances.grad.tolist() == pytest.approx([0, 0.25])


@pytest.mark.parametrize("of", [lambda one: mean_discrepancy(one, one), lambda one: on_one_scale(one, one)])
def test_constant_features_are_refused(of):
    with pytest.raises(InputError, match="Choose another layer"):
        of(torch.ones(4, 3))


class Difference(Term):
    def forward(self, source, target):
        return source["layer"].mean() - target["layer"].mean()


def test_a_term_keeps_a_copy_of_a_layer():
    output = torch.ones(2, 3, 4, 4)
    kept = Difference().made_of("layer", output)
    output.zero_()
    assert kept.shape == (2, 48)
    assert kept.all()
