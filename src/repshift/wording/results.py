"""The result of a run in words: what each network shows on another domain than its own, and what goes with failure.

Every sentence claims no more than its number: a difference is beyond chance where its test says so, and else "was not
seen to be". Text is reStructuredText.
"""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final

from repshift.wording.attribution import AttributionResult, attribution_section
from repshift.wording.numbers import Estimate, quoted
from repshift.wording.pruning import pruning_section
from repshift.wording.pruning_results import PruningResult
from repshift.wording.repair import repair_section
from repshift.wording.repair_results import RepairResult
from repshift.wording.stress import StressResult, stress_section
from repshift.wording.trust import TrustResult, trust_section

LEVEL: Final = 0.05
"""Below this p-value a change is said to be beyond chance."""

SCORES_IN_WORDS: Final = {"r2": "R²", "accuracy": "The accuracy"}
"""Scores that the first page speaks of: of parameters, and of classes."""

CAUTION: Final = (
    "Each of these is one network: what it shows need not hold of another network, field or suite. Brackets are 95 % "
    "intervals by simulation, where the configuration has them. Each test stands for itself: nothing is corrected for "
    "their number."
)


@dataclass(frozen=True)
class SwapResult:
    """A change of mean CKA, and how often one as large came of swapped domains."""

    change: Estimate
    p_value: float
    permutations: int


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


@dataclass(frozen=True)
class Network:
    """A network and what it shows."""

    name: str
    field: str
    suite: str
    is_trained: bool
    shifts: Sequence[Shift]


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


def result_page(
    networks: Sequence[Network],
    controls: Sequence[Network],
    rise: Correlation | None,
    strongest: Correlation | None,
    *,
    stress: Sequence[StressResult] = (),
    attribution: Sequence[AttributionResult] = (),
    repair: Sequence[RepairResult] = (),
    pruning: Sequence[PruningResult] = (),
    trust: Sequence[TrustResult] = (),
) -> str:
    """Return the result of a run: a section a network, one of each stage, the controls, what goes with failure."""
    sections = [network_section(network) for network in networks]
    sections += [stress_section(stress)] if stress else []
    sections += [attribution_section(attribution)] if attribution else []
    sections += [repair_section(repair)] if repair else []
    sections += [pruning_section(pruning)] if pruning else []
    sections += [trust_section(trust)] if trust else []
    sections += [control_section(controls)] if any(control.shifts for control in controls) else []
    sections += [f"{CAUTION}\n"]
    return "\n".join(sections if rise is None else [*sections, failure_section(rise, strongest)])


def network_section(network: Network) -> str:
    """Return the section of a network: a list for each domain it is shown beside its own."""
    title = _described(network)
    lists = [_listed(shift_sentences(shift, is_trained=network.is_trained)) for shift in network.shifts]
    none = "It is shown no domain beside its own, so there is nothing to compare.\n"
    return "\n".join([title, "-" * len(title), "", *(lists or [none])])


def control_section(controls: Sequence[Network]) -> str:
    """Return the section of the controls: an entry for each domain that one is shown beside its own."""
    said = [
        f"**{_described(control)}**. {' '.join(shift_sentences(shift, is_trained=control.is_trained))}"
        for control in controls
        for shift in control.shifts
    ]
    untrained = [shift.test for control in controls if not control.is_trained for shift in control.shifts]
    if any(test is not None and test.change.value > 0 and test.p_value < LEVEL for test in untrained):
        said.append(
            "**A network that never learned anything shows a rise beyond chance**: maps and architecture are enough "
            "for one, so a rise alone is no sign of what a network has learned."
        )
    return "\n".join(["Controls", "--------", "", _listed(said)])


def shift_sentences(shift: Shift, *, is_trained: bool) -> list[str]:
    """Return what is said of a network on another domain: accuracy, similarity, chance."""
    return [
        *([] if is_trained else ["It was never trained, so its outputs say nothing."]),
        *(accuracy_sentences(shift) if is_trained else []),
        similarity_sentence(shift),
        chance_sentence(shift.test),
    ]


