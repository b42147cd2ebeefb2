"""Networks whose CKA was moved: entries, gains beside their controls, what was held, rank correlations."""

import numpy as np
import pytest

from repshift.evidence.pruning.cause import MOVED, CauseRun, RunScores, cause_numbers, cause_variables
from repshift.evidence.pruning.relations import rank_relation

KINDS = ("build", "remove", "match")


@pytest.fixture
def runs():
    return runs_of(2)


def runs_of(seeds):
    """Seeds of a split, each with its control and two weights of three kinds; the network as it is first."""
    found = [CauseRun("none", 0.0, 0, 0)]
    for seed in range(seeds):
        found.append(CauseRun("control", 0.0, 0, seed))
        found += [CauseRun(kind, weight, 0, seed) for kind in KINDS for weight in (1.0, 10.0)]
    return found


def numbers_of(rng, runs, *, slope=0.0, home=0.0):
    """Return the numbers of runs of two parameters that gain `slope` a unit of CKA, and `home` at home."""
    moved = np.array([{"build": 0.1, "remove": -0.1, "match": -0.05}.get(run.kind, 0) * run.weight for run in runs])
    seeds = np.array([run.seed for run in runs])
    target = 0.3 * seeds + slope * moved + 1e-3 * rng.normal(size=(101, 1))
    at_home = 0.9 - 0.2 * seeds + home * (moved != 0) + 1e-3 * rng.normal(size=(101, 1))
    scores = RunScores(*(np.stack([one, one], axis=-1) for one in (target, at_home)), 20, 20)
    reached = {"cka_reached": 0.6 + 0.1 * seeds + moved, "cka_at_home": 0.7 + moved, "cka_difference": abs(moved)}
    return cause_numbers(runs, scores, reached, seed=1)


def test_an_entry_is_a_kind_with_a_weight(rng, runs):
    entries = numbers_of(rng, runs)[0]
    assert [(one.kind, one.weight) for one in entries[:4]] == [
        ("none", 0),
        ("control", 0),
        ("build", 1),
        ("build", 10),
    ]
    assert len(entries) == 8


def test_seeds_that_differ_alike_are_no_gain(rng, runs):
    gain = numbers_of(rng, runs)[1]["gain"]
    np.testing.assert_allclose(gain.value[2:], 0, atol=1e-12)
    np.testing.assert_allclose(gain.high[2:] - gain.low[2:], 0, atol=1e-12)


@pytest.mark.parametrize("slope", [-2.0, 2.0])
def test_a_cause_has_its_sign(rng, slope):
    value, ends = numbers_of(rng, runs_of(5), slope=slope)[1]["rank_correlation"]
    np.testing.assert_allclose(value[:2, 0], np.sign(slope), atol=0.05)
    assert (np.abs(value[2, 0]) < 1).all()
    assert (ends.low[:, 0] <= value[:, 0]).all()


def test_fewer_than_five_controls_give_no_interval(rng):
    few, many = (numbers_of(rng, runs_of(seeds), slope=1.0)[1]["rank_correlation"] for seeds in (4, 5))
    assert np.isfinite(few[0][:, 0]).all()
    assert np.isnan([few[1].low, few[1].high]).all()
    assert np.isfinite([many[1].low[:, 0], many[1].high[:, 0]]).all()


def test_each_kind_has_a_correlation_of_its_own(rng):
    """Of networks whose layers were made unlike, a larger weight moves CKA down, and with it the score."""
    value, _ = numbers_of(rng, runs_of(5), slope=2.0)[1]["rank_correlation"]
    kinds = dict(zip(MOVED, np.moveaxis(value, 1, 0), strict=True))
    assert list(kinds) == ["all", "build", "remove", "match"]
    np.testing.assert_allclose(kinds["remove"][0], 1, atol=0.1)
    np.testing.assert_allclose(kinds["remove"][2], -1, atol=0.1)
    np.testing.assert_allclose(kinds["build"][2], 1, atol=0.1)


def test_copies_within_a_cluster_make_no_interval_narrower(rng):
    number, lost = rng.normal(size=6), rng.normal(size=(301, 6))
    value, ends = rank_relation(number, lost, seed=1)
    copies = rank_relation(np.repeat(number, 4), np.repeat(lost, 4, axis=1), seed=1, clusters=np.repeat(range(6), 4))
    assert copies[0] == pytest.approx(value)
    assert (copies[1].low, copies[1].high) == pytest.approx((ends.low, ends.high))


@pytest.mark.parametrize(("lost", "held"), [(0.04, 12), (0.06, 0)])
def test_what_home_loses_is_held_to_five_hundredths(rng, runs, lost, held):
    found = numbers_of(rng, runs, home=-lost)[1]
    assert found["runs_held"] == held
    assert found["home_held"].tolist() == [1, *([1] + [int(held > 0)] * 6) * 2]


def test_no_run_held_has_no_correlation(rng, runs):
    value, _ = numbers_of(rng, runs, slope=1.0, home=-0.5)[1]["rank_correlation_held"]
    assert np.isnan(value).all()


def test_what_was_reached_is_the_mean_of_seeds(rng, runs):
    found = numbers_of(rng, runs)[1]
    assert found["reached"][0, 2] == pytest.approx(0.75)


def test_every_number_becomes_a_variable(rng, runs):
    found = cause_variables(numbers_of(rng, runs)[1])
    assert {"gain_low", "score_home_highest", "rank_correlation_high", "home_held"} <= set(found)
