"""Measure all cases, print the tables, and write them to the documentation."""

import argparse
import sys
from dataclasses import replace
from pathlib import Path

import numpy as np
import torch

from benchmarks import cases, labels, routes
from benchmarks.accuracy import error_of, reference_cka
from benchmarks.cases import Plan
from benchmarks.measuring import cpu_seconds, extra_megabytes
from benchmarks.page import benchmark_section, estimate_section, replace_section, tables_so_far
from benchmarks.report import Results
from benchmarks.routes import Matrix, Run
from benchmarks.workload import Workload, make_workload

PAGE = Path(__file__).parent.parent / "docs" / "benchmarks.md"
_REPETITIONS = 5


def main() -> None:
    """Read the arguments and run."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description=__doc__)
    parser.add_argument("--quick", action="store_true", help="a small case in a minute; writes nothing, judges nothing")
    parser.add_argument("--repetitions", type=int, help=f"rounds of one network (default {_REPETITIONS}; quick: 1)")
    parser.add_argument("--estimate", action="store_true", help="write the estimate for a GPU alone; measures nothing")
    chosen = parser.parse_args()
    if chosen.estimate:
        replace_section(PAGE, "estimate", estimate_section())
        return
    torch.set_num_threads(1)
    plan = cases.quick(chosen.repetitions or 1) if chosen.quick else cases.full(chosen.repetitions or _REPETITIONS)
    section = benchmark_section(measure(plan), judge=not chosen.quick)
    sys.stdout.write(section)
    if not chosen.quick:
        replace_section(PAGE, "benchmarks", section)
        replace_section(PAGE, "estimate", estimate_section())


def measure(plan: Plan) -> Results:
    """Measure every case of the plan; what is known so far goes to stderr, so that a stopped run is not lost."""
    results = Results()
    for hidden in plan.widths:
        for batch_size in plan.batch_sizes:
            _measure_one(results, plan, hidden, batch_size)
            _say(tables_so_far(results))
        _measure_many(results, plan, hidden)
        _say(tables_so_far(results))
    return results


def _measure_one(results: Results, plan: Plan, hidden: int, batch_size: int) -> None:
    """One network: error (which warms up), time, memory."""
    case = (hidden, batch_size)
    for offset in cases.OFFSETS:
        _say(f"hidden {hidden}, batches of {batch_size}: errors at offset {offset:.0f}")
        workload = make_workload(hidden, batch_size=batch_size, offset=offset, n_maps=plan.n_maps)
        results.errors[*case, offset] = _errors(workload)
    workload = make_workload(hidden, batch_size=batch_size, n_maps=plan.n_maps)
    runs = {route.label: route.prepare(workload) for route in cases.ONE_NETWORK}
    _warm_up(runs[labels.BARE], runs[labels.FAST])
    _say(f"hidden {hidden}, batches of {batch_size}: time, {plan.repetitions} rounds")
    results.seconds[case] = cpu_seconds(runs, repetitions=plan.repetitions)
    _say(f"hidden {hidden}, batches of {batch_size}: memory")
    results.megabytes[case] = {
        label: extra_megabytes(label, hidden=hidden, batch_size=batch_size, n_maps=plan.n_maps) for label in plan.memory
    }


def _measure_many(results: Results, plan: Plan, hidden: int) -> None:
    """M networks, every pair: time."""
    batch_size = plan.batch_sizes[0]
    everyone = make_workload(hidden, batch_size=batch_size, n_networks=plan.n_networks[-1], n_maps=plan.n_maps)
    runs: dict[tuple[str, int], Run] = {(labels.BARE, 1): routes.prepare_bare(_first(everyone, 1))}
    for number in plan.n_networks:
        some = _first(everyone, number)
        runs.update({(route.label, number): route.prepare(some) for route in cases.MANY_NETWORKS})
    _warm_up(runs[labels.BARE, 1], runs[labels.FAST, 1])
    _say(f"hidden {hidden}: up to {plan.n_networks[-1]} networks, {plan.repetitions_many} rounds")
    results.many[hidden] = cpu_seconds(runs, repetitions=plan.repetitions_many)


def _first(workload: Workload, number: int) -> Workload:
    return replace(workload, networks=workload.networks[:number], tapped=workload.tapped[:number])


def _errors(workload: Workload) -> dict[str, float | str]:
    """Return the error of every route, or the name of what it raised."""
    truths = {name: reference_cka(workload, name) for name in ("minibatch", "biased")}
    errors: dict[str, float | str] = {}
    for route in cases.RIGHT_OR_WRONG:
        found = _result(route.prepare(workload))
        truth = truths["minibatch" if route.reference == "minibatch" else "biased"]
        errors[route.label] = error_of(found, truth) if isinstance(found, np.ndarray) else str(found)
    return errors


def _result(run: Run) -> Matrix | str | None:
    """Run a route; a library that refuses by an assertion is a result, any other exception is not."""
    try:
        return run()
    except AssertionError:
        return "AssertionError"


def _warm_up(*runs: Run) -> None:
    for run in runs:
        run()


def _say(line: str) -> None:
    sys.stderr.write(f"{line}\n")
