"""Which layers of a network are replaced, and how alike its layers are."""

from dataclasses import dataclass
from typing import Final

import numpy as np
import numpy.typing as npt
import torch
from torch import nn

from repshift.adaptation.chains import Chains, Change, chains_of, chosen, run_of
from repshift.case.pruning.settings import PruningSettings
from repshift.case.pruning.subject import PrunedMaps
from repshift.evidence.pruning.blocks import blocks_of, mean_cka, runs_of
from repshift.recording.grams import record_grams
from repshift.similarity.gram import linear_gram
from repshift.vocabulary import InputError

Values = npt.NDArray[np.float64]

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
