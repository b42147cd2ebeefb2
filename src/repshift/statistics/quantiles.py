"""Quantiles over maps of numbers that may be infinite, with their intervals by simulation."""

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

from repshift.statistics.resampling import bootstrap_weights, expanded_shares, simulation_of

Values = npt.NDArray[np.float64]

_ROUNDING = 1e-9


def quantile_intervals(
    values: Values, shares: Sequence[float], *, simulations: npt.ArrayLike, n_resamples: int, seed: int
) -> Values:
    """Return quantiles over maps, and how far they may be from those of all: bootstrap, by simulation.

    Parameters
    ----------
    values
        (..., n_maps), in any unit; infinite where a number was not reached, NaN of maps that have none.
    shares
        Which quantiles, each between 0 and 1.
    simulations
        (n_maps,) labels: maps of one simulation are drawn together.
    n_resamples, seed
        Resamples, and what draws them.

    Returns
    -------
    (shares, 3, ...): each quantile and the ends of its 95 % interval, the expanded percentiles of
    `repshift.statistics.resampling.percentile_interval`. Of an even number of maps the median is the mean of the middle
    two, infinite where one is. NaN where no map has a number.

    Raises
    ------
    InputError
        If there are fewer than ten simulations.

    Examples
    --------
    >>> values = np.append(np.arange(11.0), np.inf)
    >>> quantile_intervals(values, [0.5], simulations=range(12), n_resamples=100, seed=1)[0, 0]
    np.float64(5.5)
    """
    index = simulation_of(simulations)
    n = int(index.max()) + 1
    drawn = bootstrap_weights(n, n_resamples=n_resamples, seed=seed)[:, index]
    weights = np.concatenate([np.ones((1, len(index))), drawn])
    flat = values.reshape(-1, values.shape[-1])
    found = np.stack(
        [weighted_quantiles(one, weights, shares) for one in flat], axis=-1
    )  # (shares, resamples, numbers)
    ends = [_of_resamples(found[:, 1:], share) for share in expanded_shares(n)]
    return np.stack([found[:, 0], *ends], axis=1).reshape(len(shares), 3, *values.shape[:-1])


def weighted_quantiles(values: Values, weights: Values, shares: Sequence[float]) -> Values:
    """Return quantiles of values (n_maps,), NaN left out, with weights (resamples, n_maps), (shares, resamples)."""
    held = np.flatnonzero(~np.isnan(values))
    if not len(held):
        return np.full((len(shares), len(weights)), np.nan)
    order = held[np.argsort(values[held], kind="stable")]
    sums = np.cumsum(weights[:, order], axis=1)
    last = len(order) - 1
    found = []
    for share in shares:
        wanted = share * sums[:, -1:]
        places = [(sums < wanted - _ROUNDING).sum(1), (sums <= wanted + _ROUNDING).sum(1)]
        both = [values[order[np.minimum(place, last)]] for place in places]
        found.append(np.where(sums[:, -1] > 0, (both[0] + both[1]) / 2, np.nan))
    return np.stack(found)


def _of_resamples(found: Values, share: float) -> Values:
    """Return the number that a share of resamples (shares, resamples, numbers) does not exceed; of those that exist."""
    ordered = np.sort(found, axis=1)  # NaN last
    count = (~np.isnan(ordered)).sum(1)
    place = np.clip(np.ceil(share * count).astype(np.int64) - 1, 0, None)
    return np.take_along_axis(ordered, place[:, None], axis=1)[:, 0]
