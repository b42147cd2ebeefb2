"""Methods of attribution equal captum's, where both have them."""

import pytest
import torch
from torch import nn

from repshift.attribution import METHODS, Options
from repshift.attribution.gradients import drawn_noise
from repshift.attribution.network_outputs import explaining
from repshift.attribution.output_choice import chosen_outputs

attr = pytest.importorskip("captum.attr")

TOLERANCE = 1e-5
OUTPUTS = (2, 0)


@pytest.fixture
def maps(rng):
    return torch.from_numpy(rng.normal(size=(4, 2, 12, 10))).float()


@pytest.fixture
def network():
    torch.manual_seed(0)
    again = nn.LeakyReLU(0.2)
    layers = [nn.Conv2d(2, 4, 3, padding=1, padding_mode="circular"), again, nn.BatchNorm2d(4), nn.Conv2d(4, 4, 2, 2)]
    return nn.Sequential(*layers, again, nn.Flatten(), nn.Linear(4 * 6 * 5, 3)).eval()


def ours(name, network, maps, *, fast=True, **options):
    how = Options(options.pop("baseline", torch.zeros_like(maps)), options.pop("fill", maps), **options)
    with explaining(network, maps, chosen_outputs(3, OUTPUTS), batch_size=3, fast=fast) as explained:
        return METHODS[name](explained, maps, how)


def theirs(call, maps):
    """Return what captum says of each output, (n_outputs, n_maps, channels, y, x)."""
    return torch.stack([call(maps.clone().requires_grad_(True), target=output).detach() for output in OUTPUTS])


def assert_equal(found, expected):
    assert (found - expected).abs().max() <= TOLERANCE * expected.abs().max()


@pytest.mark.parametrize("fast", [False, True])
def test_gradients_are_captum_s(fast, network, maps):
    found = ours("gradient", network, maps, fast=fast).values
    assert_equal(
        found, theirs(lambda *given, **named: attr.Saliency(network).attribute(*given, abs=False, **named), maps)
    )


def test_gradients_times_maps_are_captum_s(network, maps):
    found = ours("input_x_gradient", network, maps).values
    assert_equal(found, theirs(attr.InputXGradient(network).attribute, maps))


@pytest.mark.parametrize("fast", [False, True])
def test_integrated_gradients_and_their_error_are_captum_s(fast, network, maps):
    baseline, error = maps.flip(0), []

    def call(inputs, target):
        how = {"n_steps": 9, "method": "gausslegendre", "return_convergence_delta": True}
        values, delta = attr.IntegratedGradients(network).attribute(inputs, baseline, target=target, **how)
        error.append(delta)
        return values

    found = ours("integrated_gradients", network, maps, baseline=baseline, nodes=9, fast=fast)
    expected = theirs(call, maps)
    assert_equal(found.values, expected)
    assert (found.error - torch.stack(error)).abs().max() <= TOLERANCE * expected.flatten(2).sum(2).abs().max()


@pytest.mark.parametrize(("window", "stride"), [(4, 4), (4, 3), (5, 1), (10, 3), (5, 2)])
def test_occlusion_is_captum_s(window, stride, network, maps):
    fill = maps.flip(0)

    def call(inputs, target):
        how = {"sliding_window_shapes": (2, window, window), "strides": (2, stride, stride), "baselines": fill}
        return attr.Occlusion(network).attribute(inputs, target=target, **how)

    found = ours("occlusion", network, maps, fill=fill, window=window, stride=stride).values
    assert_equal(found, theirs(call, maps)[:, :, :1])


def test_smoothgrad_of_the_same_noise_is_captum_s(network, maps, monkeypatch):
    draws, noise = 3, 0.2
    drawn = torch.stack([drawn_noise(maps, seed=7, draw=draw) for draw in range(draws)], dim=1)
    monkeypatch.setattr(torch, "normal", lambda _mean, std: drawn.reshape(std.shape) * std)
    tunnel = attr.NoiseTunnel(attr.Saliency(network))
    how = {"nt_samples": draws, "stdevs": noise, "abs": False}
    expected = theirs(lambda *given, **named: tunnel.attribute(*given, **how, **named), maps)
    assert_equal(ours("smoothgrad", network, maps, draws=draws, noise=noise, seed=7).values, expected)
