"""The peak memory of one route, in a process of its own: ``python -m benchmarks.memory LABEL ...`` prints MB."""

import argparse
import sys

import torch

from benchmarks.cases import ROUTES
from benchmarks.measuring import peak_of
from benchmarks.workload import make_workload

_WARM_MAPS = 8
_WARM_SIZE = 64


def main() -> None:
    """Run the route on a few small maps first, so that its code is in memory, then measure it."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("label", choices=ROUTES)
    for name in ("--hidden", "--batch-size", "--n-maps"):
        parser.add_argument(name, type=int, required=True)
    chosen = parser.parse_args()
    torch.set_num_threads(1)
    prepare = ROUTES[chosen.label].prepare
    prepare(make_workload(2, batch_size=_WARM_MAPS, n_maps=_WARM_MAPS, size=_WARM_SIZE))()
    run = prepare(make_workload(chosen.hidden, batch_size=chosen.batch_size, n_maps=chosen.n_maps))
    sys.stdout.write(f"{peak_of(run)}\n")


if __name__ == "__main__":
    main()
