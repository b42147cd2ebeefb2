"""What goes with failure, over many networks and shifts, in words. Text is reStructuredText."""

from dataclasses import dataclass
from typing import Final

from repshift.wording.numbers import Estimate, quoted

TITLE: Final = "Does the rise predict failure?"


@dataclass(frozen=True)
class Correlation:
    """How a predictor goes with the loss of accuracy, over pairs of network and domain."""

    predictor: str
    rho: Estimate
    beyond: Estimate
    n_pairs: int
    n_models: int
    n_groups: int
    n_shifts: int


def failure_sentence(rise: Correlation) -> str:
    """Return how the rise of CKA goes with failure, and what that says."""
    return (
        f"Over {rise.n_pairs} pairs of network and domain, the rank correlation of {quoted(rise.predictor)} with the "
        f"loss of accuracy is {rise.rho}. {correlation_sentence(rise.rho)}"
    )


def failure_section(rise: Correlation, strongest: Correlation | None) -> str:
    """Return the section on failure: over what the correlation is, what the raw input leaves, what is strongest."""
    said = [
        f"The pairs are of {rise.n_models} networks in {rise.n_groups} groups and of {rise.n_shifts} shifts; intervals "
        "draw groups and shifts again.",
        f"Beyond the moments and the spectrum of the raw input, the rank correlation of {quoted(rise.predictor)} with "
        f"the loss of accuracy is {rise.beyond}.",
    ]
    if strongest is not None and strongest.predictor != rise.predictor:
        said.append(
            f"The strongest of all shift scores is {quoted(strongest.predictor)}, at {strongest.rho}, and "
            f"{strongest.beyond} beyond the raw input. It was chosen for its strength: of so many, some stand out by "
            "chance."
        )
    return "\n".join([TITLE, "-" * len(TITLE), "", *(f"- {sentence}" for sentence in said), ""])


def correlation_sentence(rho: Estimate) -> str:
    """Return what a rank correlation says of the rise as a sign of failure, and no more."""
    if not rho.has_interval:
        return "Without an interval this says nothing of other networks."
    if not rho.excludes_zero:
        return "The interval holds 0: **the rise was not seen to tell failure**."
    size = "larger" if rho.value > 0 else "smaller"
    return f"The interval leaves 0 out: **here the larger the rise, the {size} the loss**."
