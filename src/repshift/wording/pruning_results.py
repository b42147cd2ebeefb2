"""What is known of the layers of a network that were replaced, and of CKA that the loss moved."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final

from repshift.wording.numbers import Estimate

ALL_KINDS: Final = "all"
"""What the loss did, whatever it was."""


@dataclass(frozen=True)
class Change:
    """Layers that are replaced in a way.

    Attributes
    ----------
    layers, way
        Which, and by what.
    n_layers
        Their number.
    saved
        Parameters saved.
    can_go
        Whether they can go: "yes" only where it is so for every output.
    lost
        Score lost, by output.
    is_linear
        Whether the layers are linear themselves.
    """

    layers: str
    way: str
    n_layers: int
    saved: float
    can_go: str
    lost: Mapping[str, Estimate]
    is_linear: bool = False

    @property
    def largest(self) -> tuple[str, Estimate]:
        """The output that loses most, and what it loses."""
        return max(self.lost.items(), key=lambda item: item[1].value)


@dataclass(frozen=True)
class Moved:
    """CKA moved by the loss, for an output.

    Attributes
    ----------
    kind, weight
        What the loss did, and the weight of its term.
    output
        What is judged.
    reached, control_reached
        Mean CKA of different layers on the domain, and that of the control.
    gain, gain_at_home
        Score less that of the control, on the domain and at home.
    """

    kind: str
    weight: float
    output: str
    reached: float
    control_reached: float
    gain: Estimate
    gain_at_home: Estimate


@dataclass(frozen=True)
class PruningResult:
    """What is known of the layers of a network on a domain.

    Attributes
    ----------
    model, domain
        Labels.
    score
        The score that is lost, as a sentence has it.
    changes, retrained
        What replaced layers lose without training; and of the control's score, after training.
    relations
        By number of layers, then way and output: its rank correlation with the score lost, without training.
    moved
        CKA moved by the loss.
    causes
        By what the loss did, `ALL_KINDS` of all, and output: rank correlation, over trained networks that held their
        score at home, of how far CKA moved with the gain.
    """

    model: str
    domain: str
    score: str
    changes: Sequence[Change] = ()
    retrained: Sequence[Change] = ()
    relations: Mapping[str, Mapping[tuple[str, str], Estimate]] = field(default_factory=dict)
    moved: Sequence[Moved] = ()
    causes: Mapping[tuple[str, str], Estimate] = field(default_factory=dict)
