"""How it is judged which maps of a case a network may be believed on."""

from collections.abc import Sequence
from dataclasses import dataclass

from repshift.vocabulary import InputError


@dataclass(frozen=True)
class TrustSettings:
    """How it is judged which maps of a case a network may be believed on.

    Attributes
    ----------
    layers
        Layers that distances are in, by name or pattern; none: the last two. Conformal intervals use the last of them.
    outputs
        By name; none: the first two. Of classes there is but the label.
    level
        Of conformal intervals, in (0, 1).
    splits
        Divisions of the simulations of the own domain in two halves, each of which judges the other.
    maps_each
        Maps of each simulation; fewer where it has not so many.
    symmetries
        Whether maps are turned and flipped.
    dropout_passes
        Forward passes with dropout drawn; None: none.
    neighbours
        Nearest maps of the reference that distances are to.
    seed, resamples
        What draws maps, halves, dropout and resamples; resamples of the bootstrap by simulation.
    batch_size
        Maps of a forward pass.
    """

    layers: Sequence[str] = ()
    outputs: Sequence[str] = ()
    level: float = 0.9
    splits: int = 5
    maps_each: int = 5
    symmetries: bool = True
    dropout_passes: int | None = None
    neighbours: int = 5
    seed: int = 1
    resamples: int = 1000
    batch_size: int = 50

    def __post_init__(self) -> None:
        if not 0 < self.level < 1:
            raise InputError(f"The level of conformal intervals is {self.level}. Expected a number between 0 and 1.")
        if self.dropout_passes is not None and self.dropout_passes < 2:
            raise InputError(f"{self.dropout_passes} forward passes with dropout do not scatter. Expected 2 or more.")
