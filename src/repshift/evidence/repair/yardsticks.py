"""Trained rungs beside repairs that are named before any label is seen: what training with a term is worth.

A trained rung and a yardstick are judged on the same maps, so that their difference is paired by split. Choosing the
best of the other rungs by the target's score would use its labels; names do not.
"""

from collections.abc import Sequence
from typing import Final

import numpy as np
import numpy.typing as npt

from repshift.evidence.repair.judgement import resampled_scores
from repshift.evidence.repair.numbers import Judgement
from repshift.evidence.repair.quantities import RepairQuantity
from repshift.evidence.repair.runs import Entries, LadderRuns, Run, entries_of
from repshift.statistics.resampling import Interval

Values = npt.NDArray[np.float64]

YARDSTICKS: Final = ("batch_norm", "mmd")
"""Rungs that trained ones stand beside: the cheapest, without training or labels, and an alignment by the loss."""

YARDSTICK_QUANTITIES: Final = {
    name: RepairQuantity(
        f"gain_over_{name}",
        ("entry", "judged_on", "parameter"),
        f"score less that of {name} from as many simulations on the same maps; NaN of what does not train",
        has_ends=True,
    )
    for name in YARDSTICKS
}
"""What a trained rung gains over each."""


def yardstick_numbers(
    ladder: LadderRuns, judgement: Judgement
) -> tuple[tuple[Run, ...], dict[str, tuple[Values, Interval]]]:
    """Return entries of the runs, and of each yardstick what a trained entry gains over it, (entry, sky, parameter).

    An entry that does not train, the yardstick itself, and one without a partner for each of its runs have NaN. A
    partner is of the same split, prior and number of simulations; one that trains is of the same seed and frozen
    layers, too.

    Raises
    ------
    InputError
        If fewer than ten simulations judge.
    """
    entries = entries_of(ladder.runs)
    how = {"n_resamples": judgement.n_resamples, "seed": judgement.seed}
    scores = resampled_scores({"target": ladder.target, "home": ladder.home}, judgement.score, **how)
    found = {}
    for name in YARDSTICKS:
        pairs = [_pairs(entries, place, name) for place in range(len(entries.entries))]
        each = [scores.difference(one) if one else scores.nothing for one in pairs]
        values, ends = zip(*each, strict=True)
        low, high = (np.stack(part) for part in ([one.low for one in ends], [one.high for one in ends]))
        found[name] = np.stack(values), Interval(low, high)
    return entries.entries, found


def _pairs(entries: Entries, place: int, name: str) -> Sequence[tuple[int, int]]:
    """Return each run of an entry beside the yardstick; none where one run has no partner."""
    entry = entries.entries[place]
    if not entry.control or entry.rung == name:
        return []
    beside = [(one, _partner(entries.runs, entries.runs[one], name)) for one in entries.places[place]]
    found = [(one, other) for one, other in beside if other is not None]
    return found if len(found) == len(beside) else []


def _partner(runs: Sequence[Run], run: Run, name: str) -> int | None:
    """Return the place of the yardstick that a run stands beside."""
    for place, other in enumerate(runs):
        alike = (other.split, other.n_simulations, other.prior) == (run.split, run.n_simulations, run.prior)
        is_same_training = not other.control or (other.seed, other.freeze) == (run.seed, run.freeze)
        if other.rung == name and alike and is_same_training:
            return place
    return None
