"""What a network infers of the maps of each level, and the numbers that judge it."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, Final, Protocol

import numpy as np
import numpy.typing as npt

from repshift.evidence.stress.levels import Levels
from repshift.statistics.bands import Bands
from repshift.statistics.class_stress_scores import class_stress_scores
from repshift.statistics.stress_scores import ROUNDING, stress_scores
from repshift.vocabulary import FEWEST_SIMULATIONS

Values = npt.NDArray[np.float64]

LEAST: Final = 0.1
"""R^2 at strength 0, or accuracy above chance, from which it has a critical strength."""


class Predictions(Protocol):
    """What a network infers of the maps of each level, beside the truth."""

    @property
    def outputs(self) -> tuple[str, ...]:
        """What is scored."""

    @property
    def cost(self) -> str:
        """Name of the number whose fall is the cost."""

    @property
    def least(self) -> Values:
        """What the number needs at strength 0 to have a critical strength, (outputs,)."""

    def bands(self, levels: Levels, *, n_resamples: int, seed: int) -> dict[str, Bands]:
        """Return every number with its band, (levels, outputs) each."""

    def quality(self, maps: npt.NDArray[np.bool_]) -> Values:
        """Return the number whose fall is the cost of some maps, (levels, outputs)."""


@dataclass(frozen=True)
class ParameterPredictions:
    """Means and standard deviations of parameters.

    Attributes
    ----------
    outputs
        Parameters.
    truth
        (n_maps, parameters), or (levels, n_maps, parameters) where it moves.
    mean, std
        (levels, n_maps, parameters); NaN where a map takes no part, and where there is no standard deviation.
    widths, rmse
        (parameters,): widths of the prior, root mean squared errors in distribution.
    simulations
        (n_maps,) labels.
    """

    outputs: tuple[str, ...]
    truth: Values
    mean: Values
    std: Values
    widths: Values
    rmse: Values
    simulations: npt.NDArray[Any]
    cost: str = "r2"

    @property
    def least(self) -> Values:
        """R^2 at strength 0 from which there is a critical strength."""
        return np.full(len(self.outputs), LEAST)

    def bands(self, levels: Levels, *, n_resamples: int, seed: int) -> dict[str, Bands]:
        """Return every number with its band."""
        truth = np.broadcast_to(self.truth, self.mean.shape)

        def of(part: _Part) -> dict[str, Bands]:
            how = {"widths": self.widths, "rmse": self.rmse, **part.how, "n_resamples": n_resamples, "seed": seed}
            return stress_scores(truth[part.where], self.mean[part.where], self.std[part.where], **how)

        return _by_part(levels, np.asarray(np.isfinite(self.mean).all(-1)), self.simulations, of)

    def quality(self, maps: npt.NDArray[np.bool_]) -> Values:
        """Return R^2 of some maps."""
        mean = self.mean[:, maps]
        truth = np.where(np.isnan(mean), np.nan, np.broadcast_to(self.truth, self.mean.shape)[:, maps])
        with np.errstate(divide="ignore", invalid="ignore"):
            around = np.nansum(np.square(truth - np.nanmean(truth, axis=1, keepdims=True)), axis=1)
            spread = np.nanmax(truth, axis=1) - np.nanmin(truth, axis=1)
            varies = spread > ROUNDING * np.nanmax(np.abs(truth), axis=1)
            return np.where(varies, 1 - np.nansum(np.square(mean - truth), axis=1) / around, np.nan)


@dataclass(frozen=True)
class ClassPredictions:
    """Probabilities of classes.

    Attributes
    ----------
    outputs
        The label that holds the class, alone.
    truth
        (n_maps,): place of the true class.
    probability
        (levels, n_maps, classes); NaN where a map takes no part.
    simulations
        (n_maps,) labels.
    """

    outputs: tuple[str, ...]
    truth: npt.NDArray[np.int64]
    probability: Values
    simulations: npt.NDArray[Any]
    cost: str = "accuracy"

    @property
    def least(self) -> Values:
        """Accuracy at strength 0 from which there is a critical strength: above chance."""
        return np.array([LEAST + 1 / self.probability.shape[-1]])

    def bands(self, levels: Levels, *, n_resamples: int, seed: int) -> dict[str, Bands]:
        """Return every number with its band."""

        def of(part: _Part) -> dict[str, Bands]:
            values = self.truth[part.maps], self.probability[part.where]
            found = class_stress_scores(*values, **part.how, n_resamples=n_resamples, seed=seed)
            return {name: Bands(*(one[:, None] for one in _parts(band))) for name, band in found.items()}

        return _by_part(levels, np.asarray(np.isfinite(self.probability).all(-1)), self.simulations, of)

    def quality(self, maps: npt.NDArray[np.bool_]) -> Values:
        """Return the accuracy of some maps."""
        probability = self.probability[:, maps]
        right = np.where(np.isnan(probability[..., 0]), np.nan, probability.argmax(-1) == self.truth[maps])
        return np.asarray(np.nanmean(right, axis=1)[:, None])


@dataclass(frozen=True)
class _Part:
    """Levels that the same maps take part in.

    Attributes
    ----------
    levels, maps
        Their positions; maps of few simulations stand there several times.
    simulations, base
        Labels of these maps, positions among these levels of those of strength 0.
    """

    levels: npt.NDArray[np.int64]
    maps: npt.NDArray[np.int64]
    simulations: npt.NDArray[np.int64]
    base: npt.NDArray[np.int64]

    @property
    def where(self) -> tuple[npt.NDArray[np.int64], npt.NDArray[np.int64]]:
        """Index of values (levels, n_maps, ...)."""
        return self.levels[:, None], self.maps

    @property
    def how(self) -> dict[str, Any]:
        """Arguments of what makes bands."""
        return {"simulations": self.simulations, "base": self.base}


def _by_part(
    levels: Levels,
    takes: npt.NDArray[np.bool_],
    simulations: npt.NDArray[Any],
    of: Callable[[_Part], dict[str, Bands]],
) -> dict[str, Bands]:
    """Return bands, (levels, outputs) each, of levels together that the same maps take part in.

    Bands of fewer than ten simulations have no ends. Their values are those of several copies of the maps.
    """
    found: dict[str, list[Values]] = {}
    for row in np.unique(takes, axis=0):
        at, maps = np.flatnonzero((takes == row).all(1)), np.flatnonzero(row)
        if not len(maps):
            continue
        labels = np.unique(simulations[maps], return_inverse=True)[1]
        n = int(labels.max()) + 1
        copies = -(-FEWEST_SIMULATIONS // n)
        names = (labels + n * np.arange(copies)[:, None]).ravel()
        part = _Part(at, np.tile(maps, copies), names, np.searchsorted(at, levels.base[at]))
        for name, band in of(part).items():
            whole = found.setdefault(name, [np.full((len(takes), one.shape[1]), np.nan) for one in _parts(band)])
            for values, one in zip(whole, _parts(band)[: 3 if copies == 1 else 1], strict=False):
                values[at] = one
    return {name: Bands(*values) for name, values in found.items()}


def _parts(bands: Bands) -> Sequence[Values]:
    return bands.value, bands.low, bands.high
