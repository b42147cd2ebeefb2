"""What a network shows on another domain beside its own, in words: its score, its layers, and whether that is chance.

Every sentence claims no more than its number: a score falls where its two intervals lie apart, and a change is beyond
chance where its test says so; else it "was not seen to". Text is reStructuredText.
"""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final

from repshift.wording.numbers import Estimate, quoted

LEVEL: Final = 0.05
"""Below this p-value a change is said to be beyond chance."""

SCORES_IN_WORDS: Final = {"r2": "R²", "accuracy": "the accuracy"}
"""Scores that the first page speaks of: of parameters, and of classes."""

UNTRAINED: Final = "It was never trained, so its outputs say nothing."

FALLS: Final = "falls"
RISES: Final = "rises"
HOLDS: Final = "was not seen to fall"
OPEN: Final = "goes, without intervals to judge by,"
_VERDICTS: Final = (FALLS, HOLDS, RISES, OPEN)


@dataclass(frozen=True)
class SwapResult:
    """A change of mean CKA, and how often one as large came of swapped domains."""

    change: Estimate
    p_value: float
    permutations: int

    @property
    def is_rise(self) -> bool:
        """Whether it is a rise beyond chance."""
        return self.change.value > 0 and self.p_value < LEVEL


@dataclass(frozen=True)
class LabelFree:
    """How many shift scores lie outside of their range between halves of the own domain, and the farthest of them."""

    outside: int
    scores: int
    farthest: str
    value: float
    halves: Estimate


@dataclass(frozen=True)
class Shift:
    """What a network shows on another domain beside its own.

    Attributes
    ----------
    own, other
        Labels of the two domains.
    similarity
        Mean CKA of distinct layers, on the own domain and on the other.
    n_maps
        Maps compared of each.
    test
        Of the change of mean CKA; None where there is none.
    accuracy
        On the own domain and on the other, by parameter, by the names of `SCORES_IN_WORDS`.
    label_free
        What shift scores say where nothing is scored; None where there are none, or no halves.
    """

    own: str
    other: str
    similarity: tuple[Estimate, Estimate]
    n_maps: int
    test: SwapResult | None = None
    accuracy: Mapping[str, Mapping[str, tuple[Estimate, Estimate]]] = field(default_factory=dict)
    label_free: LabelFree | None = None

    @property
    def is_scored(self) -> bool:
        """Whether an output is scored on both domains."""
        return any(self.accuracy.values())

    @property
    def largest_fall(self) -> float:
        """Largest fall of a score; without scores, the number of shift scores outside."""
        if not self.is_scored:
            return math.nan if self.label_free is None else float(self.label_free.outside)
        pairs = (pair for of_score in self.accuracy.values() for pair in of_score.values())
        return max(own.value - other.value for own, other in pairs)

    @property
    def verdicts(self) -> list[str]:
        """What is said of the score of each output."""
        return [verdict(*pair) for of_score in self.accuracy.values() for pair in of_score.values()]

    @property
    def falls(self) -> bool:
        """Whether the score of an output falls."""
        return FALLS in self.verdicts

    @property
    def holds(self) -> bool:
        """Whether it is scored, with intervals, and no score was seen to fall."""
        return self.is_scored and not {FALLS, OPEN} & set(self.verdicts)


@dataclass(frozen=True)
class Network:
    """A network and what it shows."""

    name: str
    field: str
    suite: str
    is_trained: bool
    shifts: Sequence[Shift]

    @property
    def described(self) -> str:
        """Which network it is, and of which field and suite."""
        learned = "trained on" if self.is_trained else "never trained, of"
        return f"{quoted(self.name)}: reads {quoted(self.field)}, {learned} {quoted(self.suite)}"

    @property
    def worst(self) -> Shift | None:
        """The shift with the largest fall, of those with scores where there are any; None: it is shown none."""
        scored = [shift for shift in self.shifts if shift.is_scored]
        known = [shift for shift in scored or self.shifts if not math.isnan(shift.largest_fall)] or self.shifts
        return max(known, key=lambda shift: shift.largest_fall) if known else None


