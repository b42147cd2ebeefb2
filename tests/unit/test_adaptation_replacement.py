"""Layers replaced by the least-squares linear map or by nothing, in networks of several kinds."""

import numpy as np
import pytest
import torch
from torch import nn
from torch.nn import functional

from repshift.adaptation import Sample
from repshift.adaptation.branches import Branches
from repshift.adaptation.chains import chains_of, chosen, run_of
from repshift.adaptation.least_squares import NormalEquations, geometry_of
from repshift.adaptation.replacement import identity_replacement, linear_replacement, replaced
from repshift.networks.cmd import CMDNetwork
from repshift.vocabulary import InputError

STRIDED = ["C03", "C13", "C23", "C33"]
SINGLE = 1e-5
"""Relative difference of outputs that rounding of single precision makes."""


class Residual(nn.Module):
    """Two convolutions, the second beside a shortcut, activations in place."""

    def __init__(self):
        super().__init__()
        self.first = nn.Conv2d(1, 4, 3, padding=1)
        self.second = nn.Conv2d(4, 4, 3, padding=1)
        self.third = nn.Conv2d(4, 4, 3, padding=1)
        self.relu = nn.ReLU(inplace=True)
        self.head = nn.Linear(4, 2)

    def forward(self, maps):
        features = self.relu(self.first(maps))
        inner = self.third(self.relu(self.second(features)))
        inner += features
        return self.head(self.relu(inner).mean(dim=(2, 3)))


class Constant(nn.Module):
    """The same features whatever goes in."""

    def __init__(self, shape, number):
        super().__init__()
        self.shape, self.value = shape, 0.5 + number / 10

    def forward(self, features):
        return torch.full((len(features), *self.shape), self.value)


class Forked(nn.Module):
    """A forward pass that depends on the values of the maps."""

    def __init__(self):
        super().__init__()
        self.first = nn.Conv2d(1, 2, 3)

    def forward(self, maps):
        features = functional.relu(self.first(maps))
        return features.mean((2, 3)) if features.sum() > 0 else -features.mean((2, 3))


def maps_of(rng, n=40, size=64):
    return torch.from_numpy(rng.normal(size=(n, 1, size, size)).astype(np.float32))


def published(rng, size=64):
    """Return CMD's network with statistics of batch norms that are not those of a new one."""
    torch.manual_seed(1)
    network = CMDNetwork(2, size=size).eval()
    for module in network.modules():
        if isinstance(module, nn.BatchNorm2d):
            module.running_mean.copy_(torch.from_numpy(rng.normal(size=module.num_features)))
            module.running_var.copy_(torch.from_numpy(rng.uniform(0.5, 2, size=module.num_features)))
    return network


def narrow():
    return CMDNetwork(1, size=64).eval()


def outputs_of(network, maps):
    with torch.no_grad():
        return network(maps)


def apart(found, expected):
    return float((found - expected).norm() / expected.norm())


def sample_of(maps):
    return Sample(maps, np.arange(len(maps)))


@pytest.mark.parametrize("layer", STRIDED)
def test_a_convolution_of_whole_blocks_is_found_exactly(rng, layer):
    network, maps = published(rng), maps_of(rng)
    found = linear_replacement(network, [layer], sample_of(maps))
    assert apart(outputs_of(found, maps), outputs_of(network, maps)) < SINGLE


@pytest.mark.parametrize("layer", ["C02", "C11", "C31"])
def test_a_map_of_one_place_is_no_wider_convolution(rng, layer):
    network, maps = published(rng), maps_of(rng)
    found = linear_replacement(network, [layer], sample_of(maps))
    assert apart(outputs_of(found, maps), outputs_of(network, maps)) > 1e-3


def test_the_linear_map_is_that_of_least_squares(rng):
    source, end = (torch.from_numpy(rng.normal(size=(5, channels, 4, 4))) for channels in (3, 2))
    equations = NormalEquations(geometry_of((3, 4, 4), (2, 4, 4)), 1)
    equations.add(source, end)
    rows, answers = (one.permute(0, 2, 3, 1).reshape(80, -1).numpy() for one in (source, end))
    slow = np.linalg.lstsq(np.column_stack([np.ones(80), rows]), answers, rcond=None)[0]
    weight, bias, left = equations.solution(0)
    residual = answers - np.column_stack([np.ones(80), rows]) @ slow
    np.testing.assert_allclose(weight, slow[1:].T, atol=1e-12)
    np.testing.assert_allclose(bias, slow[0], atol=1e-12)
    assert left == pytest.approx(residual.var(axis=0).sum() / answers.var(axis=0).sum(), abs=1e-12)


