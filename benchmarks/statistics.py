"""What the statistics of one case take beside an older commit: ``python -m benchmarks.statistics --case 14 200``.

Clones this repository at its HEAD and at the older commit. Makes the Gram file of a case out of distribution (graded
layers of `benchmarks.gaussian`, n own simulations and n of another suite, one map each), and runs stages of both
commits on it, each in a separate process, in turn, on one thread. Prints the CPU seconds of a stage once all is
imported, the peak of its process's memory, the ratio of the medians with the range of the rounds, and the largest
difference of p-values and of interval ends.

The older commit knows the stage permutation_tests as ``nulls``. What takes too long there is left out by ``--alone``.
"""

import argparse
import json
import os
import statistics
import subprocess
import sys
import tempfile
from pathlib import Path

import numpy as np
import xarray as xr

from benchmarks.gaussian import SPECTRA, gram_stack, layers
from benchmarks.workflow import clone, say

WORKER = """
import importlib, json, resource, sys
from pathlib import Path
names, options = sys.argv[1].split(","), json.loads(sys.argv[2])
for name in names:
    try:
        stage = importlib.import_module(f"repshift.stages.{name}")
        break
    except ModuleNotFoundError:
        continue
import scipy.special
paths = {name: Path(options.pop(name)) for name in ("grams", "output")}
Path("/proc/self/clear_refs").write_text("5")
before = resource.getrusage(resource.RUSAGE_SELF)
stage.run(**paths, **options)
after = resource.getrusage(resource.RUSAGE_SELF)
peak = [line for line in Path("/proc/self/status").read_text().splitlines() if line.startswith("VmHWM")][0]
taken = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
print(json.dumps([taken, int(peak.split()[1]) * 1024 / 1e6]))
"""
"""Takes the names a stage has had, and its options as JSON."""

STAGES = {
    "permutation_tests": ("permutation_tests,nulls", {"permutations": 1999, "seed": 1}),
    "intervals": ("intervals", {"resamples": 2000, "seed": 1, "batch_size": 10, "batch_seed": 1}),
}
THREADS = ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS")


def write_case(path: Path, *, n_layers: int, n: int) -> None:
    """Write the Gram file of a case: layers that share from 0.1 to 0.9 on the other suite, and half of it at home."""
    rng, simulations = np.random.default_rng(n_layers * n), np.arange(n)
    squares = np.linspace(0.1, 0.9, n_layers)
    parts = [layers(rng, share, simulations, SPECTRA["falling"]) for share in (squares, squares / 2)]
    names = [f"{domain} {number}" for domain in ("away", "home") for number in range(n)]
    of_maps = {
        "position": np.tile(np.arange(n), 2),
        "simulation": np.tile(np.arange(n), 2),
        "suite": np.repeat(["Away", "Home"], n),
        "domain": np.repeat(["away", "home"], n),
    }
    words = {"units": "1", "long_name": "Gram matrix"}
    dataset = xr.Dataset(
        {"gram": (("layer", "map", "map_other"), gram_stack(np.concatenate(parts, axis=1)), words)},
        {
            "layer": [f"L{number:03d}" for number in range(n_layers)],
            "map": names,
            "map_other": names,
            **{name: ("map", values) for name, values in of_maps.items()},
        },
        {
            **{"model": "net", "field": "T", "train_suite": "Home", "domain": "away", "test_suite": "Away"},
            **{"in_distribution": "false", "set": "LH", "passes": 1},
        },
    )
    dataset.to_netcdf(path)


def run(source: Path, stage: str, grams: Path, output: Path) -> tuple[float, float]:
    """Return the CPU seconds that a stage takes in one source tree, and the peak of its process, MB."""
    names, options = STAGES[stage]
    words = json.dumps({**options, "grams": str(grams), "output": str(output)})
    environment = {**os.environ, "PYTHONPATH": str(source / "src"), **dict.fromkeys(THREADS, "1")}
    command = [sys.executable, "-c", WORKER, names, words]
    found = subprocess.run(command, env=environment, check=True, capture_output=True, text=True)
    seconds, peak = json.loads(found.stdout.splitlines()[-1])
    return seconds, peak


def compare(old: Path, new: Path) -> str:
    """Return the largest difference of two files of one stage, in p-values and in everything else."""
    with xr.open_dataset(old) as first, xr.open_dataset(new) as second:
        apart = {"p_value": 0.0, "other": 0.0}
        for name in set(first.data_vars) & set(second.data_vars):
            if not np.issubdtype(first[name].dtype, np.floating):
                continue
            shared = [one for one in first[name].dims if one in first.coords and one in second.coords]
            same = {one: np.intersect1d(first[one], second[one]) for one in shared}
            differences = np.abs(first[name].sel(same).to_numpy() - second[name].sel(same).to_numpy())
            kind = "p_value" if name.endswith("p_value") else "other"
            apart[kind] = max(apart[kind], float(np.nanmax(differences, initial=0.0)))
    return f"largest difference of p-values {apart['p_value']:.1e}, of all else {apart['other']:.1e}"


def report(stage: str, taken: dict[str, list[tuple[float, float]]]) -> None:
    """Print what a stage took."""
    for label, rounds in taken.items():
        seconds, peaks = zip(*rounds, strict=True)
        spread = f"{min(seconds):.2f} to {max(seconds):.2f}"
        say(f"  {stage:18} {label:4} {statistics.median(seconds):8.2f} s CPU ({spread}), peak {max(peaks):.0f} MB")
    if len(taken) == 2:
        ratios = [new[0] / old[0] for old, new in zip(*taken.values(), strict=True)]
        say(f"  {stage:18} ratio {statistics.median(ratios):.3f} ({min(ratios):.3f} to {max(ratios):.3f})")


def main() -> None:
    """Run the stages in turn, and print their times."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--case", type=int, nargs=2, action="append", metavar=("LAYERS", "N"), help="repeat for more")
    parser.add_argument("--stages", nargs="+", choices=tuple(STAGES), default=tuple(STAGES))
    parser.add_argument("--commit", default="2c60559", help="older commit")
    parser.add_argument("--rounds", type=int, default=3, help="times that everything is run")
    parser.add_argument("--alone", action="store_true", help="run this tree alone")
    given = parser.parse_args()
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        trees = {} if given.alone else {"old": clone(given.commit, folder / "old")}
        trees["new"] = clone("HEAD", folder / "new")
        for n_layers, n in given.case or [(14, 50), (100, 50), (14, 200)]:
            grams = folder / f"{n_layers}_{n}.nc"
            write_case(grams, n_layers=n_layers, n=n)
            say(f"{n_layers} layers, {n} + {n} simulations: {given.rounds} rounds")
            for stage in given.stages:
                taken: dict[str, list[tuple[float, float]]] = {label: [] for label in trees}
                for _ in range(given.rounds):
                    for label, source in trees.items():
                        taken[label].append(run(source, stage, grams, folder / f"{label}.nc"))
                report(stage, taken)
                if not given.alone:
                    say(f"  {stage:18} {compare(folder / 'old.nc', folder / 'new.nc')}")


if __name__ == "__main__":
    main()
