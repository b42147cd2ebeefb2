"""What trust map by map says in words: which score tells the error, whether intervals hold, at home and abroad.

A score is beyond the pixels only where the whole interval of its difference to the baseline lies above 0. Intervals
hold only where that of their coverage reaches the level. Text is reStructuredText.
"""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final

from repshift.wording.numbers import Estimate, quoted, two_digits

TITLE: Final = "When can the network be believed?"

CAUTION_OF_TRUST: Final = (
    "Every score stands beside the standard deviation of the pixels, which knows no network. Conformal intervals are "
    "set on half of the own domain's simulations. They hold on maps like those, and nothing says so of others. "
    "Disagreement of trials stands for Bayesian networks: it is that of trainings, not a posterior."
)

_CONFORMAL: Final = {
    "plain": "plain conformal intervals",
    "weighted": "those weighted by distance",
    "over_std": "those over the predicted standard deviation",
    "over_distance": "those over distance",
}
_PREDICTED: Final = "the network's own intervals"


@dataclass(frozen=True)
class TrustScoreResult:
    """A trust score beside the errors of an output.

    Attributes
    ----------
    label
        Words of the score.
    is_baseline
        Whether the others are compared with it.
    rank_correlation, worst_tenth
        With the absolute error; AUC of finding the tenth of largest error.
    difference
        Of the rank correlation, less the baseline's.
    domain
        AUC of telling the maps from those of the own domain.
    """

    label: str
    is_baseline: bool
    rank_correlation: Estimate
    difference: Estimate
    worst_tenth: Estimate
    domain: Estimate


@dataclass(frozen=True)
class IntervalResult:
    """Intervals of an output.

    Attributes
    ----------
    kind
        "predicted", or a kind of conformal intervals.
    level, attainable
        Share of maps that they should hold, and that so many simulations can attain; NaN where that is any.
    coverage
        Share of maps that they hold.
    bounded
        Share of maps whose interval is finite.
    """

    kind: str
    level: float
    attainable: float
    coverage: Estimate
    bounded: float = math.nan

    @property
    def holds(self) -> str:
        """Whether they hold the truth as often as they should, as a sentence says it."""
        if not self.coverage.has_interval:
            return ""
        if self.coverage.high < self.level:
            return "too rarely"
        return "too often" if self.coverage.low > max(self.level, self.attainable) else "holds"


@dataclass(frozen=True)
class TrustResult:
    """What is known of the trust in a network on a domain.

    Attributes
    ----------
    model, domain
        Labels.
    is_own
        Whether the domain is the model's own.
    scores, intervals
        By output.
    """

    model: str
    domain: str
    is_own: bool
    scores: Mapping[str, Sequence[TrustScoreResult]] = field(default_factory=dict)
    intervals: Mapping[str, Sequence[IntervalResult]] = field(default_factory=dict)


def trust_section(results: Sequence[TrustResult]) -> str:
    """Return the section of when networks can be believed, a list for each case."""
    parts = [TITLE, "-" * len(TITLE), ""]
    for result in results:
        entries = "".join(f"- {sentence}\n" for sentence in trust_sentences(result))
        where = "its own domain" if result.is_own else "another domain"
        parts += [f"**{quoted(result.model)}** on {quoted(result.domain)}, {where}:\n", entries]
    return "\n".join([*parts, f"{CAUTION_OF_TRUST}\n"])


def trust_sentences(result: TrustResult) -> list[str]:
    """Return what is said of a case: which score tells the error, the domain, and whether intervals hold."""
    said = [error_sentence(result, output) for output in result.scores]
    said += [domain_sentence(result)]
    said += [coverage_sentence(result, output) for output in result.intervals]
    return [sentence for sentence in said if sentence]


def error_sentence(result: TrustResult, output: str) -> str:
    """Return which scores go with the error of an output, and which do so beyond the pixels."""
    known = [one for one in result.scores[output] if math.isfinite(one.rank_correlation.value)]
    if not known:
        return ""
    order = sorted(known, key=lambda one: -one.rank_correlation.value)
    baseline = next((one for one in known if one.is_baseline), None)
    seen = [one for one in order if one.rank_correlation.excludes_zero and one.rank_correlation.value > 0]
    about = f"{quoted(output)}: "
    if not seen:
        return f"{about}**no score was seen to tell which maps have large errors**."
    first = seen[0]
    said = f"{about}the error goes most closely with {_quoted(first)}, rank correlation {first.rank_correlation}"
    said += f" (finding the worst tenth: AUC {first.worst_tenth})"
    if baseline is not None and first is not baseline:
        said += f"; the pixels alone have {baseline.rank_correlation}"
    beyond = [one for one in order if not one.is_baseline and one.difference.excludes_zero and one.difference.value > 0]
    below = [one for one in order if not one.is_baseline and one.difference.excludes_zero and one.difference.value < 0]
    more = f"**Beyond the pixels**: {_listed(beyond)}." if beyond else "**No score was seen to go beyond the pixels.**"
    less = f" Below them: {_listed(below)}." if below else ""
    against = [one for one in order if one.rank_correlation.excludes_zero and one.rank_correlation.value < 0]
    wrong = f" **It points the wrong way**: {_listed(against, signed=True)}." if against else ""
    return f"{said}. {more}{less}{wrong}"


def domain_sentence(result: TrustResult) -> str:
    """Return which scores tell the maps from those of the own domain."""
    scores = next(iter(result.scores.values()), ())
    known = sorted((one for one in scores if math.isfinite(one.domain.value)), key=lambda one: -one.domain.value)
    if not known:
        return ""
    first, baseline = known[0], next((one for one in known if one.is_baseline), None)
    if not (first.domain.has_interval and first.domain.low > 0.5):
        return "No score was seen to separate these maps from those of the own domain."
    beside = f"; the pixels alone have {baseline.domain}" if baseline is not None and first is not baseline else ""
    return (
        f"These maps are separated from those of the own domain best by {_quoted(first)}, AUC {first.domain}{beside}."
    )


def coverage_sentence(result: TrustResult, output: str) -> str:
    """Return which intervals hold the truth as often as they should."""
    known = [one for one in result.intervals[output] if math.isfinite(one.coverage.value)]
    if not known:
        return ""
    level = known[0].level
    attainable = [one.attainable for one in known if math.isfinite(one.attainable)]
    attained = f" ({100 * attainable[0]:.3g} % is what so many simulations attain)" if attainable else ""
    parts = [f"{_kind(one.kind)} {one.coverage}{_verdict(one)}{_bounded(one)}" for one in known]
    said = f"{quoted(output)}: intervals that should hold the truth of {100 * level:.3g} % of maps{attained} do so for"
    return f"{said}: {'; '.join(parts)}."


def _kind(name: str) -> str:
    return _CONFORMAL.get(name, _PREDICTED if name == "predicted" else quoted(name))


def _verdict(one: IntervalResult) -> str:
    word = one.holds
    return f" (**{word}**)" if word in ("too rarely", "too often") else f" ({word})" if word else ""


def _bounded(one: IntervalResult) -> str:
    """Return for how many maps intervals say nothing, being infinite."""
    if not math.isfinite(one.bounded) or one.bounded > 0.99:
        return ""
    return f", but finite for a share of {two_digits(one.bounded)} alone"


def _listed(scores: Sequence[TrustScoreResult], *, signed: bool = False) -> str:
    return "; ".join(f"{_quoted(one)} {one.rank_correlation if signed else f'by {one.difference}'}" for one in scores)


def _quoted(one: TrustScoreResult) -> str:
    return f'"{quoted(one.label)}"'
