"""Blocks hidden in the order of a method and of the input alone, on networks of which the answer is known."""

from types import SimpleNamespace

import numpy as np
import pytest
import torch
from torch import nn

from attributed import attributed_maps
from repshift.attribution.network_outputs import explaining
from repshift.attribution.output_choice import chosen_outputs
from repshift.case.attribution.nulls import faithfulness_of
from repshift.case.attribution.settings import Faithfulness
from repshift.evidence.attribution.case_numbers import attribution_numbers
from repshift.evidence.attribution.verdicts import BEYOND_INPUT, FAITHFUL, LIKE_INPUT

N_MAPS, SIDE = 12, 16


def weighed(weights, maps):
    """Return the numbers of the exact contributions of a linear network to maps above a baseline of 0."""
    network = nn.Sequential(nn.Flatten(), nn.Linear(SIDE**2, 1))
    network[1].weight.data = torch.as_tensor(weights.reshape(1, -1), dtype=torch.float32)
    subject = SimpleNamespace(
        inputs=maps,
        shown=SimpleNamespace(simulations=SimpleNamespace(size=(SIDE, SIDE))),
        first=lambda n_maps: torch.from_numpy(maps[:n_maps]),
        tensor=torch.from_numpy,
        filled=lambda name, *, periodic: np.zeros_like(maps),
    )
    asked = Faithfulness(maps=N_MAPS, window=4, steps=4, fills=("mean",))
    found = {"exact": (weights * maps)[None].astype(np.float32)}
    settings = SimpleNamespace(seed=1, periodic=True)
    with explaining(network, subject.first(N_MAPS), chosen_outputs(1, None, ("a",)), batch_size=32) as explained:
        hidden = faithfulness_of(subject, explained, found, maps, asked, settings, lambda: None)
    held = attributed_maps(found["exact"][None], maps, faithfulness=hidden)
    return attribution_numbers(held, n_resamples=200, seed=1)


@pytest.fixture
def bright(rng):
    return (1 + np.abs(rng.normal(size=(N_MAPS, 1, SIDE, SIDE)))).astype(np.float32)


def test_an_order_that_is_the_input_s_gains_nothing_over_it(bright):
    found = weighed(np.ones((SIDE, SIDE)), bright)
    for end in ("", "_low", "_high"):
        assert float(found[f"deletion_gain_over_input{end}"][0, 0, 0]) == 0
    assert float(found["input_deletion_gain_low"][0, 0]) > 0
    assert found["deletion_verdict"].item() == FAITHFUL
    assert found["deletion_verdict_over_input"].item() == LIKE_INPUT


def test_a_square_that_is_read_and_not_bright_is_beyond_the_input(bright):
    weights = np.zeros((SIDE, SIDE))
    weights[4:8, 8:12] = 1
    bright[..., 4:8, 8:12] *= 0.2
    found = weighed(weights, bright)
    assert float(found["deletion_gain_over_input_low"][0, 0, 0]) > 0
    assert found["deletion_verdict_over_input"].item() == BEYOND_INPUT
    # hidden last of all, so never within the half that is hidden
    np.testing.assert_allclose(found["deletion_curve"].sel(order="input"), 0, atol=1e-5)
