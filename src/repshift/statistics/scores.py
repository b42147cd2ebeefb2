"""How good predictions are, a parameter at a time."""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt


@dataclass(frozen=True)
class Scores:
    """Scores of one parameter over some maps.

    Attributes
    ----------
    r2
        Coefficient of determination, 1 - sum (truth - mean)^2 / sum (truth - <truth>)^2: 1 is perfect, 0 is the mean of
        these maps' truth, below 0 is worse than that, NaN where all maps share one true value.
    rmse
        Root mean squared error, in the unit of the parameter.
    bias
        Mean of prediction minus truth, in the unit of the parameter.
    chi2
        Mean of ((truth - mean) / std)^2: 1 where the error bars are right; one error bar near 0 is enough to make it
        huge, an error bar of 0 makes it infinite.
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

    References
    ----------
    Villaescusa-Navarro et al. 2021, arXiv 2109.09747, section 3.
    """
    error = mean - truth
    varies = bool((truth != truth[0]).any())
    with np.errstate(divide="ignore", invalid="ignore"):
        chi2 = np.square(error / std).mean()
    return Scores(
        r2=float(1 - np.square(error).sum() / np.square(truth - truth.mean()).sum()) if varies else float("nan"),
        rmse=float(np.sqrt(np.square(error).mean())),
        bias=float(error.mean()),
        chi2=float(chi2),
    )