def test_each_set_of_maps_has_its_own_map(rng):
    source, end = (torch.from_numpy(rng.normal(size=(6, channels, 4, 4))) for channels in (3, 2))
    sets = np.array([[1, 1, 0, 0, 1, 0], [0, 1, 1, 1, 0, 1]], dtype=bool)
    together = NormalEquations(geometry_of((3, 4, 4), (2, 4, 4)), 2)
    for part in (slice(0, 4), slice(4, 6)):
        together.add(source[part], end[part], sets[:, part])
    for which, members in enumerate(sets):
        alone = NormalEquations(together.geometry, 1)
        alone.add(source[members], end[members])
        np.testing.assert_allclose(together.solution(which)[0], alone.solution(0)[0], atol=1e-12)


def test_directions_that_do_not_vary_say_nothing(rng):
    source = torch.from_numpy(rng.normal(size=(5, 1, 4, 4))).repeat(1, 2, 1, 1)
    equations = NormalEquations(geometry_of((2, 4, 4), (1, 4, 4)), 1)
    equations.add(source, 3 * source[:, :1] + 1)
    weight, bias, left = equations.solution(0)
    np.testing.assert_allclose((weight.sum(), bias[0], left), (3, 1, 0), atol=1e-9)


def test_a_linear_map_of_blocks_is_what_it_says(rng):
    geometry = geometry_of((2, 6, 8), (3, 3, 2))
    source, end = torch.from_numpy(rng.normal(size=(4, 2, 6, 8))), torch.zeros(4, 3, 3, 2, dtype=torch.float64)
    equations = NormalEquations(geometry, 1)
    equations.add(source, torch.from_numpy(rng.normal(size=end.shape)))
    weight, bias, _ = equations.solution(0)
    inputs, _ = geometry.rows(source, end)
    by_hand = (inputs.numpy() @ weight.T + bias).reshape(4, 3, 2, 3).transpose(0, 3, 1, 2)
    np.testing.assert_allclose(equations.linear_map(0, like=source)(source).detach(), by_hand, atol=1e-12)


@pytest.mark.parametrize(
    ("source", "end", "block"),
    [((2, 8, 8), (3, 4, 2), (2, 4)), ((2, 9, 8), (2, 4, 8), (2, 1)), ((7, 5), (7, 3), None), ((5,), (2,), None)],
)
def test_shapes_say_how_a_linear_map_is_taken(source, end, block):
    assert geometry_of(source, end).block == block


def test_pixels_that_a_convolution_cuts_off_are_left_out(rng):
    network = nn.Sequential(nn.Conv2d(1, 2, 3), nn.ReLU(), nn.Flatten(), nn.Linear(72, 1)).eval()
    network[0].weight.data *= torch.tensor([[0.0, 0, 0], [0, 1, 0], [0, 0, 0]])
    maps = maps_of(rng, n=6, size=8)
    found = linear_replacement(network, ["1:0"], sample_of(maps))
    assert apart(outputs_of(found, maps), outputs_of(network, maps)) < SINGLE


@pytest.mark.parametrize(("source", "end"), [((2, 4, 4), (2, 8, 8)), ((2, 4, 4), (32,)), ((7, 5), (5, 2))])
def test_other_shapes_have_no_linear_map(source, end):
    assert geometry_of(source, end) is None


@pytest.mark.parametrize("network", [published, lambda _rng: Residual().eval()])
def test_branches_are_replaced_networks_run_whole(rng, network):
    network, maps = network(rng), maps_of(rng, n=6)
    chains = chains_of(network, maps[:2])
    changes = list(chains.singles.values())
    branches, shapes = Branches(network, chains, changes, maps[:2]), {}
    branches.pairs(maps[:2], list(chains.singles), lambda name, _, end: shapes.update({name: tuple(end.shape[1:])}))
    stand_ins = {one.name: Constant(shapes[one.name], number) for number, one in enumerate(changes)}
    unchanged, found = branches.outputs(maps, stand_ins)
    assert apart(unchanged, outputs_of(network, maps)) < SINGLE
    for one in changes:
        assert apart(found[one.name], outputs_of(replaced(network, one, stand_ins[one.name]), maps)) < SINGLE


def test_pairs_are_what_goes_in_and_what_is_replaced(rng):
    network, maps, seen = Residual().eval(), maps_of(rng, n=3), {}
    chains = chains_of(network, maps[:2])
    branches = Branches(network, chains, list(chains.singles.values()), maps[:2])
    branches.pairs(maps, ["relu:1"], lambda _, source, end: seen.update(source=source.clone(), end=end.clone()))
    with torch.no_grad():
        source = functional.relu(network.first(maps))
        torch.testing.assert_close(seen["source"], source, atol=1e-5, rtol=0)
        torch.testing.assert_close(seen["end"], network.second(source), atol=1e-5, rtol=0)


def test_the_identity_passes_features_on(rng):
    network, maps = Residual().eval(), maps_of(rng, n=3)
    found = outputs_of(identity_replacement(network, ["relu:1"], maps), maps)
    with torch.no_grad():
        features = functional.relu(network.first(maps))
        by_hand = network.head(functional.relu(network.third(features) + features).mean((2, 3)))
    torch.testing.assert_close(found, by_hand, atol=1e-6, rtol=0)


