"""The weight of a term, chosen among candidates without labels of the target."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Final

from torch import nn

from repshift.adaptation.barrier import repaired
from repshift.adaptation.repair import Material, Options, Repair
from repshift.vocabulary import InputError

PRICE_AT_HOME: Final = 0.05
"""Score that a weight may cost on the network's own domain, where it is chosen there."""


@dataclass(frozen=True)
class Candidate:
    """A weight that was tried.

    Attributes
    ----------
    weight
        Of the term.
    score
        What the judge said of the network repaired with it: higher is better.
    """

    weight: float
    score: float


def choose_weight(
    network: nn.Module,
    repair: Repair,
    material: Material,
    options: Options,
    weights: Sequence[float],
    judge: Callable[[nn.Module], float],
    *,
    price: float | None = None,
) -> tuple[float, list[Candidate]]:
    """Return the weight of a repair's term that its judge prefers, and all candidates.

    Parameters
    ----------
    network, repair, material, options
        As of `repshift.adaptation.barrier.repaired`: the repair sees nothing that it may not see.
    weights
        Candidates, different ones.
    judge
        Returns the score of a network: R^2 or accuracy on a labelled domain that is neither source nor target, or on
        the source's simulations that training did not see. It must not read labels of the target.
    price
        None: the weight of the highest score is chosen, of several the lowest. Else the highest weight whose score is
        less than `price` below the best: on the source a term gains nothing, so there it may cost so much.

    Raises
    ------
    InputError
        If the repair has no weight, there are fewer than two candidates, one stands twice, or a score is no number.
    """
    _require(repair, weights)
    candidates = []
    for weight in weights:
        score = judge(repaired(network, repair, material, replace(options, weight=weight)))
        if score != score:
            raise InputError(f"The score of '{repair.name}' with weight {weight:g} is not a number.")
        candidates.append(Candidate(weight, score))
    return chosen(candidates, price=price), candidates


def chosen(candidates: Sequence[Candidate], *, price: float | None = None) -> float:
    """Return the weight that `choose_weight` chooses of candidates.

    Examples
    --------
    >>> tried = [Candidate(1.0, 0.93), Candidate(5.0, 0.92), Candidate(50.0, 0.2)]
    >>> chosen(tried), chosen(tried, price=0.05)
    (1.0, 5.0)
    """
    best = max(candidate.score for candidate in candidates)
    if price is None:
        return min(candidate.weight for candidate in candidates if candidate.score == best)
    return max(candidate.weight for candidate in candidates if candidate.score > best - price)


def _require(repair: Repair, weights: Sequence[float]) -> None:
    """Refuse what leaves no choice."""
    if repair.weight_name is None:
        raise InputError(f"The repair '{repair.name}' has no weight to choose.")
    if len(weights) < 2 or len(set(weights)) < len(weights):
        raise InputError(f"Weights to choose from are {list(weights)}. Expected two or more, each once.")
