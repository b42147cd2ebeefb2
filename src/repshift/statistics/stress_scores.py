"""The numbers of each level of an axis, from the predictions map by map, in bands that hold all levels at once."""

from dataclasses import dataclass
from typing import Final

import numpy as np
import numpy.typing as npt

from repshift.statistics.bands import Bands

Values = npt.NDArray[np.float64]


@dataclass(frozen=True)
class StressScore:
    """A number of a level: what files, tables and figures call it.

    Attributes
    ----------
    name
        Of its variable and column.
    label
        In words.
    units
        Unit, "1" without one.
    """

    name: str
    label: str
    units: str


STRESS_SCORES: Final = (
    StressScore("r2", "coefficient of determination R^2", "1"),
    StressScore("r2_change", "change of R^2 from strength 0", "1"),
    StressScore("rmse", "root mean squared error over the width of the prior", "1"),
    StressScore("bias", "mean change of the error over the root mean squared error in distribution", "1"),
    StressScore("coverage", "share of maps whose error is below the predicted standard deviation", "1"),
    StressScore("sigma", "median predicted standard deviation over the width of the prior", "1"),
)

CLASS_STRESS_SCORES: Final = (
    StressScore("accuracy", "accuracy", "1"),
    StressScore("accuracy_change", "change of the accuracy from strength 0", "1"),
    StressScore("log_loss", "log loss", "nat"),
    StressScore("log_loss_change", "change of the log loss from strength 0", "nat"),
    StressScore("calibration", "expected calibration error, 15 bins", "1"),
)


def stress_scores(
    truth: Values,
    mean: Values,
    std: Values,
    *,
    widths: npt.ArrayLike,
    rmse: npt.ArrayLike,
    simulations: npt.ArrayLike,
    base: npt.ArrayLike,
    n_resamples: int,
    seed: int,
) -> dict[str, Bands]:
    """Return every number of `STRESS_SCORES`, each (levels, parameters).

    Parameters
    ----------
    truth
        (n_maps, parameters), or (levels, n_maps, parameters) where it moves along an axis.
    mean, std
        (levels, n_maps, parameters): predictions, in the units of the truth.
    widths
        (parameters,): widths of the prior, in the units of the truth.
    rmse
        (parameters,): root mean squared error at strength 0 in distribution, in the same units.
    simulations
        (n_maps,): labels.
    base
        (levels,): position of the level of strength 0 of each level's axis.
    n_resamples, seed
        Resamples, and what draws them.
    """
    raise NotImplementedError


def class_stress_scores(
    truth: npt.NDArray[np.int64],
    probability: Values,
    *,
    simulations: npt.ArrayLike,
    base: npt.ArrayLike,
    n_resamples: int,
    seed: int,
) -> dict[str, Bands]:
    """Return every number of `CLASS_STRESS_SCORES`, each (levels,).

    Parameters
    ----------
    truth
        (n_maps,): place of the true class.
    probability
        (levels, n_maps, classes).
    simulations, base, n_resamples, seed
        As in `stress_scores`.
    """
    raise NotImplementedError
