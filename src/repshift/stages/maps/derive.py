"""Action of the stage maps that makes the maps of a suite from those of another: ``run``.

Output: a ``.npy`` of as many maps, (n_maps, size, size) float32, in the unit of the field.
"""

import argparse
import logging
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import get_args

import numpy as np
import numpy.typing as npt

from repshift.cli.arguments import at_least
from repshift.networks.preprocessing import Preprocessing, log_moments, preprocess, without_logarithm
from repshift.simulation.degrading import beamed, noisy
from repshift.simulation.matching import Values, distribution_of, filtered, matched, spectrum_of, transfer
from repshift.simulation.seeds import entropy_of
from repshift.storage.maps import chunks_of, open_maps, writing_maps
from repshift.vocabulary import InputError, Matching

logger = logging.getLogger(__name__)


@dataclass(frozen=True)
class _Source:
    """A file of maps, read in the space in which pixels are changed."""

    path: Path
    field: str
    logarithm: bool

    def __call__(self) -> Iterator[Values]:
        """Yield all pixels (n, size, size), in dex or, without the logarithm, in the unit of the field."""
        start = 0
        for piece in chunks_of(self.path):
            try:
                yield preprocess(
                    piece,
                    self.field,
                    preprocessing=Preprocessing(logarithm=self.logarithm),
                    positions=range(start, start + len(piece)),
                )
            except InputError as error:
                raise InputError(f"{self.path}: {error}") from error
            start += len(piece)

    def maps(self, values: Values) -> Values:
        """Return such pixels in the unit of the field."""
        return without_logarithm(values, self.field) if self.logarithm else values


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the arguments of `run`."""
    parser.set_defaults(run=run)
    parser.add_argument("--maps", type=Path, required=True, help=".npy of the maps to change")
    parser.add_argument("--field", required=True, help="name of the field")
    parser.add_argument("--no-logarithm", action="store_false", dest="logarithm", help="change pixels as they are")
    changes = parser.add_mutually_exclusive_group(required=True)
    changes.add_argument("--matching", choices=get_args(Matching), help="what becomes that of --like")
    changes.add_argument("--noise", type=float, help="standard deviation, in that of all pixels")
    changes.add_argument("--beam", type=float, help="full width at half maximum of a Gaussian [pixels]")
    parser.add_argument("--like", type=Path, help=".npy of the maps to be like, with --matching")
    parser.add_argument("--seed", type=at_least(0), default=0, help="with --names, draws the noise")
    parser.add_argument("--names", nargs="*", default=[], help="of suite, set and field, each with noise of its own")
    parser.add_argument("--output", type=Path, required=True, help=".npy to write")


def run(
    *,
    maps: Path,
    field: str,
    output: Path,
    matching: Matching | None = None,
    like: Path | None = None,
    noise: float | None = None,
    beam: float | None = None,
    seed: int = 0,
    names: Sequence[str] = (),
    logarithm: bool = True,
) -> None:
    """Write maps changed, all in the same way, one piece in memory at a time.

    Raises
    ------
    InputError
        If not exactly one change is asked for, a pixel has no logarithm, or maps cannot be matched; names the file.
    """
    source = _Source(maps, field, logarithm)
    if matching is not None and like is not None and noise is None and beam is None:
        changed = _matched(source, _Source(like, field, logarithm), matching)
    elif noise is not None and matching is None and beam is None and like is None:
        changed = _noisy(source, noise, entropy_of(seed, *names))
    elif beam is not None and matching is None and noise is None and like is None:
        changed = _beamed(maps, beam)
    else:
        raise InputError(f"{maps} takes one change: a matching with maps to be like, or noise, or a beam.")
    n_maps, size, _ = open_maps(maps, maps_per_simulation=1).shape
    with writing_maps(output, n_simulations=n_maps, size=size, maps_per_simulation=1) as append:
        for piece in changed:
            append(piece.astype(np.float32))
    logger.info("%s: %d maps made from %s", output, n_maps, maps)


def _matched(source: _Source, other: _Source, matching: Matching) -> Iterator[Values]:
    """Match the distribution of the pixels and, where that is asked for, the power spectrum of what comes of it."""
    try:
        of, like = distribution_of(source), distribution_of(other)
        if matching == "power_spectrum":
            spectrum = spectrum_of(lambda: (matched(values, of=of, like=like) for values in source()))
            wanted = spectrum_of(other)
            factors = transfer(of=spectrum, like=wanted)
    except InputError as error:
        raise InputError(f"{source.path} cannot be made like {other.path}: {error}") from error
    for values in source():
        moved = matched(values, of=of, like=like)
        if matching == "power_spectrum":
            moved = filtered(moved, mean=spectrum.mean, factors=factors, new_mean=wanted.mean)
        yield source.maps(moved)


def _noisy(source: _Source, noise: float, entropy: Sequence[int]) -> Iterator[Values]:
    """Add noise, in units of the standard deviation of all pixels."""
    preprocessing = Preprocessing(logarithm=source.logarithm)
    try:
        std = log_moments(chunks_of(source.path), source.field, preprocessing=preprocessing).std
    except InputError as error:
        raise InputError(f"{source.path}: {error}") from error
    rng = np.random.default_rng(entropy)
    for values in source():
        yield source.maps(noisy(values, std=noise * std, rng=rng))


def _beamed(maps: Path, fwhm: float) -> Iterator[npt.NDArray[np.float64]]:
    """Smooth the maps as they are."""
    for piece in chunks_of(maps):
        yield beamed(piece, fwhm=fwhm)
