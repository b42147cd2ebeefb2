"""Smallest changes of maps: exact where they are known, checked by the network itself, refused where there are none."""

import numpy as np
import pytest
import torch
from torch import nn

from repshift.attacks.goals import class_change, movement
from repshift.attacks.network import on_maps
from repshift.attacks.norms import NORMS
from repshift.attacks.search import TOLERANCE, gradients, smallest_change
from repshift.attacks.smallest import AttackSettings, random_changes, smallest_changes
from repshift.networks.cmd import CMDNetwork
from repshift.vocabulary import InputError

LINEAR = {"linf": 1, "l2": 2}
"""Of each norm, that of the weights which says how far a linear network moves."""


@pytest.fixture
def maps():
    return torch.randn(5, 2, 4, 3, generator=torch.Generator().manual_seed(1))


@pytest.fixture
def linear():
    torch.manual_seed(0)
    return nn.Sequential(nn.Flatten(), nn.Linear(2 * 4 * 3, 3))


def found_for(network, maps, goal_of, *, batch_size=8, **settings):
    entropy = [[1, number] for number in range(len(maps))]
    with on_maps(network, maps, batch_size=batch_size) as held:
        return smallest_changes(held, goal_of(held.answers()), AttackSettings(**settings), entropy=entropy)


def moving(distance, output=0):
    return lambda answers: movement(answers, output, distance)


def changing(scale="logits"):
    return lambda answers: class_change(answers, scale)


def test_a_linear_network_has_its_exact_smallest_change(linear, maps):
    found, weight = found_for(linear, maps, moving(0.3, 1)), linear[1].weight[1]
    for place, order in enumerate(LINEAR.values()):
        expected = 0.3 / weight.norm(p=order).item()
        assert found.size[place] == pytest.approx(np.full(5, expected), rel=2 * TOLERANCE)
        assert (found.size[place] >= expected * (1 - 1e-5)).all()


def test_a_linear_classifier_has_its_exact_smallest_change(linear, maps):
    found, weight = found_for(linear, maps, changing()), linear[1].weight
    answers = linear(maps).detach()
    for number, logits in enumerate(answers):
        own = int(logits.argmax())
        for place, order in enumerate(LINEAR.values()):
            others = [
                (logits[own] - logits[other]).item() / (weight[own] - weight[other]).norm(p=order).item()
                for other in range(3)
                if other != own
            ]
            assert found.size[place, number] == pytest.approx(min(others), rel=2 * TOLERANCE)


def test_the_best_pixel_of_a_linear_network_is_exact(linear, maps):
    found, weight = found_for(linear, maps, moving(0.3), pixel=2.0), linear[1].weight[0].detach().reshape(2, 4, 3)
    assert found.pixel_moved == pytest.approx(np.full(5, 2 * weight.abs().max().item() / 0.3), rel=1e-4)
    expected = np.unravel_index(weight.abs().argmax().item(), (2, 4, 3))
    assert (found.pixel_place == np.array(expected)[:, None]).all()
    assert (np.abs(found.pixel_change) == 2).all()


@pytest.mark.parametrize("norm", NORMS.values(), ids=list(NORMS))
def test_two_pixels_agree_with_a_slow_grid(norm):
    torch.manual_seed(3)
    network = nn.Sequential(nn.Flatten(), nn.Linear(2, 8), nn.Tanh(), nn.Linear(8, 1))
    maps = torch.randn(6, 1, 1, 2)
    found = found_for(network, maps, moving(0.1), steps=8).size[list(NORMS).index(norm.name)]
    angles = torch.linspace(0, 2 * np.pi, 361)
    directions = norm.unit(torch.stack([angles.cos(), angles.sin()], 1).reshape(-1, 1, 1, 2))
    sizes = torch.linspace(0.004, 3, 750)
    for number, one in enumerate(maps):
        with torch.no_grad():
            grid = one + sizes[:, None, None, None, None] * directions
            moved = (network(grid.reshape(-1, 1, 1, 2)) - network(one[None])).abs().reshape(len(sizes), -1)
        slow = sizes[(moved >= 0.1).any(1)].min().item()
        assert found[number] == pytest.approx(slow, rel=0.03, abs=0.003)


