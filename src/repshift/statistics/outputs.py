"""How a network's outputs change out of distribution: its error, and what can be seen of it without labels.

Everything is the logarithm of a ratio, out of over in distribution, of each parameter: 0 where nothing changes, and no
parameter's unit counts. Of what can be seen it is NaN where a side is zero: a network that is exactly invariant, or
trials that agree to the last digit, have no ratio, and are no reason to go without the rest.
"""

from collections.abc import Sequence
from itertools import combinations

import numpy as np
import numpy.typing as npt

from repshift.vocabulary import InputError

Values = npt.NDArray[np.float64]
"""(n_maps, n_parameters)."""


def error_ratio(error_out: Values, error_in: Values) -> Values:
    """Return the logarithm of the ratio of the root mean squared errors, (n_parameters,): the failure.

    Raises
    ------
    InputError
        If an error is zero or not finite.
    """
    squares = [np.square(error).mean(0) for error in (error_out, error_in)]
    for square in squares:
        if not (np.isfinite(square).all() and (square > 0).all()):
            raise InputError(
                f"The squared error of the parameters is {square.tolist()}; a ratio needs numbers above zero."
            )
    return _log_ratio(squares[0], squares[1]) / 2


def deviation_ratio(std_out: Values, std_in: Values) -> Values:
    """Return the logarithm of the ratio of the mean predicted standard deviations, (n_parameters,)."""
    return _log_ratio(std_out.mean(0), std_in.mean(0))


def scatter_ratio(
    scatter_out: Values, scatter_in: Values, *, sigma_out: Values | None = None, sigma_in: Values | None = None
) -> Values:
    """Return the logarithm of the ratio of the scatter under symmetries, (n_parameters,).

    With the predicted standard deviations ``sigma`` the scatter is measured by them.
    """
    squares = [np.square(scatter).mean(0) for scatter in (scatter_out, scatter_in)]
    if sigma_out is not None and sigma_in is not None:
        variances = [np.square(sigma).mean(0) for sigma in (sigma_out, sigma_in)]
        squares = [_ratio(square, variance) for square, variance in zip(squares, variances, strict=True)]
    return _log_ratio(squares[0], squares[1]) / 2


def disagreement_ratio(
    means_out: Sequence[Values],
    means_in: Sequence[Values],
    *,
    std_out: Sequence[Values] | None = None,
    std_in: Sequence[Values] | None = None,
) -> Values:
    """Return the logarithm of the ratio of how far trials disagree, (n_parameters,).

    Parameters
    ----------
    means_out, means_in
        Posterior means of two trials or more, networks that differ in their seed alone, on the same maps.
    std_out, std_in
        Their predicted standard deviations; with them a disagreement is measured by what the trials admit.

    Raises
    ------
    InputError
        If there are fewer than two trials.
    """
    return _log_ratio(_disagreement(means_out, std_out), _disagreement(means_in, std_in)) / 2


def _disagreement(means: Sequence[Values], stds: Sequence[Values] | None) -> Values:
    """Return the mean squared difference of any two trials, over the variances of both where they are known."""
    if len(means) < 2:
        raise InputError(f"{len(means)} trial: disagreement needs two or more.")
    pairs = list(combinations(range(len(means)), 2))
    squares = np.mean([np.square(means[one] - means[other]).mean(0) for one, other in pairs], axis=0)
    if stds is None:
        return np.asarray(squares)
    variances = np.mean([np.square(stds[one]).mean(0) + np.square(stds[other]).mean(0) for one, other in pairs], axis=0)
    return _ratio(squares, variances)


def _ratio(values: Values, others: Values) -> Values:
    """Return values over others, NaN but where both are above zero."""
    found = np.full(values.shape, np.nan)
    return np.asarray(np.divide(values, others, out=found, where=(values > 0) & (others > 0)))


def _log_ratio(outside: Values, inside: Values) -> Values:
    return np.asarray(np.log(_ratio(outside, inside)))