def accuracy_sentences(shift: Shift) -> list[str]:
    """Return a sentence for each parameter, and each label of classes; else that nothing is scored."""
    if not any(shift.accuracy.values()):
        unscored = f"Its outputs are not scored on both {quoted(shift.own)} and {quoted(shift.other)}."
        return [unscored, *label_free_sentences(shift)]
    own, other = quoted(shift.own), quoted(shift.other)
    return [
        f"{SCORES_IN_WORDS[score]} of {quoted(parameter)} is {first} on {own} and {second} on {other}."
        for score, of_score in shift.accuracy.items()
        for parameter, (first, second) in of_score.items()
    ]


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
    """Return how alike the layers are on both domains, and what the change is."""
    own, other = shift.similarity
    change = Estimate(other.value - own.value) if shift.test is None else shift.test.change
    what = "a rise of" if change.value > 0 else "a change of"
    return (
        f"The mean debiased CKA of distinct layers is {own} on {quoted(shift.own)} and {other} on "
        f"{quoted(shift.other)} ({shift.n_maps} maps of each): {what} {change}."
    )


def chance_sentence(test: SwapResult | None) -> str:
    """Return whether a change of mean CKA is beyond chance; at odds with its interval, that it is."""
    if test is None or not math.isfinite(test.p_value):
        return "The run has no test of this change, so whether it is more than chance is not known."
    beyond = test.p_value < LEVEL
    what = "rise" if test.change.value > 0 else "fall"
    verdict = f"The {what} is beyond chance" if beyond else "The change was not seen to be beyond chance"
    at_odds = test.change.has_interval and beyond != test.change.excludes_zero
    caveat = f" Its interval, though, {'holds 0' if beyond else 'leaves 0 out'}." if at_odds else ""
    return (
        f"**{verdict}**: with the domains of whole simulations swapped, {test.permutations} times, a change as large "
        f"for its error came with p = {test.p_value:.2g}.{caveat}"
    )


def failure_section(rise: Correlation, strongest: Correlation | None) -> str:
    """Return the section on failure: what the rise of CKA says of it, and the strongest predictor beside it."""
    title = "Does the rise predict failure?"
    return "\n".join([title, "-" * len(title), "", _listed(failure_sentences(rise, strongest))])


def failure_sentences(rise: Correlation, strongest: Correlation | None) -> list[str]:
    """Return what is said of the rise of CKA and of the strongest predictor."""
    said = [
        f"Over {rise.n_pairs} pairs of network and domain ({rise.n_models} networks in {rise.n_groups} groups, "
        f"{rise.n_shifts} shifts), the rank correlation of {quoted(rise.predictor)} with the loss of accuracy is "
        f"{rise.rho}; beyond the moments and the spectrum of the raw input it is {rise.beyond}. These intervals "
        "resample groups of networks and shifts.",
        correlation_sentence(rise.rho),
    ]
    if strongest is not None and strongest.predictor != rise.predictor:
        said.append(
            f"The strongest of all shift_scores is {quoted(strongest.predictor)}, at {strongest.rho}, and "
            f"{strongest.beyond} beyond the raw input. It was chosen for its strength: of so many, some stand out by "
            "chance."
        )
    return said


def correlation_sentence(rho: Estimate) -> str:
    """Return what a rank correlation says of the rise as a sign of failure, and no more."""
    if not rho.has_interval:
        return "Without an interval this says nothing of other networks."
    if not rho.excludes_zero:
        return "The interval holds 0: **the rise was not seen to tell failure**."
    size = "larger" if rho.value > 0 else "smaller"
    return f"The interval leaves 0 out: **here the larger the rise, the {size} the loss**."


def _described(network: Network) -> str:
    """Return which network it is, and of which field and suite."""
    learned = "trained on" if network.is_trained else "never trained, of"
    return f"{quoted(network.name)}: reads {quoted(network.field)}, {learned} {quoted(network.suite)}"


def _listed(sentences: Sequence[str]) -> str:
    """Return sentences as a list."""
    return "".join(f"- {sentence}\n" for sentence in sentences)
