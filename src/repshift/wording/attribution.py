"""What attributions say in words: which methods are worth anything, what they fall on, where a shift comes from.

A method is faithful beyond random, or beyond the input, only where the whole interval of its gain lies above 0. It
fails the check of shuffled weights only where a whole interval lies beyond `KEPT_AT_MOST` in size, and has a preference
only where a whole interval lies above 1. Text is reStructuredText.
"""

import math
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final

from repshift.wording.numbers import Estimate, precise, quoted, two_digits

TITLE: Final = "What does the network look at?"

KEPT_AT_MOST: Final = 0.1
"""Signed rank correlation that a map may keep, in size, with all weights shuffled: 1 % of the variance of ranks."""

BEYOND_INPUT: Final = "beyond the input"
"""Verdict of a method that orders blocks of pixels better than the input alone."""

CAUTION_OF_ATTRIBUTION: Final = (
    "Gains and shifts are in the units that the network's outputs are scaled to, of classes in log odds. Pixels are "
    "ranked within their map, by the density that the configuration names or by their own value. A map says what moves "
    "this network's output, not what the sky does."
)


@dataclass(frozen=True)
class MethodWorth:
    """What the nulls say of a method.

    Attributes
    ----------
    method
        Its name.
    gains, verdicts
        By what stood in the hidden blocks: how much more the output moved than in random order, and what that says.
    over_input
        Likewise, what is said of the same beside the order of |input - baseline|.
    signed, absolute
        Rank correlation of its maps with those of the network with all weights shuffled, signed and of sizes; None:
        not known.
    """

    method: str
    gains: Mapping[str, Estimate] = field(default_factory=dict)
    verdicts: Mapping[str, str] = field(default_factory=dict)
    over_input: Mapping[str, str] = field(default_factory=dict)
    signed: Estimate | None = None
    absolute: Estimate | None = None


@dataclass(frozen=True)
class AttributedOutput:
    """An output of a network on a domain.

    Attributes
    ----------
    domain, output
        Labels.
    methods
        What the nulls say of each.
    preferring, preferences
        A method whose values are contributions, and by environment its share over that of |input - baseline|.
    """

    domain: str
    output: str
    methods: Sequence[MethodWorth]
    preferring: str = ""
    preferences: Mapping[str, Estimate] = field(default_factory=dict)


@dataclass(frozen=True)
class AttributedShiftResult:
    """The mean change of an output from a domain to its twin, and its parts.

    Attributes
    ----------
    domain, twin, output
        Labels.
    shift
        The mean change.
    environments, differences
        By environment, its part, and the share of the difference of the maps in it.
    """

    domain: str
    twin: str
    output: str
    shift: Estimate
    environments: Mapping[str, Estimate] = field(default_factory=dict)
    differences: Mapping[str, Estimate] = field(default_factory=dict)


@dataclass(frozen=True)
class AttributionResult:
    """What is known of what a network looks at."""

    model: str
    outputs: Sequence[AttributedOutput] = ()
    shifts: Sequence[AttributedShiftResult] = ()


def attribution_section(results: Sequence[AttributionResult]) -> str:
    """Return the section of what networks look at, a list each."""
    parts = [TITLE, "-" * len(TITLE), ""]
    for result in results:
        entries = "".join(f"- {sentence}\n" for sentence in attribution_sentences(result))
        parts += [f"**{quoted(result.model)}**:\n", entries]
    return "\n".join([*parts, f"{CAUTION_OF_ATTRIBUTION}\n"])


def attribution_sentences(result: AttributionResult) -> list[str]:
    """Return what is said of a network: where a shift comes from first, then what its maps are worth."""
    said = [shift_sentence(shift) for shift in result.shifts]
    for one in result.outputs:
        said += [worth_sentence(one)] if any(method.gains for method in one.methods) else []
        said += [preference_sentence(one)] if one.preferences else []
    judged = [method for one in result.outputs for method in one.methods]
    said += [input_sentence(result.outputs)] if any(method.over_input for method in judged) else []
    return said + ([sanity_sentence(result.outputs)] if any(_is_known(method.signed) for method in judged) else [])


def worth_sentence(one: AttributedOutput) -> str:
    """Return which methods order pixels better than chance does, and by how much."""
    by_verdict: dict[str, list[str]] = {}
    for method in one.methods:
        for fill, gain in method.gains.items():
            by_verdict.setdefault(method.verdicts[fill], []).append(
                f"{_method(method.method)} {precise(gain)}{_fill(method, fill)}"
            )
    verdicts = "; ".join(f"**{verdict}** {', '.join(named)}" for verdict, named in by_verdict.items())
    return (
        f"{quoted(one.output)} on {quoted(one.domain)}: its fall as blocks of pixels are hidden in the order of a "
        f"method, less its fall in random order. {verdicts}."
    )


