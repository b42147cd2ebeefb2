"""Whether a number of a layer says what its replacement costs: rank correlations, over layers."""

from typing import Final

import numpy as np
import numpy.typing as npt

from repshift.statistics.ranks import weighted_correlation
from repshift.statistics.resampling import Interval, expanded_percentiles, multinomial_weights

Values = npt.NDArray[np.float64]

FEWEST_LAYERS: Final = 5
"""Layers below which there is no rank correlation: it would be noise."""


def rank_relation(number: Values, lost: Values, *, seed: int) -> tuple[float, Interval]:
    """Return Spearman's rank correlation of a number of layers with the score that their replacement loses.

    Parameters
    ----------
    number
        (layers,), finite.
    lost
        (1 + n_resamples, layers): the score lost, then of resampled simulations. Layers with NaN are left out.
    seed
        Draws the layers.

    Returns
    -------
    The correlation and its interval; NaN of fewer than `FEWEST_LAYERS` layers, or where all share one value.

    Notes
    -----
    Simulations and layers are resampled together: few layers make the interval wide, as they should. It says nothing of
    other networks.
    """
    known = np.isfinite(lost[0]) & np.isfinite(number)
    nothing = Interval(np.array(np.nan), np.array(np.nan))
    if known.sum() < FEWEST_LAYERS:
        return float("nan"), nothing
    values, responses = np.broadcast_to(number[known], lost[:, known].shape), lost[:, known]
    n = int(known.sum())
    drawn = multinomial_weights(n, n_resamples=len(lost) - 1, rng=np.random.default_rng(seed))
    weights = np.concatenate([np.ones((1, n)), drawn])
    found = weighted_correlation(_ranks(values, weights), _ranks(responses, weights), weights)
    resamples = found[1:][np.isfinite(found[1:])]
    if np.isnan(found[0]) or not len(resamples):
        return float(found[0]), nothing
    return float(found[0]), expanded_percentiles(resamples, n=n)


def _ranks(values: Values, weights: Values) -> Values:
    """Return ranks (rows, n) of values (rows, n) that count `weights` times, equal ones in the middle of theirs."""
    below = (values[:, None, :] < values[:, :, None]) @ weights[..., None]
    equal = (values[:, None, :] == values[:, :, None]) @ weights[..., None]
    return np.asarray((below + equal / 2)[..., 0])
