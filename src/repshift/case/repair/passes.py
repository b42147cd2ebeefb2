"""One pass of a network over the maps that judge it: its answers, its last layer, its matrix of CKA."""

from dataclasses import dataclass
from typing import Any, Final

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor, nn

from repshift.case.repair.opened import OpenLadder
from repshift.networks.insertion_places import insertions_of
from repshift.networks.insertions import NAME, OUTPUTS
from repshift.recording.differentiation import rows_of
from repshift.recording.fast import accelerate
from repshift.recording.grams import record_grams
from repshift.recording.representations import record_representations
from repshift.similarity.cka import cka_matrix

Values = npt.NDArray[np.float64]

_CONSTANT: Final = 1e-12
"""Share of the largest spread of a layer below which a layer is constant, so that it has no CKA."""


@dataclass(frozen=True)
class Pass:
    """What a network makes of some maps.

    Attributes
    ----------
    answers
        (n_maps, n_answers), on the host.
    features
        (n_maps, units): of the last layer.
    """

    answers: Tensor
    features: npt.NDArray[np.floating]

    def of(self, piece: slice) -> "Pass":
        """Return the same of some of the maps."""
        return Pass(self.answers[piece], self.features[piece])


def passed(network: nn.Module, maps: Tensor, ladder: OpenLadder) -> Pass:
    """Return a pass over maps (n_maps, channels, y, x), by the fast path, which two of the maps check."""
    answers: list[Tensor] = []
    fast = accelerate(network, _extremes(maps), layers=[ladder.last_layer], device=ladder.device)
    how: dict[str, Any] = {"batch_size": ladder.settings.batch_size, "device": ladder.device, "answers": answers}
    (features,) = record_representations(fast.network, maps, layers=fast.layers, **how).values()
    return Pass(rows_of(torch.cat(answers)), features)


def with_outputs_mapped(network: nn.Module, before: Pass) -> Pass:
    """Return the pass of a network that differs from another in insertions at its outputs alone, from that one's."""
    answers = before.answers
    for insertion in insertions_of(network).at(OUTPUTS):
        answers = insertion.cpu()(answers)
    return Pass(answers, before.features)


def maps_outputs_alone(network: nn.Module, origin: nn.Module) -> bool:
    """Say whether a network is another one with insertions at its outputs."""
    places = {one.place for one in insertions_of(network).held}
    if places != {OUTPUTS} or insertions_of(origin).held:
        return False
    held = {name: one for name, one in network.state_dict().items() if not name.startswith(f"{NAME}.")}
    own = origin.state_dict()
    return held.keys() == own.keys() and all(torch.equal(one, own[name]) for name, one in held.items())


def matrix_of(network: nn.Module, maps: Tensor, ladder: OpenLadder) -> Values:
    """Return debiased CKA of all layers, from maps of different simulations; NaN of layers that are constant."""
    how: dict[str, Any] = {"batch_size": ladder.settings.batch_size, "device": ladder.device}
    grams = record_grams(network, maps, layers=ladder.description.layers, **how)
    spread = grams["relative_spread"].to_numpy()
    varies = np.flatnonzero(spread > _CONSTANT * spread.max())
    found = np.full((len(spread), len(spread)), np.nan)
    if len(varies):
        found[np.ix_(varies, varies)] = cka_matrix(grams.isel(layer=varies), estimator="debiased")
    return found


def _extremes(maps: Tensor) -> Tensor:
    """Return the faintest and the brightest map."""
    sizes = maps.flatten(1).square().sum(1)
    return maps[[int(sizes.argmin()), int(sizes.argmax())]]
