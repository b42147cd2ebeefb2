"""What a ladder of repairs says in words: what repairs a network, with how many simulations, at which price at home.

`repshift.wording.repair_results` says when a repair is said to raise a score. Text is reStructuredText.
"""

import math
from collections.abc import Iterable, Sequence
from typing import Final

from repshift.vocabulary import CRITICAL_FALL
from repshift.wording.numbers import Estimate, quoted, two_digits
from repshift.wording.repair_results import (
    NO_CONTROL,
    NO_MORE,
    OPEN,
    RAISED,
    REPAIRED,
    WORSE,
    RepairResult,
    Rung,
    RungScore,
)

TITLE: Final = "What brings the network home?"

CAUTION_OF_REPAIR: Final = (
    "Scores are of simulations that no repair saw, means over splits and seeds. Brackets are 95 % intervals by "
    "simulation: they know of no third suite. Of many rungs some gain by chance, and the best of them looks better "
    "than it is."
)

BY_CKA: Final = ("cka", "cka_off_diagonal")
"""Rungs that put CKA into the loss."""

YARDSTICKS: Final = {"batch_norm": ("Batch norm", "without training"), "mmd": ("MMD", "trained by another term")}
"""Rungs that they stand beside, whatever these score: no label of the target chose them."""

_ORDER: Final = (REPAIRED, RAISED, NO_MORE, OPEN, WORSE, NO_CONTROL)
COSTS: Final = "costs"
CHEAP: Final = f"costs less than {CRITICAL_FALL:g}"
UNKNOWN: Final = "not known"
_PRICES: Final = (COSTS, CHEAP, UNKNOWN)

_NEEDS: Final = {"yes": "It is needed by", "no": "It is not needed by", "not known": "Not known of"}


def repair_section(results: Sequence[RepairResult]) -> str:
    """Return the section of what brings networks home, a list for each case."""
    parts = [TITLE, "-" * len(TITLE), ""]
    for result in results:
        entries = "".join(f"- {sentence}\n" for sentence in repair_sentences(result))
        parts += [f"**{quoted(result.model)}** for {quoted(result.domain)}:\n", entries]
    return "\n".join([*parts, f"{CAUTION_OF_REPAIR}\n"])


def repair_sentences(result: RepairResult) -> list[str]:
    """Return what is said of a case: how it is, what raises the scores, what that costs, and what it needs."""
    said = [start_sentence(result)]
    if result.is_scored:
        for labelled in (False, True):
            said += [gain_sentence(result, output, labelled=labelled) for output in result.outputs]
    said += [price_sentence(result, output) for output in result.outputs]
    if result.is_scored:
        said += [mixed_sentence(result, output) for output in result.outputs]
        said += [prior_sentence(result), cka_sentence(result), label_free_sentence(result)]
    return [sentence for sentence in said if sentence]


def start_sentence(result: RepairResult) -> str:
    """Return how good the network is on the target as it is, and how good other models are there."""
    target = quoted(result.domain)
    if not result.is_scored:
        return f"The maps of {target} have no labels, so what repairs gain there is not known."
    said = f"As it is, {_scores(result.as_it_is, 'target', result)} on {target}"
    others = [f"{quoted(one.name)} has {_scores(one, 'target', result)}" for one in result.bounds]
    return f"{'; '.join([said, *others])}."


def gain_sentence(result: RepairResult, output: str, *, labelled: bool) -> str:
    """Return which rungs raise the score of an output on the target, with labels or without, and which do not."""
    found = []
    for rung in repairs_of(result, labelled=labelled):
        last = rung.last("target", output)
        if last is not None:
            found.append((last.verdict(trains=rung.trains), _gained(rung, last, output)))
    if not found:
        return ""
    with_labels = "with labels" if labelled else "without labels"
    about = f"{result.score} of {quoted(output)}, {with_labels} of {quoted(result.domain)}"
    return f"{about}. {_grouped(found, _ORDER)}"


def price_sentence(result: RepairResult, output: str) -> str:
    """Return what the rungs cost an output at home."""
    found = []
    for rung in repairs_of(result):
        last = rung.last("home", output)
        if last is not None and last.gain.has_interval:
            found.append((price_of(last.gain), f"{quoted(rung.name)} {as_loss(last.gain)}"))
    if not found:
        return ""
    return (
        f"At home, on {quoted(result.own)}, what {result.score} of {quoted(output)} loses. {_grouped(found, _PRICES)}"
    )


def mixed_sentence(result: RepairResult, output: str) -> str:
    """Return which rungs raise the score where it is not known which of the domains a map is of."""
    found = []
    for rung in repairs_of(result):
        last = rung.last("mixed", output)
        if last is not None and last.gain.has_interval:
            found.append((last.verdict(trains=rung.trains), f"{quoted(rung.name)} {last.score}"))
    before = result.as_it_is.last("mixed", output)
    if not found or before is None:
        return ""
    return (
        f"Where it is not known which of both a map is of, half each, {result.score} of {quoted(output)} is "
        f"{before.score} as it is. {_grouped(found, _ORDER)}"
    )


