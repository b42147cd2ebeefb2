"""One route in a separate process: its memory, then its time whenever it is asked; started by `benchmarks.workers`.

Reads its `Task` as JSON from the command line; prints a `Memory`, and a `CpuTime` for every line it reads.
"""

import json
import sys

import torch

from benchmarks.cases import ROUTES
from benchmarks.measuring import cpu_time_of, peak_of, resident
from benchmarks.workers import Memory, Task
from benchmarks.workload import make_workload

_WARM_MAPS = 8
_WARM_SIZE = 64


def main() -> None:
    """Run the route on a few small maps first, so that its code is in memory; then measure it."""
    answers, sys.stdout = sys.stdout, sys.stderr  # whatever a library prints is no answer
    torch.set_num_threads(1)
    task = Task(**json.loads(sys.argv[1]))
    prepare = ROUTES[task.label].prepare
    prepare(make_workload(2, batch_size=_WARM_MAPS, n_maps=_WARM_MAPS, size=_WARM_SIZE))()
    workload = make_workload(task.hidden, batch_size=task.batch_size, n_networks=task.n_networks, n_maps=task.n_maps)
    before = resident()
    run = prepare(workload)
    peak = peak_of(run) if task.n_networks == 1 else float("nan")
    answers.write(json.dumps(Memory(peak, resident() - before)) + "\n")
    answers.flush()
    for _ in sys.stdin:
        answers.write(json.dumps(cpu_time_of(run)) + "\n")
        answers.flush()


if __name__ == "__main__":
    main()
