"""Entries of the first page: of each network one short text a question, from what its stages found.

Each names the numbers that decide, with their intervals; the page of details has the rest. Text is reStructuredText.
"""

import math
from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Final

from repshift.vocabulary import CRITICAL_FALL
from repshift.wording.attribution import BEYOND_INPUT, AttributedShiftResult, AttributionResult
from repshift.wording.numbers import listed, precise, quoted
from repshift.wording.repair import as_loss, price_of, repairs_of
from repshift.wording.repair_results import RAISED, REPAIRED, RepairResult, Rung
from repshift.wording.shifts import UNTRAINED, Network, Shift, accuracy_sentences, similarity_sentence
from repshift.wording.stress import Side, StressResult, ratios_of, strength_of, unknown_sentence
from repshift.wording.trust import IntervalResult, TrustResult

MOST_OUTPUTS: Final = 3
"""Outputs that an entry names; of more it names those of largest fall."""

_MOST_AXES: Final = 2
_BOUNDED: Final = 0.99
"""Share of maps with finite intervals from which on intervals are said to hold."""

_HELD: Final = {"holds": "hold", "too rarely": "hold too rarely", "too often": "hold too often", "": "cover"}


def failing(network: Network) -> str:
    """Return what falls on the domain of largest fall, and of several domains how many hold."""
    worst = network.worst
    if worst is None:
        return "It is shown no domain beside its own, so there is nothing to compare."
    said = accuracy_sentences(worst, most=MOST_OUTPUTS) if network.is_trained else [UNTRAINED]
    return " ".join([*said, *_domains(network, worst)])


def layers(worst: Shift, unlearned: Sequence[Shift]) -> str:
    """Return how the layers change on the domain of largest fall, and whether those of an untrained network do so too.

    Parameters
    ----------
    worst
        What the network shows there.
    unlearned
        What untrained networks of the same field and suite show there.
    """
    said = similarity_sentence(worst)
    rises = [one.test.change for one in unlearned if one.test is not None and one.test.is_rise]
    if rises and worst.test is not None and worst.test.is_rise:
        return f"{said} **An untrained network's rises too**, by {rises[0]}: a rise needs no learning."
    return said


def breaking(result: StressResult) -> str:
    """Return along how many axes a score falls, at which strengths along the first, and whether any score warns."""
    if not result.sides:
        return unknown_sentence(result.score)
    broken = [side for side in result.sides if side.is_reached]
    if not broken:
        tried = f"any of {len(result.sides)} axes and directions"
        return f"On {quoted(result.own)}, a fall of {result.score} by {CRITICAL_FALL:g} was not reached along {tried}."
    named = [_strength(side) for side in broken[:_MOST_AXES]]
    named += [f"{len(broken) - len(named)} more"] if len(broken) > len(named) else []
    said = (
        f"On {quoted(result.own)}, {result.score} of an output falls by {CRITICAL_FALL:g} along {len(broken)} of "
        f"{len(result.sides)} axes and directions: {', '.join(named)}."
    )
    return f"{said} {_warned(broken)}".strip()


def carrying(result: AttributionResult, other: str) -> str:
    """Return which pixels carry most of a shift; without any, how many attributions are beyond the input."""
    twins = [one for one in result.shifts if one.twin == other] or list(result.shifts)
    if twins:
        first = twins[0]
        same = [one for one in twins if (one.domain, one.twin) == (first.domain, first.twin)][:MOST_OUTPUTS]
        way = f"From {quoted(first.domain)} to its twin {quoted(first.twin)}"
        return f"{way} outputs shift, most of it at a rank of the pixels: {'; '.join(map(_carried, same))}."
    verdicts = [word for one in result.outputs for method in one.methods for word in method.over_input.values()]
    beyond = Counter(verdicts)[BEYOND_INPUT]
    return f"Of {len(verdicts)} attributions {beyond} are {BEYOND_INPUT}." if verdicts else ""


