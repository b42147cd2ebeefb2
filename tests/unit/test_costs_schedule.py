"""Runs played through, and the time that is left of one."""

from pathlib import Path

import pandas as pd
import pytest

from repshift.costs.countdown import Countdown, Expectation
from repshift.costs.jobs import Job
from repshift.costs.prices import Cost
from repshift.costs.schedule import play

ROOT = Path(__file__).parents[2]
CONSTANTS = ROOT / "workflow/costs.json"


def cost(seconds, size=0.0, **others):
    return Cost(seconds, seconds, bytes=size, **others)


def test_a_run_lasts_as_long_as_its_longest_chain():
    jobs = [Job(0, "a"), Job(1, "a"), Job(2, "a", needs=(0,)), Job(3, "a", needs=(2,))]
    costs = dict(enumerate([cost(3.0), cost(4.0), cost(3.0), cost(3.0)]))
    assert play(jobs, costs, cores=2, downloads=1).seconds == 9
    assert play(jobs, costs, cores=1, downloads=1).seconds == 13
    assert play(jobs, costs, cores=1, downloads=1, pause=0.5).seconds == 15


def test_a_job_of_many_threads_has_the_cores_that_there_are():
    jobs = [Job(0, "a", threads=16), Job(1, "a")]
    costs = dict(enumerate([cost(3.0), cost(4.0)]))
    assert play(jobs, costs, cores=2, downloads=1).seconds == 7


def test_temporary_files_go_with_their_job():
    jobs = [Job(0, "a"), Job(1, "b", needs=(0,)), Job(2, "b", needs=(0,)), Job(3, "c", needs=(1, 2))]
    costs = dict(enumerate([cost(1.0, 100.0, temporary=100.0), cost(1.0, 10.0), cost(1.0, 10.0), cost(1.0, 5.0)]))
    found = play(jobs, costs, cores=1, downloads=1)
    assert (found.kept, found.peak) == (25, 100)


def test_a_few_jobs_fetch_at_a_time_and_share_the_rate():
    jobs = [Job(n, "a", fetches=True) for n in range(4)]
    costs = {n: cost(0.0, fetching=10.0) for n in range(4)}
    assert play(jobs, costs, cores=4, downloads=2).seconds == 40
    assert play(jobs, costs, cores=4, downloads=1).seconds == 40


def test_a_run_on_one_core_lasts_as_long_as_its_jobs():
    state = Countdown({n: Expectation("a", "", 10.0) for n in range(4)}, cores=1, now=0)
    assert state.seconds(now=0) == 40
    state.start([0], now=0)
    state.finish(0, now=10)
    assert state.share(now=10) == 0.25
    assert state.seconds(now=10) == pytest.approx(30)


def test_what_takes_longer_than_expected_makes_the_rest_longer():
    state = Countdown({n: Expectation("a", "", 10.0) for n in range(40)}, cores=1, now=0)
    for number in range(20):
        state.start([number], now=20 * number)
        state.finish(number, now=20 * number + 20)
    assert state.seconds(now=400) == pytest.approx(400, rel=0.1)


def test_the_jobs_of_a_group_share_its_time():
    state = Countdown({n: Expectation("a", "", 10.0) for n in range(3)}, cores=1, now=0)
    state.start([0, 1], now=0)
    state.finish(0, now=20)
    state.finish(1, now=20)
    assert state.busy == 20
    assert state.seconds(now=20) == pytest.approx(10)


def test_a_job_that_failed_is_waited_for_again():
    state = Countdown({0: Expectation("a", "", 10.0)}, cores=1, now=0)
    state.start([0], now=0)
    state.stop(0)
    assert state.share(now=5) == 0
    state.start([0], now=5)
    state.finish(0, now=15)
    assert state.share(now=15) == 1


def test_cores_that_nobody_named_are_those_seen():
    state = Countdown({n: Expectation("a", "", 10.0) for n in range(8)}, cores=None, now=0)
    assert state.seconds(now=0) == 80
    state.start([0, 1, 2, 3], now=0)
    assert state.seconds(now=0) == pytest.approx(20)


def replay(path, moments):
    """Return the time that a recorded run was said to take still, at some shares of its length, and what it took."""
    rows = pd.read_csv(path, keep_default_na=False)
    expected = {n: Expectation(r.rule, "", r.expected, r.cores) for n, r in enumerate(rows.itertuples())}
    state = Countdown(expected, cores=2, now=0)
    # Times are whole seconds: a job of none ends half a second later, after its start.
    ends = rows["finished"] + 0.5 * (rows["finished"] == rows["started"])
    events = sorted([(t, 0, n) for n, t in enumerate(ends)] + [(t, 1, n) for n, t in enumerate(rows["started"])])
    last, found = max(ends), []
    for time, starts, number in events:
        while moments and time >= moments[0] * last:
            moment = moments.pop(0) * last
            found.append((state.seconds(now=moment), last - moment))
        if starts:
            state.start([number], now=time)
        else:
            state.finish(number, now=time)
    return found


def test_the_default_s_time_left_was_right_within_a_quarter():
    found = replay(ROOT / "tests/data/default_run.csv", [0, 0.25, 0.5, 0.75])
    assert [said / took for said, took in found] == pytest.approx([1] * 4, abs=0.25)
