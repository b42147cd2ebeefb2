"""What a number would be if a label did not matter: permutations by simulation, and the p-values they give.

References
----------
Phipson & Smyth 2010, "Permutation P-values Should Never Be Zero", Stat. Appl. Genet. Mol. Biol. 9, 39
(arXiv 1603.05766): the p-value.
Hubert & Arabie 1985, "Comparing Partitions", Journal of Classification 2, 193: an index corrected for chance.
Gröger, Wen & Brbić 2026, "Revisiting the Platonic Representation Hypothesis", arXiv 2602.14486: the permutation null
of measures of similarity.
"""

from dataclasses import dataclass
from typing import Literal

import numpy as np
import numpy.typing as npt

Alternative = Literal["greater", "two_sided"]

_ROUNDING = 1e-12
"""Relative difference within which a permuted number counts as equal to the observed one: a tie is not below it."""


@dataclass(frozen=True)
class PermutationTest:
    """What was observed, what permutations give, and how rare that is.

    Attributes
    ----------
    observed
        (...): the statistic as observed.
    null
        (n_permutations, ...): of the permuted labels.
    p_value
        (...): from 1 / (n_permutations + 1) to 1.
    """

    observed: npt.NDArray[np.float64]
    null: npt.NDArray[np.float64]
    p_value: npt.NDArray[np.float64]


def permuted_orders(n: int, *, n_permutations: int, seed: int) -> npt.NDArray[np.int64]:
    """Return random orders of n things, (n_permutations, n); the order as it is may be among them."""
    rng = np.random.default_rng(seed)
    return rng.permuted(np.tile(np.arange(n), (n_permutations, 1)), axis=1)


def p_values(
    observed: npt.NDArray[np.float64], null: npt.NDArray[np.float64], *, alternative: Alternative
) -> npt.NDArray[np.float64]:
    r"""Return how rare what was observed is among permutations, at least 1 / (n_permutations + 1).

    Parameters
    ----------
    observed
        (...).
    null
        (n_permutations, ...).
    alternative
        ``"greater"``: the share of values at least as large. ``"two_sided"``: twice the smaller of the shares at least
        as large and at most as large, for a null distribution need not be symmetric.

    Returns
    -------
    (...), from 1 / (n_permutations + 1) to 1; NaN where what was observed is NaN, or a permuted number.

    Notes
    -----
    Of B permuted values :math:`x^*_b` the one-sided p-value is

    .. math:: p = \frac{1 + \#\{b: x^*_b \ge x\}}{1 + B},

    for the observed labels are one of the equally likely permutations. Without the ones the test would reject too
    often, and report 0.

    References
    ----------
    Phipson & Smyth 2010, arXiv 1603.05766.

    Examples
    --------
    >>> p_values(np.array(3.0), np.array([0.0, 1.0, 2.0]), alternative="greater").item()
    0.25
    """
    slack = _ROUNDING * np.abs(observed)
    above = (1 + (null >= observed - slack).sum(0)) / (1 + len(null))
    below = (1 + (null <= observed + slack).sum(0)) / (1 + len(null))
    found = above if alternative == "greater" else np.minimum(2 * np.minimum(above, below), 1)
    return np.where(np.isnan(observed) | np.isnan(null).any(0), np.nan, found)


class PermutedNumbers:
    """Permuted numbers (n_permutations, ...), counted and summed some at a time: none is kept.

    Attributes
    ----------
    observed
        (...): what they are counted beside.
    """

    def __init__(self, observed: npt.NDArray[np.float64]) -> None:
        self.observed = observed
        self._slack = _ROUNDING * np.abs(observed)
        self._n = 0
        self._above, self._total = np.zeros(observed.shape, dtype=np.int64), np.zeros(observed.shape)

    def add(self, null: npt.NDArray[np.float64]) -> None:
        """Count some more."""
        self._n += len(null)
        self._above += (null >= self.observed - self._slack).sum(0)
        self._total += null.sum(0)

    @property
    def p_value(self) -> npt.NDArray[np.float64]:
        """As `p_values` of what is at least as large."""
        found = (1 + self._above) / (1 + self._n)
        return np.where(np.isnan(self.observed) | np.isnan(self._total), np.nan, found)

    @property
    def mean(self) -> npt.NDArray[np.float64]:
        """Mean of the permuted numbers."""
        return np.asarray(self._total / self._n)


def calibrated_scores(observed: npt.NDArray[np.float64], mean: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
    r"""Return measures of similarity corrected for chance: 0 as under the null, 1 where alike.

    Parameters
    ----------
    observed
        (...): of a measure that is 1 where alike.
    mean
        (...): the mean of the same of permuted simulations.

    Returns
    -------
    (...), at most 1, negative below the mean of the null; NaN where that is 1, as of layers that are always alike.

    Notes
    -----
    With the observed value s and its mean over permutations, in the form of Hubert & Arabie (1985):

    .. math:: \frac{s - \langle s^* \rangle}{1 - \langle s^* \rangle}

    Of debiased CKA this mean over all permutations is exactly 0. So the score is CKA itself, up to the noise of the
    draw: it says something of biased CKA and the other measures only.
    """
    left = np.where(1 - mean > _ROUNDING, 1 - mean, np.nan)
    return np.asarray((observed - mean) / left)
