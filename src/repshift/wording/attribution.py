"""What attributions say in words: which methods are worth anything, what they fall on, where a shift comes from.

A method is faithful beyond random only where the whole interval of its gain lies above 0, and has a preference only
where a whole interval lies above 1. Text is reStructuredText.
"""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final

from repshift.wording.numbers import Estimate, quoted, two_digits

TITLE: Final = "What does the network look at?"

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
    signed, absolute
        Rank correlation of its maps with those of the network with all weights shuffled, signed and of sizes; None:
        not known.
    """

    method: str
    gains: Mapping[str, Estimate] = field(default_factory=dict)
    verdicts: Mapping[str, str] = field(default_factory=dict)
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
    return said + ([sanity_sentence(judged)] if any(_is_known(method.signed) for method in judged) else [])


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


def sanity_sentence(methods: Sequence[MethodWorth]) -> str:
    """Return how much maps are those of shuffled weights, signed and by their sizes: the most of all."""
    signed = max((one.signed for one in methods if _is_known(one.signed)), key=_size)
    said = f"With all weights shuffled, the strongest rank correlation of signed maps with the true ones is {signed}"
    known = [one for one in methods if _is_known(one.absolute)]
    if not known:
        return f"{said}."
    most = max(known, key=lambda one: _size(one.absolute))
    return f"{said}. Of sizes it is {most.absolute}, by {_method(most.method)}."


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


def precise(number: Estimate) -> str:
    """Return a number and its interval with three digits after the point.

    Examples
    --------
    >>> precise(Estimate(0.0734, 0.0641, 0.0812))
    '0.073 [0.064, 0.081]'
    """
    ends = f" [{_three_digits(number.low)}, {_three_digits(number.high)}]" if number.has_interval else ""
    return f"{_three_digits(number.value)}{ends}"


def _three_digits(value: float) -> str:
    return f"{round(value, 3) + 0.0:.3f}"


def _where(shift: AttributedShiftResult, name: str) -> str:
    """Return which share of the maps' difference lies in an environment."""
    share = shift.differences.get(name)
    return f" ({two_digits(share.value)})" if share is not None else ""


def _fill(method: MethodWorth, fill: str) -> str:
    """Return what stood in hidden blocks, where there are several fills."""
    return f" ({quoted(fill)})" if len(method.gains) > 1 else ""


def _method(name: str) -> str:
    return quoted(name.replace("_", " "))


def _is_known(number: Estimate | None) -> bool:
    return number is not None and math.isfinite(number.value)


def _size(number: Estimate | None) -> float:
    return abs(number.value) if number is not None else math.nan