def repairing(result: RepairResult) -> str:
    """Return the repair that raises most, to what, and its price at home; or that none was seen to."""
    target = quoted(result.domain)
    if not result.is_scored:
        return f"Not known: the maps of {target} have no labels."
    repairs = [one for one in repairs_of(result) if any(one.last("target", output) for output in result.outputs)]
    able = [one for one in repairs if any(one.raises(output) for output in result.outputs)]
    if not able:
        return f"**No repair of {len(repairs)} was seen to raise {result.score}** on {target}."
    best = max(able, key=lambda one: _rank(one, result.outputs))
    return f"{_raised(best, result, len(repairs))} {_priced(best, result)}".strip()


def trusting(own: TrustResult | None, away: TrustResult | None) -> str:
    """Return whether the network's own intervals hold at home and away, which others hold there, what tells errors."""
    there = [one for one in (own, away) if one is not None]
    held = [text for one in there if (text := _own_intervals(one))]
    level = next((one.level for result in there for found in result.intervals.values() for one in found), math.nan)
    said = f"Its own {100 * level:.3g} % intervals {'; '.join(held)}." if held else ""
    for sentence in (_conformal, _errors):
        for one in there[-1:]:
            said = f"{said} {sentence(one, 'there' if said else f'on {quoted(one.domain)}')}".strip()
    return said


def _domains(network: Network, worst: Shift) -> list[str]:
    """Return of several domains which is said to be worst, on how many nothing falls, and which are not scored."""
    if len(network.shifts) < 2:
        return []
    scored = [one for one in network.shifts if one.is_scored]
    unscored = [quoted(one.other) for one in network.shifts if not one.is_scored]
    said = []
    falling = [one for one in scored if one.falls]
    if len(scored) > 1 and falling and network.is_trained:
        holding = [quoted(one.other) for one in scored if one.holds]
        most = f"A score falls on {len(falling)} of {len(scored)} domains, **most on {quoted(worst.other)}**"
        said.append(f"{most}{f'; not seen to on {listed(holding)}' if holding else ''}.")
    if not scored and worst.label_free is not None:
        said.append(f"Of {len(unscored)} domains, **most lie outside on {quoted(worst.other)}**.")
    if scored and unscored:
        said.append(f"Not scored: {', '.join(unscored)}.")
    return said


def _strength(side: Side) -> str:
    """Return where the first output breaks along an axis."""
    output, critical = min(side.critical.items(), key=lambda item: item[1].value)
    return f"{side.what} {strength_of(critical, side)}{side.unit} ({quoted(output)})"


def _warned(broken: Sequence[Side]) -> str:
    """Return along how many axes a label-free score warns; nothing where none was asked."""
    ratios = [ratios_of(side) for side in broken]
    if not any(ratios):
        return ""
    warned = sum(any(ratio.high < 1 for ratio in of_side.values()) for of_side in ratios)
    if not warned:
        return f"**No early warning** was seen from {max(map(len, ratios))} label-free scores."
    return f"Label-free scores **warn before** along {warned} of these."


def _carried(shift: AttributedShiftResult) -> str:
    """Return how far an output moves, and which environment carries most, of those whose interval leaves 0 out."""
    said = f"{quoted(shift.output)} by {precise(shift.shift)}"
    clear = {name: part for name, part in shift.environments.items() if part.excludes_zero}
    if not clear:
        return said
    name, part = max(clear.items(), key=lambda item: abs(item[1].value))
    return f"{said}, **{quoted(name)}** {precise(part)}"


def _rank(rung: Rung, outputs: Sequence[str]) -> tuple[float, ...]:
    """Return how good a rung is: outputs above a guess, outputs raised, and the lowest end of its scores."""
    last = [one for output in outputs if (one := rung.last("target", output)) is not None]
    words = [one.verdict(trains=rung.trains) for one in last]
    return words.count(REPAIRED), words.count(REPAIRED) + words.count(RAISED), min(one.score.low for one in last)