def prior_sentence(result: RepairResult) -> str:
    """Return which rungs need the target to have the prior of the model's suite, of those that raise a score at all."""
    raising = [one for one in repairs_of(result) if any(one.raises(output) for output in result.outputs)]
    found = [(one.needs_same_prior, one.name) for one in raising if one.needs_same_prior]
    if not found:
        return ""
    parts = [
        f"{words} {'; '.join(quoted(name) for verdict, name in found if verdict == word)}"
        for word, words in _NEEDS.items()
        if any(verdict == word for verdict, _ in found)
    ]
    return f"Does a repair need the target to have the same prior? {'. '.join(parts)}."


def cka_sentence(result: RepairResult) -> str:
    """Return whether CKA in the loss is worth it: beyond its control, and beside other repairs on the same maps."""
    by_cka = [rung for rung in result.rungs if rung.rung in BY_CKA]
    parts = []
    for rung in by_cka:
        for output in result.outputs:
            last = rung.last("target", output)
            if last is not None:
                parts.append(_worth(rung, last, output))
    return f"**Is CKA in the loss worth it?** {' '.join(parts)}" if parts else ""


def label_free_sentence(result: RepairResult) -> str:
    """Return which shift score goes most closely with what repairs gain, and over how many repairs."""
    known = {name: held for name, held in result.correlations.items() if held[0] == held[0]}
    if not known:
        return ""
    name, (rho, entries) = max(known.items(), key=lambda item: abs(item[1][0]))
    return (
        f'Of {len(known)} shift scores, the change of "{quoted(name)}" goes most closely with the gain: its rank '
        f"correlation over {entries} repairs is {two_digits(rho)}. It was chosen for its size and has no interval."
    )


def _worth(rung: Rung, last: RungScore, output: str) -> str:
    """Return what CKA in the loss does to an output, beside its control and other repairs on the same maps."""
    said = f"{quoted(rung.name)} has {last.score} of {quoted(output)}"
    beside = [f"{_beyond(last.over_control)} its control ({last.over_control})"]
    if not last.over_control.has_interval:
        beside = ["without a control"]
    beside += [
        f"{_beyond(found)} {name} ({found}), {how}"
        for key, (name, how) in YARDSTICKS.items()
        if (found := last.over_yardsticks.get(key, Estimate(math.nan))).has_interval
    ]
    return f"{said}: {'; '.join(beside)}."


def _beyond(difference: Estimate) -> str:
    """Return on which side of 0 the whole interval of a difference lies."""
    return {RAISED: "beyond", WORSE: "below"}.get(_side(difference), "not seen to differ from")


def repairs_of(result: RepairResult, *, labelled: bool | None = None) -> list[Rung]:
    """Return the repairs of a ladder: all, or those with labels of the target, or those without."""
    return [one for one in result.rungs if one.kind == "repair" and labelled in (None, one.labelled)]


def _scores(rung: Rung, sky: str, result: RepairResult) -> str:
    """Return the score of each output."""
    found = [(output, rung.last(sky, output)) for output in result.outputs]
    parts = [f"{one.score} of {quoted(output)}" for output, one in found if one is not None]
    return f"{result.score} is {' and '.join(parts)}" if rung is result.as_it_is else " and ".join(parts)


def _gained(rung: Rung, last: RungScore, output: str) -> str:
    """Return what a rung reaches, with how many simulations, and what its control does."""
    count = f"{last.n_simulations} simulation{'s' if last.n_simulations != 1 else ''}"
    first = rung.first_to_gain(output)
    counted = f"{count}, raised from {first} on" if first is not None and first < last.n_simulations else count
    control = f"; {last.over_control} beyond its control" if last.over_control.has_interval else ""
    return f"{quoted(rung.name)} {last.score} ({counted}; gain {last.gain}{control})"


def _grouped(found: Iterable[tuple[str, str]], order: Sequence[str]) -> str:
    """Return entries by what is said of them, in an order."""
    entries = list(found)
    groups = [(word, [text for said, text in entries if said == word]) for word in order]
    parts = [f"**{word.capitalize()}**: {'; '.join(texts)}." for word, texts in groups if texts]
    return " ".join(parts)


def price_of(gain: Estimate) -> str:
    """Return what the interval of a gain at home says of the price."""
    if gain.low > -CRITICAL_FALL:
        return CHEAP
    return COSTS if gain.high < 0 else UNKNOWN


def as_loss(gain: Estimate) -> str:
    """Return a gain as a loss."""
    return str(Estimate(-gain.value, -gain.high, -gain.low))


def _side(difference: Estimate) -> str:
    if not difference.excludes_zero:
        return OPEN
    return RAISED if difference.value > 0 else WORSE
