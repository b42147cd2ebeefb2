"""What a stress says in words: where a network breaks first, whether a score warns before, where another suite lies.

A score warns before only where the whole interval of the ratio lies below 1; what is not reached is said to be so. Text
is reStructuredText.
"""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final

from repshift.vocabulary import CRITICAL_FALL
from repshift.wording.numbers import Estimate, quoted

TITLE: Final = "How far may the maps change?"

CAUTION_OF_STRESS: Final = (
    "Brackets of critical strengths hold for all strengths and axes of a domain together, with 95 %. Of so many scores "
    "and axes some warn, or alarm, by chance."
)

_REACHED: Final = "not reached"


@dataclass(frozen=True)
class Side:
    """An axis in one direction, for a network on its own domain.

    Attributes
    ----------
    label, units
        What the axis is, and the unit of its strengths.
    sign
        "positive" or "negative" strengths; empty where the axis has one direction alone.
    smallest, largest
        Smallest strength beside 0, and the largest, without their sign.
    moves_labels
        Whether the labels should change along it.
    critical
        Critical strength by output; infinite: not reached.
    warnings
        By score, then output: the critical strength of the score over that of the output.
    alarms
        Scores that pass their limit though the axis costs nothing.
    """

    label: str
    units: str
    sign: str
    smallest: float
    largest: float
    moves_labels: bool
    critical: Mapping[str, Estimate]
    warnings: Mapping[str, Mapping[str, Estimate]] = field(default_factory=dict)
    alarms: Sequence[str] = ()

    @property
    def what(self) -> str:
        """What it is, and its direction where it has two."""
        return f"{self.sign} {quoted(self.label)}".strip()

    @property
    def unit(self) -> str:
        """Its unit as it follows a number, of several words in brackets; nothing of a number alone."""
        if self.units in ("", "1"):
            return ""
        return f" ({quoted(self.units)})" if " " in self.units else f" {quoted(self.units)}"

    @property
    def name(self) -> str:
        """What it is, its direction and its unit."""
        return f"{self.what} [{quoted(self.units)}]" if self.unit else self.what

    @property
    def is_reached(self) -> bool:
        """Whether the score of an output falls by so much within the axis."""
        return any(math.isfinite(one.value) for one in self.critical.values())


@dataclass(frozen=True)
class Place:
    """Where another domain lies along an axis in one direction: by score, infinite where it lies beyond."""

    side: Side
    positions: Mapping[str, Estimate]


@dataclass(frozen=True)
class StressResult:
    """What a network shows under stress.

    Attributes
    ----------
    model, own
        Labels of the network and of its own domain.
    score
        The score that falls, as a sentence begins with it.
    sides
        The axes, a direction each.
    places
        Where each other domain lies, by its label.
    """

    model: str
    own: str
    score: str
    sides: Sequence[Side]
    places: Mapping[str, Sequence[Place]] = field(default_factory=dict)


def stress_section(results: Sequence[StressResult]) -> str:
    """Return the section of what networks show under stress, a list each."""
    parts = [TITLE, "-" * len(TITLE), ""]
    for result in results:
        entries = "".join(f"- {sentence}\n" for sentence in stress_sentences(result))
        parts += [f"**{quoted(result.model)}** on {quoted(result.own)}:\n", entries]
    return "\n".join([*parts, f"{CAUTION_OF_STRESS}\n"])


def stress_sentences(result: StressResult) -> list[str]:
    """Return what is said of a network: an entry an axis along which it breaks, then what does not break it."""
    broken = [side for side in result.sides if side.is_reached]
    said = [breaking_sentence(result.score, side) for side in broken]
    said += [warning_sentence(broken)] if any(map(ratios_of, broken)) else []
    kept = [side for side in result.sides if side.critical and not side.is_reached]
    said += [safe_sentence(result.score, kept)] if kept else []
    alarms = [side for side in result.sides if side.alarms]
    said += [alarm_sentence(alarms)] if alarms else []
    said += [] if result.sides else [unknown_sentence(result.score)]
    said += [place_sentence(other, places) for other, places in result.places.items() if places]
    return said


def breaking_sentence(score: str, side: Side) -> str:
    """Return at which strength each output breaks, the first one first."""
    order = sorted(side.critical.items(), key=lambda item: item[1].value)
    first, *others = [strength_of(one, side) for _, one in order]
    (name, _), *rest = order
    more = [f"that of {quoted(other)} {where}" for (other, _), where in zip(rest, others, strict=True)]
    moves = " The labels should change along this axis." if side.moves_labels else ""
    return f"**{side.name}**: {score} of {quoted(name)} falls by {CRITICAL_FALL:g} {', '.join([first, *more])}.{moves}"


