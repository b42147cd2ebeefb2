"""How good predictions are, a parameter at a time."""

from dataclasses import dataclass, field, fields
from typing import Final

import numpy as np
import numpy.typing as npt

from repshift.statistics.resampling import Interval, bootstrap_weights, percentile_interval, simulation_of


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

    r2: float = field(metadata={"long_name": "coefficient of determination R^2", "has_unit": False})
    rmse: float = field(metadata={"long_name": "root mean squared error", "has_unit": True})
    bias: float = field(metadata={"long_name": "mean error", "has_unit": True})
    chi2: float = field(metadata={"long_name": "mean squared error over predicted variance", "has_unit": False})


SCORES: Final = tuple(field.name for field in fields(Scores))
"""What `score_intervals` returns intervals of, in its order."""

LONG_NAMES: Final = {one.name: str(one.metadata["long_name"]) for one in fields(Scores)}
"""What each score is, in words."""

WITH_UNIT: Final = tuple(one.name for one in fields(Scores) if one.metadata["has_unit"])
"""Scores in the unit of the parameter; the others are dimensionless."""


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


def score_intervals(
    truth: npt.NDArray[np.float64],
    mean: npt.NDArray[np.float64],
    std: npt.NDArray[np.float64],
    *,
    simulations: npt.ArrayLike,
    n_resamples: int,
    seed: int,
) -> Interval:
    """Return how far the scores of these simulations may be from those of all: bootstrap, by simulation.

    Parameters
    ----------
    truth, mean, std
        (n_maps,) each, as in `scores`.
    simulations
        (n_maps,) labels: maps of one simulation, which share their truth, are drawn together.
    n_resamples, seed
        Resamples, and what draws them.

    Returns
    -------
    Ends (4,), in the order of `SCORES` and in their units; NaN where a score is not a finite number.

    Raises
    ------
    InputError
        If there are fewer than ten simulations.
    """
    index = simulation_of(simulations)
    n = int(index.max()) + 1
    weights = bootstrap_weights(n, n_resamples=n_resamples, seed=seed)
    around = truth - truth.mean()
    with np.errstate(divide="ignore", invalid="ignore"):
        square = np.square((mean - truth) / std)
    columns = (np.ones_like(truth), mean - truth, np.square(mean - truth), around, np.square(around), square)
    of_simulation = np.stack([np.bincount(index, weights=column, minlength=n) for column in columns], axis=1)
    with np.errstate(divide="ignore", invalid="ignore"):
        count, error, error_squared, spread, spread_squared, square_sum = (weights @ of_simulation).T
        resampled = {
            "r2": 1 - error_squared / (spread_squared - np.square(spread) / count),
            "rmse": np.sqrt(error_squared / count),
            "bias": error / count,
            "chi2": square_sum / count,
        }
        resampled["r2"][:] = resampled["r2"] if np.ptp(truth) > 0 else np.nan
    return percentile_interval(np.stack([resampled[name] for name in SCORES], axis=1), n_simulations=n)
