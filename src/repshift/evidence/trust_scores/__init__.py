"""Every trust score by its name: what says, without labels, which maps a network may be believed on.

Each module of this package declares some, beside their functions; `TRUST_SCORES` finds them. What judges them are
numbers of the maps that they are of: `repshift.evidence.trust.quantities`.
"""

from typing import Final

from repshift.declarations import declared, require
from repshift.evidence.trust_scores.pixels import BASELINE
from repshift.evidence.trust_scores.score import TrustMaps, TrustScore


def _scores() -> dict[str, TrustScore]:
    """Return the baseline first, then the others in the order of their modules."""
    found = declared(TrustScore, package=__name__, path=__path__)
    return {name: found[name] for name in dict.fromkeys((BASELINE, *found))}


TRUST_SCORES: Final[dict[str, TrustScore]] = _scores()
"""All trust scores, the baseline first."""


def trust_score(name: str) -> TrustScore:
    """Return the trust score called `name`.

    Raises
    ------
    InputError
        If there is none.
    """
    return require(name, TRUST_SCORES, what="trust score")


def scores_of(maps: TrustMaps, *, layers: tuple[str, ...]) -> dict[str, tuple[TrustScore, str | None]]:
    """Return the scores that a case has what they need for, and the layers they are in, by the name in its file."""
    has = maps.has()
    found = [
        (score, layer)
        for score in TRUST_SCORES.values()
        if score.needs <= has
        for layer in (layers if score.is_of_layers else (None,))
    ]
    return {score.of_layer(layer): (score, layer) for score, layer in found}
