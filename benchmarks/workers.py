"""Routes in separate processes, one at work at a time.

Not all in one process: of glibc's malloc, a block above 32 MB, as the largest activations are, has a separate mapping,
faulted in page by page and given back when freed, unless an earlier, larger use has left a hole in the heap that holds
it. A bare forward pass took half the time once all activations had been collected in its process: each route would be
measured in what the others left behind.
"""

import contextlib
import json
import os
import subprocess
import sys
from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass
from typing import NamedTuple, Self

from benchmarks.measuring import interleave
from benchmarks.results import CpuTime, Times

KEEPING = {"MALLOC_MMAP_THRESHOLD_": "4000000000", "MALLOC_TRIM_THRESHOLD_": "4000000000"}
"""Environment variables of glibc, bytes: no block has a separate mapping, nothing is given back."""


@dataclass(frozen=True)
class Task:
    """What a worker measures: a route's label, and what `benchmarks.workload.make_workload` takes."""

    label: str
    hidden: int
    batch_size: int
    n_networks: int
    n_maps: int


class Memory(NamedTuple):
    """The memory of a route's first run, MB."""

    peak: float
    """While it runs, beyond what was resident once it was prepared; NaN of several networks, not run for it."""
    kept: float
    """What preparing and running it leave resident as long as it may run again."""


class Worker:
    """A process that measures one task; leaving the context ends it."""

    def __init__(self, task: Task, environment: Mapping[str, str]) -> None:
        command = [sys.executable, "-m", "benchmarks.worker", json.dumps(asdict(task))]
        self._task = task
        self._process = subprocess.Popen(
            command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, env=os.environ | environment
        )
        self.memory = Memory(*self._answer())

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_exception: object) -> None:
        self._process.communicate()

    def cpu_time(self) -> CpuTime:
        """Have the route run once."""
        self._process.stdin.write("\n")
        self._process.stdin.flush()
        return CpuTime(*self._answer())

    def _answer(self) -> list[float]:
        line = self._process.stdout.readline()
        if not line:
            raise RuntimeError(f"The process of {self._task} ended with status {self._process.wait()}.")
        return json.loads(line)


def measure(tasks: Iterable[Task], *, rounds: int) -> tuple[Times, dict[str, Memory]]:
    """Return, by label, the CPU times of each task, interleaved, and its memory."""
    with contextlib.ExitStack() as stack:
        workers = {task.label: stack.enter_context(Worker(task, {})) for task in tasks}
        times = interleave({label: worker.cpu_time for label, worker in workers.items()}, rounds=rounds)
        return times, {label: worker.memory for label, worker in workers.items()}


def measure_keeping(tasks: Iterable[Task], *, rounds: int) -> Times:
    """Return, by label, the CPU times of each task, interleaved, where the allocator keeps the memory that is freed.

    A round more is run, the first, which faults in what the worker gave back when it measured its memory.
    """
    with contextlib.ExitStack() as stack:
        workers = {task.label: stack.enter_context(Worker(task, KEEPING)) for task in tasks}
        times = interleave({label: worker.cpu_time for label, worker in workers.items()}, rounds=rounds + 1)
        return {label: of_label[1:] for label, of_label in times.items()}
