"""Percentiles that come some at a time are those of all at once."""

import numpy as np
import pytest

from repshift.statistics.percentiles import RunningPercentiles


@pytest.mark.parametrize("sizes", [(100,), (1,) * 100, (7, 60, 33), (99, 1)])
@pytest.mark.parametrize("shares", [(0.02, 0.98), (0.25, 0.5), (0.001, 0.999), (0.5, 0.51)])
def test_they_are_those_of_numpy(rng, sizes, shares):
    resamples = rng.normal(size=(100, 130))
    resamples[:, 3] = 1
    resamples[:20, 4] = resamples[20:40, 4]
    resamples[[3, 77], 5] = np.nan
    found, start = RunningPercentiles(100, shares), 0
    for size in sizes:
        found.add(resamples[start : start + size])
        start += size
    assert found.ends == pytest.approx(np.quantile(resamples, shares, axis=0), rel=1e-13, nan_ok=True)


def test_only_the_tails_are_kept(rng):
    found = RunningPercentiles(1000, (0.02, 0.98))
    for _ in range(10):
        found.add(rng.normal(size=(100, 5)))
    assert [tail.shape for tail in found._tails] == [(5, 21), (5, 21)]
