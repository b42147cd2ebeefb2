"""How many times likelier a number is in one sample than in another, by logistic regression."""

from typing import Final

import numpy as np
import numpy.typing as npt

from repshift.vocabulary import InputError

Values = npt.NDArray[np.float64]

_STEPS: Final = 100
_CONVERGED: Final = 1e-10
_PENALTY: Final = 1.0
"""Of half the squared slope, as scikit-learn has it: the slope is finite where the samples do not overlap."""


def likelihood_ratios(values: Values, others: Values) -> tuple[Values, Values]:
    r"""Return how many times likelier values are in the second sample than in the first, up to a factor.

    Parameters
    ----------
    values, others
        (n,) and (m,), finite: a number of each map of either sample, such as the logarithm of a distance.

    Returns
    -------
    Of the values of either sample, (n,) and (m,), above 0.

    Raises
    ------
    InputError
        If all values are one.

    Notes
    -----
    With the standardised number z and the slope b of a logistic regression of the sample on it,

    .. math:: \frac{p_2(z)}{p_1(z)} \propto e^{b z}.

    The slope is found by Newton's method; both samples count alike. The intercept is a factor of all ratios, and
    weights of conformal intervals do not depend on it.

    References
    ----------
    Tibshirani et al. 2019, "Conformal Prediction Under Covariate Shift", arXiv 1904.06019, section 2.
    """
    pooled = np.concatenate([values, others])
    if np.ptp(pooled) == 0:
        raise InputError(f"All {len(pooled)} values are {pooled[0]:g}: no sample is likelier at one of them.")
    standard = (pooled - pooled.mean()) / pooled.std()
    is_other = np.arange(len(pooled)) >= len(values)
    weights = np.where(is_other, len(pooled) / (2 * len(others)), len(pooled) / (2 * len(values)))
    slope = _slope(standard, is_other.astype(np.float64), weights)
    ratios = np.exp(slope * standard)
    return ratios[: len(values)], ratios[len(values) :]


def _slope(values: Values, is_other: Values, weights: Values) -> float:
    """Return the slope of a weighted logistic regression on values (n,)."""
    from scipy import special  # what only reads a file of trust need not load it

    design = np.stack([np.ones_like(values), values])
    penalty = np.array([0.0, _PENALTY])
    solution = np.zeros(2)
    for _ in range(_STEPS):
        share = special.expit(solution @ design)
        gradient = design @ (weights * (share - is_other)) + penalty * solution
        curvature = (design * (weights * share * (1 - share))) @ design.T + np.diag(penalty)
        step = np.linalg.solve(curvature, gradient)
        solution = solution - step
        if np.abs(step).max() < _CONVERGED:
            return float(solution[1])
    raise InputError(f"A logistic regression of {len(values)} values has not converged in {_STEPS} steps.")