def ratios_of(side: Side) -> dict[str, Estimate]:
    """Return the critical strength of each score over that of the output that breaks first."""
    first = min(side.critical, key=lambda name: side.critical[name].value)
    return {score: of_outputs[first] for score, of_outputs in side.warnings.items() if first in of_outputs}


def warning_sentence(sides: Sequence[Side]) -> str:
    """Return along which axes scores pass their limit before an output breaks, and along how many none was seen to."""
    named, count = [], max(len(ratios_of(side)) for side in sides)
    for side in sides:
        ratios = ratios_of(side)
        before = sorted((ratio.value, score) for score, ratio in ratios.items() if ratio.high < 1)
        if before:
            value, score = before[0]
            ratio = ratios[score]
            ends = f"at {value:.2g} [{ratio.low:.2g}, {ratio.high:.2g}] of the critical strength"
            named.append(f'{side.what} ({len(before)} of {len(ratios)}, first "{quoted(score)}", {ends})')
    if not named:
        return f"**No early warning**: none of {count} label-free scores was seen to warn before the first output fell."
    rest = len(sides) - len(named)
    none = f" Along {rest} more, no score was seen to." if rest else ""
    return f"**Early warnings**, label-free scores before the first output falls: {'; '.join(named)}.{none}"


def safe_sentence(score: str, sides: Sequence[Side]) -> str:
    """Return along which axes no output was seen to break, and whether the bands leave it open."""
    named = [f"{side.what} (to {side.largest:.3g}{side.unit}{_open(side)})" for side in sides]
    return f"A fall of {score} by {CRITICAL_FALL:g} is not reached along {', '.join(named)}."


def unknown_sentence(score: str) -> str:
    """Return why a network has no critical strength along any axis."""
    return (
        f"**No critical strength**: even unperturbed, {score} of no output is far enough above that of a guess to fall."
    )


def alarm_sentence(sides: Sequence[Side]) -> str:
    """Return which scores alarm falsely, by axis."""
    named = []
    for side in sides:
        scores = ", ".join(f'"{quoted(score)}"' for score in side.alarms)
        named.append(f"{side.what}: {scores}")
    return f"**False alarms**, where the axis costs nothing and the score passes its limit: {'; '.join(named)}."


def place_sentence(other: str, places: Sequence[Place]) -> str:
    """Return where another domain lies along each axis: the middle of the scores, and how many reach it."""
    named, same, beyond, numbers = [], [], [], set()
    for place in places:
        side, ranked = place.side, sorted(place.positions.items(), key=lambda item: item[1].value)
        numbers.add(len(ranked))
        reached = sum(math.isfinite(one.value) for _, one in ranked)
        score, middle = ranked[(len(ranked) - 1) // 2]
        if middle.value == 0:
            same.append(side.what)
        elif math.isfinite(middle.value):
            where = f"{middle.value:.2g}{_ends(middle)}{side.unit}"
            named.append(f'{side.what} at {where} ("{quoted(score)}"; {reached} reach it)')
        else:
            beyond.append(f"{side.what} ({reached})")
    count = " or ".join(map(str, sorted(numbers)))
    said = f"By the middle of {count} scores, **{quoted(other)}** looks to this network like "
    said = f"{said}{', '.join(named)}." if named else ""
    if same:
        said += (
            f" By the middle of {count} scores, **{quoted(other)}** looks like no perturbation along {', '.join(same)}."
        )
    if beyond:
        said += f" At most half of {count} scores reach **{quoted(other)}** along {', '.join(beyond)}."
    return said.strip()


def strength_of(critical: Estimate, side: Side) -> str:
    """Return where an output breaks, with the ends of the interval; or that it does not."""
    if math.isinf(critical.value):
        return f"{_REACHED} within {side.largest:.3g}"
    if critical.high < side.smallest:
        return f"below {side.smallest:.3g}, the smallest strength"
    return f"at {critical.value:.2g}{_ends(critical)}"


def _ends(number: Estimate) -> str:
    """Return the ends of an interval, where there is one; an infinite one is not reached."""
    return "" if math.isnan(number.low) else f" [{_end(number.low)}, {_end(number.high)}]"


def _end(value: float) -> str:
    return _REACHED if math.isinf(value) else f"{value:.2g}"


def _open(side: Side) -> str:
    """Return from which strength on the bands of an axis leave a fall open; nothing where they exclude it."""
    lows = [one.low for one in side.critical.values() if math.isfinite(one.low)]
    return f", though the band leaves it open from {min(lows):.2g}" if lows else ""
