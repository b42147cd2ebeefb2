"""The numbers of the classes at each level of an axis, in bands that hold all levels at once."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

import numpy as np
import numpy.typing as npt

from repshift.statistics.bands import Bands, paired_bands, paired_share_bands, ratio_bands, share_bands
from repshift.statistics.class_scores import map_log_loss, map_miscalibration
from repshift.statistics.resampling import LEVEL, bootstrap_weights, simulation_of
from repshift.statistics.stress_scores import summed

Values = npt.NDArray[np.float64]


@dataclass(frozen=True)
class LevelProbabilities:
    """Probabilities of classes at each level.

    Attributes
    ----------
    truth
        (n_maps,): place of the true class.
    probability
        (levels, n_maps, classes), in [0, 1]; rows sum to 1. Those of a map that takes no part in an axis are NaN
        at all of its levels.
    simulation
        (n_maps,): number of the simulation of each map.
    base
        (levels,): position of the level of strength 0 of each level's axis.
    """

    truth: npt.NDArray[np.int64]
    probability: Values
    simulation: npt.NDArray[np.int64]
    base: npt.NDArray[np.int64]

    @property
    def numbers(self) -> Values:
        """Number of maps, (n_simulations, levels)."""
        return summed(np.ones(self.probability.shape[:2]), self.simulation, known=self.known)

    @property
    def right(self) -> Values:
        """Number of maps whose class is named rightly, (n_simulations, levels)."""
        named = np.where(self._are_numbers, self.probability.argmax(axis=2) == self.truth, np.nan)
        return summed(named, self.simulation, known=self.known)

    @property
    def losses(self) -> Values:
        """Sums of -ln p of the true class [nats], (n_simulations, levels)."""
        losses = np.stack([map_log_loss(self.truth, level) for level in self.probability])
        return summed(losses, self.simulation, known=self.known)

    @property
    def known(self) -> npt.NDArray[np.bool_]:
        """Which maps take part, (levels, n_maps): those with probabilities at strength 0."""
        return np.asarray(self._are_numbers[self.base])

    @property
    def _are_numbers(self) -> npt.NDArray[np.bool_]:
        return np.asarray(np.isfinite(self.probability).all(axis=2))


@dataclass(frozen=True)
class ClassStressScore:
    """A number of a level; attributes are those of `repshift.statistics.stress_scores.StressScore`."""

    name: str
    label: str
    units: str
    bands: Callable[[LevelProbabilities, Values], Bands]


def accuracy(levels: LevelProbabilities, weights: Values) -> Bands:
    """Return the share of maps whose class is named rightly."""
    return share_bands(levels.right, levels.numbers, weights=weights)


def accuracy_change(levels: LevelProbabilities, weights: Values) -> Bands:
    """Return the accuracy less that at strength 0, paired by simulation, within [-1, 1]."""
    differs = (levels.probability != levels.probability[levels.base]).any(axis=2)
    changed = (differs & levels.known).any(axis=1)
    return paired_share_bands(levels.right, levels.numbers, base=levels.base, changed=changed, weights=weights)


def log_loss(levels: LevelProbabilities, weights: Values) -> Bands:
    """Return the mean of -ln p of the true class [nats]."""
    found = ratio_bands(levels.losses, levels.numbers, weights=weights)
    return Bands(found.value, np.maximum(found.low, 0), found.high)


def log_loss_change(levels: LevelProbabilities, weights: Values) -> Bands:
    """Return the log loss less that at strength 0, paired by simulation [nats]."""
    return paired_bands(levels.losses, levels.numbers, base=levels.base, weights=weights)


def calibration(levels: LevelProbabilities, weights: Values) -> Bands:
    """Return the expected calibration error, 15 bins.

    Notes
    -----
    Noise makes it larger, by the mean size of the noise of each bin at most, for what is seen is the gap of a bin plus
    its noise. So the band reaches down from the estimate less these, and up from the larger of the estimate and the
    median of the resamples.
    """
    n_maps = levels.numbers.sum(axis=0)
    counts = np.concatenate([np.ones((1, weights.shape[1])), weights])
    bins = [
        summed(map_miscalibration(levels.truth, level).T, levels.simulation, known=known[None])
        for level, known in zip(levels.probability, levels.known, strict=True)
    ]
    gaps = np.stack([counts @ of_level for of_level in bins]) / n_maps[:, None, None]
    value, *resamples = np.abs(gaps).sum(axis=2).T
    noise = np.sqrt(2 / np.pi) * gaps[:, 1:].std(axis=1).sum(axis=1)
    middle, error = np.median(resamples, axis=0), np.std(resamples, axis=0)
    sizes = np.divide(np.abs(resamples - middle), error, out=np.zeros_like(resamples), where=error > 0)
    half = np.quantile(sizes.max(axis=1), LEVEL) * error
    return Bands(value, np.clip(value - noise - half, 0, 1), np.clip(np.maximum(value, middle) + half, 0, 1))


CLASS_STRESS_SCORES: Final = (
    ClassStressScore("accuracy", "accuracy", "1", accuracy),
    ClassStressScore("accuracy_change", "change of the accuracy from strength 0", "1", accuracy_change),
    ClassStressScore("log_loss", "log loss, in nats", "1", log_loss),
    ClassStressScore("log_loss_change", "change of the log loss from strength 0, in nats", "1", log_loss_change),
    ClassStressScore("calibration", "expected calibration error, 15 bins", "1", calibration),
)


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
        (levels, n_maps, classes), in [0, 1]; rows sum to 1.
    simulations, base, n_resamples, seed
        As in `repshift.statistics.stress_scores.stress_scores`.

    Raises
    ------
    InputError
        If there are fewer than ten simulations.
    """
    index = simulation_of(simulations)
    weights = bootstrap_weights(int(index.max()) + 1, n_resamples=n_resamples, seed=seed)
    levels = LevelProbabilities(np.asarray(truth), probability, index, np.asarray(base))
    with np.errstate(invalid="ignore"):
        return {score.name: score.bands(levels, weights) for score in CLASS_STRESS_SCORES}
