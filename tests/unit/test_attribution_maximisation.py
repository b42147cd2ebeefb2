"""Optimised maps find what a known network looks for; feature maps are those of its layers."""

from contextlib import contextmanager

import numpy as np
import pytest
import torch
from torch import nn

from repshift import InputError
from repshift.attribution.ascent import ascended
from repshift.attribution.constraint import size_of, spectrum_of
from repshift.attribution.dream import DreamGoal, dreamed
from repshift.attribution.feature_maps import feature_maps, layer_output, layers_with_maps, mean_activations
from repshift.attribution.maximisation import maximised, random_maps
from repshift.attribution.network_outputs import explaining
from repshift.attribution.output_choice import chosen_outputs
from repshift.networks import CMDNetwork
from repshift.networks.classes import Classes


class Stripes(nn.Module):
    """Two convolutions with one activation: channel 0 responds to differences along x, channel 1 along y."""

    def __init__(self, channels=1):
        super().__init__()
        self.first = nn.Conv2d(channels, 2, 3, padding=1, padding_mode="circular", bias=False)
        self.second = nn.Conv2d(2, 3, 2, stride=2, bias=False)
        self.activation = nn.LeakyReLU(0.2)
        with torch.no_grad():
            self.second.weight.copy_(torch.randn(3, 2, 2, 2, generator=torch.Generator().manual_seed(1)))
            self.first.weight.zero_()
            self.first.weight[0, :, 1] = self.first.weight[1, :, :, 1] = torch.tensor([-1.0, 2.0, -1.0])

    def forward(self, maps):
        features = self.activation(self.second(self.activation(self.first(maps))))
        return features.mean((2, 3))


@pytest.fixture
def maps(rng):
    noise = rng.normal(size=(12, 1, 16, 16)).astype(np.float32)
    return torch.from_numpy(noise + np.roll(noise, 1, 2) + np.roll(noise, 1, 3))


@contextmanager
def explained(network, maps, n_answers=3):
    with explaining(network, maps, chosen_outputs(n_answers, [0, 1]), batch_size=5) as found:
        yield found


def test_feature_maps_are_the_outputs_of_the_call_named(maps):
    network = Stripes()
    with explained(network, maps) as ours:
        found = feature_maps(ours, maps, "activation:1", [2, 0])
        leaf = maps[:2].clone().requires_grad_()
        layer_output(ours, leaf, "activation:0").sum().backward()
    expected = network.activation(network.second(network.activation(network.first(maps))))
    assert torch.equal(found, expected[:, [2, 0]].detach())
    assert leaf.grad.abs().sum() > 0


def test_means_over_positions_are_those_of_the_feature_maps(maps):
    with explained(Stripes(), maps) as ours:
        means = mean_activations(ours, maps, ["activation:0", "activation:1"])
        for layer, found in means.items():
            assert found.numpy() == pytest.approx(
                layer_output(ours, maps, layer).detach().mean((2, 3)).numpy(), abs=1e-6
            )


def test_a_pass_ends_at_the_layer(maps):
    network, seen = Stripes(), []
    network.second.register_forward_hook(lambda *_: seen.append(1))
    with explained(network, maps) as ours:
        seen.clear()
        layer_output(ours, maps[:1], "activation:0")
    assert not seen


def test_layers_spread_over_depth_and_leave_single_pixels(rng):
    maps = torch.from_numpy(rng.normal(size=(3, 1, 32, 32)).astype(np.float32))
    with explained(CMDNetwork(1, size=32), maps, 12) as ours:
        assert layers_with_maps(ours, maps, None) == ("C01", "C11", "C13", "C23")
        assert layers_with_maps(ours, maps, ["C0?"]) == ("C01", "C02", "C03")


def test_a_layer_without_maps_of_features_is_refused(rng):
    maps = torch.from_numpy(rng.normal(size=(3, 1, 16, 16)).astype(np.float32))
    with explained(CMDNetwork(1, size=16), maps, 12) as ours:
        with pytest.raises(InputError, match=r"Layer 'FC1' returns shape \(1, \d+\), no maps of features"):
            layers_with_maps(ours, maps, ["FC1"])
        with pytest.raises(InputError, match="The network has no layer"):
            layer_output(ours, maps, "C99")
        with pytest.raises(InputError, match="never made the call of layer 'LeakyReLU:40'"):
            layer_output(ours, maps, "LeakyReLU:40")
    flat = nn.Sequential(nn.Flatten(), nn.Linear(256, 3), nn.ReLU(), nn.Linear(3, 3))
    with explained(flat, maps) as ours, pytest.raises(InputError, match="No layer of .* larger than a pixel"):
        layers_with_maps(ours, maps, None)


def test_a_filter_of_stripes_gets_stripes(maps):
    """The largest response of a difference along x alternates along x, where white noise has 0.3 of its power."""
    with explained(Stripes(), maps) as ours:
        how = {"steps": 60, "from_blank": True}
        found = maximised(ours, random_maps(maps, 2, seed=3), "activation:0", [0, 1], size_of(maps), **how)
    power = torch.fft.fft2(found.maps[:, :, 0]).abs().square()
    assert (power[0, :, :, 6:11].sum((1, 2)) / power[0].sum((1, 2)) > 0.85).all()
    assert (power[1, :, 6:11].sum((1, 2)) / power[1].sum((1, 2)) > 0.85).all()


