"""Stress of the default's four cases beside a plain loop: ``python -m benchmarks.stress --folder RUN``.

RUN is a folder in which the default has run, as far as its maps and models. Each round measures, in turn, in one
process and on one thread: ``loop``, which perturbs and prepares the maps of a level and calls the network eagerly, once
a level and a case; ``outputs``, the same levels as the stage runs them; ``drift``, the same with the drift of all
layers; ``stage``, the whole stage with its numbers and label-free scores. Medians of CPU time and of ratios.
"""

import argparse
import os
import statistics
import tempfile
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np
import torch

from benchmarks.measuring import cpu_time_of, interleave, peak_of
from benchmarks.workflow import say
from repshift.case.domain_files import DomainFiles
from repshift.case.forward import OpenCase
from repshift.case.inputs import CaseInputs
from repshift.case.outputs import outputs_of
from repshift.case.stress.entries import Setting, sky_of, sources_of
from repshift.case.stress.plan import Plan, choose
from repshift.case.stress.run import levels_of, maps_of, run_levels
from repshift.evidence.level_scores import DEFAULT_SCORES
from repshift.perturbation.axes import AXES
from repshift.recording.devices import reproducible
from repshift.recording.fast import accelerate
from repshift.recording.level_maps import LevelMaps
from repshift.recording.passes import run_network
from repshift.stages import predictions
from repshift.stages.stress import curves
from repshift.storage.simulations import SimulationFiles
from repshift.vocabulary import Domain

CASES = (
    ("T-MockTNG", "MockTNG"),
    ("T-MockTNG", "MockSIMBA"),
    ("Mtot-MockSIMBA", "MockSIMBA"),
    ("Mtot-MockSIMBA", "MockTNG"),
)
NAMES = ("noise", "beam", "gain", "contrast", "masked_pixels", "masked_square", "resolution", "jpeg")
ENTRIES = [{"name": name, "axis": name, "strengths": AXES[name].strengths} for name in NAMES]


def main() -> None:
    """Measure, and print."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--folder", type=Path, required=True, help="folder of a run of the default")
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--scores", action="store_true", help="what each score adds, one by one")
    given = parser.parse_args()
    torch.set_num_threads(1)
    cases = [_inputs(given.folder, model, domain) for model, domain in CASES]
    with tempfile.TemporaryDirectory() as scratch, reproducible(threads=1):
        ready = [_open(one) for one in cases]
        ways: dict[str, Callable[[], None]] = {
            "loop": lambda: [_loop(*one) for one in ready] and None,
            "outputs": lambda: [_outputs(*one) for one in ready] and None,
            "drift": lambda: [_drift(*one) for one in ready] and None,
            "stage": lambda: _stage(cases, Path(scratch), DEFAULT_SCORES),
        }
        _report(ways, rounds=given.rounds)
        say(f"peak of memory beyond that before: {peak_of(lambda: _drift(*ready[0])):.0f} MB with drift, of one case")
        if given.scores:
            _report_scores(ready[0])


def _report(ways: dict[str, Callable[[], None]], *, rounds: int) -> None:
    timed = {name: (lambda way=way: cpu_time_of(way).total) for name, way in ways.items()}
    times = interleave(timed, rounds=rounds)
    for name, taken in times.items():
        say(f"{name}: {statistics.median(taken):.1f} s of CPU time, {min(taken):.1f} to {max(taken):.1f}")
    for name, over in (("outputs", "loop"), ("drift", "loop"), ("drift", "outputs"), ("stage", "drift")):
        ratios = [one / other for one, other in zip(times[name], times[over], strict=True)]
        say(f"{name} / {over}: {statistics.median(ratios):.2f}, {min(ratios):.2f} to {max(ratios):.2f}")


def _report_scores(ready: tuple[OpenCase, Plan]) -> None:
    """Print what each score adds to a case."""
    shown, plan = ready
    plain = cpu_time_of(lambda: _drift(shown, plan)).total
    from repshift.evidence.level_scores import LEVEL_SCORES

    for name in LEVEL_SCORES:
        taken = cpu_time_of(lambda name=name: _drift(shown, replace(plan, scores=[name], halves=20))).total
        say(f"{name}: {taken - plain:.2f} s beside {plain:.1f} s of a case")


def _inputs(folder: Path, model: str, suite: str) -> CaseInputs:
    field, maps = model.partition("-")[0], folder / "results/maps" / suite
    name = maps / f"Maps_{field}_{suite}_LHT_z=0.00"
    files = SimulationFiles(Path(f"{name}.npy"), maps / f"params_LHT_{suite}.txt", Path(f"{name}.json"))
    weights = folder / "resources/models" / f"{model}.pt"
    return CaseInputs(model, weights, Domain(suite, suite, "LHT", "all"), files)


def _open(case: CaseInputs) -> tuple[OpenCase, Plan]:
    """Open a case, and plan its levels."""
    shown = case.open()
    sources = sources_of(ENTRIES, Setting(shown, sky_of(shown, is_periodic=True), 1))
    choice = choose(shown, maps_each=3, n_simulations=None, n_recorded=50, seed=1, sources=sources)
    plan = Plan(sources, choice, 50, "cpu", (), 0, 1, 2000, case.files.parameters, (), False, None, None)
    return shown, plan


def _loop(shown: OpenCase, plan: Plan) -> None:
    """Run all levels as a plain loop does."""
    positions = plan.choice.positions
    network = shown.network.eval()
    with torch.inference_mode():
        for source in plan.sources:
            for strength in source.strengths:
                maps, _ = source.raw(positions, strength)
                inputs = shown.simulations.prepared(maps, positions, shown.moments)
                network(torch.from_numpy(inputs)).numpy()


def _outputs(shown: OpenCase, plan: Plan) -> None:
    """Run all levels without recording any layer."""
    first = shown.simulations.standardised(plan.choice.positions[:2], shown.moments)
    network = accelerate(shown.network, first, layers=shown.description.layers).network
    rows, at_zero = np.arange(len(plan.choice.positions)), maps_of(shown, plan.choice).inputs
    run_network(network, LevelMaps(rows, at_zero), batch_size=plan.batch_size)
    for level in levels_of(shown, plan, lambda: None):
        if level.inputs is not None:
            run_network(network, LevelMaps(rows, level.inputs), batch_size=plan.batch_size)


def _drift(shown: OpenCase, plan: Plan) -> None:
    """Run all levels, with the drift of layers and the plan's scores."""
    run_levels(shown, plan, outputs_of(shown), home=None, advance=lambda: None)


def _stage(cases: list[CaseInputs], scratch: Path, scores: tuple[str, ...]) -> None:
    """Run the stage as the workflow does, home first."""
    how = {"batch_size": 50, "device": "cpu", "threads": 1}
    for number, case in enumerate(cases):
        home = cases[number - number % 2]
        own, stress = scratch / f"own_{case.model}.nc", scratch / f"stress_{case.model}.nc"
        if home is case:
            predictions.run(case, **how, output=own)
        beside = None if home is case else DomainFiles(home.domain, home.files)
        curves.run(
            replace(case, home=beside),
            **how,
            axes=ENTRIES,
            periodic=True,
            maps_each=3,
            seed=1,
            resamples=2000,
            halves=20,
            scores=scores,
            own_predictions=own,
            own_stress=None if home is case else stress,
            output=stress if home is case else scratch / "away.nc",
        )


if __name__ == "__main__":
    os.environ.setdefault("OMP_NUM_THREADS", "1")
    main()
