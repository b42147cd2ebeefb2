"""Shuffled weights: from the last layer down, the same at each depth, and what they do to maps of attribution."""

import copy

import numpy as np
import pytest
import torch
from scipy.stats import spearmanr
from torch import nn

from attribution_networks import attributed, chain, cmd_network, cmd_outputs
from repshift import InputError
from repshift.attribution.null_networks import randomised, untrained, weight_layers

METHODS = ("gradient", "integrated_gradients")


@pytest.fixture(autouse=True)
def _weights():
    torch.manual_seed(0)


@pytest.fixture
def maps(rng):
    return torch.from_numpy(rng.normal(size=(6, 1, 16, 16))).float()


@pytest.fixture
def network(maps):
    return cmd_network(maps)


def changed(network, other):
    """Return the paths of modules whose weights differ."""
    pairs = zip(network.named_parameters(), other.named_parameters(), strict=True)
    return {name.partition(".")[0] for (name, before), (_, after) in pairs if not torch.equal(before, after)}


def test_layers_are_in_the_order_of_the_forward_pass(network, maps):
    layers = [layer[0].partition(".")[0] for layer in weight_layers(network, maps)]
    assert layers == ["C01", "C02", "C03", "C11", "C12", "C13", "C21", "FC1", "FC2"]
    assert weight_layers(network, maps)[1] == ["C02.weight", "C02.bias", "B02.weight", "B02.bias"]


def test_a_weight_used_again_counts_at_its_last_use(maps):
    class Again(nn.Module):
        def __init__(self):
            super().__init__()
            self.first, self.second = nn.Linear(256, 256), nn.Linear(256, 256)
            self.slope = nn.Parameter(torch.ones(1))

        def forward(self, maps):
            rows = self.slope * self.first(maps.flatten(1))
            return self.first(nn.functional.linear(rows, self.second.weight))

    assert weight_layers(Again(), maps) == [["slope", "second.weight"], ["first.weight", "first.bias"]]


def test_depths_go_from_the_last_layer_to_all(network, maps):
    found = list(randomised(network, maps, depths=3, seed=1))
    assert [name for name, _ in found] == ["FC2", "C12", "all"]
    assert changed(network, found[0][1]) == {"FC2"}
    assert changed(network, found[1][1]) == {"C12", "C13", "C21", "FC1", "FC2"}
    assert changed(network, found[2][1]) >= {"C01", "C02", "C03", "C11", "C12", "C13", "C21", "FC1", "FC2"}


@pytest.mark.parametrize(("depths", "names"), [(1, ["all"]), (2, ["FC2", "all"]), (99, None)])
def test_depths_are_no_more_than_layers(depths, names, network, maps):
    found = [name for name, _ in randomised(network, maps, depths=depths, seed=1)]
    assert found == (names or ["FC2", "FC1", "C21", "C13", "C12", "C11", "C03", "C02", "all"])


def test_a_layer_is_shuffled_alike_at_every_depth(network, maps):
    (_, last), (_, all_of_them) = randomised(network, maps, depths=2, seed=1)
    assert torch.equal(last.FC2.weight, all_of_them.FC2.weight)


def test_numbers_stay_the_same_in_another_order(network, maps):
    before = copy.deepcopy(network.state_dict())
    ((_, shuffled),) = randomised(network, maps, depths=1, seed=1)
    for name, tensor in network.state_dict().items():
        assert torch.equal(tensor, before[name])  # the network is left as it was
        other = shuffled.state_dict()[name]
        assert torch.equal(tensor.flatten().sort().values, other.flatten().sort().values)


def test_a_seed_is_a_shuffle(network, maps):
    def weight(seed):
        return next(randomised(network, maps, depths=1, seed=seed))[1].C02.weight

    assert torch.equal(weight(1), weight(1))
    assert not torch.equal(weight(1), weight(2))


def rank_correlations(network, other, maps, name):
    """Return the mean rank correlation over maps, of signed and of absolute values."""
    how = cmd_outputs() | {"nodes": 4}
    pairs = [attributed(name, one, maps, **how).values.flatten(0, 1).flatten(1).numpy() for one in (network, other)]
    signed = [spearmanr(*rows).statistic for rows in zip(*pairs, strict=True)]
    absolute = [spearmanr(*np.abs(rows)).statistic for rows in zip(*pairs, strict=True)]
    return np.mean(signed), np.mean(absolute)


def test_shuffled_weights_leave_signed_maps_nothing(network, rng):
    maps = torch.from_numpy(rng.normal(size=(12, 1, 16, 16))).float()
    ((_, shuffled),) = randomised(network, maps, depths=1, seed=1)
    for name in METHODS:
        assert abs(rank_correlations(network, shuffled, maps, name)[0]) < 0.05
    assert rank_correlations(network, shuffled, maps, "integrated_gradients")[1] > 0.2
    assert abs(rank_correlations(network, shuffled, maps, "gradient")[1]) < 0.1


def test_an_untrained_network_is_drawn_and_set_on_maps(network, maps):
    found = untrained(network, maps, seed=1, batch_size=6)
    assert changed(network, found) >= {"C01", "C02", "FC2"}
    seen = []
    found.B11.register_forward_hook(lambda _module, _given, output: seen.append(output))
    found(maps)
    assert not found.training
    assert seen[0].mean().abs() < 0.01
    assert 0.9 < seen[0].std() < 1.01


def test_an_untrained_network_is_that_of_its_seed(network, maps):
    state = torch.random.get_rng_state()
    first, again, other = (untrained(network, maps, seed=seed, batch_size=5) for seed in (1, 1, 2))
    assert torch.equal(torch.random.get_rng_state(), state)
    assert not changed(first, again)
    assert changed(first, other)


def test_networks_run_as_their_forward_says(maps):
    network = chain(nn.ReLU, channels=2)

    def twice(network, maps):
        return network(torch.cat([maps, maps], dim=1))

    assert [name for name, _ in randomised(network, maps, depths=2, seed=1, forward=twice)] == ["6", "all"]
    assert changed(network, untrained(network, maps, seed=1, batch_size=6, forward=twice)) == {"0", "2", "6"}


def test_no_depth_is_refused(network, maps):
    with pytest.raises(InputError, match="'depths' is 0. Expected 1 or more"):
        next(randomised(network, maps, depths=0, seed=1))


def test_a_network_without_weights_is_refused(maps):
    with pytest.raises(InputError, match="uses no weights, so there is nothing to shuffle"):
        next(randomised(nn.Sequential(nn.ReLU(), nn.Flatten()), maps, depths=1, seed=1))


def test_parameters_that_cannot_be_drawn_are_refused(maps):
    class Scaled(nn.Module):
        def __init__(self):
            super().__init__()
            self.scale = nn.Parameter(torch.ones(1))

    with pytest.raises(InputError, match=r"Module '0' holds the parameters \['scale'\], but has no 'reset_parameters'"):
        untrained(nn.Sequential(Scaled()), maps, seed=1, batch_size=2)


@pytest.mark.parametrize(("n_maps", "batch_size"), [(1, 6), (6, 1)])
def test_single_maps_have_no_statistics(n_maps, batch_size, network, maps):
    with pytest.raises(InputError, match=f"{n_maps} maps in batches of {batch_size} have no statistics"):
        untrained(network, maps[:n_maps], seed=1, batch_size=batch_size)