def test_a_run_of_linear_layers_is_found_exactly(rng):
    network = nn.Sequential(
        *(nn.Conv2d(1, 4, 1), nn.LeakyReLU(1.0), nn.Conv2d(4, 3, 2, stride=2), nn.LeakyReLU(0.2)),
        *(nn.Flatten(), nn.Linear(48, 2)),
    ).eval()
    maps = maps_of(rng, size=8)
    found = linear_replacement(network, ["1:0", "3:0"], sample_of(maps))
    assert found.replacement.block == (2, 2)
    assert apart(outputs_of(found, maps), outputs_of(network, maps)) < SINGLE


def test_replacement_leaves_the_network_as_it_is(rng):
    network, maps = published(rng), maps_of(rng)
    before = {name: value.clone() for name, value in network.state_dict().items()}
    found = linear_replacement(network, ["C32"], sample_of(maps))
    found.FC1.weight.data.zero_()
    assert all(torch.equal(value, before[name]) for name, value in network.state_dict().items())


def test_a_replaced_network_can_be_trained(rng):
    found = linear_replacement(published(rng), ["C22"], sample_of(maps_of(rng)))
    found(maps_of(rng, n=2)).sum().backward()
    assert all(float(one.grad.abs().sum()) > 0 for one in found.replacement.parameters())


def test_parameters_are_those_that_the_chain_alone_uses(rng):
    network = published(rng)
    change = chains_of(network, maps_of(rng, n=2)).singles["C12"]
    gone = sum(one.numel() for module in (network.C12, network.B12) for one in module.parameters())
    assert change.n_parameters == gone


def test_a_layer_beside_a_shortcut_says_why_it_stays(rng):
    chains = chains_of(Residual().eval(), maps_of(rng, n=2))
    assert chains.left_out == {"relu:2": "joins several branches"}
    assert list(chains.singles) == ["relu:0", "relu:1"]


def test_no_run_crosses_what_is_used_elsewhere(rng):
    network = Residual().eval()
    assert run_of(network, chains_of(network, maps_of(rng, n=2)), ["relu:0", "relu:1"]) is None


def test_an_activation_of_an_activation_says_why_it_stays(rng):
    network = nn.Sequential(nn.Conv2d(1, 2, 3), nn.ReLU(), nn.Sigmoid(), nn.Flatten(), nn.Linear(72, 1)).eval()
    assert "since the layer before" in chains_of(network, maps_of(rng, n=2, size=8)).left_out["2:0"]


def test_layers_that_are_convolutions_end_their_chain(rng):
    network = nn.Sequential(nn.Conv2d(1, 2, 3, padding=1), nn.Conv2d(2, 2, 3, padding=1), nn.ReLU()).eval()
    chains = chains_of(network, maps_of(rng, n=2, size=8), layers=["0", "1"])
    assert chains.singles["1"].before == "0"
    assert chains.singles["0"].before is None


@pytest.mark.parametrize(
    ("layers", "message"),
    [
        (["C99"], "no layer 'C99'"),
        (["C02", "C11"], "no run of neighbours"),
        ([], "no run of neighbours"),
        (["C41"], r"'C41' cannot be replaced so: it needs 513 coefficients of each output, more than 40 places"),
    ],
)
def test_layers_that_cannot_be_linear_are_refused(rng, layers, message):
    with pytest.raises(InputError, match=message):
        linear_replacement(published(rng), layers, sample_of(maps_of(rng)))


def test_the_identity_of_another_shape_is_refused(rng):
    with pytest.raises(InputError, match=r"it makes \(2, 32, 32\) of features \(2, 64, 64\)"):
        identity_replacement(narrow(), ["C03"], maps_of(rng, n=2))


def test_a_layer_of_the_wrong_shape_is_refused(rng):
    network = nn.Sequential(nn.Conv2d(1, 2, 3, padding=3), nn.ReLU(), nn.Flatten(), nn.Linear(288, 1)).eval()
    with pytest.raises(InputError, match="no map of blocks of pixels, or of places, does"):
        linear_replacement(network, ["1:0"], sample_of(maps_of(rng, n=4, size=8)))


def test_a_layer_beside_a_shortcut_is_refused(rng):
    with pytest.raises(InputError, match="'relu:2' cannot be replaced: it joins several branches"):
        linear_replacement(Residual().eval(), ["relu:2"], sample_of(maps_of(rng)))


def test_a_pass_that_depends_on_values_is_refused(rng):
    with pytest.raises(InputError, match="Torch cannot trace the network"):
        chains_of(Forked().eval(), maps_of(rng, n=2))


def test_unknown_layers_are_not_chosen(rng):
    with pytest.raises(InputError, match="no layer C77. Its layers are C01"):
        chosen(chains_of(narrow(), maps_of(rng, n=2)), ["C77"])


def test_chosen_layers_are_changed_alone(rng):
    chains = chains_of(narrow(), maps_of(rng, n=2))
    found = chosen(chains, ["C12"])
    assert list(found.singles) == ["C12"]
    assert found.singles["C12"].before == "C11"
