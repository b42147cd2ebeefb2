"""The numbers of the entries of a ladder: scores, gains, the prior that a repair needs, label-free numbers."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final

import numpy as np
import numpy.typing as npt

from repshift.evidence.map_scores import BIAS, RMSE, MapScore
from repshift.evidence.repair.correlations import correlations_with_gain
from repshift.evidence.repair.judgement import Resampled, resampled_domain, resampled_scores
from repshift.evidence.repair.prior import difference_over_splits, needs_same_prior, word_of_tests
from repshift.evidence.repair.quantities import LOWER_HALF, ONE_COSMOLOGY, RANDOM_HALF, SAME_PRIOR, SKIES
from repshift.evidence.repair.runs import Entries, LadderRuns, entries_of
from repshift.statistics.resampling import Interval

Values = npt.NDArray[np.float64]
Found = dict[str, Any]

_TARGET: Final = SKIES.index("target")


@dataclass(frozen=True)
class Judgement:
    """How runs are judged.

    Attributes
    ----------
    score
        Of predictions.
    n_resamples, seed
        Of the bootstrap by simulation.
    parameter
        Name of the parameter whose prior is tried; None: no prior is.
    """

    score: MapScore
    n_resamples: int
    seed: int
    parameter: str | None = None


def entry_numbers(ladder: LadderRuns, judgement: Judgement) -> tuple[Entries, Found]:
    """Return the entries of a ladder, and their numbers by the names of `repshift.evidence.repair.quantities`.

    Raises
    ------
    InputError
        If fewer than ten simulations judge.
    """
    entries = entries_of(ladder.runs)
    how = {"n_resamples": judgement.n_resamples, "seed": judgement.seed}
    scores = resampled_scores({"target": ladder.target, "home": ladder.home}, judgement.score, **how)
    found = _scores(entries, scores) | _priors(entries, scores, judgement.parameter) | _label_free(ladder, entries)
    if ladder.prior is not None:
        found |= {
            f"cosmology_{score.name}": _stacked([_first_sky(one.mean(places)) for places in entries.places])
            for score in (BIAS, RMSE)
            for one in [resampled_domain(ladder.prior, score, **how)]
        }
    return entries, found | _correlations(entries, found)


def _scores(entries: Entries, scores: Resampled) -> Found:
    """Return the scores of each entry, and what it gains."""
    runs = [scores.values[list(places)] for places in entries.places]
    none = scores.nothing
    gains, over = (
        [scores.difference(pairs) if pairs else none for pairs in map(beside, entries.places)]
        for beside in (entries.baseline, entries.control)
    )
    return {
        "score": _stacked([scores.mean(places) for places in entries.places]),
        "gain": _stacked(gains),
        "gain_over_control": _stacked(over),
        "score_lowest": np.stack([one.min(0) for one in runs]),
        "score_highest": np.stack([one.max(0) for one in runs]),
    }


def _priors(entries: Entries, scores: Resampled, parameter: str | None) -> Found:
    """Return what a repair loses on the target where what tunes it has another prior, and whether it needs it.

    The word is of all priors that were tried, and all that is scored, of a rung with its settings.
    """
    pairs_of = {
        "prior_difference": (LOWER_HALF.format(parameter or ""), RANDOM_HALF),
        "cosmology_difference": (ONE_COSMOLOGY, SAME_PRIOR),
    }
    found: Found = {}
    tried: dict[tuple[str, str], set[str]] = {}
    for number, (prior, other) in pairs_of.items():
        each = [scores.nothing] * len(entries.entries)
        for position, (entry, places) in enumerate(zip(entries.entries, entries.places, strict=True)):
            if entry.prior == prior:
                pairs = entries.with_prior(places, other)
                splits = [entries.runs[first].split for first, _ in pairs]
                each[position] = difference_over_splits(scores, pairs, splits) if pairs else scores.nothing
                value, ends = _first_sky(each[position])
                found_words = map(needs_same_prior, value, ends.low, ends.high)
                tried.setdefault((entry.rung, entry.setting), set()).update(found_words)
        found[number] = _stacked([_first_sky(one) for one in each])
    words = [word_of_tests(tried.get((one.rung, one.setting), ())) for one in entries.entries]
    held = ["" if one.kind == "bound" else word for one, word in zip(entries.entries, words, strict=True)]
    return found | {"needs_same_prior": np.array(held, dtype=object)}


def _label_free(ladder: LadderRuns, entries: Entries) -> Found:
    """Return the shift scores and matrices of CKA of each entry, means over its runs, and the changes of the former."""
    of_runs = {"label_free": ladder.label_free, "cka_source": ladder.cka_source, "cka_target": ladder.cka_target}
    found = {
        name: np.stack([values[list(places)].mean(0) for places in entries.places]) for name, values in of_runs.items()
    }
    changes = np.full_like(found["label_free"], np.nan)
    for position, places in enumerate(entries.places):
        pairs = entries.baseline(places)
        if pairs:
            first, second = np.array(pairs).T
            changes[position] = (ladder.label_free[first] - ladder.label_free[second]).mean(0)
    return found | {"label_free_change": changes}


def _correlations(entries: Entries, found: Found) -> Found:
    """Return the rank correlations over repairs of the change of each shift score and the gain on the target."""
    repairs = [place for place, one in enumerate(entries.entries) if one.kind == "repair" and one.prior == SAME_PRIOR]
    gains, changes = found["gain"][0][repairs, _TARGET], found["label_free_change"][repairs]
    values, n_entries = correlations_with_gain(changes, gains)
    return {"label_free_correlation": values, "label_free_entries": n_entries}


def _stacked(found: Sequence[tuple[Values, Interval]]) -> tuple[Values, Interval]:
    """Return values with their intervals, an entry each, as one of each."""
    values, ends = zip(*found, strict=True)
    return np.stack(values), Interval(np.stack([one.low for one in ends]), np.stack([one.high for one in ends]))


def _first_sky(found: tuple[Values, Interval]) -> tuple[Values, Interval]:
    """Return what is of the first sky alone, the target where there are several."""
    values, ends = found
    return values[0], Interval(ends.low[0], ends.high[0])
