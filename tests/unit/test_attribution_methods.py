"""Methods of attribution find what is known: weights, planted squares, sums; for any network and any output."""

import numpy as np
import pytest
import torch
from torch import nn

from recorded import settled
from repshift import InputError
from repshift.attribution import METHODS, Options
from repshift.attribution.gradients import drawn_noise
from repshift.attribution.network_outputs import explaining, n_answers_of
from repshift.attribution.occlusion import squares
from repshift.attribution.output_choice import chosen_outputs
from repshift.networks.classes import Classes
from repshift.networks.cmd import CMDNetwork
from repshift.recording.fusion import FusedNetwork

PIXELWISE = ("gradient", "input_x_gradient", "integrated_gradients", "smoothgrad")
BY_PIXEL = (*PIXELWISE, "occlusion")


def convolutions(channels=2, outputs=3, activation=nn.Tanh):
    """Return a network that uses one activation twice."""
    again = activation()
    layers = [nn.Conv2d(channels, 4, 3, padding=1), again, nn.Conv2d(4, 4, 2, 2), again]
    return nn.Sequential(*layers, nn.Flatten(), nn.Linear(4 * 4 * 3, outputs))


@pytest.fixture(autouse=True)
def _weights():
    torch.manual_seed(0)


@pytest.fixture
def maps(rng):
    return torch.from_numpy(rng.normal(size=(5, 2, 8, 6))).float()


def attributed(name, network, maps, *, outputs=None, batch_size=4, fast=False, **options):
    baseline = options.pop("baseline", torch.zeros_like(maps))
    how = Options(baseline, options.pop("fill", baseline), **{"window": 2, "stride": 2, "noise": 0.5, **options})
    chosen = outputs or chosen_outputs(n_answers_of(network, maps), None)
    with explaining(network, maps, chosen, batch_size=batch_size, fast=fast) as explained:
        return METHODS[name](explained, maps, how)


class OfSquare(nn.Module):
    """A network that reads one square of the first channel, and no more."""

    def forward(self, maps):
        return maps[:, 0, 2:4, 2:4].tanh().sum((1, 2)).square() + 1


@pytest.mark.parametrize("name", BY_PIXEL)
def test_a_linear_network_has_its_weights_back(name, maps):
    network, baseline = nn.Sequential(nn.Flatten(), nn.Linear(96, 2)), torch.full_like(maps, 0.5)
    found = attributed(name, network, maps, baseline=baseline, nodes=1, draws=2, window=1, stride=1).values
    weight = network[1].weight.detach().reshape(2, 1, 2, 8, 6)
    contribution = (weight * (maps - baseline)).sum(2, keepdim=True) if name == "occlusion" else weight * (maps - 0.5)
    expected = weight.expand_as(found) if METHODS[name].is_sensitivity else contribution
    torch.testing.assert_close(found, expected, atol=1e-5, rtol=1e-5)


@pytest.mark.parametrize("name", BY_PIXEL)
def test_a_planted_square_is_found(name, maps):
    found = attributed(name, OfSquare(), maps).values.abs().sum((0, 1))
    hit = torch.zeros(found.shape, dtype=torch.bool)
    hit[0, 2:4, 2:4] = True
    assert (found[hit] > 0).all()
    assert not found[~hit].any()


def test_completeness_falls_with_nodes(maps):
    errors = [attributed("integrated_gradients", convolutions(), maps, nodes=nodes).error for nodes in (1, 2, 4, 8)]
    assert errors[0].shape == (2, 5)
    worst = [error.abs().max().item() for error in errors]
    assert worst == sorted(worst, reverse=True)
    assert worst[-1] < 1e-5 < worst[0]


def test_the_error_is_what_the_sum_misses(maps):
    network, baseline = convolutions().double(), maps.double().flip(0)
    found = attributed("integrated_gradients", network, maps.double(), baseline=baseline, nodes=2)
    with torch.no_grad():
        change = (network(maps.double()) - network(baseline)).T[:2]
    torch.testing.assert_close(found.error, found.values.sum((2, 3, 4)) - change)


