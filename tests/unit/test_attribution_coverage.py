"""The benchmark of coverage draws what it says, and counts what holds."""

import numpy as np
import pytest
from benchmarks import attribution_numbers
from benchmarks.attribution_numbers import CASES, amounts, correlated

from repshift.statistics.map_resamples import MapResamples


@pytest.mark.parametrize("case", CASES)
def test_coverage_says_how_often_each_number_held(monkeypatch, rng, case):
    monkeypatch.setattr(attribution_numbers, "_MANY", 2000)
    monkeypatch.setattr(attribution_numbers, "_RESAMPLES", 100)
    (line,) = attribution_numbers.coverage(rng, np.arange(20), 8, case)
    shares = [float(word) for word in line.removeprefix(case).split() if word.replace(".", "").isdigit()]
    assert len(shares) == len(CASES[case](rng, np.arange(20), MapResamples(np.ones((1, 20)), np.arange(20))))
    assert 0.7 < np.mean(shares) <= 1


def test_maps_of_a_simulation_are_drawn_alike(rng):
    found = correlated(rng, np.repeat(np.arange(4000), 2))
    assert np.corrcoef(found[::2], found[1::2])[0, 1] == pytest.approx(0.8, abs=0.03)
    assert found.std() == pytest.approx(1, abs=0.03)


def test_attribution_is_tilted_to_dense_pixels(rng):
    flat, tilted = (amounts(rng, np.arange(2000), spread=0.3, tilt=tilt)["sum_by_environment"] for tilt in (0.0, 0.5))
    shares = [one[0, 0].sum(-1) / one.sum() for one in (flat, tilted)]
    assert shares[1][4] > 1.5 * shares[0][4]
