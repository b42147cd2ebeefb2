"""The levels of a case along an axis: its maps at each strength, as they come before a network prepares them."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal, Protocol

import numpy as np
import numpy.typing as npt

from repshift.case.twins import require_twin
from repshift.perturbation.axes import Axis, Sky, perturbed
from repshift.storage.simulations import Positions, Simulations
from repshift.vocabulary import InputError

Values = npt.NDArray[np.float64]
Counts = npt.NDArray[np.int64]

Kind = Literal["perturbation", "function", "twin", "parameter", "one_at_a_time"]
"""What an axis is of: a perturbation of maps, one of the user's own, maps of a twin, a generator, a set 1P."""


class Source(Protocol):
    """What gives the maps of a case at each strength of an axis. Strength 0 is the maps as they are in their files."""

    @property
    def name(self) -> str:
        """Its key, one of its own in a case."""

    @property
    def label(self) -> str:
        """In figures."""

    @property
    def units(self) -> str:
        """Of the strength."""

    @property
    def kind(self) -> Kind:
        """What the axis is of."""

    @property
    def strengths(self) -> tuple[float, ...]:
        """Ascending, 0 among them."""

    @property
    def moves_labels(self) -> bool:
        """Whether labels should change along the axis."""

    def takes(self, positions: Positions) -> npt.NDArray[np.bool_]:
        """Return which of the maps at `positions` take part, (n_maps,)."""

    def raw(self, positions: Positions, strength: float) -> tuple[Values, Counts]:
        """Return maps that take part, (n_maps, channels, y, x) in the units of their files, and floored pixels of each.

        Floored pixels had no logarithm left and were set to the least that the map had before.
        """

    def truth(self, positions: Positions, strength: float) -> Values | None:
        """Return labels (n_maps, labels) as those of `Simulations.parameters`; None: as unperturbed."""

    def physical(self, strength: float) -> tuple[float, str] | None:
        """Return a strength in pixels in physical units, and these; None: it has no other."""


@dataclass(frozen=True)
class PerturbedMaps:
    """Maps perturbed in memory, along an axis of `repshift.perturbation.axes` or one of the user's own.

    Attributes
    ----------
    name, label, strengths
        As of a `Source`.
    axis, sky, arguments
        What perturbs, and what it needs to know.
    simulations
        The maps.
    seed
        Draws what is random, with the position of a map and the name of the axis: the same at all strengths.
    """

    name: str
    label: str
    strengths: tuple[float, ...]
    axis: Axis
    sky: Sky
    simulations: Simulations
    seed: int
    arguments: Mapping[str, Any] = field(default_factory=dict)
    kind: Kind = "perturbation"

    @property
    def units(self) -> str:
        """Of the strength."""
        return self.axis.units_in(self.sky)

    @property
    def moves_labels(self) -> bool:
        """Whether labels should change along the axis."""
        return self.axis.moves_labels

    def takes(self, positions: Positions) -> npt.NDArray[np.bool_]:
        """Return which maps take part: all."""
        return np.ones(len(positions), dtype=bool)

    def raw(self, positions: Positions, strength: float) -> tuple[Values, Counts]:
        """Return the perturbed maps, and how many pixels of each were floored; errors as `perturbed`."""
        maps = self.simulations.raw(positions).astype(np.float64)
        entropy = [(self.seed, int(position)) for position in positions]
        return perturbed(self.axis, maps, strength, sky=self.sky, entropy=entropy, arguments=self.arguments)

    def truth(self, positions: Positions, strength: float) -> Values | None:
        """Return None: the labels are those of the maps."""
        return None

    def physical(self, strength: float) -> tuple[float, str] | None:
        """Return a strength in pixels as a length on the sky."""
        return self.axis.physical(strength, self.sky)


@dataclass(frozen=True)
class TwinMaps:
    """Maps on the way to those of a suite with the same initial conditions and parameters under other physics.

    Strength s is the share of the way in the logarithm of each pixel, or in the pixel itself where no logarithm is
    taken: 1 is the twin.

    Attributes
    ----------
    name, label, strengths
        As of a `Source`.
    sky
        What the maps of both are.
    simulations, twin
        Maps of both, of the same simulations in the same order.
    """

    name: str
    label: str
    strengths: tuple[float, ...]
    sky: Sky
    simulations: Simulations
    twin: Simulations
    units: str = "1"
    kind: Kind = "twin"
    moves_labels: bool = False

    def __post_init__(self) -> None:
        require_twin(self.simulations, self.twin)

    def takes(self, positions: Positions) -> npt.NDArray[np.bool_]:
        """Return which maps take part: all."""
        return np.ones(len(positions), dtype=bool)

    def raw(self, positions: Positions, strength: float) -> tuple[Values, Counts]:
        """Return maps at a share of the way, and that no pixel was floored.

        Raises
        ------
        InputError
            If a pixel has no logarithm, with the file and the map; if one is no finite number any more.
        """
        maps = self.simulations.raw(positions).astype(np.float64)
        none = np.zeros(len(positions), dtype=np.int64)
        if strength == 0:
            return maps, none
        twins = self.twin.raw(positions).astype(np.float64)
        with np.errstate(over="ignore", under="ignore", invalid="ignore"):  # refused below
            for channel, low in enumerate(self.sky.floors):
                pair = (maps[:, channel], twins[:, channel])
                if np.isfinite(low):
                    paths = (self.simulations.channels[channel].path, self.twin.channels[channel].path)
                    _require_above(low, pair, paths, positions)
                    maps[:, channel] = (pair[0] - low) ** (1 - strength) * (pair[1] - low) ** strength + low
                else:
                    maps[:, channel] = (1 - strength) * pair[0] + strength * pair[1]
        self._require_read(maps, strength)
        return maps, none

    def _require_read(self, maps: Values, strength: float) -> None:
        """Refuse pixels that no network reads, as far beyond the twin."""
        single = np.abs(maps).astype(np.float32)
        if not (np.isfinite(single).all() and (maps > self.sky.floors[:, None, None]).all()):
            raise InputError(
                f"Axis '{self.name}' at strength {strength:g} makes pixels that are no finite numbers, or have no "
                "logarithm. Expected a strength nearer to 0, which is the map, and 1, which is its twin."
            )

    def truth(self, positions: Positions, strength: float) -> Values | None:
        """Return None: a twin has the labels of the maps."""
        return None

    def physical(self, strength: float) -> tuple[float, str] | None:
        """Return None: a share has no other unit."""
        return None


def _require_above(low: float, maps: Sequence[Values], paths: Sequence[object], positions: Positions) -> None:
    """Refuse maps with pixels that have no logarithm: those that are not above `low`."""
    for values, path in zip(maps, paths, strict=True):
        bad = ~(values > low).all((-2, -1))
        if bad.any():
            raise InputError(
                f"{path}: map {positions[bad.argmax()]} holds pixels that are not above {low:g}, so there is no way to "
                "its twin in their logarithm."
            )
