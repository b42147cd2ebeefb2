"""Gaussian white noise."""

from collections.abc import Iterator, Sequence
from typing import Final

import numpy as np

from repshift.perturbation.change import Change, Pieces, Shift, Values


def noisy(values: Values, *, std: float, rng: np.random.Generator) -> Values:
    """Return values with Gaussian noise of standard deviation `std` added, in the unit of the values.

    Drawn in the order of the values: pieces one after the other get what they would get all at once.
    """
    return values + std * rng.standard_normal(values.shape)


def noise_of_maps(shape: tuple[int, ...], entropy: Sequence[Sequence[int]], *, draw: int) -> Values:
    """Return standard normal noise, (n_maps, *shape), a draw of each map seeded by its own numbers, 0 or more."""
    return np.stack([np.random.default_rng([*one, draw]).standard_normal(shape) for one in entropy])


def with_noise(pieces: Pieces, strength: float, *, std: float, rng: np.random.Generator) -> Iterator[Values]:
    """Yield pixels with noise of `strength` times `std`, the standard deviation of all pixels."""
    for values in pieces():
        yield noisy(values, std=strength * std, rng=rng)


NOISE: Final = Change(
    name="noise",
    description="Standard deviation of Gaussian white noise, in that of all pixels.",
    shift=Shift("noise", "noise", "s"),
    function=with_noise,
    units="standard deviation of all pixels",
    maximum=1000,
    needs=frozenset({"std", "rng"}),
)
