"""What the steps of a shift take away, in words: where the pixels explain it, and where they do not.

A step takes some away only where the whole interval of the share lies above 0. Text is reStructuredText.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final

from repshift.wording.numbers import Estimate, quoted

CKA: Final = "mean CKA"
"""What has a share beside the outputs."""

TAKEN: Final = "part of the change is gone"
NONE: Final = "no part was seen to go"


@dataclass(frozen=True)
class StepResult:
    """What is left out of a shift at its last step.

    Attributes
    ----------
    model, own, other, last
        Labels of the network, of its own domain, of the other, and of the last step from the other towards the own.
    shares
        Of the change of each output's score and of `CKA`, the share that the step takes away; those that are known.
    """

    model: str
    own: str
    other: str
    last: str
    shares: Mapping[str, Estimate] = field(default_factory=dict)


def step_sentence(result: StepResult) -> str:
    """Return how much of the change of each number the last step takes away."""
    if not result.shares:
        both = f"{quoted(result.own)} and {quoted(result.other)}"
        return f"No number differs clearly between {both}, so the pixels have nothing to explain."
    taken = [f"{one} of {quoted(name)}" for name, one in result.shares.items() if _takes(one)]
    left = [f"{one} of {quoted(name)}" for name, one in result.shares.items() if not _takes(one)]
    words = {TAKEN: taken, NONE: left}
    said = "; ".join(f"**{word}**: {', '.join(found)}" for word, found in words.items() if found)
    return f"With pixels made more like those of {quoted(result.own)} ({quoted(result.last)}), {said}."


def _takes(share: Estimate) -> bool:
    return share.value > 0 and (share.excludes_zero or not share.has_interval)
