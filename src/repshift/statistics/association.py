"""Whether one number orders pairs (network, domain) as another does: rank correlations of clustered pairs.

Pairs of one network are not independent: each network has its own level of failure and of everything else. So whole
networks are resampled, and chance is what is left when the domains of a network change places.

References
----------
Field & Welsh 2007, "Bootstrapping clustered data", J. R. Stat. Soc. B 69, 369 (whole clusters are drawn).
Barlow et al. 1972, "Statistical Inference under Order Restrictions" (isotonic regression).
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
import numpy.typing as npt

from repshift.statistics.permutation import p_values, permuted_orders
from repshift.statistics.ranks import Numbers, partial_spearman, ranks, spearman, weighted_correlation
from repshift.statistics.resampling import bootstrap_weights, percentile_interval, simulation_of
from repshift.vocabulary import InputError

FEWEST_CLUSTERS: Final = 10
"""Networks below which correlations are refused: the scatter between fewer is itself too badly known."""


@dataclass(frozen=True)
class Association:
    """A rank correlation with its interval; NaN where one side is the same for all pairs.

    Attributes
    ----------
    rho
        From -1 to 1.
    low, high
        Ends of the interval that whole clusters give.
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


def require_clusters(clusters: npt.ArrayLike) -> None:
    """Refuse correlations of too few clusters.

    Raises
    ------
    InputError
        With the number found.
    """
    found = len(np.unique(np.asarray(clusters)))
    if found < FEWEST_CLUSTERS:
        raise InputError(
            f"{found} networks are too few for a correlation with an interval: with fewer than {FEWEST_CLUSTERS} the "
            "scatter between networks is itself unknown. Use more networks, not more domains of each."
        )


def association(
    predictor: Numbers,
    response: Numbers,
    *,
    clusters: npt.ArrayLike,
    controls: Numbers | None = None,
    n_resamples: int,
    seed: int,
) -> Association:
    """Return the rank correlation of two numbers, partial where there are controls, with its interval.

    Parameters
    ----------
    predictor, response, controls
        As in `partial_spearman`.
    clusters
        (n_pairs,) labels: whole clusters are resampled.
    n_resamples, seed
        Of the bootstrap.

    Raises
    ------
    InputError
        If there are fewer than ten clusters.

    Notes
    -----
    Expanded percentile interval of `percentile_interval`. Resamples of which one side is constant have no correlation
    and are left out.
    """
    require_clusters(clusters)
    index = simulation_of(clusters)
    n_clusters = int(index.max()) + 1
    drawn = bootstrap_weights(n_clusters, n_resamples=n_resamples, seed=seed)[:, index]

    def correlation(weights: Numbers | None) -> Numbers:
        if controls is None:
            return spearman(predictor, response, weights=weights)
        return partial_spearman(predictor, response, controls=controls, weights=weights)

    rho, resamples = float(correlation(None)), correlation(drawn)
    resamples = resamples[np.isfinite(resamples)]
    if np.isnan(rho) or not len(resamples):
        return Association(np.nan, np.nan, np.nan)
    interval = percentile_interval(resamples, n_simulations=n_clusters)
    return Association(rho, float(interval.low), float(interval.high))


def exchanged_pairs(
    clusters: Sequence[str], conditions: Sequence[str], strata: Sequence[str], *, n_permutations: int, seed: int
) -> npt.NDArray[np.int64]:
    """Return which pair's predictor each pair takes when the conditions of clusters change places.

    Parameters
    ----------
    clusters, conditions, strata
        (n_pairs,) each: network, domain, and what networks share that see the same domains (their suite).
    n_permutations, seed
        How many, and what draws them.

    Returns
    -------
    (n_permutations, n_pairs) positions of pairs, each row an order.

    Raises
    ------
    InputError
        If a cluster has a condition twice.

    Notes
    -----
    All clusters of a stratum with the same conditions change them alike: a domain that is far from home is so for every
    network of that home, so their pairs are no independent draws, and permuting each network for itself would call
    chance too rare. What differs from network to network stays with it.
    """
    of_cluster: dict[str, dict[str, int]] = {}
    stratum_of: dict[str, str] = {}
    for pair, (cluster, condition, stratum) in enumerate(zip(clusters, conditions, strata, strict=True)):
        held = of_cluster.setdefault(cluster, {})
        if condition in held:
            raise InputError(f"'{cluster}' has '{condition}' twice; a pair of network and domain is one row.")
        held[condition], stratum_of[cluster] = pair, stratum
    groups: dict[tuple[str, ...], list[str]] = {}
    for cluster, held in of_cluster.items():
        groups.setdefault((stratum_of[cluster], *sorted(held)), []).append(cluster)
    positions = np.tile(np.arange(len(clusters)), (n_permutations, 1))
    for number, ((_, *names), members) in enumerate(groups.items()):
        orders = permuted_orders(len(names), n_permutations=n_permutations, seed=seed + number)
        for cluster in members:
            rows = np.array([of_cluster[cluster][name] for name in names])
            positions[:, rows] = rows[orders]
    return positions


def exchange_p_value(predictor: Numbers, response: Numbers, *, positions: npt.NDArray[np.int64]) -> float:
    """Return how rare so strong a rank correlation is when domains change places: two-sided, NaN of a constant side.

    Parameters
    ----------
    predictor, response
        As in `spearman`.
    positions
        As of `exchanged_pairs`.
    """
    observed = spearman(predictor, response)
    ones = np.ones(len(predictor))
    null = weighted_correlation(ranks(predictor, ones)[positions], ranks(response, ones), ones)
    return float(p_values(observed, null, alternative="two_sided"))


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
    from sklearn.isotonic import IsotonicRegression

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
