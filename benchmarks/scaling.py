"""How time and memory grow: ``python -m benchmarks.scaling [statistics|recording|network]``, fitted exponents.

``statistics``: the stages permutation_tests and intervals of one case, against simulations, layers and resamples.
``recording``: `record_minibatch_grams` of CMD's network, against maps, their size and its width. ``network``: up to
2,000 maps through a transformer of 24 blocks and some 200 layers, by `record_grams`. Each point is a process of its
own, on one thread; time is CPU time once all is imported, memory the peak of the process, of recording beyond what was
resident by then. An exponent is the slope of the logarithms between the two largest sizes.
"""

import argparse
import json
import os
import subprocess
import sys
import tempfile
from collections.abc import Callable, Sequence
from pathlib import Path

import numpy as np

from benchmarks.statistics import STAGES, THREADS, WORKER, write_case
from benchmarks.workflow import say

ROOT = Path(__file__).parents[1]

RECORD = """
import json, sys
import torch
import repshift
from benchmarks.measuring import cpu_time_of, peak_of
from benchmarks.workload import make_workload
torch.set_num_threads(1)
hidden, n_maps, size = json.loads(sys.argv[1])
warm = make_workload(2, batch_size=8, n_maps=8, size=64)
repshift.record_minibatch_grams(warm.networks[0], warm.maps, batch_size=8)
workload = make_workload(hidden, batch_size=16, n_maps=n_maps, size=size)
def run():
    repshift.minibatch_cka_matrix(repshift.record_minibatch_grams(workload.networks[0], workload.maps, batch_size=16))
peak = peak_of(run)
taken = cpu_time_of(run)
print(json.dumps([taken.user + taken.system, peak]))
"""
"""Takes width, maps and their size as JSON."""

TRANSFORMER = """
import json, sys
import torch
from torch import nn
import repshift
from benchmarks.measuring import cpu_time_of, peak_of
torch.set_num_threads(1)
n_maps, n_blocks, width, tokens = json.loads(sys.argv[1])

class Transformer(nn.Module):
    def __init__(self):
        super().__init__()
        self.patches = nn.Conv2d(1, width, 8, 8)
        self.blocks = nn.ModuleList(
            nn.TransformerEncoderLayer(width, 4, 2 * width, dropout=0.0, batch_first=True) for _ in range(n_blocks)
        )
        self.answer = nn.Linear(width, 2)
    def forward(self, maps):
        found = self.patches(maps).flatten(2).transpose(1, 2)
        for block in self.blocks:
            found = block(found)
        return self.answer(found.mean(1))

torch.manual_seed(0)
side = 8 * int(tokens ** 0.5)
maps, network = torch.randn(n_maps, 1, side, side), Transformer()
parts = ("self_attn", "dropout1", "norm1", "linear1", "dropout", "linear2", "dropout2", "norm2")
kinds = ["patches:0", *(f"blocks.*.{part}:0" for part in parts)]
found = []
def run():
    found[:] = [repshift.record_grams(network, maps, layers=kinds, batch_size=100)]
def bare():
    with torch.inference_mode():
        network.eval()
        for batch in maps.split(100):
            network(batch)
pass_only = cpu_time_of(bare)
times = []
peak = peak_of(lambda: times.append(cpu_time_of(run)))
taken = times[0]
print(json.dumps([taken.user + taken.system, peak, pass_only.user + pass_only.system, found[0].shape]))
"""
"""Takes maps, blocks, width and tokens as JSON."""


def measured(source: str, *words: str) -> list[float]:
    """Return what a process prints last."""
    paths = os.pathsep.join([str(ROOT / "src"), str(ROOT)])
    environment = {**os.environ, "PYTHONPATH": paths, **dict.fromkeys(THREADS, "1")}
    command = [sys.executable, "-c", source, *words]
    done = subprocess.run(command, env=environment, check=True, capture_output=True, text=True)
    return json.loads(done.stdout.splitlines()[-1])


def exponent(sizes: Sequence[float], values: Sequence[float]) -> float:
    """Return the slope of logarithms."""
    return float(np.polyfit(np.log(sizes), np.log(values), 1)[0])


def series(name: str, sizes: Sequence[int], measure: Callable[[int], list[float]]) -> None:
    """Print time and memory against one size, and the exponent of the time over its upper half."""
    found = [measure(size) for size in sizes]
    half = len(sizes) // 2
    slope = exponent(sizes[half - 1 :], [one[0] for one in found][half - 1 :])
    points = ", ".join(f"{size}: {one[0]:.2f} s {one[1]:.0f} MB" for size, one in zip(sizes, found, strict=True))
    say(f"| {name} | {points} | {slope:.2f} |")


def statistics(folder: Path) -> None:
    """Measure the statistics of one case."""

    def stage(name: str, n_layers: int, n: int, **changes: int) -> list[float]:
        grams = folder / f"{n_layers}_{n}.nc"
        if not grams.exists():
            write_case(grams, n_layers=n_layers, n=n)
        names, options = STAGES[name]
        output = str(folder / "out.nc")
        return measured(WORKER, names, json.dumps({**options, **changes, "grams": str(grams), "output": output}))

    for name, key in (("permutation_tests", "permutations"), ("intervals", "resamples")):
        series(f"{name}, 14 layers, against n", (50, 100, 200, 400), lambda n, name=name: stage(name, 14, n))
        series(f"{name}, n 50, against layers", (14, 50, 100, 200), lambda layers, name=name: stage(name, layers, 50))
        draws = (999, 1999, 3999, 7999)
        series(
            f"{name}, 14 layers, n 100, against {key}",
            draws,
            lambda number, name=name, key=key: stage(name, 14, 100, **{key: number}),
        )


def recording(_folder: Path) -> None:
    """Measure the plain call."""
    for name, sizes, words in (
        ("maps of 256 pixels, width 4", (16, 32, 64, 128), lambda n: [4, n, 256]),
        ("pixels a side, 32 maps, width 4", (64, 128, 256, 512), lambda side: [4, 32, side]),
        ("width, 32 maps of 256 pixels", (2, 4, 8, 16), lambda hidden: [hidden, 32, 256]),
    ):
        series(
            f"record_minibatch_grams, against {name}",
            sizes,
            lambda n, words=words: measured(RECORD, json.dumps(words(n))),
        )


def network(_folder: Path) -> None:
    """Measure many maps through a deep transformer."""
    for n_maps in (250, 500, 1000, 2000):
        seconds, peak, bare, shape = measured(TRANSFORMER, json.dumps([n_maps, 24, 64, 64]))
        say(f"{shape[0]} layers, {n_maps} maps: {seconds:.0f} s, bare pass {bare:.0f} s, peak {peak:.0f} MB")


KINDS = {"statistics": statistics, "recording": recording, "network": network}


def main() -> None:
    """Measure what the command line asks for."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("what", nargs="*", choices=[*KINDS, []], default=list(KINDS))
    given = parser.parse_args()
    with tempfile.TemporaryDirectory() as name:
        for what in given.what:
            KINDS[what](Path(name))


if __name__ == "__main__":
    main()
