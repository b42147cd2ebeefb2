"""How far the representations of one domain lie from those of another, from the Gram matrices of both together.

All numbers are dimensionless: distances are measured by the scatter of the maps in distribution. Maps of one
simulation never meet, neither in a pair nor as a map and what it is measured against: where the two domains show the
same simulations (noise or a beam added to maps), each map would find its own copy.

References
----------
Gretton et al. 2012, "A Kernel Two-Sample Test", JMLR 13, 723, eq. 3 (unbiased MMD^2).
Ledoit & Wolf 2004, "A well-conditioned estimator for large-dimensional covariance matrices", JMA 88, 365.
Lee et al. 2018, "A Simple Unified Framework for Detecting Out-of-Distribution Samples", arXiv 1807.03888 (Mahalanobis).
Sun et al. 2022, "Out-of-Distribution Detection with Deep Nearest Neighbors", arXiv 2204.06507.
"""

from dataclasses import dataclass
from typing import Final

import numpy as np
import numpy.typing as npt

from repshift.similarity.gram import centre, squared_distances
from repshift.similarity.kernels import rbf_grams
from repshift.similarity.spectra import spectra
from repshift.similarity.stacks import Grams, names_of, refuse_layers, rounding, varying_grams
from repshift.vocabulary import COMPONENTS, FOLDS, InputError

FEWEST_OF_DOMAIN: Final = 4
"""Simulations of a domain whose distance to another is measured."""


@dataclass(frozen=True)
class PooledMaps:
    """Which maps of a stack of Gram matrices are of which domain and simulation.

    Attributes
    ----------
    outside
        (n_maps,) bool: out of distribution.
    simulations
        (n_maps,) labels; those of two suites differ but where they are the same simulation.
    """

    outside: npt.NDArray[np.bool_]
    simulations: npt.NDArray[np.int64]

    def apart(self) -> npt.NDArray[np.bool_]:
        """Return which two maps are of different simulations, (n_maps, n_maps)."""
        return np.asarray(self.simulations[:, None] != self.simulations)


def pooled(out_of_distribution: npt.ArrayLike, simulations: npt.ArrayLike) -> PooledMaps:
    """Say which maps are of which domain and simulation.

    Raises
    ------
    InputError
        If the two do not label the same maps, or a domain has fewer than four simulations.
    """
    outside = np.asarray(out_of_distribution, dtype=bool)
    labels = np.unique(np.asarray(simulations), return_inverse=True)[1].astype(np.int64)
    if outside.ndim != 1 or outside.shape != labels.shape:
        raise InputError(f"Domains {outside.shape} and simulations {labels.shape} do not label the same maps.")
    counts = [len(np.unique(labels[outside == domain])) for domain in (False, True)]
    if min(counts) < FEWEST_OF_DOMAIN:
        raise InputError(
            f"{counts[0]} simulations in distribution and {counts[1]} out of it: each domain needs "
            f"{FEWEST_OF_DOMAIN} or more."
        )
    return PooledMaps(outside, labels)


def linear_mmd(grams: Grams, maps: PooledMaps) -> npt.NDArray[np.float64]:
    r"""Return the squared distance of the mean representations, over the variance in distribution.

    Parameters
    ----------
    grams
        (layers, n_maps, n_maps), linear; centred or not.
    maps
        Which of them are of which domain.

    Returns
    -------
    (layers,), unbiased, so negative where there is little or no distance.

    Raises
    ------
    InputError
        As in `varying_grams`, or if a layer is constant in distribution.

    Notes
    -----
    With means over pairs of maps of different simulations, x in distribution and y out of it,

    .. math:: \frac{\overline{k(x, x')} + \overline{k(y, y')} - 2 \overline{k(x, y)}}{\overline{|x - x'|^2} / 2},
        \qquad k(x, y) = x \cdot y.

    References
    ----------
    Gretton et al. 2012, JMLR 13, 723, eq. 3: the numerator, of one map a simulation.
    """
    values = _checked(grams, maps)
    return _mmd(centre(values), maps) / _variance(grams, values, maps)


def rbf_mmd(grams: Grams, maps: PooledMaps) -> npt.NDArray[np.float64]:
    """Return the squared maximum mean discrepancy with a Gaussian kernel of the median distance, (layers,).

    The numerator in the Notes of `linear_mmd`, with the kernel of `rbf_grams` and the width 1. Arguments and errors as
    in both. Below 2, unbiased, so negative where there is none.
    """
    _checked(grams, maps)
    return _mmd(rbf_grams(grams, width=1.0), maps)


def nearest_neighbour_ratio(grams: Grams, maps: PooledMaps) -> npt.NDArray[np.float64]:
    """Return how much farther the nearest map in distribution is from outside than from inside, (layers,).

    The logarithm of the ratio of the mean squared distances: 0 where a map from outside has neighbours as near as one
    from inside. Arguments and errors as in `linear_mmd`.
    """
    values = _checked(grams, maps)
    _variance(grams, values, maps)
    distances = np.where(maps.apart(), squared_distances(values), np.inf)[:, :, ~maps.outside]
    nearest = np.maximum(distances.min(-1), 0)
    inside, outside = (nearest[:, maps.outside == domain].mean(-1) for domain in (False, True))
    floor = rounding(values)
    why = "holds every map in distribution twice, so distances of nearest neighbours are zero."
    refuse_layers(names_of(grams), inside <= floor, why=why)
    return np.asarray(np.log(np.maximum(outside, floor) / inside))


