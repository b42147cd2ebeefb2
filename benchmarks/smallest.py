"""Smallest changes of maps, beside plain projected gradient: ``python -m benchmarks.smallest`` after ``make figures``.

Of 25 maps of the default, one a simulation, each output is to move by its predicted standard deviation: a unit that
goes to 5e-5 out of distribution, so that the package itself takes the error in distribution. Plain projected gradient
takes eight steps of a quarter of the size at each of eight bisections, upwards and downwards. CPU seconds are of one
thread and both norms; of the package they hold random changes and single pixels too. With ``--long``, a hundred steps
say of how many maps plain projected gradient reaches the goal at 0.95 of the size that the package found.
"""

import argparse
import os
from dataclasses import dataclass
from functools import partial
from pathlib import Path

for _variable in ("OMP_NUM_THREADS", "MKL_NUM_THREADS", "OPENBLAS_NUM_THREADS"):
    os.environ[_variable] = "1"

# ruff: noqa: E402 - numpy and torch read the environment when they are imported
import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor

from benchmarks.measuring import cpu_time_of
from benchmarks.workflow import say
from repshift.attacks.goals import Goal
from repshift.attacks.network import NetworkOnMaps, on_maps
from repshift.attacks.norms import NORMS, Norm, spread
from repshift.attacks.smallest import AttackSettings, Smallest, random_changes, smallest_changes
from repshift.networks.preprocessing import standardise
from repshift.recording.differentiation import gradient_of
from repshift.storage.models import read_model

CASES = (
    ("T-MockTNG", "MockTNG"),
    ("T-MockTNG", "MockSIMBA"),
    ("Mtot-MockSIMBA", "MockSIMBA"),
    ("Mtot-MockSIMBA", "MockTNG"),
)
OUTPUTS = {"Omega_m": 0, "sigma_8": 1}
_MAPS, _MAPS_A_SIMULATION, _DEVIATIONS, _BATCH = 25, 15, 6, 32
_BISECTIONS, _SHORT, _LONG = 8, 8, 100
_NOISE, _LESS = 0.02, 0.95
_ENTROPY = [[1, number] for number in range(_MAPS)]


@dataclass(frozen=True)
class BySigma:
    """An output is to move by the predicted standard deviation of each map, up or down."""

    output: int
    start: Tensor
    distance: Tensor
    n_ways: int = 2

    def progress(self, answers: Tensor, which: Tensor) -> Tensor:
        """Return the movement over the deviation, up and down, (2, n_maps)."""
        moved = (answers[:, self.output] - self.start[which]) / self.distance[which]
        return torch.stack([moved, -moved])


def reaches(network: NetworkOnMaps, goal: Goal, norm: Norm, size: Tensor, *, way: int, steps: int) -> Tensor:
    """Return for which maps plain projected gradient reaches a goal with changes of some size, (n_maps,)."""
    change = torch.zeros_like(network.maps)
    reached = torch.zeros(len(network.maps), dtype=torch.bool)
    for _ in range(steps):
        answers, leaf = network.differentiated(change, network.places)
        progress = goal.progress(answers, network.places)[way]
        reached |= progress.detach() >= 1
        change = change + spread(2 / steps * size, change) * norm.steepest(gradient_of(progress, leaf))
        if norm.name == "linf":
            change = change.clamp(-spread(size, change), spread(size, change))
        else:
            change = change * spread(size / norm.size(change), change).clamp(max=1)
    return reached | (goal.progress(network.answers(change), network.places)[way] >= 1)


def plain(network: NetworkOnMaps, goal: Goal, largest: Tensor) -> list[Tensor]:
    """Return the smallest sizes of projected gradient with bisection, (n_maps,) for each norm."""
    found = []
    for norm, most in zip(NORMS.values(), largest, strict=True):
        of_ways = []
        for way in range(goal.n_ways):
            low, high = torch.zeros_like(most), most
            for _ in range(_BISECTIONS):
                size = (low + high) / 2
                reached = reaches(network, goal, norm, size, way=way, steps=_SHORT)
                low, high = torch.where(reached, low, size), torch.where(reached, size, high)
            of_ways.append(high)
        found.append(torch.stack(of_ways).amin(0))
    return found


def compare(network: NetworkOnMaps, goal: Goal, *, long: bool) -> str:
    """Return what is found for an output of a case."""
    ours: list[Smallest] = []
    others: list[list[Tensor]] = []
    took = cpu_time_of(lambda: ours.append(smallest_changes(network, goal, AttackSettings(), entropy=_ENTROPY)))
    sizes = torch.from_numpy(ours[0].size).float()
    plainly = cpu_time_of(lambda: others.append(plain(network, goal, 4 * sizes)))
    words = []
    for norm, size, other in zip(NORMS.values(), sizes, others[0], strict=True):
        value, low, high = np.quantile(size.numpy(), [0.5, 0.1, 0.9])
        words.append(f"{norm.name} {value:.4f} [{low:.4f}, {high:.4f}], {float((size / other).mean()):.2f} of plain")
        if long:
            by_way = [reaches(network, goal, norm, _LESS * size, way=way, steps=_LONG) for way in range(goal.n_ways)]
            words[-1] += f" (long reaches {int(torch.stack(by_way).any(0).sum())} of {_MAPS} at {_LESS})"
    noise = _NOISE * random_changes(network.maps, _ENTROPY, 0)
    moved = goal.progress(network.answers(noise), network.places).amax(0).median()
    words.append(f"noise of {_NOISE} moves {float(moved):.2f} sigma, a pixel {np.median(ours[0].pixel_moved):.2f}")
    return "; ".join([*words, f"CPU seconds {took.total:.2f}, plain {plainly.total:.1f}"])


def maps_of(suite: str, field: str, results: Path, prepare: "partial[npt.NDArray[np.float32]]") -> Tensor:
    """Return the first map of each of some simulations as the network takes it."""
    path = results / f"maps/{suite}/Maps_{field}_{suite}_LHT_z=0.00.npy"
    raw = np.array(np.load(path, mmap_mode="r")[::_MAPS_A_SIMULATION][:_MAPS])
    return torch.from_numpy(prepare(raw)[:, None])


def main() -> None:
    """Measure the cases of the default."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition(":")[0])
    parser.add_argument("--results", type=Path, default=Path("results"), help="results of a run of the default")
    parser.add_argument("--weights", type=Path, default=Path("resources/models"), help="weights of the default")
    parser.add_argument("--long", action="store_true", help="a hundred steps too")
    given = parser.parse_args()
    torch.set_num_threads(1)
    for model, suite in CASES:
        network, description = read_model(given.weights / f"{model}.pt")
        field = description.field
        prepare = partial(standardise, field=field, moments=description.moments[0])
        with on_maps(network, maps_of(suite, field, given.results, prepare), batch_size=_BATCH) as held:
            answers = held.answers()
            for name, place in OUTPUTS.items():
                goal = BySigma(place, answers[:, place], answers[:, place + _DEVIATIONS])
                say(f"{model} on {suite}, {name}: {compare(held, goal, long=given.long)}")


if __name__ == "__main__":
    main()