@pytest.fixture
def network():
    torch.manual_seed(0)
    return CMDNetwork(2, dropout=0.3, size=16)


@pytest.fixture
def skies():
    return torch.randn(4, 1, 16, 16, generator=torch.Generator().manual_seed(2))


def test_the_change_moves_the_output_and_half_does_not(network, skies):
    with on_maps(network, skies, batch_size=3) as held:
        goal, unit = movement(held.answers(), 1, 0.05), torch.ones_like(skies)
        for norm in NORMS.values():
            how = {"start": gradients(held, goal), "otherwise": norm.unit(unit), "steps": 4}
            found = smallest_change(held, goal, norm, bound=norm.largest(256), **how)
            for share, reached in ((1.0, True), (0.5, False)):
                change = share * found.size[:, None, None, None] * found.direction
                assert norm.size(change).numpy() == pytest.approx(share * found.size.numpy(), rel=1e-5)
                with torch.no_grad():
                    moved = (network(skies + change) - network(skies))[:, 1].abs()
                assert ((moved >= 0.05 * (1 - 1e-4)) == reached).all()


def test_a_changed_class_is_another_and_half_is_the_same(network, skies):
    with on_maps(network, skies, batch_size=8) as held:
        goal = class_change(held.answers(), "logits")
        norm = NORMS["l2"]
        how = {"start": gradients(held, goal), "otherwise": norm.unit(torch.ones_like(skies)), "steps": 4}
        found = smallest_change(held, goal, norm, bound=100.0, **how)
        before = network(skies).argmax(1)
        change = found.size[:, None, None, None] * found.direction
        assert (network(skies + (1 + 1e-4) * change).argmax(1) != before).all()
        assert (network(skies + change / 2).argmax(1) == before).all()


def test_random_changes_of_the_same_norm_move_less(network, skies):
    found = found_for(network, skies, moving(0.05))
    assert (found.noise_moved < 0.7).all()
    for norm in NORMS.values():
        drawn = norm.steepest(random_changes(skies, [[1, 5]] * 4, 0))
        assert norm.size(drawn).numpy() == pytest.approx(np.ones(4), rel=1e-5)


def test_random_changes_are_of_the_map_and_the_draw(skies):
    first = random_changes(skies, [[1, 5], [1, 6], [1, 5], [2, 5]], 0)
    assert torch.equal(first[0], first[2])
    assert not torch.equal(first[0], first[1])
    assert not torch.equal(first[0], first[3])
    assert not torch.equal(first[0], random_changes(skies, [[1, 5]] * 4, 1)[0])


def test_a_batch_does_not_change_the_smallest_change(network, skies):
    whole, parts = (found_for(network, skies, moving(0.05), batch_size=size) for size in (8, 3))
    assert parts.size == pytest.approx(whole.size, rel=0.01)


def test_the_same_search_finds_the_same(network, skies):
    first, again = (found_for(network, skies, moving(0.05)) for _ in range(2))
    for name, values in vars(first).items():
        np.testing.assert_array_equal(values, vars(again)[name])


def test_an_attack_leaves_the_network_as_it_was(network, skies):
    network.train()
    before = {name: value.clone() for name, value in network.state_dict().items()}
    found_for(network, skies, moving(0.05))
    assert network.training
    assert all(torch.equal(value, before[name]) for name, value in network.state_dict().items())
    assert all(weight.grad is None and weight.requires_grad for weight in network.parameters())


