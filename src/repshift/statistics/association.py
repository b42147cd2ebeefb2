"""Whether one number orders pairs (network, domain) as another does: rank correlations of pairs that share both sides.

Pairs of networks that saw the same training maps share a level of failure and of everything else, and so do pairs of
one shift, which returns at every network. So both are resampled: groups of networks, and shifts.

References
----------
Owen 2007, "The pigeonhole bootstrap", Annals of Applied Statistics 1, 386 (rows and columns are drawn, their weights
multiplied; the variance is that of the numbers or more).
Barlow et al. 1972, "Statistical Inference under Order Restrictions" (isotonic regression).
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
import numpy.typing as npt
from sklearn.isotonic import IsotonicRegression

from repshift.statistics.ranks import Numbers, partial_spearman, spearman
from repshift.statistics.resampling import expanded_percentiles, multinomial_weights, simulation_of
from repshift.vocabulary import InputError

FEWEST_NETWORKS: Final = 10
"""Networks below which correlations are refused: the scatter between fewer is itself too badly known."""


@dataclass(frozen=True)
class Association:
    """A rank correlation with its interval.

    Attributes
    ----------
    rho
        From -1 to 1; NaN where one side is the same for all pairs.
    low, high
        Ends of the interval; NaN too where there is one group of networks, or one shift, alone.
    """

    rho: float
    low: float
    high: float


@dataclass(frozen=True)
class Transfer:
    """What a relation that was learned elsewhere is worth in one group.

    Attributes
    ----------
    group
        Which.
    n_pairs
        Pairs of the group.
    rho
        Rank correlation within the group, from -1 to 1.
    r2
        Share of the response's variance in the group that the relation of the other groups explains: at most 1, below 0
        where it is worse than the mean of the group.
    """

    group: str
    n_pairs: int
    rho: float
    r2: float


def require_networks(networks: npt.ArrayLike) -> None:
    """Refuse correlations of too few networks.

    Raises
    ------
    InputError
        With the number found.
    """
    found = len(np.unique(np.asarray(networks)))
    if found < FEWEST_NETWORKS:
        raise InputError(
            f"{found} networks are too few for a correlation with an interval: with fewer than {FEWEST_NETWORKS} the "
            "scatter between networks is itself unknown. Use more networks, not more domains of each."
        )


def association(
    predictor: Numbers,
    response: Numbers,
    *,
    groups: npt.ArrayLike,
    shifts: npt.ArrayLike,
    controls: Numbers | None = None,
    n_resamples: int,
    seed: int,
) -> Association:
    """Return the rank correlation of two numbers, partial where there are controls, with its interval.

    Parameters
    ----------
    predictor, response, controls
        As in `partial_spearman`.
    groups
        (n_pairs,) labels of what a pair shares through its network: networks trained on the same maps have one label.
    shifts
        (n_pairs,) labels of what a pair shares through its domain.
    n_resamples, seed
        Of the bootstrap.

    Notes
    -----
    A pair counts as often as its group is drawn, times as often as its shift is. The interval is that of
    `expanded_percentiles` with the smaller number of the two. A resample of which one side is constant, or that holds
    no pair, has no correlation and is left out.
    """

    def correlation(weights: Numbers | None) -> Numbers:
        if controls is None:
            return spearman(predictor, response, weights=weights)
        return partial_spearman(predictor, response, controls=controls, weights=weights)

    sides = [simulation_of(labels) for labels in (groups, shifts)]
    fewest = min(int(side.max()) + 1 for side in sides)
    rho = float(correlation(None))
    if np.isnan(rho) or fewest < 2:
        return Association(rho, np.nan, np.nan)
    resamples = correlation(_two_way_weights(sides, n_resamples=n_resamples, seed=seed))
    interval = expanded_percentiles(resamples[np.isfinite(resamples)], n=fewest)
    return Association(rho, float(interval.low), float(interval.high))


def _two_way_weights(sides: Sequence[npt.NDArray[np.int64]], *, n_resamples: int, seed: int) -> Numbers:
    """Return how often each pair counts in each resample that holds one, (n_resamples or fewer, n_pairs)."""
    rng = np.random.default_rng(seed)
    drawn = [multinomial_weights(int(side.max()) + 1, n_resamples=n_resamples, rng=rng)[:, side] for side in sides]
    weights = drawn[0] * drawn[1]
    return weights[weights.any(axis=1)]


def transfers(predictor: Numbers, response: Numbers, *, groups: Sequence[str]) -> list[Transfer]:
    """Return, for each group, what the relation of predictor and response in all other groups is worth in it.

    Parameters
    ----------
    predictor, response
        (n_pairs,) each, finite.
    groups
        (n_pairs,) labels, such as the field.

    Returns
    -------
    One for each group, in the order of their first pairs; none where there is one group alone.

    Notes
    -----
    The relation is isotonic, rising or falling as the other groups say, and constant beyond their range: like a rank
    correlation, it does not depend on the scale of the predictor.
    """
    labels = np.asarray(groups)
    names = list(dict.fromkeys(groups))
    found = []
    for name in names if len(names) > 1 else []:
        inside = labels == name
        rising = not float(spearman(predictor[~inside], response[~inside])) < 0
        relation = IsotonicRegression(increasing=rising, out_of_bounds="clip")
        relation.fit(predictor[~inside], response[~inside])
        left = np.square(response[inside] - relation.predict(predictor[inside])).sum()
        spread = np.square(response[inside] - response[inside].mean()).sum()
        rho = float(spearman(predictor[inside], response[inside]))
        found.append(Transfer(str(name), int(inside.sum()), rho, float(1 - left / spread) if spread > 0 else np.nan))
    return found
