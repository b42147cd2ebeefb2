"""What each call of a process takes, by the process itself: Snakemake sees only the whole, and no peak of memory."""

import os
import resource
import time
from pathlib import Path

from repshift.storage.benchmarks import START, Usage

_KIBIBYTE = 1024
_MEGABYTE = 1e6
_PROCESS = Path("/proc/self/stat")


class Meter:
    """Notes what was used since its last note; the first is of the start of the process."""

    def __init__(self) -> None:
        self.calls = [Usage(START, _age(), _cpu(), _peak())]
        self._wall, self._cpu = time.perf_counter(), _cpu()

    def note(self, words: str) -> None:
        """Note what was used by what has just ended."""
        wall, cpu = time.perf_counter(), _cpu()
        self.calls.append(Usage(words, wall - self._wall, cpu - self._cpu, _peak()))
        self._wall, self._cpu = wall, cpu


def _cpu() -> float:
    """Return the CPU seconds of the process and of its children that have ended."""
    return sum(os.times()[:4])


def _peak() -> float:
    """Return the largest memory of the process itself so far [MB]."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * _KIBIBYTE / _MEGABYTE


def _age() -> float:
    """Return the seconds since the process began; its CPU time where the system does not say."""
    if not _PROCESS.is_file():
        return _cpu()
    ticks = float(_PROCESS.read_text().rpartition(")")[2].split()[19])
    return time.clock_gettime(time.CLOCK_BOOTTIME) - ticks / os.sysconf("SC_CLK_TCK")