def test_channels_of_a_change_have_the_norm_of_all(linear, maps):
    found = found_for(linear, maps, moving(0.3))
    assert found.of_channels[0].max(1) == pytest.approx(found.size[0])
    assert np.sqrt(np.square(found.of_channels[1]).sum(1)) == pytest.approx(found.size[1], rel=1e-5)


def test_an_activation_in_place_is_attacked(maps):
    torch.manual_seed(0)
    network = nn.Sequential(nn.LeakyReLU(0.2, inplace=True), nn.Flatten(), nn.Linear(24, 1))
    untouched = maps.clone()
    assert np.isfinite(found_for(network, maps, moving(0.1)).size).all()
    assert torch.equal(maps, untouched)


def test_logits_and_their_probabilities_are_one(linear, maps):
    softmax = nn.Sequential(linear, nn.Softmax(1))
    found = found_for(linear, maps, changing())
    assert found_for(softmax, maps, changing("probabilities")).size == pytest.approx(found.size, rel=2 * TOLERANCE)


def test_one_logit_changes_its_sign(maps):
    torch.manual_seed(0)
    network = nn.Sequential(nn.Flatten(), nn.Linear(24, 1))
    found, weight = found_for(network, maps, changing()), network[1].weight
    expected = network(maps)[:, 0].abs().detach().numpy() / weight.norm().item()
    assert found.size[1] == pytest.approx(expected, rel=2 * TOLERANCE)


def test_maps_that_no_change_moves_are_infinite(linear, maps):
    found = found_for(linear, maps, moving(0.3), bound=1e-4)
    assert np.isinf(found.size).all()
    assert np.isnan(found.moved).all()
    assert np.isnan(found.noise_moved).all()
    assert np.isfinite(found.pixel_moved).all()


def test_a_dead_activation_is_not_reached(maps):
    network = nn.Sequential(nn.Flatten(), nn.Linear(24, 1), nn.ReLU())
    nn.init.constant_(network[1].weight, 0.01)
    nn.init.constant_(network[1].bias, -50.0)
    assert np.isinf(found_for(network, maps, moving(0.1)).size).all()


class Ignoring(nn.Module):
    """A network that looks at no pixel."""

    def __init__(self):
        super().__init__()
        self.weight = nn.Parameter(torch.ones(1))

    def forward(self, maps):
        return self.weight.expand(len(maps), 1)


class Sign(nn.Module):
    def forward(self, maps):
        return (maps > 0).flatten(1).sum(1, keepdim=True).float()


@pytest.mark.parametrize("network", [Ignoring(), Sign()])
def test_a_network_without_a_gradient_is_refused(network, maps):
    with pytest.raises(InputError, match="have no gradient by the pixels"):
        found_for(network, maps, moving(0.1))


def test_answers_that_are_not_finite_are_refused(linear, maps):
    maps[3] = np.nan
    with pytest.raises(InputError, match="returns a number that is not finite for map 3"):
        found_for(linear, maps, moving(0.1))


def test_a_map_without_a_class_is_refused(linear, maps):
    nn.init.zeros_(linear[1].weight)
    nn.init.zeros_(linear[1].bias)
    with pytest.raises(InputError, match="two highest outputs for map 0 are the same"):
        found_for(linear, maps, changing())


@pytest.mark.parametrize("distance", [0.0, -1.0, float("nan"), float("inf")])
def test_a_movement_is_a_finite_number_above_0(distance):
    with pytest.raises(InputError, match="Expected a finite number above 0"):
        movement(torch.zeros(2, 3), 0, distance)


def test_an_unknown_output_is_refused():
    with pytest.raises(InputError, match="returns 3 numbers a map: there is no output 3"):
        movement(torch.zeros(2, 3), 3, 1.0)


def test_answers_that_are_no_numbers_are_refused(maps):
    class Words(nn.Module):
        def forward(self, maps):
            return ["word"] * len(maps)

    with pytest.raises(InputError, match="returns a list"):
        found_for(Words(), maps, moving(0.1))
