r"""Split conformal intervals and sets, by simulation: how far a network errs on maps of simulations it did not see.

A calibration sample has scores, such as absolute errors; an interval holds every value whose score is at most a
quantile of these. Maps of one simulation err together, so they are one unit: each simulation has the weight 1, shared
by its maps, and the map of a new simulation the weight 1 at infinity. What is covered of new simulations of the same
kind is then at least the level, whatever the maps of a simulation share; taken map by map it is less. Where they share
all of their error it is exactly `attainable_level`.

Notes
-----
With G simulations of :math:`m_g` maps, scores s and weights w (1 where none are given), the score s of a map of weight
w is covered at level L where

.. math:: \sum_g \frac{1}{m_g} \sum_{i \in g} w_i [s_i < s] < L \Big(\sum_g \frac{1}{m_g} \sum_{i \in g} w_i + w\Big)

On average over calibrations, a new simulation of the same kind is covered with a probability of at least

.. math:: \lceil (G + 1) L \rceil / (G + 1) \ge L.

The interval of a measured coverage is a bootstrap by simulation. Simulations that calibrate and simulations that are
judged are both resampled. The quantile moves with the first.

References
----------
Vovk, Gammerman & Shafer 2005, "Algorithmic Learning in a Random World"; Lei et al. 2018, JASA 113, 1094 (split).
Lee, Barber & Willett 2023, "Distribution-free inference with hierarchical data", arXiv 2306.06342 (by group).
Tibshirani et al. 2019, "Conformal Prediction Under Covariate Shift", arXiv 1904.06019, section 2 (weighted).
Sadinle, Lei & Wasserman 2019, "Least Ambiguous Set-Valued Classifiers", JASA 114, 223 (sets of classes, LAC).
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
import numpy.typing as npt

from repshift.statistics.resampling import simulation_of
from repshift.vocabulary import InputError

Values = npt.NDArray[np.float64]

_ROUNDING: Final = 1e-9


def attainable_level(n_simulations: int, level: float) -> float:
    r"""Return the smallest level, `level` or more, that intervals of so many simulations attain exactly.

    Parameters
    ----------
    n_simulations
        That calibrate.
    level
        Asked for, in (0, 1).

    Returns
    -------
    .. math:: \lceil (G + 1) L \rceil / (G + 1)

    Raises
    ------
    InputError
        If G simulations have no finite interval of that level: it is above G / (G + 1).

    Examples
    --------
    >>> round(attainable_level(25, 0.9), 4)
    0.9231
    """
    if not 0 < level < 1:
        raise InputError(f"The level of conformal intervals is {level}. Expected a number between 0 and 1.")
    rank = int(np.ceil((n_simulations + 1) * level - _ROUNDING))
    if rank > n_simulations:
        raise InputError(
            f"A conformal interval of level {level:g} needs {fewest_simulations(level)} simulations to calibrate it; "
            f"found {n_simulations}. The highest level of so many is {n_simulations / (n_simulations + 1):.3f}."
        )
    return rank / (n_simulations + 1)


def fewest_simulations(level: float) -> int:
    """Return how many simulations an interval of a level needs to be finite."""
    return int(np.ceil(level / (1 - level) - _ROUNDING))


@dataclass(frozen=True)
class Calibration:
    """Scores of a calibration sample, in ascending order.

    Attributes
    ----------
    scores
        (n_maps,)
    weights
        (n_maps,): of each map, over the number of maps of its simulation.
    simulations
        (n_maps,): of each map, from 0.
    """

    scores: Values
    weights: Values
    simulations: npt.NDArray[np.int64]

    @property
    def totals(self) -> Values:
        """The weight of each simulation, (n_simulations,)."""
        return np.asarray(np.bincount(self.simulations, weights=self.weights), dtype=np.float64)

    def below(self, scores: Values) -> Values:
        """Return the weight of each simulation whose scores are below each of some, (n_simulations, n_scores)."""
        steps = np.zeros((len(self.totals), len(self.scores) + 1))
        steps[self.simulations, np.arange(1, len(self.scores) + 1)] = self.weights
        return np.asarray(np.cumsum(steps, axis=1)[:, np.searchsorted(self.scores, scores, side="left")])

    def quantiles(self, level: float, masses: Values) -> Values:
        """Return the largest score that is covered by a map of each weight `masses` (n,); infinite where any is."""
        sums = np.cumsum(self.weights)
        wanted = level * (sums[-1] + masses) - _ROUNDING
        return np.asarray(np.append(self.scores, np.inf)[np.searchsorted(sums, wanted, side="left")])


def calibration(scores: Values, *, simulations: npt.ArrayLike, weights: Values | None = None) -> Calibration:
    """Return a calibration sample.

    Parameters
    ----------
    scores
        (n_maps,): how badly the truth of each map fits, such as the absolute error.
    simulations
        (n_maps,) labels: the maps of one simulation share its weight. Each its own: intervals by map.
    weights
        (n_maps,): how many times likelier each map is where intervals are used than where they are calibrated; None: as
        likely.
    """
    index = simulation_of(simulations)
    shared = (np.ones(len(scores)) if weights is None else weights) / np.bincount(index)[index]
    order = np.argsort(scores, kind="stable")
    return Calibration(scores[order], shared[order], index[order])


def is_covered(
    below: Values, totals: Values, *, levels: Sequence[float], masses: Values, counts: Values | None = None
) -> npt.NDArray[np.bool_]:
    """Return whether each map is within its interval of each level, by the calibration sample or resamples of it.

    Parameters
    ----------
    below, totals
        (n_simulations, n_maps) and (n_simulations,), of `Calibration`.
    levels
        Of the intervals.
    masses
        (n_maps,): the weights of the maps; 1 where none are given.
    counts
        (n_resamples, n_simulations): how often each simulation that calibrates is drawn; None: once.

    Returns
    -------
    (n_levels, n_resamples, n_maps), or (n_levels, n_maps) without `counts`.
    """
    drawn = np.ones((1, len(totals))) if counts is None else counts
    lower, whole = drawn @ below + _ROUNDING, (drawn @ totals)[:, None] + masses
    found = np.stack([lower < level * whole for level in levels])
    return np.asarray(found[:, 0] if counts is None else found)


def class_sets(probability: Values, quantiles: Values) -> npt.NDArray[np.bool_]:
    """Return which classes are in the set of each map, (n_maps, n_classes): those of 1 - p up to the quantile.

    Parameters
    ----------
    probability
        (n_maps, n_classes).
    quantiles
        (n_maps,): of `Calibration`, whose scores are 1 less the probability of the true class.
    """
    return np.asarray(1 - probability <= quantiles[:, None])
