"""Curves along axes whose truth is known: errors of predictions, of their size, right and wrong names of classes."""

from dataclasses import dataclass
from typing import Final

import numpy as np
import numpy.typing as npt
from scipy.special import expit, ndtr, ndtri

Values = npt.NDArray[np.float64]

CORRELATION: Final = 0.8
"""Of the errors of two maps of one simulation."""

DEGREES: Final = 4
"""Degrees of freedom of Student's t, of heavy-tailed errors."""

SIGNED: Final = (-0.3, -0.1, -0.03, 0.0, 0.03, 0.1, 0.3)


@dataclass(frozen=True)
class Curve:
    """What an axis does to the errors, at each strength (levels,).

    Attributes
    ----------
    strengths
        With 0.
    scale
        What is added to 1, as factor of the errors at strength 0.
    noise, shift, tilt
        Added to them, over the standard deviation of the truth: an independent error of that scatter, a bias, and this
        times the truth.
    """

    strengths: Values
    scale: Values
    noise: Values
    shift: Values
    tilt: Values


def curve(strengths: npt.ArrayLike, **parts: npt.ArrayLike) -> Curve:
    """Return a curve whose parts are 0, except those that are given."""
    at = np.asarray(strengths, dtype=np.float64)
    of = {part: np.zeros_like(at) for part in ("scale", "noise", "shift", "tilt")}
    return Curve(at, **(of | {part: np.asarray(values, dtype=np.float64) for part, values in parts.items()}))


def _axes() -> dict[str, Curve]:
    noise, beam, pixels = np.array([0, 1e-3, 3e-3, 0.01, 0.03, 0.1, 0.3]), np.array([0, 0.5, 0.7, 1, 1.5, 2, 3]), 0.2
    shares = pixels * np.array([0, 0.025, 0.05, 0.1, 0.25, 0.5, 1])
    square, signed = np.array([0, 0.02, 0.05, 0.1, 0.15, 0.2, 0.25]), np.array(SIGNED)
    blocks = np.array([0, 1, 2, 3, 4, 6, 8])
    return {
        "noise": curve(noise, noise=15 * noise),
        "beam": curve(beam, noise=0.03 * beam**2, shift=0.3 * beam**2, tilt=-0.05 * beam),
        "gain": curve(signed, shift=3 * signed, tilt=signed / 2),
        "masked pixels": curve(shares, noise=np.sqrt(40 * shares), shift=2 * shares),
        "masked square": curve(square, noise=2 * square, tilt=-square),
        "contrast": curve(signed, scale=np.abs(signed), tilt=1.5 * signed),
        "resolution": curve(blocks, scale=-0.4 * np.minimum(blocks / 3, 1), shift=0.02 * blocks**2),
        "compression": curve(noise, noise=1e-3 * noise),
    }


AXES: Final = _axes()
"""Eight axes of seven strengths: from one that costs nothing to measure, by one that helps before it hurts, to R^2 of
-20, as networks that were trained without noise have it."""

BASE: Final = np.concatenate(
    [np.full(7, 7 * at + one.strengths.tolist().index(0)) for at, one in enumerate(AXES.values())]
)
"""(56,): position of the level of strength 0 of each level's axis."""

SHIFT: Final = np.stack([one.shift for one in AXES.values()])
"""(8, 7): the mean error at each level, over the standard deviation of the truth."""

_SCALE, _NOISE, _TILT = (np.stack([getattr(one, part) for one in AXES.values()]) for part in ("scale", "noise", "tilt"))


def true_squares(r2: float) -> Values:
    """Return the mean squared error over the variance of the truth at each level, (56,), of which R^2 is 1 less it."""
    return np.ravel((1 - r2) * (1 + _SCALE) ** 2 + _NOISE**2 + SHIFT**2 + _TILT**2)


def predictions(
    rng: np.random.Generator, labels: npt.NDArray[np.int64], *, r2: float, heavy: bool
) -> tuple[Values, Values]:
    """Return the truth (n_maps,), of variance 1, and predictions at each level (56, n_maps)."""
    truth = rng.uniform(-np.sqrt(3), np.sqrt(3), int(labels.max()) + 1)[labels]
    first = np.sqrt(1 - r2) * correlated(rng, labels, 1, heavy=heavy)
    more = correlated(rng, labels, len(AXES), heavy=heavy)[:, None]
    parts = (1 + _SCALE[..., None]) * first + _NOISE[..., None] * more + SHIFT[..., None] + _TILT[..., None] * truth
    return truth, truth + parts.reshape(-1, len(labels))


def correlated(rng: np.random.Generator, labels: npt.NDArray[np.int64], n: int, *, heavy: bool) -> Values:
    """Return errors of variance 1, (n, n_maps), correlated within a simulation."""
    sizes = (n, int(labels.max()) + 1), (n, len(labels))
    if heavy:
        shared, alone = (rng.standard_t(DEGREES, size) / np.sqrt(DEGREES / (DEGREES - 2)) for size in sizes)
    else:
        shared, alone = (rng.standard_normal(size) for size in sizes)
    return np.asarray(np.sqrt(CORRELATION) * shared[:, labels] + np.sqrt(1 - CORRELATION) * alone)


def true_accuracies(before: float) -> Values:
    """Return the accuracy at each level, (56,), of `class_probabilities`."""
    return np.asarray(ndtr((ndtri(before) - np.ravel(SHIFT)) / np.sqrt(1 + np.ravel(_NOISE) ** 2)))


def class_probabilities(rng: np.random.Generator, labels: npt.NDArray[np.int64], *, before: float) -> Values:
    """Return probabilities of the true class and of another, (56, n_maps, 2), of an accuracy of `before` at strength 0.

    The true class is named where a Gaussian number, correlated within a simulation, is below a limit.
    """
    first, more = correlated(rng, labels, 1, heavy=False), correlated(rng, labels, len(AXES), heavy=False)[:, None]
    number = first + _NOISE[..., None] * more + SHIFT[..., None]
    true = expit(2 * (ndtri(before) - number)).reshape(-1, len(labels))
    return np.stack([true, 1 - true], axis=2)
