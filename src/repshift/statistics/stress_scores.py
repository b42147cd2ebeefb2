"""The numbers of the predictions at each level of an axis, in bands that hold all levels at once.

Each number is one object: what it is called, and its function of the predictions map by map.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

import numpy as np
import numpy.typing as npt

from repshift.statistics.bands import Bands, fixed_reach, paired_bands, ratio_bands, share_bands
from repshift.statistics.ratio_resamples import resampled_ratio
from repshift.statistics.resampling import LEVEL, bootstrap_weights, simulation_of

Values = npt.NDArray[np.float64]

ROUNDING: Final = 1e-9
"""Part of the largest true value by which values that are the same may differ."""


@dataclass(frozen=True)
class LevelPredictions:
    """Predictions of one parameter at each level, and what they are measured by.

    Attributes
    ----------
    truth, mean, std
        (levels, n_maps), in the unit of the parameter. The mean of a map that takes no part in an axis is NaN at
        all of its levels.
    width, rmse
        Width of the prior and root mean squared error in distribution, in that unit.
    simulation
        (n_maps,): number of the simulation of each map.
    base
        (levels,): position of the level of strength 0 of each level's axis.
    """

    truth: Values
    mean: Values
    std: Values
    width: float
    rmse: float
    simulation: npt.NDArray[np.int64]
    base: npt.NDArray[np.int64]

    @property
    def known(self) -> npt.NDArray[np.bool_]:
        """Which maps take part, (levels, n_maps): those with a prediction at strength 0."""
        return np.asarray(~np.isnan(self.mean)[self.base])

    @property
    def errors(self) -> Values:
        """Sums of errors, (n_simulations, levels)."""
        return summed(self.mean - self.truth, self.simulation, known=self.known)

    @property
    def squares(self) -> Values:
        """Sums of squared errors, (n_simulations, levels)."""
        return summed(np.square(self.mean - self.truth), self.simulation, known=self.known)

    @property
    def spreads(self) -> Values:
        """Sums of squares of the truth about its mean over the maps, (n_simulations, levels); 0 where all share one."""
        around = self.truth - np.mean(self.truth, axis=1, keepdims=True, where=self.known)
        sizes = np.where(self.known, np.abs(self.truth), 0.0).max(axis=1, keepdims=True)
        varies = (self.known & (np.abs(around) > ROUNDING * sizes)).any(axis=1, keepdims=True)
        return summed(np.where(varies, np.square(around), 0.0), self.simulation, known=self.known)

    @property
    def numbers(self) -> Values:
        """Number of maps, (n_simulations, levels)."""
        return summed(np.ones(self.truth.shape), self.simulation, known=self.known)


@dataclass(frozen=True)
class StressScore:
    """A number of a level.

    Attributes
    ----------
    name
        Of its variable and column.
    label
        In words.
    units
        Unit, "1" without one.
    bands
        Of predictions and weights of the simulations, (n_resamples, n_simulations).
    """

    name: str
    label: str
    units: str
    bands: Callable[[LevelPredictions, Values], Bands]


def r2(levels: LevelPredictions, weights: Values) -> Bands:
    """Return R^2, 1 - sum (truth - mean)^2 / sum (truth - <truth>)^2: NaN where all maps share one true value."""
    lost = ratio_bands(levels.squares, levels.spreads, weights=weights)
    value = np.where(np.isfinite(lost.value), 1 - lost.value, np.nan)
    return Bands(value, 1 - lost.high, 1 - np.maximum(lost.low, 0))


def r2_change(levels: LevelPredictions, weights: Values) -> Bands:
    """Return R^2 less that at strength 0, paired by simulation."""
    lost = paired_bands(levels.squares, levels.spreads, base=levels.base, weights=weights)
    return Bands(0 - lost.value, 0 - lost.high, 0 - lost.low)  # 0 - 0 has no sign


def rmse(levels: LevelPredictions, weights: Values) -> Bands:
    """Return the root mean squared error over the width of the prior."""
    found = ratio_bands(levels.squares, levels.numbers, weights=weights)
    return Bands(*(np.sqrt(np.maximum(one, 0)) / levels.width for one in (found.value, found.low, found.high)))


def bias(levels: LevelPredictions, weights: Values) -> Bands:
    """Return the mean error less that at strength 0, over the root mean squared error in distribution: one scale."""
    found = paired_bands(levels.errors, levels.numbers, base=levels.base, weights=weights)
    return Bands(*(one / levels.rmse for one in (found.value, found.low, found.high)))


def coverage(levels: LevelPredictions, weights: Values) -> Bands:
    """Return the share of maps whose error is below the predicted standard deviation: 0.68 of Gaussian errors."""
    are_numbers = np.isfinite(levels.mean) & np.isfinite(levels.std)
    held = np.where(are_numbers, np.abs(levels.mean - levels.truth) < levels.std, np.nan)
    return share_bands(summed(held, levels.simulation, known=levels.known), levels.numbers, weights=weights)


def sigma(levels: LevelPredictions, weights: Values) -> Bands:
    """Return the median predicted standard deviation over the width of the prior.

    Notes
    -----
    The ends of its interval are the quantiles of the predictions at the ends of an interval of the share of maps at or
    below the median (Woodruff 1952, Journal of the American Statistical Association 47, 635), by simulation.
    """
    std = [level[known] / levels.width for level, known in zip(levels.std, levels.known, strict=True)]
    middle = np.array([np.median(level) for level in std])
    halves = np.where(levels.std / levels.width <= middle[:, None], 0.5, -0.5)
    below = summed(halves, levels.simulation, known=levels.known)
    found = resampled_ratio(below, levels.numbers, weights=weights)
    half = fixed_reach(found, n=weights.shape[1], level=LEVEL) * np.where(found.scatters, found.error, 0)
    shares = np.clip([0.5 - half, 0.5 + half], 0, 1)
    low, high = (np.array([np.quantile(*pair) for pair in zip(std, end, strict=True)]) for end in shares)
    return Bands(middle, low, high)


STRESS_SCORES: Final = (
    StressScore("r2", "coefficient of determination R^2", "1", r2),
    StressScore("r2_change", "change of R^2 from strength 0", "1", r2_change),
    StressScore("rmse", "root mean squared error over the width of the prior", "1", rmse),
    StressScore("bias", "mean change of the error over the root mean squared error in distribution", "1", bias),
    StressScore("coverage", "share of maps whose error is below the predicted standard deviation", "1", coverage),
    StressScore("sigma", "median predicted standard deviation over the width of the prior", "1", sigma),
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
        (levels, n_maps, parameters): predictions, in the units of the truth; the standard deviations NaN where the
        network predicts none.
    widths
        (parameters,): widths of the prior, in the units of the truth. What is over a width of 0 is NaN.
    rmse
        (parameters,): root mean squared error at strength 0 in distribution, in the same units; the same of 0.
    simulations
        (n_maps,) labels: maps of one simulation are drawn together.
    base
        (levels,): position of the level of strength 0 of each level's axis.
    n_resamples, seed
        Resamples, and what draws them.

    Returns
    -------
    Of each name the bands, which hold all levels of a parameter at once in 95 % of samples; NaN of what needs standard
    deviations where there are none.

    Raises
    ------
    InputError
        If there are fewer than ten simulations.
    """
    index = simulation_of(simulations)
    weights = bootstrap_weights(int(index.max()) + 1, n_resamples=n_resamples, seed=seed)
    truths = np.broadcast_to(truth, mean.shape)
    scales = (np.where(np.asarray(scale) > 0, scale, np.nan) for scale in (widths, rmse))
    of_parameters = [
        LevelPredictions(truths[..., at], mean[..., at], std[..., at], width, error, index, np.asarray(base))
        for at, (width, error) in enumerate(zip(*scales, strict=True))
    ]
    with np.errstate(invalid="ignore", over="ignore", divide="ignore"):
        return {
            score.name: stacked([score.bands(levels, weights) for levels in of_parameters]) for score in STRESS_SCORES
        }


def stacked(bands: list[Bands]) -> Bands:
    """Return the bands of several parameters, each (levels,), side by side, (levels, parameters)."""
    parts = ("value", "low", "high")
    return Bands(*(np.stack([getattr(one, part) for one in bands], axis=1) for part in parts))


def summed(
    values: npt.ArrayLike, simulation: npt.NDArray[np.int64], *, known: npt.NDArray[np.bool_] | None = None
) -> Values:
    """Return the sums of numbers (levels, n_maps) over the maps of each simulation, (n_simulations, levels).

    Where `known`, (levels, n_maps), is False, a map takes no part.
    """
    taken = np.asarray(values) if known is None else np.where(known, values, 0.0)
    found = np.zeros((int(simulation.max()) + 1, len(taken)))
    np.add.at(found, simulation, taken.T)
    return found
