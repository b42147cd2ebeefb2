"""The maps of a case at a strength of an axis, a batch at a time, and what runs a network on them."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import numpy.typing as npt
from torch import Tensor, nn

from repshift.evidence.level_scores.score import LevelSide
from repshift.recording.batches import Forward
from repshift.recording.layers import Rule
from repshift.recording.memory import BatchSize
from repshift.recording.passes import run_network
from repshift.statistics.pixel_sums import pixel_sums

Values = npt.NDArray[np.float64]
Rows = npt.NDArray[np.int64]

Inputs = Callable[[Rows], tuple[npt.NDArray[np.float32], npt.NDArray[np.int64]]]
"""Returns some maps (n, channels, y, x) as a network takes them, and how many pixels of each had no logarithm left."""

Outputs = Callable[[Values, Rows], Mapping[str, Values]]
"""Returns what answers (n, n_answers) mean: ``std`` (n, outputs) or ``probability`` (n, classes), if anything."""


@dataclass(frozen=True)
class MapsAtZero:
    """The maps of a case, unperturbed.

    Attributes
    ----------
    n_maps
        How many there are.
    recorded
        (n_simulations,): those whose layers are recorded, one of each simulation.
    inputs
        The maps.
    """

    n_maps: int
    recorded: Rows
    inputs: Inputs


@dataclass(frozen=True)
class Level:
    """A strength of an axis.

    Attributes
    ----------
    takes
        (n_maps,): which maps take part.
    inputs
        The perturbed maps; None at strength 0.
    """

    takes: npt.NDArray[np.bool_]
    inputs: Inputs | None


@dataclass(frozen=True)
class Runs:
    """A network, and how it is run.

    Attributes
    ----------
    network, layers, batch_size, device
        As in `repshift.recording.passes.run_network`.
    outputs
        What answers mean.
    scores, halves, seed
        Names of level scores, divisions of the simulations in two, what draws them. With no score there are none.
    forward
        As in `repshift.recording.passes.run_network`.
    """

    network: nn.Module
    layers: Sequence[Rule] | None
    batch_size: BatchSize
    device: str
    outputs: Outputs
    scores: Sequence[str]
    halves: int
    seed: int
    forward: Forward | None = None

    @property
    def how(self) -> dict[str, Any]:
        """Arguments of what records."""
        return {"layers": self.layers, **self._run}

    @property
    def _run(self) -> dict[str, Any]:
        return {"batch_size": self.batch_size, "device": self.device, "forward": self.forward}

    def answers(self, maps: "LevelMaps") -> Values:
        """Return the network's outputs (n_maps, n_answers)."""
        return numbers_of(run_network(self.network, maps, **self._run))

    def side(self, grams: Values, answers: Values, maps: "LevelMaps") -> LevelSide:
        """Return what scores look at of recorded maps."""
        return LevelSide(grams, self.outputs(answers, maps.rows), maps.pixel_sums())


@dataclass
class LevelMaps:
    """Some maps at a level, a batch at a time; sums over their pixels are kept where they are asked for."""

    rows: Rows
    inputs: Inputs
    sums: bool = False
    floored: Rows = field(init=False)
    pixels: dict[int, dict[str, Values]] = field(init=False, default_factory=dict)

    def __post_init__(self) -> None:
        self.floored = np.zeros(len(self.rows), dtype=np.int64)

    def __len__(self) -> int:
        return len(self.rows)

    def __getitem__(self, which: slice) -> npt.NDArray[np.float32]:
        maps, self.floored[which] = self.inputs(self.rows[which])
        if self.sums:
            sums = pixel_sums(maps)
            for row in range(len(maps)):
                self.pixels[(which.start or 0) + row] = {name: of_map[row] for name, of_map in sums.items()}
        return maps

    def pixel_sums(self) -> dict[str, Values]:
        """Return the sums over the pixels of each map; nothing where none were kept."""
        names = self.pixels[0] if self.pixels else {}
        return {name: np.stack([self.pixels[row][name] for row in range(len(self))]) for name in names}


@dataclass(frozen=True)
class Home:
    """The unperturbed maps of the model's own domain, with which scores compare: one of each simulation.

    Attributes
    ----------
    side
        What scores look at.
    last
        (n_maps, n_units): their last layer.
    """

    side: LevelSide
    last: Tensor


def numbers_of(answers: Tensor) -> Values:
    """Return answers (n_maps, n_answers) in double precision."""
    return np.asarray(answers.reshape(len(answers), -1).double().numpy())
