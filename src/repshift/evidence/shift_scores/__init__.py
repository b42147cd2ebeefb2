"""Every shift score by its name: what can be seen, without labels, of a model shown another domain.

Each module of this package declares some, beside their functions.
"""

from typing import Final

from repshift.declarations import declared, require
from repshift.evidence.shift_scores.score import FAMILIES, LayerScore, Pair, ShiftScore, Values

LAYER_SCORES: Final[dict[str, LayerScore]] = declared(LayerScore, package=__name__, path=__path__)
"""Distances of layers, which make shift scores."""


def _scores() -> dict[str, ShiftScore]:
    """Return all shift scores, family by family; of one family those first that are declared as such."""
    found = [*declared(ShiftScore, package=__name__, path=__path__).values()]
    found += [score for layers in LAYER_SCORES.values() for score in layers.shift_scores()]
    return {score.name: score for family in FAMILIES for score in found if score.family == family}


SHIFT_SCORES: Final[dict[str, ShiftScore]] = _scores()
"""All shift scores, in the order of columns."""

CONTROLS: Final[tuple[str, ...]] = tuple(name for name, score in SHIFT_SCORES.items() if score.is_control)
"""Moments and spectrum of the raw input: what a layer has to go beyond."""


def shift_score(name: str) -> ShiftScore:
    """Return the shift score called `name`.

    Raises
    ------
    InputError
        If no shift score has that name.
    """
    return require(name, SHIFT_SCORES, what="shift score")


def values_of_case(pair: Pair) -> dict[str, float]:
    """Return the numbers of the whole case that the pair has what they need for."""
    return {score.name: float(score.function(pair)) for score in possible_scores(pair) if not score.is_of_parameters}


def values_of_parameters(pair: Pair) -> dict[str, Values]:
    """Return those that have a value a parameter, (parameters,) each."""
    return {score.name: score.function(pair) for score in possible_scores(pair) if score.is_of_parameters}


def values_of_layers(pair: Pair) -> dict[str, Values]:
    """Return the distances of the layers, (layers,) each."""
    return {name: pair.once(score.of_layers) for name, score in LAYER_SCORES.items()}


def possible_scores(pair: Pair) -> list[ShiftScore]:
    """Return the scores that the pair has what they need for."""
    has = pair.has()
    return [score for score in SHIFT_SCORES.values() if score.needs <= has]
