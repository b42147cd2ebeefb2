"""Whether a number that needs no label, computed after a repair, goes with what the repair gains."""

from typing import Final

import numpy as np
import numpy.typing as npt

from repshift.statistics.ranks import spearman

Values = npt.NDArray[np.float64]

FEWEST_ENTRIES: Final = 10
"""Different entries below which no rank correlation is computed: of 10 independent ones 0.65 is not significant."""


def correlations_with_gain(changes: Values, gains: Values) -> tuple[Values, npt.NDArray[np.int64]]:
    """Return the rank correlation over entries of the change of each shift score and the gain of each parameter.

    Parameters
    ----------
    changes
        (n_entries, n_scores): NaN where a score is not computed.
    gains
        (n_entries, n_parameters): NaN where nothing is known.

    Returns
    -------
    correlations
        (n_scores, n_parameters), in [-1, 1]: NaN of fewer than `FEWEST_ENTRIES` different changes with a gain.
    entries
        (n_scores,) number of entries that have each score.
    """
    found = [[_correlation(change, gain) for gain in gains.T] for change in changes.T]
    correlations = np.array(found, dtype=np.float64).reshape(changes.shape[1], gains.shape[1])
    return correlations, np.isfinite(changes).sum(axis=0)


def _correlation(changes: Values, gains: Values) -> float:
    both = np.isfinite(changes) & np.isfinite(gains)
    if len(np.unique(changes[both])) < FEWEST_ENTRIES:
        return float("nan")
    return float(spearman(changes[both], gains[both]))
