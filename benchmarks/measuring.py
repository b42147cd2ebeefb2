"""CPU time and resident memory of a run."""

import ctypes
import gc
import resource
from collections.abc import Callable, Hashable, Mapping
from pathlib import Path
from typing import TypeVar

from benchmarks.results import CpuTime
from benchmarks.routes import Run

Label = TypeVar("Label", bound=Hashable)
Time = TypeVar("Time")

_KIB = 1024


def interleave(timed: Mapping[Label, Callable[[], Time]], *, rounds: int) -> dict[Label, list[Time]]:
    """Return the times of each run: one of each in turn, each round in another order."""
    times: dict[Label, list[Time]] = {label: [] for label in timed}
    labels = list(timed)
    for number in range(rounds):
        first = number % len(labels)
        for label in labels[first:] + labels[:first]:
            times[label].append(timed[label]())
    return times


def cpu_time_of(run: Run) -> CpuTime:
    """Return the CPU time of one run, in all threads of this process."""
    gc.collect()
    before = resource.getrusage(resource.RUSAGE_SELF)
    run()
    after = resource.getrusage(resource.RUSAGE_SELF)
    return CpuTime(after.ru_utime - before.ru_utime, after.ru_stime - before.ru_stime)


def peak_of(run: Run) -> float:
    """Return the peak of resident memory while a run lasts, less that before, in MB (1e6 bytes); Linux alone.

    The kernel's high-water mark is set back to the present before the run, so it sees every peak: no sampling.
    """
    before = resident()
    Path("/proc/self/clear_refs").write_text("5")
    run()
    return _megabytes("VmHWM") - before


def resident() -> float:
    """Return the resident memory, in MB (1e6 bytes), once all that is free has been given back; Linux alone."""
    gc.collect()
    ctypes.CDLL("libc.so.6").malloc_trim(0)
    return _megabytes("VmRSS")


def _megabytes(name: str) -> float:
    for line in Path("/proc/self/status").read_text().splitlines():
        if line.startswith(f"{name}:"):
            return int(line.split()[1]) * _KIB / 1e6
    raise KeyError(name)