def _raised(rung: Rung, result: RepairResult, count: int) -> str:
    """Return to what a rung brings the score of each output on the target, by what its intervals say."""
    found = {output: one for output in result.outputs if (one := rung.last("target", output)) is not None}
    words: dict[str, list[str]] = {}
    for output, one in list(found.items())[:MOST_OUTPUTS]:
        words.setdefault(one.verdict(trains=rung.trains), []).append(f"{quoted(output)} {one.score}")
    seen = max(one.n_simulations for one in found.values())
    labels = "with" if rung.labelled else "no"
    return (
        f"**{quoted(rung.name)}**, the best of {count} ({seen} simulations, {labels} labels): {result.score} on "
        f"{quoted(result.domain)} is {_by_word(words)}."
    )


def _priced(rung: Rung, result: RepairResult) -> str:
    """Return what a rung costs at home, by what its intervals say."""
    prices: dict[str, list[str]] = {}
    for output in result.outputs[:MOST_OUTPUTS]:
        last = rung.last("home", output)
        if last is not None and last.gain.has_interval:
            prices.setdefault(price_of(last.gain), []).append(f"{quoted(output)} {as_loss(last.gain)}")
    return f"At home, on {quoted(result.own)}, it {_by_word(prices)}." if prices else ""


def _own_intervals(result: TrustResult) -> str:
    """Return how often the network's own intervals hold the truth on a domain, by what that says."""
    words: dict[str, list[str]] = {}
    for output, intervals in list(result.intervals.items())[:MOST_OUTPUTS]:
        for one in intervals:
            if one.kind == "predicted" and math.isfinite(one.coverage.value):
                words.setdefault(_HELD.get(one.holds, one.holds), []).append(f"{quoted(output)} {one.coverage}")
    return f"on {quoted(result.domain)} {_by_word(words)}" if words else ""


def _conformal(result: TrustResult, where: str) -> str:
    """Return which conformal intervals hold for every output and are finite for nearly all maps."""
    kinds: dict[str, list[IntervalResult]] = {}
    for one in (one for intervals in result.intervals.values() for one in intervals):
        if one.kind != "predicted" and one.coverage.has_interval:
            kinds.setdefault(one.kind, []).append(one)
    holding = [name for name, found in kinds.items() if all(map(_holds, found))]
    if not kinds:
        return ""
    named = f" ({', '.join(name.replace('_', ' ') for name in holding)})" if 0 < len(holding) < len(kinds) else ""
    count = f"{len(holding) or 'none'} {'hold' if len(holding) > 1 else 'holds'}"
    every = " for every output" if len(result.intervals) > 1 else ""
    return f"Of {len(kinds)} kinds of conformal intervals {where} **{count}**{every}{named}."


def _holds(one: IntervalResult) -> bool:
    return one.holds == "holds" and not one.bounded < _BOUNDED


def _errors(result: TrustResult, where: str) -> str:
    """Return which scores tell the errors of an output beyond the pixels."""
    beyond: dict[str, list[str]] = {}
    for output, scores in result.scores.items():
        for one in scores:
            if not one.is_baseline and one.difference.excludes_zero and one.difference.value > 0:
                beyond.setdefault(f'"{quoted(one.label)}"', []).append(quoted(output))
    if not result.scores:
        return ""
    if not beyond:
        return _by_the_pixels(result, where)
    named = [f"{label} ({', '.join(outputs)})" for label, outputs in list(beyond.items())[:2]]
    return f"Beyond the pixels, errors {where} **go with** {listed(named)}."


def _by_the_pixels(result: TrustResult, where: str) -> str:
    """Return which outputs' errors the pixels alone tell, where no score is beyond them."""
    alone = {
        output: one.rank_correlation for output, found in result.scores.items() for one in found if one.is_baseline
    }
    going = [f"{quoted(output)} {rho}" for output, rho in alone.items() if rho.excludes_zero and rho.value > 0]
    if not going:
        return f"**No score was seen to go with errors** {where} beyond the pixels."
    said = f"Errors {where} go with the standard deviation of the pixels: {', '.join(going)}"
    return f"{said}; **no score was seen to go beyond it**."


def _by_word(numbers: Mapping[str, Sequence[str]]) -> str:
    """Return numbers by the word that is said of them."""
    return "; ".join(f"**{word}**: {', '.join(found)}" for word, found in numbers.items())
