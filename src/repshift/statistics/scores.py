"""How good predictions are, a parameter at a time."""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from repshift.vocabulary import InputError


@dataclass(frozen=True)
class Scores:
    """Scores of one parameter over some maps.

    Attributes
    ----------
    r2
        Coefficient of determination, 1 - sum (truth - mean)^2 / sum (truth - <truth>)^2: 1 is perfect, 0 is the mean of
        these maps' truth, below 0 is worse than that.
    rmse
        Root mean squared error, in the unit of the parameter.
    bias
        Mean of prediction minus truth, in the unit of the parameter.
    chi2
        Mean of ((truth - mean) / std)^2: 1 where the error bars are right.
    """

    r2: float
    rmse: float
    bias: float
    chi2: float


def scores(truth: npt.NDArray[np.float64], mean: npt.NDArray[np.float64], std: npt.NDArray[np.float64]) -> Scores:
    """Score the predictions of one parameter.

    Parameters
    ----------
    truth, mean, std
        (n_maps,) each: true value, predicted posterior mean and standard deviation, in one unit.

    Raises
    ------
    InputError
        If the truth is the same for all maps, so that R^2 is undefined.

    References
    ----------
    Villaescusa-Navarro et al. 2021, arXiv 2109.09747, section 3.
    """
    error = mean - truth
    spread = np.square(truth - truth.mean()).sum()
    if not spread > 0:
        raise InputError(f"All {len(truth)} maps have the same true value, {truth[0]}, so R^2 is undefined.")
    return Scores(
        r2=float(1 - np.square(error).sum() / spread),
        rmse=float(np.sqrt(np.square(error).mean())),
        bias=float(error.mean()),
        chi2=float(np.square(error / std).mean()),
    )