def test_integrated_gradients_follow_the_mean_of_the_path(maps):
    network, nodes, total = convolutions().double().eval(), 400, 0
    for node in range(nodes):
        leaf = (maps.double() * (node + 0.5) / nodes).requires_grad_(True)
        total = total + torch.autograd.grad(network(leaf)[:, 1].sum(), leaf)[0] * maps / nodes
    found = attributed("integrated_gradients", network, maps.double(), nodes=12)
    torch.testing.assert_close(found.values[1], total, atol=1e-5, rtol=1e-4)


@pytest.mark.parametrize(("window", "stride"), [(2, 2), (3, 2), (5, 3), (6, 1)])
def test_occlusion_is_the_mean_over_squares_that_cover(window, stride, maps):
    network, fill = convolutions().eval(), maps.flip(0)
    found = attributed("occlusion", network, maps, fill=fill, window=window, stride=stride).values
    with torch.no_grad():
        for row, column in ((0, 0), (3, 5), (7, 2)):
            falls = []
            for y in range(0, 8 - window + stride, stride):
                for x in range(0, 6 - window + stride, stride):
                    if 0 <= row - y < window and 0 <= column - x < window:
                        hidden = maps.clone()
                        hidden[..., y : y + window, x : x + window] = fill[..., y : y + window, x : x + window]
                        falls.append((network(maps) - network(hidden))[:, :2].T)
            torch.testing.assert_close(found[:, :, 0, row, column], torch.stack(falls).mean(0), atol=1e-6, rtol=1e-5)


def test_every_pixel_is_hidden_and_none_outside():
    for size, window, stride in ((8, 3, 3), (9, 4, 3), (5, 5, 1), (7, 2, 1)):
        covered = np.zeros((size, size))
        for square in squares((size, size), window=window, stride=stride):
            covered[square] += 1
        assert covered.min() >= 1
    with pytest.raises(InputError, match="A square of 9 pixels is hidden. Expected 1 to 6, the side of the maps"):
        squares((6, 8), window=9, stride=1)
    with pytest.raises(InputError, match="A square of 2 pixels moves by 3. Expected 1 to 2"):
        squares((6, 8), window=2, stride=3)


@pytest.mark.parametrize("name", BY_PIXEL)
def test_batches_and_outputs_do_not_change_each_other(name, maps):
    network = convolutions(outputs=4)
    together = attributed(name, network, maps, batch_size=5, outputs=chosen_outputs(4, [3, 1])).values
    alone = attributed(name, network, maps, batch_size=1, outputs=chosen_outputs(4, [1])).values
    torch.testing.assert_close(together[1:], alone, atol=1e-6, rtol=1e-5)
    assert attributed(name, network, maps, seed=1).values.equal(attributed(name, network, maps, seed=1).values)


@pytest.mark.parametrize("name", BY_PIXEL)
def test_the_fast_path_gives_the_same(name, rng):
    maps = torch.from_numpy(rng.normal(size=(3, 1, 32, 32))).float()
    network, outputs = settled(CMDNetwork(2, size=32), maps), chosen_outputs(12, [0, 6])
    plain, fast = (
        attributed(name, network, maps, outputs=outputs, fast=fast, nodes=3, draws=3, window=16, stride=16).values
        for fast in (False, True)
    )
    assert (fast - plain).norm() < 1e-3 * plain.norm()


def test_the_fast_path_is_taken_where_there_is_one(rng, maps):
    wide = torch.from_numpy(rng.normal(size=(1, 1, 32, 32))).float()
    with explaining(CMDNetwork(2, size=32), wide, chosen_outputs(12, [0]), batch_size=2, fast=True) as explained:
        assert isinstance(explained.fast.network, FusedNetwork)
        assert explained.fast.has_gradients
        assert "The fast path is used" in explained.fast.note
    for network in (nn.Sequential(nn.Flatten(), nn.Linear(96, 2)), convolutions().double()):
        with explaining(network, maps, chosen_outputs(2, [0]), batch_size=2, fast=True) as explained:
            assert explained.fast is None