def preference_sentence(one: AttributedOutput) -> str:
    """Return in which environment a method has most beyond what the input alone has; or that it has in none."""
    about = f"{_method(one.preferring)} of {quoted(one.output)} on {quoted(one.domain)}"
    beyond = {name: ratio for name, ratio in one.preferences.items() if ratio.has_interval and ratio.low > 1}
    if not beyond:
        return f"In no environment is {about} seen to exceed the share of the input itself."
    name, ratio = max(beyond.items(), key=lambda item: item[1].value)
    return (
        f"Pixels of rank {quoted(name)} have {ratio} times the share of {about} that the input alone would give them, "
        "the most of all environments."
    )


def input_sentence(outputs: Sequence[AttributedOutput]) -> str:
    """Return for how many combinations methods beat the order of |input - baseline| too, and which do not."""
    judged = [
        (verdict, f"{_of_output(method, one)}{_fill(method, fill)}")
        for one in outputs
        for method in one.methods
        for fill, verdict in method.over_input.items()
    ]
    beyond = Counter(verdict for verdict, _ in judged)[BEYOND_INPUT]
    said = (
        "The input alone, without any network, orders blocks too: by the sum of their \\|input - baseline\\|. Of "
        f"{len(judged)} combinations of method, output, domain and fill, **{beyond} {'is' if beyond == 1 else 'are'} "
        f"{BEYOND_INPUT} too**"
    )
    others: dict[str, list[str]] = {}
    for verdict, name in judged:
        if verdict != BEYOND_INPUT:
            others.setdefault(verdict, []).append(name)
    return (
        ". ".join([said, *(f"{verdict.capitalize()}: {', '.join(names)}" for verdict, names in others.items())]) + "."
    )


def sanity_sentence(outputs: Sequence[AttributedOutput]) -> str:
    """Return which maps are most like those of shuffled weights, and which fail that check."""
    judged = [(one, method) for one in outputs for method in one.methods if _is_known(method.signed)]
    of, most = max(judged, key=lambda pair: _size(pair[1].signed))
    said = (
        "With all weights shuffled, the signed rank correlation with the true map should be near 0. The largest is "
        f"{most.signed}: {_of_output(most, of)}"
    )
    failed = [_of_output(method, one) for one, method in judged if _fails(method.signed)]
    said += f". **Beyond {KEPT_AT_MOST:g} in size, a failed check**: {', '.join(failed)}" if failed else ""
    known = [(one, method) for one in outputs for method in one.methods if _is_known(method.absolute)]
    if not known:
        return f"{said}."
    of, most = max(known, key=lambda pair: _size(pair[1].absolute))
    return f"{said}. Of sizes the largest is {most.absolute}: {_of_output(most, of)}."


def shift_sentence(shift: AttributedShiftResult) -> str:
    """Return how far an output moves from a domain to its twin, and which pixels carry most and least of it."""
    said = (
        f"From {quoted(shift.domain)} to its twin {quoted(shift.twin)}, **{quoted(shift.output)} shifts by "
        f"{precise(shift.shift)}**"
    )
    if not shift.environments:
        return f"{said}."
    parts = [f"{quoted(name)} {precise(part)}{_where(shift, name)}" for name, part in shift.environments.items()]
    beside = " (in brackets the share of the maps' difference there)" if shift.differences else ""
    return f"{said}. By rank of the pixels{beside}: {'; '.join(parts)}."


def _where(shift: AttributedShiftResult, name: str) -> str:
    """Return which share of the maps' difference lies in an environment."""
    share = shift.differences.get(name)
    return f" ({two_digits(share.value)})" if share is not None else ""


def _fill(method: MethodWorth, fill: str) -> str:
    """Return what stood in hidden blocks, where there are several fills."""
    return f" ({quoted(fill)})" if len(method.gains) > 1 else ""


def _method(name: str) -> str:
    return quoted(name.replace("_", " "))


def _of_output(method: MethodWorth, one: AttributedOutput) -> str:
    return f"{_method(method.method)} of {quoted(one.output)} on {quoted(one.domain)}"


def _fails(number: Estimate | None) -> bool:
    """Return whether a whole interval lies beyond what a map may keep with all weights shuffled."""
    return number is not None and number.has_interval and (number.low > KEPT_AT_MOST or number.high < -KEPT_AT_MOST)


def _is_known(number: Estimate | None) -> bool:
    return number is not None and math.isfinite(number.value)


def _size(number: Estimate | None) -> float:
    return abs(number.value) if number is not None else math.nan
