"""Layers of perturbed maps beside the unperturbed ones, against what is slow and obvious."""

import numpy as np
import pytest
import torch

from repshift.recording.drift import record_drift, record_unperturbed
from repshift.recording.memory import BatchSize
from repshift.similarity.gram import centre, linear_gram

N = 7


@pytest.fixture
def network():
    torch.manual_seed(3)
    layers = [torch.nn.Conv2d(1, 90, 3, padding=1), torch.nn.ReLU(), torch.nn.Flatten(), torch.nn.Linear(90 * 64, 5)]
    return torch.nn.Sequential(*layers, torch.nn.ReLU(), torch.nn.Linear(5, 2))


@pytest.fixture
def maps(rng):
    return rng.normal(size=(N, 1, 8, 8)).astype(np.float32)


def recorded(network, maps):
    """Return both layers in double precision."""
    values = torch.from_numpy(maps)
    with torch.no_grad():
        return [network[:place](values).double().flatten(1).numpy() for place in (2, 5)]


def drift_of(network, maps, changed, rows=None, batch_size=N, device="cpu"):
    how = {"batch_size": BatchSize(batch_size), "layers": None, "device": device}
    before = record_unperturbed(network, maps, **how)
    rows = np.arange(N) if rows is None else rows
    return before, record_drift(network, changed[rows], before, rows=rows, own=before.last, **how)


@pytest.mark.parametrize("batch_size", [N, 3, 1])
@pytest.mark.parametrize("far", [1e-3, 1, 30])
def test_distances_and_grams_are_those_of_the_layers(network, maps, far, batch_size):
    changed = maps + np.float32(far)
    found = drift_of(network, maps, changed, batch_size=batch_size)[1]
    for layer, (one, other) in enumerate(zip(recorded(network, maps), recorded(network, changed), strict=True)):
        assert found.squares[layer] == pytest.approx(np.square(other - one).sum(1), rel=2e-3, abs=1e-9)
        expected = linear_gram(other)
        assert centre(found.grams[layer]) == pytest.approx(expected, abs=1e-4 * np.abs(expected).max())


def test_the_last_layer_stands_beside_that_of_the_own_domain(network, maps):
    changed = 2 * maps
    found = drift_of(network, maps, changed)[1]
    both = np.concatenate([recorded(network, one)[1] for one in (changed, maps)])
    assert centre(found.pooled) == pytest.approx(linear_gram(both), abs=1e-5)


def test_some_of_the_maps_are_compared_with_themselves(network, maps):
    rows = np.array([1, 4, 6])
    found, whole = (drift_of(network, maps, 2 * maps, one)[1] for one in (rows, None))
    assert found.squares == pytest.approx(whole.squares[:, rows], rel=1e-4)
    assert found.answers.numpy() == pytest.approx(whole.answers[rows].numpy(), abs=1e-5)


def test_the_same_maps_have_the_same_grams_to_the_bit(network, maps):
    before, found = drift_of(network, maps, maps)
    assert (found.grams == before.grams).all()
    assert (found.squares == 0).all()


def test_tiny_changes_are_not_rounded_away(network, maps):
    changed = maps * np.float32(1 + 1e-5)
    found = drift_of(network, maps, changed)[1]
    one, other = (recorded(network, values)[0] for values in (maps, changed))
    assert found.squares[0].sum() == pytest.approx(np.square(other - one).sum(), rel=0.05)
