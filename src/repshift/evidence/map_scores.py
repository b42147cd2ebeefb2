"""Scores of repaired networks as sums over the maps of a simulation, so that all resamples are one product."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

import numpy as np
import numpy.typing as npt

Values = npt.NDArray[np.float64]


@dataclass(frozen=True)
class MapScore:
    """A score that is a function of sums over maps.

    Attributes
    ----------
    name, label
        In files and in figures.
    columns
        Of predictions (runs, n_maps, outputs), truth (n_maps, outputs) and what truths are taken about (outputs,), what
        is summed: (runs, n_maps, parameters, columns). The first column counts the map.
    value
        The score of such sums (..., parameters, columns): (..., parameters).
    """

    name: str
    label: str
    columns: Callable[[Values, Values, Values], Values]
    value: Callable[[Values], Values]


def error_columns(mean: Values, truth: Values, centre: Values) -> Values:
    """Return of each map and parameter 1, the error, its square, the truth and its square, as `MapScore.columns`.

    The truth is less the centre, which R^2 does not depend on, so that squares do not drown its spread.
    """
    error = mean - truth
    around = np.broadcast_to(truth - centre, error.shape)
    return np.stack([np.ones_like(error), error, np.square(error), around, np.square(around)], axis=-1)


def r2_of_sums(sums: Values) -> Values:
    r"""Return R^2, NaN where all maps share one true value.

    .. math:: 1 - \frac{\sum e^2}{\sum t^2 - (\sum t)^2 / n}
    """
    count, _, error, total, square = np.moveaxis(sums, -1, 0)
    with np.errstate(divide="ignore", invalid="ignore"):
        spread = square - np.square(total) / count
        found = 1 - error / spread
    return np.where(spread > _ROUNDING * square, found, np.nan)


def bias_of_sums(sums: Values) -> Values:
    """Return the mean error."""
    with np.errstate(divide="ignore", invalid="ignore"):
        return np.asarray(sums[..., 1] / sums[..., 0])


def rmse_of_sums(sums: Values) -> Values:
    """Return the root mean squared error."""
    with np.errstate(divide="ignore", invalid="ignore"):
        return np.asarray(np.sqrt(sums[..., 2] / sums[..., 0]))


def right_columns(probability: Values, truth: Values, _centre: Values) -> Values:
    """Return of each map 1, and whether the class of largest probability is the true one, as `MapScore.columns`.

    `truth` is 1 in the column of the true class, else 0.
    """
    named = probability.argmax(-1)[..., None]
    right = np.take_along_axis(np.broadcast_to(truth, probability.shape), named, -1)
    return np.stack([np.ones_like(right), right], axis=-1)


def accuracy_of_sums(sums: Values) -> Values:
    """Return the share of maps whose class is the one that is named."""
    with np.errstate(divide="ignore", invalid="ignore"):
        return np.asarray(sums[..., 1] / sums[..., 0])


_ROUNDING: Final = 1e-12
"""Of the summed squares of centred truth: a spread below is that of equal values."""

R2: Final = MapScore("r2", "$R^2$", error_columns, r2_of_sums)
BIAS: Final = MapScore("bias", "mean error", error_columns, bias_of_sums)
RMSE: Final = MapScore("rmse", "root mean squared error", error_columns, rmse_of_sums)
ACCURACY: Final = MapScore("accuracy", "accuracy", right_columns, accuracy_of_sums)


def simulation_sums(columns: Values, simulation: npt.NDArray[np.int64], *, n_simulations: int) -> Values:
    """Return the sums over the maps of each simulation, (n_simulations, ..., columns), of (n_maps, ..., columns)."""
    found = np.zeros((n_simulations, *columns.shape[1:]))
    np.add.at(found, simulation, columns)
    return found


def mixed_sums(sums: Values, others: Values) -> Values:
    """Return sums of two domains together in which each domain weighs half, however many maps it has.

    Parameters
    ----------
    sums, others
        (..., parameters, columns) of either domain; the first column counts maps.
    """
    with np.errstate(divide="ignore", invalid="ignore"):
        return np.asarray(sums / sums[..., :1] + others / others[..., :1])
