"""Measure all cases, print the tables, and write them to the documentation."""

import argparse
import sys
import time
from datetime import UTC, datetime
from pathlib import Path

import numpy as np
import torch

from benchmarks import cases, labels, routes, workers
from benchmarks.accuracy import Truth, double_grams, error_of, reference_cka
from benchmarks.cases import Plan
from benchmarks.page import benchmark_section, estimate_section, machine, replace_section
from benchmarks.results import Results, read_results, write_results
from benchmarks.routes import Matrix, Route, Run
from benchmarks.workers import Task
from benchmarks.workload import make_workload

PAGE = Path(__file__).parent.parent / "docs" / "benchmarks.md"
KEPT = Path(__file__).parent / "results.json"
_START = time.monotonic()


def main() -> None:
    """Read the arguments and run."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description=__doc__)
    parser.add_argument("--quick", action="store_true", help="a small case in two minutes; writes and judges nothing")
    parser.add_argument("--repetitions", type=int, help="rounds of one network (default 5 to 2 by the case; quick: 1)")
    parser.add_argument("--page", action="store_true", help=f"write the page from {KEPT.name}; measures nothing")
    parser.add_argument("--estimate", action="store_true", help="write the estimate for a GPU alone; measures nothing")
    chosen = parser.parse_args()
    torch.set_num_threads(1)
    if chosen.quick:
        sys.stdout.write(benchmark_section(measure(cases.quick(chosen.repetitions)), judge=False))
        return
    if not chosen.estimate:
        results = read_results(KEPT) if chosen.page else measure(cases.full(chosen.repetitions), kept=KEPT)
        section = benchmark_section(results, judge=True)
        sys.stdout.write(section)
        replace_section(PAGE, "benchmarks", section)
    replace_section(PAGE, "estimate", estimate_section())


def measure(plan: Plan, *, kept: Path | None = None) -> Results:
    """Measure every case of the plan; progress goes to stderr, what is known so far to `kept`, a file, where named."""
    results = Results(date=datetime.now(UTC).date().isoformat(), machine=machine())
    for hidden in dict.fromkeys(hidden for hidden, _ in plan.rounds):
        _say(f"hidden {hidden}: the network in double precision")
        grams = double_grams(make_workload(hidden, batch_size=plan.n_maps, n_maps=plan.n_maps), "network")
        for case in plan.rounds:
            if case[0] == hidden:
                _measure_errors(results, plan, case, grams)
                _measure_one(results, plan, case)
                _keep(results, kept)
        for case in plan.rounds_many:
            if case[0] == hidden:
                _measure_many(results, plan, case)
                _keep(results, kept)
    return results


def _measure_errors(results: Results, plan: Plan, case: tuple[int, int], of_network: list[Matrix]) -> None:
    """One network: errors against both truths, at each offset."""
    hidden, batch_size = case
    for offset in cases.OFFSETS:
        _say(f"hidden {hidden}, batches of {batch_size}: errors at offset {offset:.0f}")
        workload = make_workload(hidden, batch_size=batch_size, offset=offset, n_maps=plan.n_maps)
        found = {route: _result(route.prepare(workload)) for route in cases.RIGHT_OR_WRONG}
        truths: dict[Truth, list[Matrix]] = {
            "network": of_network,
            "activations": double_grams(workload, "activations"),
        }
        for truth, grams in truths.items():
            right = {name: reference_cka(grams, name, batch_size=batch_size) for name in ("minibatch", "biased")}
            results.errors[hidden, batch_size, offset, truth] = {
                route.label: matrix if isinstance(matrix, str) else error_of(matrix, right[route.reference])
                for route, matrix in found.items()
            }


def _measure_one(results: Results, plan: Plan, case: tuple[int, int]) -> None:
    """One network: time and memory; and, of the plan's case for it, time where the allocator keeps memory."""
    rounds = plan.rounds[case]
    _say(f"hidden {case[0]}, batches of {case[1]}: memory, and time in {rounds} rounds")
    results.times[case], memory = workers.measure(_tasks(plan, case, cases.ONE_NETWORK), rounds=rounds)
    results.megabytes[case] = {label: found.peak for label, found in memory.items()}
    results.megabytes[case][labels.FAST_KEPT] = memory[labels.FAST].kept
    if case == plan.kept:
        _say(f"hidden {case[0]}, batches of {case[1]}: time where the allocator keeps memory")
        tasks = _tasks(plan, case, cases.MEMORY_KEPT)
        results.times_kept[case] = workers.measure_keeping(tasks, rounds=rounds)


def _measure_many(results: Results, plan: Plan, case: tuple[int, int]) -> None:
    """M networks, every pair: time."""
    hidden, number = case
    rounds = plan.rounds_many[case]
    _say(f"hidden {hidden}, {number} networks: time in {rounds} rounds")
    one = (hidden, plan.batch_size_many)
    tasks = _tasks(plan, one, (routes.BARE,)) + _tasks(plan, one, cases.MANY_NETWORKS, n_networks=number)
    results.many[case], _ = workers.measure(tasks, rounds=rounds)


def _tasks(plan: Plan, case: tuple[int, int], chosen: tuple[Route, ...], *, n_networks: int = 1) -> list[Task]:
    hidden, batch_size = case
    return [Task(route.label, hidden, batch_size, n_networks, plan.n_maps) for route in chosen]


def _result(run: Run) -> Matrix | str:
    """Run a route; a library that refuses by an assertion is a result, any other exception is not."""
    try:
        found = run()
    except AssertionError:
        return "AssertionError"
    return np.asarray(found)


def _keep(results: Results, path: Path | None) -> None:
    if path:
        write_results(results, path)


def _say(line: str) -> None:
    sys.stderr.write(f"[{(time.monotonic() - _START) / 60:.1f} min] {line}\n")
