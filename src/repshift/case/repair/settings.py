"""How a ladder of repairs is run."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from repshift.case.domain_files import DomainFiles
from repshift.storage.functions import Constructor
from repshift.vocabulary import InputError

NOT_FROZEN: Final = "none"
"""Among layers to freeze below: nothing is frozen."""


@dataclass(frozen=True)
class LadderSettings:
    """How repairs are made and judged.

    Attributes
    ----------
    simulations
        Simulations of the target that tune a network, one number for each.
    splits
        Divisions of the simulations of a domain into those that tune and those that judge.
    maps_each, tuned_maps_each
        Maps of each simulation that judge, and that tune.
    most_simulations
        Of a domain of more, so many are drawn; None: all are used.
    layer, mixing
        As `repshift.adaptation.repair.Options` has them.
    outputs
        What is scored, by name; none: the first two, or of a classifier the class.
    prior_parameter
        Parameter whose lower half tunes some runs; None: none do.
    seed, resamples
        What divides simulations and chooses maps, and resamples of the bootstrap.
    batch_size
        Maps of one forward pass.
    """

    simulations: Sequence[int] = (1, 5, 25)
    splits: int = 5
    maps_each: int = 5
    tuned_maps_each: int = 5
    most_simulations: int | None = None
    layer: str | None = None
    mixing: float = 0.5
    outputs: Sequence[str] = ()
    prior_parameter: str | None = None
    seed: int = 1
    resamples: int = 2000
    batch_size: int = 50

    def __post_init__(self) -> None:
        """Refuse numbers of simulations that are none, or stand twice."""
        if not self.simulations or min(self.simulations) < 1 or len(set(self.simulations)) < len(self.simulations):
            raise InputError(
                f"Numbers of simulations are {', '.join(map(str, self.simulations)) or 'none'}. Expected one or more, "
                "each 1 or more and once."
            )

    @property
    def n_tuned(self) -> int:
        """Simulations that tune in a split."""
        return max(self.simulations)

    @property
    def each(self) -> int:
        """Maps of a simulation that are read."""
        return max(self.maps_each, self.tuned_maps_each)


@dataclass(frozen=True)
class TrainingSettings:
    """How a rung is trained.

    Attributes
    ----------
    rung
        Name of the repair.
    seeds
        Trainings of each split, which differ in what draws batches.
    steps, batch, learning_rate, symmetries
        As `repshift.adaptation.repair.Options` has them.
    candidates
        Weights of the term, one of which is chosen without labels of the target; none: the repair's own.
    freeze
        Layers below which nothing is trained, one network for each; `NOT_FROZEN`: all is trained.
    splits
        Places of the splits that are run; none: all.
    """

    rung: str
    seeds: int = 2
    steps: int = 120
    batch: int = 24
    learning_rate: float = 5e-4
    candidates: Sequence[float] = ()
    freeze: Sequence[str] = (NOT_FROZEN,)
    splits: Sequence[int] = ()
    symmetries: bool = False


@dataclass(frozen=True)
class Bound:
    """Another model whose predictions bound what repairs may reach.

    Attributes
    ----------
    model
        Its name.
    target, home
        Files of its predictions for the target and for the case's own domain; None: there are none of the latter.
    """

    model: str
    target: Path
    home: Path | None


@dataclass(frozen=True)
class LadderFiles:
    """What a ladder is made from.

    Attributes
    ----------
    model, weights, own
        The model, its file, and its code where that is the user's own.
    target, home
        The domain that repairs are for, and the model's own.
    training
        Labelled maps of the model's suite to train with; None: those of its own domain that tune.
    third
        Labelled domains of other suites.
    choose_on
        The labelled domain that chooses weights; None: half of those that train does, and trains none.
    prior
        A domain of one cosmology; None: there is none.
    """

    model: str
    weights: Path
    target: DomainFiles
    home: DomainFiles
    own: Constructor | None = None
    training: DomainFiles | None = None
    third: Sequence[DomainFiles] = ()
    choose_on: DomainFiles | None = None
    prior: DomainFiles | None = None
