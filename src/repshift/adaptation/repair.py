"""What a repair is: its name, what it may see, what of the network it changes, and the function that does it."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from numbers import Real
from types import ModuleType
from typing import TYPE_CHECKING, Literal

from repshift.adaptation.sample import Sample
from repshift.adaptation.task import Task
from repshift.vocabulary import InputError

if TYPE_CHECKING:  # the configuration reads the names of repairs, and loads no torch
    from torch import nn

    from repshift.recording.batches import Forward

Need = Literal[
    "source_maps",
    "source_labels",
    "target_maps",
    "target_labels",
    "third_maps",
    "third_labels",
    "perturbed_maps",
    "batch_norm",
]
"""What a repair may see, or what its network must have; labels are seen with their maps alone."""


@dataclass(frozen=True)
class Material:
    """The maps and labels that repairs are made from; a repair sees of them what its needs name.

    Attributes
    ----------
    source
        Of the network's own domain.
    target
        Of the domain that the network is to fit.
    third
        Of other domains, one after the other.
    perturbed
        Maps of the network's own domain, perturbed, in the order of the source.
    task
        What the network infers; None where no labels are used.
    """

    source: Sample | None = None
    target: Sample | None = None
    third: tuple[Sample, ...] = ()
    perturbed: Sample | None = None
    task: Task | None = None


@dataclass(frozen=True)
class Options:
    """What repairs may need beside maps and labels.

    Attributes
    ----------
    layer
        Whose features are adjusted, by the name of the layer; None: the last layer before the outputs.
    mixing
        Weight of the target's batch-norm statistics beside the network's own, 0 to 1.
    freeze
        Name of a layer: it is trained with all that follow, and what comes before it is not. None: all is trained.
    weight
        Of the term that is added to the loss; None: the repair's own. Below 0, with `cka_off_diagonal` alone, it makes
        layers more alike.
    steps
        Of training, 1 or more.
    batch
        Simulations of a domain in one step, a map of each; 2 or more.
    learning_rate
        Of training, above 0.
    symmetries
        Whether maps are turned and flipped in training, each by a symmetry of its own: only where labels do not change.
    seed
        Of batches and symmetries, 0 or more.
    batch_size
        Maps of one forward pass that is not part of training.
    forward
        Runs a batch of maps through the network; None calls it with them.
    layers
        Of a loss by CKA; None: all layers of the network.
    """

    layer: str | None = None
    mixing: float = 0.5
    freeze: str | None = None
    weight: float | None = None
    steps: int = 120
    batch: int = 24
    learning_rate: float = 5e-4
    symmetries: bool = False
    seed: int = 0
    batch_size: int = 32
    forward: "Forward | None" = None
    layers: Sequence[str] | None = None

    def __post_init__(self) -> None:
        """Refuse numbers that no repair can take."""
        for name in ("mixing", "learning_rate", "weight"):
            value = getattr(self, name)
            if value is not None and (isinstance(value, bool) or not isinstance(value, Real)):
                raise InputError(f"'{name}' is {value!r:.100}, of type '{type(value).__name__}'. Expected a number.")
        for name, fewest in {"steps": 1, "batch": 2, "seed": 0, "batch_size": 1}.items():
            if getattr(self, name) < fewest:
                raise InputError(f"'{name}' is {getattr(self, name)}. Expected {fewest} or more.")
        if not 0 <= self.mixing <= 1:
            raise InputError(f"'mixing' is {self.mixing}. Expected 0 (the network's own statistics) to 1.")
        if not 0 < self.learning_rate < float("inf"):
            raise InputError(f"'learning_rate' is {self.learning_rate}. Expected a finite number above 0.")
        if self.weight is not None and not abs(self.weight) < float("inf"):
            raise InputError(f"'weight' is {self.weight}. Expected a finite number.")


@dataclass(frozen=True)
class Repair:
    """A repair: what makes a network that fits another domain from a network.

    Attributes
    ----------
    name
        In files and in the configuration; that of its function.
    label
        In figures.
    description
        What it does, in one sentence.
    needs
        What it sees: nothing else reaches its function.
    module
        Returns the module that holds its function, which loads torch.
    changes
        What of the network it changes, in words.
    takes
        Fields of `Options` that change what it makes.
    trains
        Whether it takes steps of training.
    control
        Name of the repair with the same steps on the same data without its term; None: it has none.
    weight_name
        What its weight weighs, in words; None: it has none.
    weight
        Of its term, where `Options` give none: of those tried on T-MockTNG the highest that cost R^2 of Omega_m at home
        at most 0.05. Choose it again for a network of your own.
    is_bound
        Whether it is no repair, but a model to compare repairs with.
    """

    name: str
    label: str
    description: str
    needs: frozenset[Need]
    module: Callable[[], ModuleType]
    changes: str
    takes: tuple[str, ...] = ()
    trains: bool = False
    control: str | None = None
    weight_name: str | None = None
    weight: float = 0.0
    is_bound: bool = False

    @property
    def function(self) -> "Callable[[nn.Module, Material, Options], nn.Module]":
        """The function, of a copy of the network that it may change, material and options; returns that copy."""
        found: Callable[[nn.Module, Material, Options], nn.Module] = getattr(self.module(), self.name)
        return found

    @property
    def sees_labels(self) -> bool:
        """Whether it sees labels of any domain."""
        return any(need.endswith("_labels") for need in self.needs)

    @property
    def uses_target_labels(self) -> bool:
        """Whether it sees labels of the target."""
        return "target_labels" in self.needs
