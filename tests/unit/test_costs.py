"""What a run costs: sizes of networks, costs of jobs, runs played through, time left."""

import io
import re
import subprocess
import sys
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import torch

from repshift.costs.fitting import fit_constants
from repshift.costs.jobs import Job
from repshift.costs.plan import read_prices
from repshift.costs.prices import LIKE, Cost, cost_of
from repshift.costs.remaining import Expected, Remaining
from repshift.costs.schedule import play
from repshift.networks.architecture import architecture_of
from repshift.networks.cmd import CMDNetwork
from repshift.storage.headers import shape_of
from repshift.vocabulary import InputError

ROOT = Path(__file__).parents[2]


# Networks


@pytest.mark.parametrize(("hidden", "size"), [(2, 16), (3, 32), (4, 64), (1, 256)])
def test_a_network_is_as_large_as_its_formula_says(hidden, size):
    network = CMDNetwork(hidden, size=size).eval()
    counted = {"units": 0, "multiplications": 0}

    def count(module, given, answer):
        if isinstance(module, torch.nn.LeakyReLU):
            counted["units"] += answer.numel()
        if isinstance(module, torch.nn.Conv2d):
            counted["multiplications"] += module.weight[0].numel() * answer.numel()
        if isinstance(module, torch.nn.Linear):
            counted["multiplications"] += module.weight.numel()

    for module in network.modules():
        module.register_forward_hook(count)
    with torch.inference_mode():
        network(torch.zeros(1, 1, size, size))
    found = architecture_of(hidden, size)
    counters = sum(name.endswith("num_batches_tracked") for name in network.state_dict())
    assert found.layers == len(network.layers)
    assert found.units == counted["units"]
    assert found.multiplications == counted["multiplications"]
    assert found.parameters == sum(value.numel() for value in network.state_dict().values()) - counters


# Costs


def simulations(number, count, side):
    sizes = {"simulations": count, "particles": side, "pixels": side, "maps": 15 * count}
    return Job(number, "maps", threads=2, benchmark="b", sizes=sizes)


def test_constants_are_found_again():
    constants = {"maps": {"seconds": [2.0, 3e-8, 1e-6], "megabytes": [90.0, 1e-4, 2e-4], "bytes": [500.0, 1.0]}}
    jobs = [simulations(n, 10 + n, side) for n, side in enumerate((16, 32, 64, 128, 256))]
    costs = [cost_of(job, constants) for job in jobs]
    measured = [{"seconds": c.seconds, "megabytes": c.megabytes, "bytes": c.bytes} for c in costs]
    found = fit_constants(zip(jobs, measured, strict=True))
    again = [cost_of(job, found) for job in jobs]
    for name in ("seconds", "megabytes", "bytes"):
        assert [getattr(c, name) for c in again] == pytest.approx([getattr(c, name) for c in costs], rel=0.01)


def test_maps_are_simulated_by_as_many_cores_as_there_are_simulations():
    constants = {"maps": {"seconds": [12.0, 0.0, 0.0], "megabytes": [0.0, 0.0, 0.0], "bytes": [0.0, 0.0]}}
    assert cost_of(simulations(0, 8, 64), constants).wall == 6
    assert cost_of(simulations(0, 1, 64), constants).wall == 12


def test_what_is_fetched_takes_its_time():
    job = Job(0, "download_maps", benchmark="b", sizes={"maps": 15000, "pixels": 256})
    constants = {"derive": {"seconds": [1.0, 0.0], "megabytes": [0.0], "bytes": [128.0, 1.0]}}
    cost = cost_of(job, constants, rate=6e6)
    assert cost.fetched == 15000 * 256**2 * 4
    assert cost.bytes == cost.fetched + 128
    assert (cost.wall, cost.fetching) == (1, pytest.approx(cost.fetched / 6e6))


