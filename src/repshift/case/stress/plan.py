"""Which maps of a case are run along which axes, and how."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt

from repshift.case.forward import OpenCase
from repshift.case.stress.source import Source
from repshift.evidence.stress.levels import Levels
from repshift.statistics.selection import choose_maps
from repshift.storage.simulations import Positions
from repshift.vocabulary import InputError


@dataclass(frozen=True)
class Choice:
    """Which maps of a case are run, and which of them are recorded.

    Attributes
    ----------
    positions
        (n_maps,) in their file, simulation after simulation.
    recorded
        (n_recorded,): which of these, one of each simulation.
    """

    positions: Positions
    recorded: npt.NDArray[np.int64]


@dataclass(frozen=True)
class Plan:
    """How a case is run along its axes.

    Attributes
    ----------
    sources, choice
        Its axes and its maps.
    batch_size, device
        Maps of a forward pass, and where it runs.
    scores, halves, seed, resamples
        Label-free scores, divisions of the simulations, what draws them, resamples of the bands.
    parameters, unscored, without_truth
        The file of labels, those that are not the maps' own, whether there are none of what is inferred.
    own_predictions, own_stress
        Files of the model on its own domain: predictions, and what this makes.
    """

    sources: Sequence[Source]
    choice: Choice
    batch_size: int
    device: str
    scores: Sequence[str]
    halves: int
    seed: int
    resamples: int
    parameters: Path | None
    unscored: Sequence[str]
    without_truth: bool
    own_predictions: Path | None
    own_stress: Path | None

    @property
    def pairs(self) -> list[tuple[Source, float]]:
        """Every strength of every axis, with what gives its maps."""
        return [(source, strength) for source in self.sources for strength in source.strengths]

    @property
    def levels(self) -> Levels:
        """Every strength of every axis."""
        strengths = np.array([strength for _, strength in self.pairs], dtype=np.float64)
        return Levels(tuple(source.name for source, _ in self.pairs), strengths)


def choose(
    shown: OpenCase,
    *,
    maps_each: int,
    n_simulations: int | None,
    n_recorded: int,
    seed: int,
    sources: Sequence[Source] = (),
) -> Choice:
    """Choose maps of a case: some of each simulation that an axis takes, and one of each, in turn, to be recorded.

    Raises
    ------
    InputError
        If the axes take no map.
    """
    split, each = shown.split(), shown.maps_per_simulation
    if sources:
        maps = (split[:, None] * each + np.arange(each)).ravel()
        taken = np.any([source.takes(maps) for source in sources], axis=0)
        split = split[taken.reshape(len(split), each).any(1)]
        if not len(split):
            raise InputError(f"The axes {', '.join(source.name for source in sources)} take none of the maps.")
    n, n_each = len(split) if n_simulations is None else min(n_simulations, len(split)), min(maps_each, each)
    positions = choose_maps(split, n_maps=n * n_each, seed=seed, maps_each=n_each, maps_per_simulation=each)
    recorded = np.arange(n) * n_each + np.arange(n) % n_each
    return Choice(positions, recorded[:n_recorded])
