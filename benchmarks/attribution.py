"""Methods of attribution beside captum: ``python -m benchmarks.attribution --folder RUN``, or ``--invented``.

RUN is a folder in which the default has run, as far as its maps and models; invented maps are random numbers, and their
network is untrained. Both attribute the same outputs of the same maps, one of each simulation, on one thread.

captum is called at its best: the number of points of each path, or of squares, that go through the network at once
is the fastest of several, tried first; no weight asks for a gradient; occlusion takes all outputs of one call. A call
for each output stands beside it. Every round measures each in turn; medians of CPU seconds and of ratios, with ranges.

captum is needed: it is among the packages of development.
"""

import argparse
import os
import statistics
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

for _variable in ("OMP_NUM_THREADS", "MKL_NUM_THREADS", "OPENBLAS_NUM_THREADS"):
    os.environ[_variable] = "1"

# ruff: noqa: E402 - numpy and torch read the environment when they are imported
import numpy as np
import torch
from torch import Tensor, nn

from benchmarks.measuring import cpu_time_of, interleave
from benchmarks.workflow import say
from repshift.attribution import METHODS, Attribution, Options
from repshift.attribution.network_outputs import explaining
from repshift.attribution.output_choice import ChosenOutputs, chosen_outputs
from repshift.networks.cmd import CMDNetwork
from repshift.networks.preprocessing import standardise
from repshift.storage.models import read_model
from repshift.vocabulary import PARAMETERS

CASES = (
    ("T-MockTNG", "MockTNG"),
    ("T-MockTNG", "MockSIMBA"),
    ("Mtot-MockSIMBA", "MockSIMBA"),
    ("Mtot-MockSIMBA", "MockTNG"),
)
DEFAULT = ("gradient", "integrated_gradients", "occlusion")
TARGETS = {"integrated_gradients": 0.8, "occlusion": 0.9}
_SECONDS = 45
_MAPS_A_SIMULATION, _NODES, _WINDOW, _BATCH = 15, 20, 8, 32
_AT_ONCE = {"integrated_gradients": (1, 2, 4), "occlusion": (1, 2, 4, 8)}
_TRIES = 2

Timed = Callable[[], float]
"""Runs once, and returns CPU seconds."""


@dataclass(frozen=True)
class Given:
    """A network, and maps (n_maps, 1, y, x) as it reads them."""

    name: str
    network: nn.Module
    maps: Tensor
    outputs: ChosenOutputs

    @property
    def options(self) -> Options:
        """What methods take: the mean of the maps stands for them."""
        nought = torch.zeros_like(self.maps)
        return Options(nought, nought, nodes=_NODES, window=_WINDOW, stride=_WINDOW)

    def ours(self, name: str) -> Attribution:
        """Return what a method finds, with all that it takes to get there."""
        with explaining(self.network, self.maps, self.outputs, batch_size=_BATCH, fast=True) as explained:
            return METHODS[name](explained, self.maps, self.options)


class Captum:
    """captum on a network and maps."""

    def __init__(self, given: Given) -> None:
        from captum import attr

        self.attr, self.given = attr, given
        given.network.eval().requires_grad_(False)

    def integrated_gradients(self, at_once: int) -> tuple[Tensor, Tensor]:
        """Return attributions (n_outputs, n_maps, channels, y, x), a call each, and errors (n_outputs, n_maps).

        captum takes no fewer points at once than there are maps.
        """
        method = self.attr.IntegratedGradients(self.given.network)
        how = {"n_steps": _NODES, "method": "gausslegendre", "internal_batch_size": at_once * len(self.given.maps)}
        found = [
            method.attribute(self.given.maps, target=place, return_convergence_delta=True, **how)
            for place in self.given.outputs.places
        ]
        values, errors = zip(*found, strict=True)
        return torch.stack(values), torch.stack(errors)

    def occlusion(self, at_once: int) -> Tensor:
        """Return attributions (n_outputs, n_maps, channels, y, x), of one call for all outputs."""
        places = list(self.given.outputs.places)
        found = self._occluded(lambda maps: self.given.network(maps)[:, places], at_once)
        return found.reshape(len(self.given.maps), len(places), *self.given.maps.shape[1:]).transpose(0, 1)

    def occlusion_by_call(self, at_once: int) -> Tensor:
        """Return the same, of a call for each output."""
        return torch.stack(
            [self._occluded(self.given.network, at_once, target=place) for place in self.given.outputs.places]
        )

    def _occluded(self, forward: Callable[[Tensor], Tensor], at_once: int, **target: int) -> Tensor:
        square = (self.given.maps.shape[1], _WINDOW, _WINDOW)
        how: dict[str, Any] = {"sliding_window_shapes": square, "strides": square, "baselines": 0}
        with torch.no_grad():
            return self.attr.Occlusion(forward).attribute(
                self.given.maps, perturbations_per_eval=at_once, **how, **target
            )


