"""How the layers of a case are replaced."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final, Literal, get_args

from repshift.vocabulary import InputError

Way = Literal["identity", "linear"]
"""What stands for layers: what goes into them, or the least-squares linear map of it."""

WAYS: Final[tuple[Way, ...]] = get_args(Way)


@dataclass(frozen=True)
class TrainingSettings:
    """How networks are trained again.

    Attributes
    ----------
    seeds
        Trainings of each split, each with a seed of its own.
    steps, batch, learning_rate, symmetries
        As `repshift.adaptation.repair.Options` has them.
    """

    seeds: int
    steps: int
    batch: int
    learning_rate: float
    symmetries: bool = False


@dataclass(frozen=True, kw_only=True)
class JudgingSettings:
    """How changed networks are judged.

    Attributes
    ----------
    outputs
        Parameters that are scored; none: the first two that have true values.
    splits, maps_each
        Splits by simulation, half of which fit and half judge; maps of each simulation.
    seed, resamples
        What draws maps, splits and resamples; their number.
    batch_size
        Maps of a forward pass.
    """

    outputs: Sequence[str] = ()
    splits: int
    maps_each: int
    seed: int
    resamples: int
    batch_size: int


@dataclass(frozen=True, kw_only=True)
class PruningSettings(JudgingSettings):
    """How the layers of a case are replaced, and how that is judged.

    Attributes
    ----------
    layers
        Names of those that are replaced; None: all that the model records.
    ways
        What stands for layers.
    runs
        Whether runs of layers within a block are replaced, too.
    alike
        CKA that all pairs of a block reach.
    """

    layers: Sequence[str] | None = None
    ways: Sequence[Way] = WAYS
    runs: bool = True
    alike: float

    def __post_init__(self) -> None:
        """Refuse ways that are none."""
        unknown = [way for way in self.ways if way not in WAYS]
        if unknown or not self.ways or len(set(self.ways)) < len(self.ways):
            raise InputError(
                f"The ways are {', '.join(self.ways) or 'none'}. Expected some of {', '.join(WAYS)}, once."
            )
