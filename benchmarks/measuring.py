"""CPU time, interleaved in this process; peak memory, a process a route."""

import ctypes
import gc
import subprocess
import sys
import time
from collections.abc import Hashable, Mapping
from pathlib import Path
from typing import TypeVar

from benchmarks.routes import Run

Label = TypeVar("Label", bound=Hashable)

_KIB = 1024


def cpu_seconds(runs: Mapping[Label, Run], *, repetitions: int) -> dict[Label, list[float]]:
    """Return the CPU seconds, user and system, of each run: one of each in turn, each round in another order."""
    seconds: dict[Label, list[float]] = {label: [] for label in runs}
    labels = list(runs)
    for number in range(repetitions):
        first = number % len(labels)
        for label in labels[first:] + labels[:first]:
            gc.collect()
            start = time.process_time()
            runs[label]()
            seconds[label].append(time.process_time() - start)
    return seconds


def extra_megabytes(label: str, *, hidden: int, batch_size: int, n_maps: int) -> float:
    """Return the peak memory of a route, in a process of its own, beyond what that held before, in MB."""
    command = [sys.executable, "-m", "benchmarks.memory", label]
    command += ["--hidden", str(hidden), "--batch-size", str(batch_size), "--n-maps", str(n_maps)]
    finished = subprocess.run(command, check=True, stdout=subprocess.PIPE, text=True)
    return float(finished.stdout)


def peak_of(run: Run) -> float:
    """Return the peak of resident memory while a run lasts, less that before, in MB (1e6 bytes); Linux alone.

    The kernel's high-water mark is set back to the present before the run, so it sees every peak: no sampling.
    """
    gc.collect()
    ctypes.CDLL("libc.so.6").malloc_trim(0)
    Path("/proc/self/clear_refs").write_text("5")
    before = _status("VmRSS")
    run()
    return (_status("VmHWM") - before) * _KIB / 1e6


def _status(name: str) -> int:
    for line in Path("/proc/self/status").read_text().splitlines():
        if line.startswith(f"{name}:"):
            return int(line.split()[1])
    raise KeyError(name)
