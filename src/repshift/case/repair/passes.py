"""One pass of a network over the maps that judge it: its outputs, its last layer, its matrix of CKA."""

import copy
from dataclasses import dataclass
from typing import Any, Final

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor, nn

from repshift.case.repair.open_ladder import OpenLadder
from repshift.networks.insertion_places import insertions_of
from repshift.networks.insertions import INPUT, NAME, OUTPUTS
from repshift.recording.continuation import continuation_of
from repshift.recording.differences import difference_of
from repshift.recording.differentiation import rows_of
from repshift.recording.fast import TOLERANCE, Acceleration, accelerate
from repshift.recording.grams import record_grams
from repshift.recording.known import for_one_call
from repshift.recording.layers import choose_layers
from repshift.recording.passes import record_layers
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

    def of(self, piece: slice | npt.NDArray[np.int64]) -> "Pass":
        """Return the same of some of the maps."""
        return Pass(self.answers[piece], self.features[piece])


def passed(network: nn.Module, maps: Tensor, ladder: OpenLadder) -> Pass:
    """Return a pass over maps (n_maps, channels, y, x), by the fast path where that pays."""
    return _run(for_one_call(network, maps, layers=[ladder.last_layer], device=ladder.device), maps, ladder)


def _run(fast: Acceleration, maps: Tensor, ladder: OpenLadder) -> Pass:
    """Return a pass over maps by a network that was rewritten, or not."""
    answers: list[Tensor] = []
    how: dict[str, Any] = {"batch_size": ladder.settings.batch_size, "device": ladder.device, "answers": answers}
    (features,) = record_representations(fast.network, maps, layers=fast.layers, **how).values()
    return Pass(rows_of(torch.cat(answers)), features)


@dataclass(frozen=True)
class Origin:
    """The network as it is, and what spares passes of those that differ from it in insertions alone.

    Attributes
    ----------
    network
        The network.
    call
        Of its last layer.
    head
        What it does with that; None: it is not known, or the layer is no (n_maps, units).
    fast
        The network rewritten for passes over maps.
    ladder
        Whose network it is.
    """

    network: nn.Module
    call: str
    head: nn.Module | None
    fast: Acceleration
    ladder: OpenLadder

    def over(self, maps: Tensor) -> Pass:
        """Return a pass of the network as it is over maps (n_maps, channels, y, x)."""
        return _run(self.fast, maps, self.ladder)

    def passed(self, network: nn.Module, maps: Tensor) -> Pass:
        """Return a pass of another network; one that differs in what it does with its input alone is this one."""
        if self.place_of(network) == INPUT:
            return self.over(_mapped(network, INPUT, maps))
        return passed(network, maps, self.ladder)

    def place_of(self, network: nn.Module) -> str | None:
        """Return where a network has insertions that this one lacks; None where it differs otherwise, or in none."""
        places = {one.place for one in insertions_of(network).held}
        if len(places) != 1 or insertions_of(self.network).held:
            return None
        held = {name: one for name, one in network.state_dict().items() if not name.startswith(f"{NAME}.")}
        own = self.network.state_dict()
        same = held.keys() == own.keys() and all(torch.equal(one, own[name]) for name, one in held.items())
        return places.pop() if same else None

    def continued(self, network: nn.Module, before: Pass) -> Pass | None:
        """Return the pass of another network from that of this one over the same maps; None where it needs its own."""
        place = self.place_of(network)
        if place == OUTPUTS:
            return Pass(_mapped(network, OUTPUTS, before.answers), before.features)
        if place is None or place != self.call or self.head is None:
            return None
        device = next(self.head.parameters()).device
        features = _mapped(network, place, torch.from_numpy(before.features).to(device))
        with torch.no_grad():
            answers = rows_of(self.head(features.clone())).cpu()
        return Pass(answers, features.cpu().numpy())


def origin_of(ladder: OpenLadder) -> Origin:
    """Return the network of a ladder, its head checked on two maps."""
    network, few = ladder.network, _extremes(ladder.target.maps[:, 0])
    named = choose_layers(network, [ladder.last_layer]).named
    call = next(iter(named), "")
    shapes: list[tuple[int, ...]] = []
    how: dict[str, Any] = {"batch_size": len(few), "device": ladder.device, "layers": [ladder.last_layer]}
    record_layers(network, few, consume=lambda _name, output: shapes.append(tuple(output.shape)), **how)
    head = continuation_of(network, call) if len(shapes[0]) == 2 else None
    fast = accelerate(network, few, layers=[ladder.last_layer], device=ladder.device)
    if head is not None and next(head.parameters(), None) is not None:
        own = _run(fast, few, ladder)
        with torch.no_grad():
            again = rows_of(head(torch.from_numpy(own.features).to(ladder.device))).cpu()
        if difference_of(again, own.answers, name=ladder.last_layer) <= TOLERANCE:
            return Origin(network, call, head, fast, ladder)
    return Origin(network, call, None, fast, ladder)


def _mapped(network: nn.Module, place: str, values: Tensor) -> Tensor:
    """Return values (n_maps, channels, ...) mapped by the insertions of a network at one place."""
    for insertion in insertions_of(network).at(place):
        values = copy.deepcopy(insertion).to(values.device)(values)
    return values


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
