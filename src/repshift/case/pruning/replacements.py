"""The layers of a network replaced: fitted on its own domain, run on another."""

from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor, nn

from repshift.adaptation.branches import Branches, Made
from repshift.adaptation.chains import Change
from repshift.adaptation.least_squares import (
    NormalEquations,
    geometry_of,
    refusal_of_identity,
    refusal_of_linear,
)
from repshift.case.pruning.changes import Changes
from repshift.case.pruning.settings import PruningSettings, Way
from repshift.case.pruning.subject import Chosen, PrunedMaps

Values = npt.NDArray[np.float64]

Advance = Callable[[], None]

ROUNDING: Final = 1e-9
"""Share of the variance below which nothing but rounding is left: the layers are linear themselves."""


@dataclass(frozen=True)
class Replacements:
    """What stands for each change.

    Attributes
    ----------
    changes
        What is replaced.
    branches
        The network that is run with and without them.
    refusals
        Why a change is not possible in a way, by its name and the way; empty where it is.
    equations
        Of each linear map, a solution for each split.
    like
        Has the type and the device of the network.
    """

    changes: Changes
    branches: Branches
    refusals: dict[tuple[str, Way], str]
    equations: dict[str, NormalEquations]
    like: Tensor

    def saved(self, change: Change, way: Way) -> float:
        """Return the parameters that a change saves; NaN where it is not possible."""
        if self.refusals[change.name, way]:
            return float("nan")
        if way == "identity":
            return float(change.n_parameters)
        geometry = self.equations[change.name].geometry
        return float(change.n_parameters - geometry.n_outputs * (geometry.n_inputs + 1))

    def unexplained(self, change: Change) -> float:
        """Return the share of the variance that a linear map leaves, mean over splits; NaN where there is none."""
        if change.name not in self.equations:
            return float("nan")
        equations = self.equations[change.name]
        return float(np.mean([equations.solution(which)[2] for which in range(len(equations.count))]))

    def module(self, change: Change, way: Way, split: int) -> nn.Module:
        """Return what stands for a change in a way that is possible, as a split fitted it."""
        if way == "identity":
            return nn.Identity()
        return self.equations[change.name].linear_map(split, like=self.like)

    def is_linear(self, change: Change) -> bool:
        """Say whether what is replaced was found to be a linear map itself."""
        return self.unexplained(change) < ROUNDING


def fitted(home: PrunedMaps, changes: Changes, network: nn.Module, settings: PruningSettings) -> Replacements:
    """Fit the linear map of each change on the tuned maps of each split of the model's own domain."""
    few, n_tuned = home.inputs[:2], int(home.tuned.sum(1).min())
    branches = Branches(network, changes.chains, changes.changes, few)
    refusals: dict[tuple[str, Way], str] = {}
    equations: dict[str, NormalEquations] = {}

    def prepare(name: str, source: Tensor, end: Tensor) -> None:
        shapes = tuple(source.shape[1:]), tuple(end.shape[1:])
        refusals[name, "identity"] = refusal_of_identity(*shapes)
        refusals[name, "linear"] = refusal_of_linear(*shapes, n_maps=n_tuned)
        geometry = geometry_of(*shapes)
        if "linear" in settings.ways and geometry is not None and not refusals[name, "linear"]:
            equations[name] = NormalEquations(geometry, len(home.tuned))

    branches.pairs(few, [one.name for one in changes.changes], prepare)
    for batch in _batches(np.arange(len(home.inputs)), settings.batch_size):
        sets = home.tuned[:, batch]

        def add(name: str, source: Tensor, end: Tensor, sets: Chosen = sets) -> None:
            equations[name].add(source, end, sets)

        branches.pairs(home.inputs[batch], list(equations), add)
    return Replacements(changes, branches, refusals, equations, like=few)


def judged_outputs(
    maps: PrunedMaps, found: Replacements, network: nn.Module, settings: PruningSettings, *, advance: Advance
) -> tuple[Values, Values]:
    """Return the outputs of the network on all maps, and with each change on those that each split judges.

    Returns
    -------
    (n_maps, n_outputs), and (changes, ways, splits, n_maps, n_outputs), NaN where not judged or not possible.
    """
    names = [one.name for one in found.changes.changes]
    passed_on = [name for name in names if "identity" in settings.ways and not found.refusals[name, "identity"]]
    everything = np.arange(len(maps.inputs))
    unchanged, each = _run(maps, everything, found, dict.fromkeys(passed_on, torch.clone), network, settings)
    advance()
    shape = (len(names), len(settings.ways), len(maps.judged), *unchanged.shape)
    outputs = np.full(shape, np.nan)
    for name, values in each.items():
        outputs[names.index(name), settings.ways.index("identity")] = values
    for split, judged in enumerate(maps.judged if found.equations else ()):
        made = {name: one.linear_map(split, like=found.like) for name, one in found.equations.items()}
        places = np.flatnonzero(judged)
        for name, values in _run(maps, places, found, made, network, settings)[1].items():
            outputs[names.index(name), settings.ways.index("linear"), split, places] = values
        advance()
    return unchanged, outputs


def _run(
    maps: PrunedMaps,
    places: npt.NDArray[np.int64],
    found: Replacements,
    made: Mapping[str, Made],
    network: nn.Module,
    settings: PruningSettings,
) -> tuple[Values, dict[str, Values]]:
    """Return the outputs of some maps (n, n_outputs), without a change and with each that `made` names."""
    whole: list[Tensor] = []
    each: dict[str, list[Tensor]] = defaultdict(list)
    for batch in _batches(places, settings.batch_size):
        outputs, changed = found.branches.outputs(maps.inputs[batch], made)
        whole.append(outputs)
        for name, one in changed.items():
            each[name].append(one)
    return _joined(whole), {name: _joined(parts) for name, parts in each.items()}


def _joined(parts: Sequence[Tensor]) -> Values:
    return np.asarray(torch.cat(list(parts)).flatten(1).double().numpy())


def _batches(places: npt.NDArray[np.int64], size: int) -> Iterator[npt.NDArray[np.int64]]:
    """Yield some places after the others, `size` at a time."""
    for start in range(0, len(places), size):
        yield places[start : start + size]