def test_grams_without_activations_pay_for_the_forward_pass():
    sizes = {"hidden": 2, "pixels": 32, "n_maps": 10, "domains": 2, "passes": 1, "recorded": 1, "batch": 5}
    constants = {
        "grams": {"seconds": [3.0, 0.0, 0.0], "megabytes": [300.0], "bytes": [0.0, 0.0]},
        "activations": {"seconds": [5.0, 1e-9, 0.0], "megabytes": [350.0, 8e-6, 0.0], "bytes": [0.0, 0.0]},
    }
    network = architecture_of(2, 32)
    found = cost_of(Job(0, "grams", benchmark="b", sizes=sizes), constants)
    assert found.seconds == pytest.approx(3 + 1e-9 * 20 * network.multiplications)
    assert found.megabytes == pytest.approx(300 + (4e-6 * 20 + 8e-6 * 5) * network.units)
    kept = cost_of(Job(0, "grams", benchmark="b", sizes=sizes | {"recorded": 0}), constants)
    assert (kept.seconds, kept.megabytes) == (3, 300)


def test_representations_are_held_whatever_the_runs_told():
    constants = {"activations": {"seconds": [0.0] * 3, "megabytes": [350.0, 0.0, 0.0], "bytes": [0.0, 0.0]}}
    sizes = {"hidden": 12, "pixels": 256, "n_maps": 50, "passes": 1, "batch": 10}
    held = 4e-6 * 50 * architecture_of(12, 256).units
    assert cost_of(Job(0, "activations", benchmark="b", sizes=sizes), constants).megabytes == pytest.approx(350 + held)


def test_a_rule_that_nobody_measured_is_a_plain_job():
    found = cost_of(Job(0, "new", benchmark="b"), {"cka": {}})
    assert (found.seconds, found.wall) == (2, 2)


def test_every_rule_has_constants():
    rules = {
        name
        for path in (ROOT / "workflow/rules").glob("*.smk")
        for name in re.findall(r"^ *(?:rule|use rule \w+ as) (\w+)(?: with)?:", path.read_text(), flags=re.MULTILINE)
    }
    known = read_prices(ROOT / "workflow/costs.json").rules
    assert {"maps", "permutation_tests", "trial"} <= rules
    assert {name for name in rules - {"train", "publish"} if name not in known and LIKE.get(name) not in known} == set()


def test_following_a_run_needs_no_package():
    code = "import sys, repshift.costs.follower, repshift.storage.headers; sys.exit('numpy' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], env={"PYTHONPATH": str(ROOT / "src")}).returncode == 0


def test_the_shape_of_maps_is_read_without_numpy(tmp_path):
    np.save(tmp_path / "maps.npy", np.zeros((30, 16, 16), np.float32))
    (tmp_path / "other.npy").write_text("no array")
    assert shape_of(tmp_path / "maps.npy") == (30, 16, 16)
    assert shape_of(tmp_path / "other.npy") is None


def damaged(kind):
    """Return a file of an array whose header is cut, garbled, or of no axes."""
    file = io.BytesIO()
    np.save(file, np.zeros(() if kind == "scalar" else (30, 16, 16), np.float32))
    whole = file.getvalue()
    cut = {"magic": 6, "version": 7, "length": 9, "header": 40, "scalar": len(whole)}
    return whole.replace(b"'shape'", b"'size'") if kind == "key" else whole[: cut[kind]]


@pytest.mark.parametrize("kind", ["magic", "version", "length", "header", "scalar", "key"])
def test_a_damaged_header_is_named(tmp_path, kind):
    (tmp_path / "maps.npy").write_bytes(damaged(kind))
    with pytest.raises(
        InputError, match="maps.npy is cut or damaged: its header tells no shape of maps. Expected a whole .npy file"
    ):
        shape_of(tmp_path / "maps.npy")


# Runs played through


def cost(seconds, size=0.0, fetching=0.0):
    return Cost(seconds, seconds, bytes=size, fetching=fetching)