class ChangesInPlace(nn.Module):
    """A network that changes what its rewritten convolution returns, which the way back needs."""

    def __init__(self):
        super().__init__()
        self.layer = nn.Conv2d(2, 2, 3)

    def forward(self, maps):
        features = nn.functional.leaky_relu(self.layer(maps), 0.1)
        return features.sub_(0.3).square().sum((2, 3))


def test_gradients_that_cannot_be_rewritten_are_the_network_s(maps):
    network = ChangesInPlace()
    with explaining(network, maps, chosen_outputs(2, None), batch_size=4, fast=True) as explained:
        assert not explained.fast.has_gradients
        found = METHODS["gradient"](explained, maps, Options(maps, maps)).values
    assert torch.equal(found, attributed("gradient", network, maps).values)


@pytest.mark.parametrize("shape", [(-1,), (-1, 1)])
@pytest.mark.parametrize("name", BY_PIXEL)
def test_a_network_may_answer_with_one_number(shape, name, maps):
    network = nn.Sequential(convolutions(outputs=1), nn.Unflatten(1, (1,)) if shape == (-1, 1) else nn.Flatten(0))
    assert attributed(name, network, maps).values.shape == (1, 5, 1 if name == "occlusion" else 2, 8, 6)


@pytest.mark.parametrize("name", BY_PIXEL)
def test_double_precision_stays_double(name, maps):
    assert attributed(name, convolutions().double(), maps.double()).values.dtype == torch.float64
    assert attributed(name, convolutions().double(), maps).values.dtype == torch.float64


def test_classes_have_their_log_odds_attributed(maps):
    network, classes = convolutions(outputs=3), Classes(("a", "b", "c"))
    found = attributed("integrated_gradients", network, maps, outputs=chosen_outputs(3, None, classes=classes))
    assert found.values.shape[0] == 3
    assert found.error.abs().max() < 1e-4


def test_smoothgrad_is_the_mean_gradient_of_noisy_maps(maps):
    network = convolutions()
    parts = [attributed("gradient", network, maps + 0.5 * drawn_noise(maps, seed=3, draw=n)).values for n in range(4)]
    found = attributed("smoothgrad", network, maps, seed=3, draws=4, noise=0.5).values
    torch.testing.assert_close(found, torch.stack(parts).mean(0))
    assert not found.equal(attributed("smoothgrad", network, maps, seed=4, draws=4, noise=0.5).values)


def test_a_network_is_left_as_it_was(maps):
    network = nn.Sequential(convolutions(), nn.Dropout(0.5)).train()
    network[0][0].weight.requires_grad_(False)
    network[0][2].eval()
    modes = [module.training for module in network.modules()]
    asked = [one.requires_grad for one in network.parameters()]
    with explaining(network, maps, chosen_outputs(3, None), batch_size=2) as explained:
        assert not any(one.requires_grad for one in network.parameters())
        explained.gradients(maps)
    assert [module.training for module in network.modules()] == modes
    assert [one.requires_grad for one in network.parameters()] == asked
    assert all(one.grad is None for one in network.parameters())


def test_gradients_are_there_in_inference_mode_too(maps):
    network = convolutions()
    expected = attributed("gradient", network, maps).values
    with torch.inference_mode():
        found = attributed("gradient", network, maps + 0)
    assert torch.equal(found.values, expected)


class InPlace(nn.Module):
    def forward(self, maps):
        return maps.mul_(2).sum((2, 3))


def test_a_network_that_changes_its_maps_changes_a_copy(maps):
    before = maps.clone()
    assert (attributed("gradient", InPlace(), maps).values[0, :, 0] == 2).all()
    assert torch.equal(maps, before)


