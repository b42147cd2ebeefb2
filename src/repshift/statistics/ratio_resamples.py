"""Ratios of sums over simulations, and their standard errors, in resamples: by products of matrices.

The standard error of each resample is that of its derivatives by the weights of the simulations, whose squares need no
more than weighted sums of products.

References
----------
Efron 1982, "The Jackknife, the Bootstrap and Other Resampling Plans", section 6.3: the infinitesimal jackknife.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import combinations_with_replacement
from typing import Final, TypeAlias

import numpy as np
import numpy.typing as npt

Values: TypeAlias = npt.NDArray[np.float64]

_AT_ONCE: Final = 200
"""Resamples computed at a time."""

_ROUNDING: Final = 1e-12
"""Standard errors below this, over their number, are rounding."""


@dataclass(frozen=True)
class Resamples:
    """How a number moves in resamples.

    Attributes
    ----------
    value, error
        (levels,): of the sample, and its standard error.
    moves, errors
        (n_resamples, levels): number of the resample less that of the sample, and its standard error.
    """

    value: Values
    error: Values
    moves: Values
    errors: Values

    @property
    def scatters(self) -> npt.NDArray[np.bool_]:
        """Whether each level has a standard error, (levels,)."""
        known = np.isfinite(self.value) & np.isfinite(self.error)
        return known & (np.where(known, self.error, 0.0) > _ROUNDING * np.abs(np.where(known, self.value, 0.0)))


def resampled_ratio(numerator: Values, denominator: Values, *, weights: Values) -> Resamples:
    """Return how the ratio of the sums of `ratio_bands` moves in resamples."""
    zeros = np.zeros_like(denominator)
    return resampled(numerator, zeros, zeros, denominator, weights=weights)


def resampled(rise: Values, widening: Values, start: Values, width: Values, *, weights: Values) -> Resamples:
    """Return how ``(start + rise) / (width + widening) - start / width``, of sums, moves in resamples.

    Each argument is (n_simulations, levels), the weights as in `paired_bands`.
    """
    ones = np.ones((1, weights.shape[1]))
    before = start.sum(axis=0) / width.sum(axis=0)
    value = (rise.sum(axis=0) - before * widening.sum(axis=0)) / (width + widening).sum(axis=0)
    terms = (rise - value * width, widening, start, width)
    _, error = _moves(ones, terms, value)
    moves, errors = np.empty((2, len(weights), len(value)))
    for some in slices(len(weights)):
        moves[some], errors[some] = _moves(weights[some], terms, value)
    return Resamples(value, error[0], moves, errors)


def slices(n_resamples: int) -> Iterator[slice]:
    """Yield slices of some resamples each: arrays of few are in the processor's cache, those of all are not."""
    for start in range(0, n_resamples, _AT_ONCE):
        yield slice(start, start + _AT_ONCE)


def _moves(weights: Values, terms: Sequence[Values], value: Values) -> tuple[Values, Values]:
    """Return the number less `value`, and its standard error, (n_resamples, levels), of weighted simulations."""
    rise, widening, _, width = terms
    if not widening.any():  # one spread at all strengths, as where labels stay
        of_rise, of_width = weights @ rise, weights @ width
        move = of_rise / of_width
        return move, np.sqrt(_square(weights, (rise, width), (1.0, -move))) / np.abs(of_width)
    of_rise, of_widening, of_start, of_width = (weights @ term for term in terms)
    before, whole, share = of_start / of_width, of_width + of_widening, of_widening / of_width
    move = (of_rise - (before + value) * of_widening) / whole
    gradients: Sequence[Values | float] = (1.0, -(before + value + move), -share, share * before - move)
    return move, np.sqrt(_square(weights, terms, gradients)) / np.abs(whole)


def _square(weights: Values, terms: Sequence[Values], gradients: Sequence[Values | float]) -> Values:
    """Return the weighted sum over simulations of the squared sum of gradients times terms, by sums of products."""
    n = weights.shape[1]
    total = np.zeros((len(weights), terms[0].shape[1]))
    for one, other in combinations_with_replacement(range(len(terms)), 2):
        times = 1.0 if one == other else 2.0
        total += times * (gradients[one] * gradients[other] * (weights @ (terms[one] * terms[other])))
    return np.asarray(np.maximum(total, 0.0) * (n / (n - 1)))
