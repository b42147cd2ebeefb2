"""How a network's answers change out of distribution: its error, and what can be seen of it without labels.

Everything is the logarithm of a ratio, out of over in distribution, of each parameter: 0 where nothing changes, and no
parameter's unit counts.
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
    return _log_ratio(np.square(error_out).mean(0), np.square(error_in).mean(0), "squared error") / 2


def deviation_ratio(std_out: Values, std_in: Values) -> Values:
    """Return the logarithm of the ratio of the mean predicted standard deviations, (n_parameters,); errors likewise."""
    return _log_ratio(std_out.mean(0), std_in.mean(0), "predicted standard deviation")


def scatter_ratio(
    scatter_out: Values, scatter_in: Values, *, sigma_out: Values | None = None, sigma_in: Values | None = None
) -> Values:
    """Return the logarithm of the ratio of the scatter under symmetries, (n_parameters,); errors likewise.

    With the predicted standard deviations ``sigma`` the scatter is measured by them.
    """
    squares = [np.square(scatter).mean(0) for scatter in (scatter_out, scatter_in)]
    if sigma_out is not None and sigma_in is not None:
        variances = [np.square(sigma).mean(0) for sigma in (sigma_out, sigma_in)]
        squares = [
            square / _positive(variance, "predicted variance")
            for square, variance in zip(squares, variances, strict=True)
        ]
    return _log_ratio(squares[0], squares[1], "scatter under symmetries") / 2


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
        If there are fewer than two trials, or they never disagree.
    """
    return (
        _log_ratio(_disagreement(means_out, std_out), _disagreement(means_in, std_in), "disagreement between trials")
        / 2
    )


def _disagreement(means: Sequence[Values], stds: Sequence[Values] | None) -> Values:
    """Return the mean squared difference of any two trials, over the variances of both where they are known."""
    if len(means) < 2:
        raise InputError(f"{len(means)} trial: disagreement needs two or more.")
    pairs = list(combinations(range(len(means)), 2))
    squares = np.mean([np.square(means[one] - means[other]).mean(0) for one, other in pairs], axis=0)
    if stds is None:
        return np.asarray(squares)
    variances = np.mean([np.square(stds[one]).mean(0) + np.square(stds[other]).mean(0) for one, other in pairs], axis=0)
    return np.asarray(squares / _positive(variances, "predicted variance"))


def _positive(values: Values, what: str) -> Values:
    if not (np.isfinite(values).all() and (values > 0).all()):
        raise InputError(f"The {what} of the parameters is {values.tolist()}; a ratio needs numbers above zero.")
    return values


def _log_ratio(outside: Values, inside: Values, what: str) -> Values:
    return np.asarray(np.log(_positive(outside, what) / _positive(inside, what)))