def test_a_run_takes_as_long_as_its_longest_chain_and_no_less_than_its_work():
    jobs = [Job(0, "a"), Job(1, "a"), Job(2, "a", needs=(0,)), Job(3, "a", needs=(2,))]
    costs = dict(enumerate([cost(3.0), cost(4.0), cost(3.0), cost(3.0)]))
    assert play(jobs, costs, cores=2, downloads=1).seconds == 9
    assert play(jobs, costs, cores=1, downloads=1).seconds == 13
    assert play(jobs, costs, cores=1, downloads=1, pause=0.5).seconds == 15


def test_a_job_of_many_threads_has_the_cores_that_there_are():
    jobs = [Job(0, "a", threads=16), Job(1, "a")]
    costs = dict(enumerate([cost(3.0), cost(4.0)]))
    assert play(jobs, costs, cores=2, downloads=1).seconds == 7


def test_temporary_files_go_with_their_last_reader():
    jobs = [Job(0, "a", temporary=True), Job(1, "b", needs=(0,)), Job(2, "b", needs=(0,)), Job(3, "c", needs=(1, 2))]
    costs = dict(enumerate([cost(1.0, 100.0), cost(1.0, 10.0), cost(1.0, 10.0), cost(1.0, 5.0)]))
    found = play(jobs, costs, cores=1, downloads=1)
    assert (found.kept, found.peak) == (25, 120)


def test_a_few_jobs_fetch_at_a_time_and_share_the_rate():
    jobs = [Job(n, "a", fetches=True) for n in range(4)]
    costs = {n: cost(0.0, fetching=10.0) for n in range(4)}
    assert play(jobs, costs, cores=4, downloads=2).seconds == 40
    assert play(jobs, costs, cores=4, downloads=1).seconds == 40


# Time left


def test_a_run_on_one_core_lasts_as_long_as_its_jobs():
    state = Remaining({n: Expected("a", "", 10.0) for n in range(4)}, cores=1, now=0)
    assert state.seconds(now=0) == 40
    state.start([0], now=0)
    state.finish(0, now=10)
    assert state.share(now=10) == 0.25
    assert state.seconds(now=10) == pytest.approx(30)


def test_what_takes_longer_than_expected_makes_the_rest_longer():
    state = Remaining({n: Expected("a", "", 10.0) for n in range(40)}, cores=1, now=0)
    for number in range(20):
        state.start([number], now=20 * number)
        state.finish(number, now=20 * number + 20)
    assert state.seconds(now=400) == pytest.approx(400, rel=0.1)


def test_the_jobs_of_a_group_share_its_time():
    state = Remaining({n: Expected("a", "", 10.0) for n in range(3)}, cores=1, now=0)
    state.start([0, 1], now=0)
    state.finish(0, now=20)
    state.finish(1, now=20)
    assert state.busy == 20
    assert state.seconds(now=20) == pytest.approx(10)


def test_a_job_that_failed_is_waited_for_again():
    state = Remaining({0: Expected("a", "", 10.0)}, cores=1, now=0)
    state.start([0], now=0)
    state.stop(0)
    assert state.share(now=5) == 0
    state.start([0], now=5)
    state.finish(0, now=15)
    assert state.share(now=15) == 1


def test_cores_that_nobody_named_are_those_seen():
    state = Remaining({n: Expected("a", "", 10.0) for n in range(8)}, cores=None, now=0)
    assert state.seconds(now=0) == 80
    state.start([0, 1, 2, 3], now=0)
    assert state.seconds(now=0) == pytest.approx(20)


def replay(path, moments):
    """Return the time that a recorded run was said to take still, at some shares of its length, and what it took."""
    rows = pd.read_csv(path, keep_default_na=False)
    expected = {n: Expected(r.rule, "", r.expected, r.cores) for n, r in enumerate(rows.itertuples())}
    state = Remaining(expected, cores=2, now=0)
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


def test_the_time_left_of_the_default_was_right_within_a_quarter():
    found = replay(ROOT / "tests/data/default_run.csv", [0, 0.25, 0.5, 0.75])
    assert [said / took for said, took in found] == pytest.approx([1] * 4, abs=0.25)