def test_forward_calls_the_network(maps):
    outputs = chosen_outputs(3, [2])
    with explaining(
        convolutions(1), maps, outputs, batch_size=2, forward=lambda network, batch: network(batch[:, :1]), fast=True
    ) as explained:
        found = explained.gradients(maps)[1]
    assert not found[:, :, 1].any()
    assert found[:, :, 0].any()


class Answers(nn.Module):
    """A network whose answer is a function of the maps."""

    def __init__(self, function):
        super().__init__()
        self.function = function

    def forward(self, maps):
        return self.function(maps)


@pytest.mark.parametrize(
    ("function", "message"),
    [
        (lambda maps: maps.detach().sum((2, 3)), "have no gradient by the pixels"),
        (lambda maps: torch.ones(len(maps), 2), "have no gradient by the pixels"),
        (lambda maps: _Refusing.apply(maps).sum((2, 3)), "torch cannot differentiate the network: no way back"),
    ],
)
def test_networks_without_a_gradient_are_refused(function, message, maps):
    with pytest.raises(InputError, match=message):
        attributed("gradient", Answers(function), maps)
    assert attributed("occlusion", Answers(function), maps).values.shape == (2, 5, 1, 8, 6)


class _Refusing(torch.autograd.Function):
    @staticmethod
    def forward(_ctx, maps):
        return maps * 1

    @staticmethod
    def backward(_ctx, _gradient):
        raise RuntimeError("no way back")


@pytest.mark.parametrize(
    ("function", "outputs", "message"),
    [
        (lambda maps: maps.sum((2, 3)) / 0, chosen_outputs(2, [0]), "returns a number that is not finite for map 0"),
        (lambda maps: maps.sum((2, 3)).int(), chosen_outputs(2, [0]), "returns a torch.int32"),
        (lambda maps: maps.sum((2, 3)), chosen_outputs(6, [5]), "returns 2 numbers a map: there is no output 5"),
        (
            lambda maps: maps.square().sum((2, 3)).neg(),
            chosen_outputs(2, ["a_std"], ["a"]),
            "Output 'a_std' of map 0 is not finite, though all that the network returns is",
        ),
    ],
)
def test_answers_that_cannot_be_explained_are_refused(function, outputs, message, maps):
    with pytest.raises(InputError, match=message):
        attributed("gradient", Answers(function), maps, outputs=outputs)


@pytest.mark.parametrize(
    ("name", "how", "message"),
    [
        ("integrated_gradients", {"baseline": torch.zeros(1)}, r"The baseline has shape \(1,\). Expected that of the"),
        ("occlusion", {"fill": torch.zeros(1)}, r"The fill has shape \(1,\). Expected that of the maps, \(5, 2, 8, 6"),
        ("gradient", {"batch_size": 0}, "5 maps in batches of 0: at least one of each is needed"),
    ],
)
def test_what_does_not_fit_the_maps_is_refused(name, how, message, maps):
    with pytest.raises(InputError, match=message):
        attributed(name, convolutions(), maps, **how)


class Coupled(nn.Module):
    """A network whose answer to a map depends on the others of its batch."""

    def forward(self, maps):
        return (maps - maps.mean(0)).square().mean((2, 3))


def test_a_network_that_mixes_maps_is_refused(maps):
    with pytest.raises(InputError, match="moves by .* with the other maps of its batch, of outputs up to"):
        attributed("gradient", Coupled(), maps)
    assert attributed("gradient", Coupled(), maps, batch_size=1).values.isfinite().all()


class Root(nn.Module):
    """A network that takes the root of 0, of which rectifiers hide that its gradient is infinite."""

    def forward(self, maps):
        return torch.sqrt(torch.relu(maps.mean((2, 3)) - 100))


def test_an_attribution_that_is_not_finite_is_refused(maps):
    assert (attributed("gradient", Root(), maps).values == 0).all()
    with pytest.raises(InputError, match="Guided backpropagation of map 0 is not finite for output '0', though the"):
        attributed("guided_backpropagation", Root(), maps)
