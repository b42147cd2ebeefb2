"""Kinds of conformal intervals: what an error is measured by, and how calibration maps are weighted."""

from dataclasses import dataclass
from typing import Final, Literal

ConformalNeed = Literal["std", "distance"]
"""What not every network has: predicted standard deviations; distances to a reference, so layers."""


@dataclass(frozen=True)
class ConformalKind:
    """A kind of conformal intervals.

    Attributes
    ----------
    name
        In files and in tables.
    label
        In a figure.
    meaning
        For a table and a report.
    scale
        What an absolute error is divided by, and the half-width multiplied by; None: by nothing.
    is_weighted
        Whether calibration maps count by how many times likelier their distance is among the judged maps.
    """

    name: str
    label: str
    meaning: str
    scale: ConformalNeed | None = None
    is_weighted: bool = False

    @property
    def needs(self) -> frozenset[ConformalNeed]:
        """Without which it is left out."""
        weighting: tuple[ConformalNeed, ...] = ("distance",) if self.is_weighted else ()
        return frozenset(weighting if self.scale is None else (*weighting, self.scale))


_KINDS: Final = (
    ConformalKind("plain", "plain", "of one half-width for all maps"),
    ConformalKind(
        "weighted",
        "weighted",
        "with simulations that calibrate weighted by how likely their distance to the reference is among the judged",
        is_weighted=True,
    ),
    ConformalKind("over_std", "by sigma", "as many predicted standard deviations wide for all maps", "std"),
    ConformalKind(
        "over_distance",
        "by distance",
        "as wide as a multiple of the distance to the nearest maps of the reference",
        "distance",
    ),
)

CONFORMAL_KINDS: Final = {one.name: one for one in _KINDS}
"""All kinds, by name."""


def kinds_of(has: frozenset[ConformalNeed], *, of_classes: bool) -> tuple[ConformalKind, ...]:
    """Return the kinds that a case has what they need for; of classes those that scale nothing."""
    return tuple(one for one in _KINDS if one.needs <= has and not (of_classes and one.scale))
