"""The hypercube: every range is covered evenly, reproducibly, in the order of CMD."""

import numpy as np
import pytest

from repshift.simulation.hypercube import draw_parameters
from repshift.vocabulary import PARAMETERS

LOWS, HIGHS = np.array([(parameter.minimum, parameter.maximum) for parameter in PARAMETERS.values()]).T


@pytest.mark.parametrize("n_simulations", [1, 50, 500])
def test_each_part_of_each_range_holds_one_simulation(n_simulations):
    drawn = draw_parameters(n_simulations, seed=[1, 2])
    flat = np.concatenate([drawn[:, :2], np.log(drawn[:, 2:])], axis=1)
    lows, highs = (np.concatenate([edge[:2], np.log(edge[2:])]) for edge in (LOWS, HIGHS))
    part = np.floor((flat - lows) / (highs - lows) * n_simulations)
    assert np.array_equal(np.sort(part, axis=0), np.repeat(np.arange(n_simulations)[:, None], 6, axis=1))


def test_parameters_are_independent_of_each_other():
    correlation = np.corrcoef(np.log(draw_parameters(500, seed=[3])).T)
    # 1 / sqrt(500) = 0.045; fifteen pairs stay within three of these
    assert np.abs(correlation - np.eye(6)).max() < 0.14


def test_seed_decides():
    assert np.array_equal(draw_parameters(20, seed=[4, 1]), draw_parameters(20, seed=[4, 1]))
    assert not np.array_equal(draw_parameters(20, seed=[4, 1]), draw_parameters(20, seed=[4, 2]))
