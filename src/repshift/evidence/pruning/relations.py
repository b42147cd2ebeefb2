"""Whether a number of a layer says what its replacement costs: rank correlations, over layers."""

from typing import Final

import numpy as np
import numpy.typing as npt

from repshift.statistics.ranks import weighted_correlation
from repshift.statistics.resampling import Interval, expanded_percentiles, multinomial_weights

Values = npt.NDArray[np.float64]

FEWEST_LAYERS: Final = 5
"""Layers below which there is no rank correlation: it would be noise."""

FEWEST_CLUSTERS: Final = 5
"""Groups of what is not independent below which a rank correlation has no interval: it would be far too narrow."""


def rank_relation(
    number: Values, lost: Values, *, seed: int, clusters: npt.NDArray[np.int64] | None = None
) -> tuple[float, Interval]:
    """Return Spearman's rank correlation of a number of layers with the score that their replacement loses.

    Parameters
    ----------
    number
        (layers,), finite.
    lost
        (1 + n_resamples, layers): the score lost, then of resampled simulations. Layers with NaN are left out.
    seed
        Draws the layers.
    clusters
        (layers,): layers of one number are drawn together, as they are not independent; None: each is for itself.

    Returns
    -------
    The correlation and its interval; NaN of fewer than `FEWEST_LAYERS` layers, or where all share one value. Of fewer
    than `FEWEST_CLUSTERS` clusters the correlation has no interval.

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
    of_layer = np.arange(len(number)) if clusters is None else clusters
    places = np.unique(of_layer[known], return_inverse=True)[1]
    n = int(places.max()) + 1
    drawn = multinomial_weights(n, n_resamples=len(lost) - 1, rng=np.random.default_rng(seed))[:, places]
    weights = np.concatenate([np.ones((1, len(places))), drawn])
    found = weighted_correlation(_ranks(values, weights), _ranks(responses, weights), weights)
    resamples = found[1:][np.isfinite(found[1:])]
    if np.isnan(found[0]) or not len(resamples) or n < FEWEST_CLUSTERS:
        return float(found[0]), nothing
    return float(found[0]), expanded_percentiles(resamples, n=n)


def _ranks(values: Values, weights: Values) -> Values:
    """Return ranks (rows, n) of values (rows, n) that count `weights` times, equal ones in the middle of theirs."""
    below = (values[:, None, :] < values[:, :, None]) @ weights[..., None]
    equal = (values[:, None, :] == values[:, :, None]) @ weights[..., None]
    return np.asarray((below + equal / 2)[..., 0])