def mahalanobis_ratio(
    grams: Grams, maps: PooledMaps, *, n_components: int = COMPONENTS, n_folds: int = FOLDS
) -> npt.NDArray[np.float64]:
    """Return how much farther maps from outside are from the mean in distribution, by its own covariance, (layers,).

    Parameters
    ----------
    grams, maps
        As in `linear_mmd`.
    n_components
        Leading principal components of the maps in distribution that distances are measured in; fewer where there are
        not so many.
    n_folds
        Parts of the simulations. What a map is measured against never saw its simulation: else maps inside, whose
        covariance it is, would be nearer for that alone.

    Returns
    -------
    The logarithm of the ratio of the mean squared Mahalanobis distances: 0 where there is no difference.

    Raises
    ------
    InputError
        As in `linear_mmd`; if there are fewer than two folds or components, more folds than simulations in
        distribution, or a layer is constant over what a fold is measured by.

    Notes
    -----
    With the components' variances v (they are uncorrelated) and a the shrinkage of Ledoit & Wolf, distances are
    ``sum_i s_i^2 / ((1 - a) v_i + a <v>)`` of the scores s.
    """
    values = _checked(grams, maps)
    _variance(grams, values, maps)
    inside = np.unique(maps.simulations[~maps.outside])
    if not 2 <= n_folds <= len(inside) or n_components < 2:
        raise InputError(
            f"{n_folds} folds of {len(inside)} simulations and {n_components} components: 2 folds or more, no more "
            "than simulations, and 2 components or more are needed."
        )
    ranks = np.full(maps.simulations.max() + 1, -1)
    ranks[inside] = np.arange(len(inside))
    others = np.flatnonzero(ranks < 0)
    ranks[others] = np.arange(len(others))
    folds = ranks[maps.simulations] % n_folds
    squares = np.empty(values.shape[:2])
    for fold in range(n_folds):
        known = np.flatnonzero(~maps.outside & (folds != fold))
        shown = np.flatnonzero(folds == fold)
        for layer, gram in enumerate(values):
            squares[layer, shown] = _mahalanobis(gram, known, shown, n_components)
    means = [squares[:, maps.outside == domain].mean(-1) for domain in (False, True)]
    return np.asarray(np.log(means[1] / means[0]))


def principal_scores(grams: Grams, *, n_components: int) -> npt.NDArray[np.float64]:
    """Return the scores of all maps on their leading principal components, (layers, n_maps, n_components).

    Columns that are nothing but rounding are zero. Errors as in `varying_grams`.
    """
    variances, vectors = spectra(grams, fewest=2)
    kept = min(n_components, variances.shape[-1])
    return np.asarray(vectors[:, :, :kept] * np.sqrt(variances[:, None, :kept]))


def _checked(grams: Grams, maps: PooledMaps) -> npt.NDArray[np.float64]:
    values = varying_grams(grams, fewest=2 * FEWEST_OF_DOMAIN)
    if values.shape[-1] != len(maps.outside):
        raise InputError(f"{len(maps.outside)} labels do not fit Gram matrices of {values.shape[-1]} maps.")
    return values


def _mmd(kernels: npt.NDArray[np.float64], maps: PooledMaps) -> npt.NDArray[np.float64]:
    """Return the means of a kernel inside and outside, less twice that across, over pairs of different simulations."""
    apart, outside = maps.apart(), maps.outside

    def mean(rows: npt.NDArray[np.bool_], columns: npt.NDArray[np.bool_]) -> npt.NDArray[np.float64]:
        return np.asarray(kernels[:, apart & rows[:, None] & columns].mean(-1))

    return mean(~outside, ~outside) + mean(outside, outside) - 2 * mean(outside, ~outside)


def _variance(grams: Grams, values: npt.NDArray[np.float64], maps: PooledMaps) -> npt.NDArray[np.float64]:
    """Return the variance of all features together in distribution, (layers,)."""
    pairs = maps.apart() & ~maps.outside[:, None] & ~maps.outside
    variance = squared_distances(values)[:, pairs].mean(-1) / 2
    refuse_layers(
        names_of(grams), variance <= rounding(values), why="is constant in distribution, so it has no scale there."
    )
    return np.asarray(variance)


def _mahalanobis(
    gram: npt.NDArray[np.float64], known: npt.NDArray[np.int64], shown: npt.NDArray[np.int64], n_components: int
) -> npt.NDArray[np.float64]:
    """Return squared distances of the maps `shown` by the mean and covariance of the maps `known`."""
    # here, for a figure reads no more than what scores are called
    from sklearn.covariance import ledoit_wolf_shrinkage

    own = gram[np.ix_(known, known)]
    squares, vectors = np.linalg.eigh(centre(own))
    floor = len(known) * np.finfo(np.float64).eps * squares[-1]
    leading = np.flatnonzero(squares > floor)[::-1][:n_components]
    if not len(leading):
        raise InputError(
            "A layer is constant over the maps in distribution that a fold is measured by: it has no covariance there."
        )
    squares, vectors = squares[leading], vectors[:, leading]
    across = gram[np.ix_(shown, known)]
    rows = across - across.mean(1, keepdims=True) - own.mean(0) + own.mean()
    scores, variances = rows @ vectors / np.sqrt(squares), squares / len(known)
    shrinkage = ledoit_wolf_shrinkage(vectors * np.sqrt(squares))
    shrunk = (1 - shrinkage) * variances + shrinkage * variances.mean()
    return np.asarray((np.square(scores) / shrunk).sum(1))
