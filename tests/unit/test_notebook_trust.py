"""Trust in maps in one call: what comes out, what is left alone, what is refused."""

import numpy as np
import pytest
import torch
import xarray as xr
from torch import nn
from torch.utils.data import DataLoader, TensorDataset

import repshift
from repshift import InputError
from repshift.networks.cmd import CMDNetwork

SIDE = 8


def network_of(seed=0, *, answers=2, dropout=0.0):
    torch.manual_seed(seed)
    return nn.Sequential(
        nn.Conv2d(1, 4, 3, padding=1),
        nn.ReLU(),
        nn.Conv2d(4, 6, 3, padding=1),
        nn.ReLU(),
        nn.Dropout(dropout),
        nn.Flatten(),
        nn.Linear(6 * SIDE**2, answers),
    )


@pytest.fixture
def network():
    return network_of()


@pytest.fixture
def maps_train(rng):
    return rng.normal(size=(60, SIDE, SIDE)).astype(np.float32)


@pytest.fixture
def maps(rng, maps_train):
    """Two maps such as those of training, and two that are none."""
    return np.concatenate([rng.normal(size=(2, SIDE, SIDE)), 3 + rng.normal(size=(2, SIDE, SIDE))]).astype(np.float32)


def test_strange_maps_are_trusted_less(network, maps_train, maps):
    found = repshift.trust(network, maps_train, maps)
    for name in ("mahalanobis_3:0", "nearest_neighbours_3:0", "pixel_distance"):
        assert found["share_below"].sel(score=name).to_numpy()[2:].tolist() == [1, 1]
        assert (found["share_below"].sel(score=name).to_numpy()[:2] < 1).all()
    assert found["values"].dims == ("score", "map")


def test_the_same_call_gives_the_same_numbers(network, maps_train, maps):
    first, again = (repshift.trust(network, maps_train, maps, seed=3) for _ in range(2))
    xr.testing.assert_identical(first, again)


def test_kinds_of_maps_give_the_same_numbers(network, maps_train, maps):
    loader = DataLoader(TensorDataset(torch.from_numpy(maps_train[:, None])), batch_size=7)
    first = repshift.trust(network, maps_train, maps)
    again = repshift.trust(network, loader, torch.from_numpy(maps))
    xr.testing.assert_allclose(first, again)


def test_the_network_is_left_as_it_was(network, maps_train, maps):
    network.train()
    before = {name: value.clone() for name, value in network.state_dict().items()}
    repshift.trust(network, maps_train, maps, trials=[network_of(1)])
    assert network.training
    assert all(torch.equal(value, before[name]) for name, value in network.state_dict().items())


def test_trials_and_dropout_are_scores_where_asked_for(maps_train, maps):
    network = network_of(dropout=0.4)
    found = repshift.trust(network, maps_train, maps, trials=[network_of(1)], dropout_passes=3, symmetries=False)
    scores = found["score"].values.tolist()
    assert {"trial_disagreement", "dropout_scatter"} <= set(scores)
    assert "symmetry_scatter" not in scores
    assert (found["values"].sel(score=["trial_disagreement", "dropout_scatter"]) > 0).all()


def test_names_say_which_outputs_are_deviations(network, maps_train, maps):
    found = repshift.trust(network, maps_train, maps, names=["radius"])
    with torch.no_grad():
        std = network(torch.from_numpy(maps_train[:, None]))[:, 1].double().numpy()
        shown = network(torch.from_numpy(maps[:, None]))[:, 1].double().numpy()
    expected = np.abs(shown) / np.sqrt(np.square(std).mean())
    assert found["values"].sel(score="predicted_std").to_numpy() == pytest.approx(expected, rel=1e-5)


def test_the_deviations_of_cmds_network_are_known(rng):
    torch.manual_seed(0)
    maps = rng.normal(size=(20, 16, 16)).astype(np.float32)
    found = repshift.trust(CMDNetwork(1, size=16), maps, maps[:3], layers=["C21"])
    assert "predicted_std" in found["score"].values
    assert found["score_layer"].sel(score="mahalanobis_C21").item() == "C21"


def test_classes_have_doubts(network, maps_train, maps):
    found = repshift.trust(network, maps_train, maps, classes=["galaxy", "lens"])
    with torch.no_grad():
        probability = network(torch.from_numpy(maps[:, None])).softmax(1).double().numpy()
    size = np.sqrt(np.square(1 - softmax(network, maps_train).max(1)).mean())
    assert found["values"].sel(score="doubt").to_numpy() == pytest.approx((1 - probability.max(1)) / size, rel=1e-5)
    assert "predicted_std" not in found["score"].values


def softmax(network, maps):
    with torch.no_grad():
        return network(torch.from_numpy(maps[:, None])).softmax(1).double().numpy()


@pytest.mark.parametrize(
    ("change", "text"),
    [
        ({"simulations_train": np.arange(60) // 10}, "6 simulations do not make two halves of 4 or more"),
        ({"names": ["a", "b", "c"]}, "The network returns 2 numbers a map, and names are 3"),
        ({"names": ["a"], "classes": ["b", "c"]}, "Both names and classes are given"),
        ({"dropout_passes": 2}, "The network has dropout of rate 0, so passes that draw it do not scatter"),
        ({"dropout_passes": 1}, "dropout_passes is 1. Expected 2 to 100000, or 0 for none"),
        ({"neighbours": 40}, "40 nearest maps were asked for; a map has 30 of other simulations"),
        ({"maps": np.zeros((2, 4, 4))}, "A map of maps_train has the shape .1, 8, 8. and one of maps .1, 4, 4."),
        ({"maps": np.full((2, SIDE, SIDE), np.nan)}, "Map 0 of maps holds values that are not finite"),
        ({"layers": ["none"]}, "none"),
        ({"seed": -1}, "seed is -1"),
        ({"trials": nn.Flatten()}, "trials are a Flatten. Expected a list of networks"),
        ({"trials": [nn.Flatten()]}, r"return \[2, 64\] numbers a map. Expected as many of each"),
    ],
)
def test_what_cannot_be_judged_is_refused(network, maps_train, maps, change, text):
    with pytest.raises(InputError, match=text):
        repshift.trust(network, maps_train, change.pop("maps", maps), **change)


def test_a_network_without_dropout_draws_none(maps_train, maps):
    plain = nn.Sequential(nn.Flatten(), nn.Linear(SIDE**2, 4), nn.ReLU(), nn.Linear(4, 1))
    with pytest.raises(InputError, match="The network has no dropout, so passes that draw it do not scatter"):
        repshift.trust(plain, maps_train, maps, dropout_passes=2)