def compare(given: Given, *, rounds: int) -> None:
    """Print how integrated gradients and occlusion do beside captum."""
    captum = Captum(given)
    calls = {
        "integrated_gradients": {"all outputs": captum.integrated_gradients},
        "occlusion": {"all outputs in one call": captum.occlusion, "a call for each output": captum.occlusion_by_call},
    }
    for name, ways in calls.items():
        best = {words: _fastest(call, _AT_ONCE[name]) for words, call in ways.items()}
        timed: dict[str, Timed] = {"repshift": partial(_seconds, partial(given.ours, name))}
        timed |= {
            f"captum, {words}": partial(_seconds, partial(ways[words], at_once)) for words, at_once in best.items()
        }
        say(f"{given.name}, {name}, {len(given.maps)} maps: captum takes {best} of each map at once")
        _report(interleave(timed, rounds=rounds), target=TARGETS[name])
        _say_difference(given.ours(name), next(iter(ways.values()))(next(iter(best.values()))))


def _report(times: dict[str, list[float]], *, target: float) -> None:
    for name, taken in times.items():
        say(f"  {name}: {_summary(taken)} CPU seconds")
    own, *others = times
    for number, other in enumerate(others):
        ratios = [one / two for one, two in zip(times[own], times[other], strict=True)]
        say(f"  {own} / {other}: {_summary(ratios)}" + (f", target at most {target}" if number == 0 else ""))


def _say_difference(own: Attribution, other: Tensor | tuple[Tensor, Tensor]) -> None:
    values = other[0] if isinstance(other, tuple) else other
    difference = float((own.values - values).norm() / values.norm())
    say(f"  relative difference of the attributions {difference:.1e}")
    if own.error is not None and isinstance(other, tuple):
        say(f"  median error of completeness {own.error.abs().median():.4f}, captum {other[1].abs().median():.4f}")


def budget(cases: Iterable[Given]) -> None:
    """Print what the three methods of the default take of the default's cases."""
    whole = 0.0
    for given in cases:
        taken = {name: _seconds(partial(given.ours, name)) for name in DEFAULT}
        whole += sum(taken.values())
        say(f"{given.name}: {', '.join(f'{name} {seconds:.2f}' for name, seconds in taken.items())} CPU seconds")
    say(f"all cases: {whole:.1f} CPU seconds, target at most {_SECONDS}")


def _fastest(call: Callable[[int], object], candidates: Iterable[int]) -> int:
    """Return the number that goes through the network at once with which a call is fastest."""
    taken = {number: min(_seconds(partial(call, number)) for _ in range(_TRIES)) for number in candidates}
    return min(taken, key=lambda number: taken[number])


def _seconds(run: Callable[[], object]) -> float:
    return cpu_time_of(run).total


def _summary(values: list[float]) -> str:
    return f"{statistics.median(values):.2f} ({min(values):.2f} to {max(values):.2f})"


def of_run(folder: Path, model: str, suite: str, n_maps: int) -> Given:
    """Return a network of the default and the first map of each of some simulations."""
    network, description = read_model(folder / "resources/models" / f"{model}.pt")
    field = description.field
    path = folder / f"results/maps/{suite}/Maps_{field}_{suite}_LHT_z=0.00.npy"
    raw = np.array(np.load(path, mmap_mode="r")[::_MAPS_A_SIMULATION][:n_maps])
    maps = torch.from_numpy(standardise(raw, field=field, moments=description.moments[0])[:, None])
    return Given(f"{model} on {suite}", network, maps, _two_parameters())


def invented(n_maps: int, *, size: int = 64) -> Given:
    """Return an untrained network, and maps of random numbers."""
    torch.manual_seed(0)
    maps = torch.from_numpy(np.random.default_rng(0).standard_normal((n_maps, 1, size, size), dtype=np.float32))
    return Given("invented maps", CMDNetwork(4, size=size), maps, _two_parameters())


def _two_parameters() -> ChosenOutputs:
    names = tuple(PARAMETERS)
    return chosen_outputs(2 * len(names), None, names)


def main() -> None:
    """Measure, and print."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition(":")[0])
    source = parser.add_mutually_exclusive_group(required=True)
    source.add_argument("--folder", type=Path, help="folder of a run of the default")
    source.add_argument("--invented", action="store_true", help="random maps and an untrained network")
    parser.add_argument("--maps", type=int, default=50, help="number of maps")
    parser.add_argument("--rounds", type=int, default=5, help="number of rounds")
    given = parser.parse_args()
    torch.set_num_threads(1)
    cases = [invented(given.maps)]
    if given.folder is not None:
        cases = [of_run(given.folder, model, suite, given.maps) for model, suite in CASES]
    compare(cases[0], rounds=given.rounds)
    budget(cases)


if __name__ == "__main__":
    main()
