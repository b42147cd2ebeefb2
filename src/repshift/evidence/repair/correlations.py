"""Whether a number that needs no label, computed after a repair, goes with what the repair gains."""

from typing import Final

import numpy as np
import numpy.typing as npt

from repshift.statistics.ranks import spearman

Values = npt.NDArray[np.float64]

FEWEST_ENTRIES: Final = 4
"""Entries below which a rank correlation over them is not computed."""


def correlations_with_gain(changes: Values, gains: Values) -> tuple[Values, int]:
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
        (n_scores, n_parameters), in [-1, 1]: NaN of fewer than `FEWEST_ENTRIES` entries that have both.
    entries
        Number of entries that have any score.
    """
    known = np.isfinite(changes).any(axis=1)
    found = [[_correlation(change, gain) for gain in gains[known].T] for change in changes[known].T]
    return np.array(found, dtype=np.float64).reshape(changes.shape[1], gains.shape[1]), int(known.sum())


def _correlation(changes: Values, gains: Values) -> float:
    both = np.isfinite(changes) & np.isfinite(gains)
    return float(spearman(changes[both], gains[both])) if both.sum() >= FEWEST_ENTRIES else float("nan")
