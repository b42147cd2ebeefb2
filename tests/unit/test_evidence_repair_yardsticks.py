"""Trained rungs beside repairs that are named before: paired by split, seed and number of simulations, or nothing."""

import numpy as np
import pytest

from repshift.evidence.map_scores import R2
from repshift.evidence.repair.judgement import JudgedMaps
from repshift.evidence.repair.numbers import Judgement
from repshift.evidence.repair.runs import LadderRuns, Run
from repshift.evidence.repair.yardsticks import yardstick_numbers

JUDGEMENT = Judgement(R2, 300, 1)
SPLITS = (0, 1)


def run_of(rung, split, seed=0, **more):
    return Run(rung, rung, n_simulations=more.pop("n_simulations", 25), split=split, seed=seed, **more)


def trained(rung, **more):
    return [run_of(rung, split, seed, control="source_training", **more) for split in SPLITS for seed in (0, 1)]


def numbers_of(rng, runs, errors):
    """Return the numbers of runs that err alike on 20 simulations but for some noise of a given size."""
    truth = rng.random((40, 1))
    shared = 0.3 * rng.normal(size=truth.shape)
    predictions = np.stack([truth + shared + error * rng.normal(size=truth.shape) for error in errors])
    maps = JudgedMaps(predictions, truth, np.repeat(np.arange(20), 2))
    nothing = np.zeros((len(runs), 1, 1))
    ladder = LadderRuns(tuple(runs), maps, maps, None, nothing[:, 0], nothing, nothing)
    entries, found = yardstick_numbers(ladder, JUDGEMENT)
    return [one.rung for one in entries], found, ladder


def test_a_rung_that_equals_its_yardstick_gains_nothing(rng):
    runs = [run_of("batch_norm", split) for split in SPLITS] + trained("cka")
    rungs, found, _ = numbers_of(rng, runs, [0.0] * 6)
    value, ends = found["batch_norm"]
    place = rungs.index("cka")
    np.testing.assert_allclose([value[place], ends.low[place], ends.high[place]], 0, atol=1e-12)


def test_the_difference_is_far_better_known_than_scores(rng):
    """Both err by 0.3 on the same maps, so that their scores are ill known, but what they differ by is not."""
    runs = [run_of("batch_norm", split) for split in SPLITS] + trained("cka")
    _, found, ladder = numbers_of(rng, runs, [0.05] * 2 + [0.0] * 4)
    width = (found["batch_norm"][1].high - found["batch_norm"][1].low)[1, 0, 0]
    errors = ((ladder.target.predictions - ladder.target.truth) ** 2).mean(-1)
    assert 0 < width < 0.5 * errors.std() / ladder.target.truth.var()


def test_what_trains_is_paired_by_seed_too(rng):
    runs = trained("mmd") + trained("cka")
    rungs, found, _ = numbers_of(rng, runs, [0.1, 0.4, 0.1, 0.4] * 2)
    assert np.isfinite(found["mmd"][0][rungs.index("cka")]).all()
    fewer = [run for run in runs if (run.rung, run.seed) != ("mmd", 1)]
    rungs, found, _ = numbers_of(rng, fewer, [0.1] * len(fewer))
    assert np.isnan(found["mmd"][0]).all()


@pytest.mark.parametrize("change", [{"n_simulations": 5}, {"prior": "random half"}])
def test_other_simulations_are_no_yardstick(rng, change):
    runs = [run_of("batch_norm", split, **change) for split in SPLITS] + trained("cka")
    assert np.isnan(numbers_of(rng, runs, [0.1] * 6)[1]["batch_norm"][0]).all()


def test_yardsticks_and_what_does_not_train_have_no_number(rng):
    runs = [run_of(rung, split) for rung in ("batch_norm", "recalibration") for split in SPLITS] + trained("mmd")
    rungs, found, _ = numbers_of(rng, runs, [0.1] * 8)
    known = {name: np.isfinite(value).all((1, 2)) for name, (value, _) in found.items()}
    assert {name: [rungs[place] for place in np.flatnonzero(held)] for name, held in known.items()} == {
        "batch_norm": ["mmd"],
        "mmd": [],
    }