@pytest.mark.parametrize("of", [spectrum_of, size_of])
def test_optimised_maps_keep_the_constraint_and_rise(maps, of):
    constraint = of(maps)
    with explained(Stripes(), maps) as ours:
        found = maximised(ours, random_maps(maps, 3, seed=1), "activation:1", [0, 2], constraint, steps=20)
        means = [layer_output(ours, found.maps[place], "activation:1").mean((2, 3)) for place in range(2)]
    flat = found.maps.flatten(0, 1)
    assert constraint.maps(flat).numpy() == pytest.approx(flat.numpy(), abs=1e-5)
    for place, channel in enumerate((0, 2)):
        assert means[place][:, channel].detach().numpy() == pytest.approx(found.activations[place].numpy(), abs=1e-5)
    assert (found.activations > found.start).all()


def test_the_same_seed_gives_the_same_maps(maps):
    with explained(Stripes(), maps) as ours:
        starts = [random_maps(maps, 2, seed=seed) for seed in (4, 4, 5)]
        one, same, other = (
            maximised(ours, each, "activation:1", [1], spectrum_of(maps), steps=5).maps for each in starts
        )
    assert torch.equal(one, same)
    assert not torch.equal(one, other)


def test_batches_do_not_change_what_is_found(maps):
    def score(some, places):
        return (some * (1 + places[:, None, None, None])).square().mean((1, 2, 3)) + some[:, 0, 0, 0]

    how = {"steps": 7, "project": size_of(maps).maps}
    whole, parts = (ascended(maps, score, batch_size=size, **how) for size in (12, 5))
    assert torch.equal(whole[0], parts[0])
    assert torch.equal(whole[1], parts[1])


def test_a_score_that_is_not_finite_is_refused(maps):
    with pytest.raises(InputError, match="a number that is not finite for map 0"):
        ascended(maps, lambda some, _: some.sum((1, 2, 3)) / 0, size_of(maps).maps, steps=1, batch_size=4)


def test_a_gradient_without_a_direction_gives_way_to_noise(maps):
    """On a blank image a linear filter has no direction but that of rounding, which no result may follow."""
    starts = random_maps(maps, 2, seed=1)
    with explained(nn.Sequential(Stripes().first, nn.Identity()), maps, 2 * 16 * 16) as ours:
        found = maximised(ours, starts, "0", [0], size_of(maps), steps=1, from_blank=True)
    expected = size_of(maps).maps(starts)
    assert found.maps[0].numpy() == pytest.approx(expected.numpy(), abs=1e-6)


@pytest.mark.parametrize(("channels", "words"), [([3], "found channel 3"), ([], "found no channel")])
def test_channels_that_a_layer_has_not_are_refused(maps, channels, words):
    with (
        explained(Stripes(), maps) as ours,
        pytest.raises(InputError, match=f"has 3 channels, counted from 0; {words}"),
    ):
        maximised(ours, maps[:2], "activation:1", channels, size_of(maps), steps=1)


@pytest.mark.parametrize("of", [spectrum_of, size_of])
@pytest.mark.parametrize("direction", ["up", "down"])
def test_a_dream_moves_the_output_where_it_should(maps, of, direction):
    constraint, network = of(maps), Stripes()
    with explained(network, maps) as ours:
        goal = DreamGoal(output=1, direction=direction)
        found = dreamed(ours, maps[:3], goal, constraint, size=0.3, steps=20, draws=4, seed=1)
    with torch.no_grad():
        moved = (network(maps[:3] + found.added) - network(maps[:3]))[:, 1]
        before = network(maps[:3])[:, 1]
    assert moved.numpy() == pytest.approx(found.moved.numpy(), abs=1e-5)
    assert before.numpy() == pytest.approx(found.before.numpy(), abs=1e-5)
    assert (found.moved * (1 if direction == "up" else -1) > 2 * found.random).all()
    assert constraint.added(found.added, 0.3).numpy() == pytest.approx(found.added.numpy(), abs=1e-5)


def test_a_deep_dream_enhances_its_layer(maps):
    with explained(Stripes(), maps) as ours:
        goal = DreamGoal(layer="activation:0")
        found = dreamed(ours, maps[:2], goal, size_of(maps), size=0.3, steps=10, draws=4, seed=1)
    assert (found.moved > 3 * found.random).all()
    assert goal.name(["a"]) == "activation:0 up"


def test_several_channels_dream_too(rng):
    maps = torch.from_numpy(rng.normal(size=(10, 3, 8, 8)).astype(np.float32))
    with explained(Stripes(3), maps) as ours:
        found = dreamed(ours, maps[:2], DreamGoal(output=0), spectrum_of(maps), size=0.2, steps=10, draws=2, seed=1)
    assert found.added.shape == (2, 3, 8, 8)
    assert (found.moved > 0).all()


@pytest.mark.parametrize("given", [{}, {"output": 0, "layer": "C01"}])
def test_a_goal_is_one_thing(given):
    with pytest.raises(InputError, match="A dream has an output or a layer; found"):
        DreamGoal(**given)


def test_a_class_is_dreamt_by_its_log_odds(maps):
    classes = Classes(names=("a", "b", "c"), output_scale="logits")
    chosen = chosen_outputs(3, ["b"], classes=classes)
    with explaining(Stripes(), maps, chosen, batch_size=5) as ours:
        found = dreamed(ours, maps[:2], DreamGoal(output=0), spectrum_of(maps), size=0.3, steps=10, draws=2, seed=1)
        changed = Stripes()(maps[:2] + found.added).softmax(1)[:, 1]
    assert found.moved.numpy() == pytest.approx((changed.logit() - found.before).detach().numpy(), abs=1e-5)
