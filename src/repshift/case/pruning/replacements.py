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
from repshift.adaptation.chains import Chains, Change, chains_of, chosen, run_of
from repshift.adaptation.least_squares import (
    NormalEquations,
    geometry_of,
    refusal_of_identity,
    refusal_of_linear,
)
from repshift.case.pruning.settings import PruningSettings, Way
from repshift.case.pruning.subject import Chosen, PrunedMaps
from repshift.evidence.pruning.blocks import blocks_of, mean_cka, runs_of
from repshift.recording.grams import record_grams
from repshift.similarity.gram import linear_gram
from repshift.vocabulary import InputError

Values = npt.NDArray[np.float64]

Advance = Callable[[], None]

ROUNDING: Final = 1e-9
"""Share of the variance below which nothing but rounding is left: the layers are linear themselves."""

MAPS: Final = "maps"
"""Stands for the layer before the first."""


@dataclass(frozen=True)
class Likeness:
    """How alike layers are on the judged maps of a domain.

    Attributes
    ----------
    names
        The maps themselves, then the layers in the order of the forward pass.
    cka
        (names, names): debiased, mean over splits.
    """

    names: tuple[str, ...]
    cka: Values

    def between(self, change: Change) -> float:
        """Return the CKA of the last layer of a change with the layer before the change."""
        before = MAPS if change.before is None else change.before
        return float(self.cka[self.names.index(before), self.names.index(change.layers[-1])])


@dataclass(frozen=True)
class Changes:
    """What of a network is replaced.

    Attributes
    ----------
    chains
        Its layers.
    changes
        Layers, then runs of them.
    blocks
        Names of the first and the last layer of each block.
    """

    chains: Chains
    changes: tuple[Change, ...]
    blocks: tuple[tuple[str, str], ...]

    def block_of(self, change: Change) -> str:
        """Return the longest block that a change lies in, in words; empty where it is in none."""
        order = list(self.chains.layers)
        inside = [
            (order.index(last) - order.index(first), f"{first} to {last}")
            for first, last in self.blocks
            if order.index(first) <= order.index(change.layers[0])
            and order.index(change.layers[-1]) <= order.index(last)
        ]
        return max(inside, key=lambda pair: pair[0])[1] if inside else ""


def likeness_of(maps: PrunedMaps, network: nn.Module, settings: PruningSettings, device: torch.device) -> Likeness:
    """Return how alike the layers of a network are on the judged maps of a domain, a map of each simulation."""
    inputs = maps.inputs[maps.firsts].cpu().numpy()
    grams = record_grams(
        network, inputs, layers=maps.shown.description.layers, batch_size=settings.batch_size, device=device
    )
    stack = np.concatenate([linear_gram(inputs.reshape(len(inputs), -1))[None], grams.to_numpy()])
    names = (MAPS, *(str(name) for name in grams["layer"].to_numpy()))
    return Likeness(names, mean_cka(stack, maps.judged[:, maps.firsts]))


def changes_of(network: nn.Module, home: PrunedMaps, likeness: Likeness, settings: PruningSettings) -> Changes:
    """Return what of a network is replaced: every layer that can be, and every run within a block that can be.

    Parameters
    ----------
    network, settings
        In evaluation mode; which of its layers.
    home
        Maps of its own domain, two of which are run.
    likeness
        Of its layers there.

    Raises
    ------
    InputError
        If there is no such layer, or none can be replaced.
    """
    chains = chosen(chains_of(network, home.inputs[:2], layers=home.shown.description.layers), settings.layers)
    if not chains.singles:
        reasons = "; ".join(f"'{name}' {why}" for name, why in chains.left_out.items())
        raise InputError(f"No layer of the network can be replaced: {reasons}.")
    order = likeness.names[1:]
    blocks = blocks_of(likeness.cka[1:, 1:], alike=settings.alike)
    runs = (
        [run_of(network, chains, order[first : last + 1]) for first, last in runs_of(blocks)] if settings.runs else []
    )
    changes = (*chains.singles.values(), *(one for one in runs if one is not None))
    return Changes(chains, changes, tuple((order[first], order[last]) for first, last in blocks))


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

    def is_compared(self, change: Change) -> bool:
        """Say whether rank correlations are over it: a single layer that is not linear itself."""
        return len(change.layers) == 1 and not self.is_linear(change)

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