def verdict(own: Estimate, other: Estimate) -> str:
    """Return what the intervals of a score on two domains say: apart, it falls or rises.

    Examples
    --------
    >>> verdict(Estimate(0.9, 0.8, 1.0), Estimate(0.5, 0.4, 0.6)), verdict(Estimate(0.9), Estimate(0.5))
    ('falls', 'goes, without intervals to judge by,')
    """
    if not (own.has_interval and other.has_interval):
        return OPEN
    if other.high < own.low:
        return FALLS
    return RISES if other.low > own.high else HOLDS


def shift_sentences(shift: Shift, *, is_trained: bool) -> list[str]:
    """Return what is said of a network on another domain: its scores, its layers."""
    return [
        *(accuracy_sentences(shift) if is_trained else [UNTRAINED]),
        similarity_sentence(shift),
    ]


def accuracy_sentences(shift: Shift, *, most: int | None = None) -> list[str]:
    """Return a sentence for each score and what is said of it; else that nothing is scored.

    Parameters
    ----------
    shift
        What the network shows.
    most
        Outputs that a sentence names at most, those of largest fall; None: all.
    """
    if not shift.is_scored:
        unscored = f"Its outputs are not scored on both {quoted(shift.own)} and {quoted(shift.other)}."
        return [unscored, *label_free_sentences(shift)]
    way, said = f"From {quoted(shift.own)} to {quoted(shift.other)}", []
    for score, of_score in shift.accuracy.items():
        for word in _VERDICTS:
            pairs = {name: pair for name, pair in of_score.items() if verdict(*pair) == word}
            marked = word if word == OPEN else f"**{word}**"
            said += [f"{way}, {SCORES_IN_WORDS[score]} {marked}: {_pairs(pairs, most)}."] if pairs else []
    return said


def _pairs(pairs: Mapping[str, tuple[Estimate, Estimate]], most: int | None) -> str:
    """Return a score on both domains, output by output; of too many, those of largest fall in their order."""
    ranked = sorted(pairs, key=lambda name: pairs[name][1].value - pairs[name][0].value)[:most]
    named = [f"{quoted(name)} {own} to {other}" for name, (own, other) in pairs.items() if name in ranked]
    more = len(pairs) - len(named)
    return ", ".join([*named, *([f"{more} more"] if more else [])])


def label_free_sentences(shift: Shift) -> list[str]:
    """Return what the scores that need no labels say beside halves of the own domain."""
    known = shift.label_free
    if known is None:
        return []
    said = (
        f"Of {known.scores} shift scores, which need no labels, {known.outside} lie outside of the range of 95 % of "
        f"the divisions of {quoted(shift.own)} in two halves."
    )
    if not known.outside:
        return [said]
    farthest = (
        f'Farthest outside is "{quoted(known.farthest)}", {known.value:.2g} where halves give '
        f"{known.halves.value:.2g} [{known.halves.low:.2g}, {known.halves.high:.2g}]. Of so many scores some lie "
        "outside by chance, and none says how large the errors are."
    )
    return [said, farthest]


def similarity_sentence(shift: Shift) -> str:
    """Return how alike the layers are on both domains, and whether the change is beyond chance; at odds, that it is."""
    (own, other), test = shift.similarity, shift.test
    about = f"From {quoted(shift.own)} to {quoted(shift.other)}, mean debiased CKA of distinct layers"
    way, maps = f"{own} to {other}", f"{shift.n_maps} maps of each"
    if test is None or not math.isfinite(test.p_value):
        change = Estimate(other.value - own.value) if test is None else test.change
        unknown = "Without ``permutation_tests`` it is not known to be more than chance."
        return f"{about} changes: {way}, by {change} ({maps}). {unknown}"
    beyond = test.p_value < LEVEL
    what = "rises beyond chance" if test.change.value > 0 else "falls beyond chance"
    what = what if beyond else "was not seen to change beyond chance"
    at_odds = test.change.has_interval and beyond != test.change.excludes_zero
    caveat = f" Its interval, though, {'holds 0' if beyond else 'leaves 0 out'}." if at_odds else ""
    chance = f"p = {test.p_value:.2g} ({test.permutations} swaps, {maps})"
    return f"{about} **{what}**: {way}, by {test.change}, {chance}.{caveat}"
