"""What `repshift new` and `repshift check` take beside the import of torch: ``python -m benchmarks.commands``.

Each is a separate process, in the interpreter that this is started by: one that imports torch alone; ``new``, on two
suites of 200 images of three bands, 64 x 64, with a column of classes, and a small convolutional network; ``check`` of
what ``new`` wrote, and of the default configuration; ``check --quick``. Each round begins one process later than the
one before. It prints the median and the range of CPU seconds, user and system, and of seconds on the clock; and of each
round, how much more a command took than the import.
"""

import argparse
import os
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Mapping
from functools import partial
from pathlib import Path
from typing import NamedTuple

import numpy as np

from benchmarks.measuring import interleave
from benchmarks.workflow import ROOT, say

_MAPS, _SIZE, _BANDS = 200, 64, 3
_NETWORK = """
from torch import nn

def build():
    layers = [nn.Conv2d(3, 16, 3, 2), nn.ReLU(), nn.Conv2d(16, 32, 3, 2), nn.ReLU()]
    return nn.Sequential(*layers, nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.Linear(32, 2))
"""


class Took(NamedTuple):
    """CPU seconds of a process, user and system, and seconds on the clock."""

    cpu: float
    clock: float


def write_images(folder: Path) -> None:
    """Write a network, and the images and classes of two suites."""
    rng = np.random.default_rng(1)
    (folder / "galaxies.py").write_text(_NETWORK)
    for name in ("sims", "survey"):
        np.save(folder / f"{name}.npy", rng.lognormal(size=(_MAPS, _BANDS, _SIZE, _SIZE)).astype(np.float32))
        rows = "".join(f"{('disc', 'merger')[number % 2]}\n" for number in range(_MAPS))
        (folder / f"{name}.csv").write_text(f"kind\n{rows}")


def commands(folder: Path) -> dict[str, list[str]]:
    """Return what is run, by its name; `new` writes another file each time."""
    repshift = [sys.executable, "-m", "repshift"]
    pairs = [f"{name}={{}}/{name}.{{}}" for name in ("sims", "survey")]
    maps, labels = ([pair.format(folder, ending) for pair in pairs] for ending in ("npy", "csv"))
    network = ["--network", "galaxies:build", "--path", str(folder)]
    new = [*repshift, "new", *network, "--maps", *maps, "--labels", *labels, "--output"]
    return {
        "import torch": [sys.executable, "-c", "import torch"],
        "new": new,
        "check": [*repshift, "check", str(folder / "own.yaml")],
        "check of the default": [*repshift, "check", "config/config.yaml"],
        "check --quick": [*repshift, "check", "--quick", str(folder / "own.yaml")],
    }


def run(words: list[str], output: Path | None = None) -> Took:
    """Run a command on one thread, and return what it took; `output` is the file that it writes, taken away before."""
    if output is not None:
        output.unlink(missing_ok=True)
        words = [*words, str(output)]
    threads = dict.fromkeys(("OMP_NUM_THREADS", "MKL_NUM_THREADS", "OPENBLAS_NUM_THREADS"), "1")
    environment = {**os.environ, **threads, "PYTHONPATH": str(ROOT / "src")}
    start = time.perf_counter()
    process = subprocess.Popen(words, cwd=ROOT, env=environment, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    _, status, usage = os.wait4(process.pid, 0)
    if status:
        raise SystemExit(f"{' '.join(words)} failed.")
    return Took(usage.ru_utime + usage.ru_stime, time.perf_counter() - start)


def report(found: Mapping[str, list[Took]], rounds: int) -> None:
    """Print what each took."""
    say(f"medians of {rounds} rounds (range), one thread: CPU seconds, seconds on the clock, CPU more than the import")
    base = found["import torch"]
    for name, taken in found.items():
        more = [one.cpu - other.cpu for one, other in zip(taken, base, strict=True)]
        columns = ([one.cpu for one in taken], [one.clock for one in taken], more)
        words = [f"{statistics.median(values):5.2f} ({min(values):.2f} to {max(values):.2f})" for values in columns]
        say(f"  {name:21} {'   '.join(words)}")


def main() -> None:
    """Measure."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.commands", description=__doc__)
    parser.add_argument("--rounds", type=int, default=5, help="rounds")
    rounds = parser.parse_args().rounds
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        write_images(folder)
        words = commands(folder)
        run(words["new"], folder / "own.yaml")
        outputs = {"new": folder / "again.yaml"}
        timed: dict[str, Callable[[], Took]] = {one: partial(run, words[one], outputs.get(one)) for one in words}
        for once in timed.values():
            once()
        report(interleave(timed, rounds=rounds), rounds)


if __name__ == "__main__":
    main()
