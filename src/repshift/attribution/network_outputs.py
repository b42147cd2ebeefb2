"""A network in evaluation mode, and what of it is attributed, with gradients by the pixels of maps."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Final

import torch
from torch import Tensor, nn

from repshift.attribution.output_choice import ChosenOutputs
from repshift.attribution.rewriting import RewrittenNetwork, rewritten
from repshift.recording.batches import Forward, maps_alone
from repshift.recording.devices import choose_device, full_precision
from repshift.recording.differentiation import gradient_of, require_finite, rows_of
from repshift.recording.maps import placed
from repshift.recording.passes import evaluating
from repshift.vocabulary import InputError

_SAME: Final = 1e-2
_ROUNDING: Final = 16
"""Difference of an answer in two batches, over the largest one, that algorithms of torch make; the same of types of few
digits, in steps of rounding."""

_FEW: Final = 2
"""Maps of the smallest batch in which one may depend on another."""


@dataclass(frozen=True)
class NetworkOutputs:
    """A network in evaluation mode and what of it is attributed.

    Attributes
    ----------
    network
        As it is; no weight gets a gradient.
    outputs
        What is attributed.
    batch_size
        Maps of one forward pass.
    fast
        The same answers, and perhaps the same gradients, in less time; None: there is no such network.
    forward
        Runs a batch of maps through the network; None calls it with them.
    """

    network: nn.Module
    outputs: ChosenOutputs
    batch_size: int
    fast: RewrittenNetwork | None = None
    forward: Forward | None = None

    def answers(self, maps: Tensor) -> Tensor:
        """Return what the network returns, (n_maps, n_answers), without a gradient, in batches."""
        found = []
        with torch.no_grad():
            for part in maps.split(self.batch_size):
                there = placed(self.network, part)
                answers = self._called(there.clone()) if self.fast is None else self.fast.network(there)
                found.append(rows_of(answers).to(maps.device))
        return torch.cat(found)

    def values(self, maps: Tensor) -> Tensor:
        """Return the outputs (n_maps, n_outputs) of maps (n_maps, channels, y, x), without a gradient, in batches."""
        return self.outputs.values(self.answers(maps))

    def differentiable(self, maps: Tensor) -> Tensor:
        """Return the outputs (n_maps, n_outputs) of one batch of maps, through which a gradient may pass."""
        with torch.inference_mode(False), torch.enable_grad():
            return self.outputs.values(rows_of(self._called(placed(self.network, maps).clone())))

    def gradients(self, maps: Tensor) -> tuple[Tensor, Tensor]:
        """Return outputs and their gradients by the pixels of maps, one forward pass a batch for all outputs.

        Parameters
        ----------
        maps
            (n_maps, channels, y, x), as the network reads them.

        Returns
        -------
        (n_maps, n_outputs), and (n_outputs, n_maps, channels, y, x) in the unit of the output per unit of pixel.

        Raises
        ------
        InputError
            If torch cannot differentiate the network.
        """
        parts = [self._gradients_of_batch(part) for part in maps.split(self.batch_size)]
        values, gradients = zip(*parts, strict=True)
        return torch.cat(values).to(maps.device), torch.cat(gradients, dim=1).to(maps.device)

    def _gradients_of_batch(self, maps: Tensor) -> tuple[Tensor, Tensor]:
        with torch.inference_mode(False), torch.enable_grad():
            leaf = placed(self.network, maps.detach()).clone().requires_grad_(True)
            if self.fast is not None and self.fast.has_gradients:
                values = self.outputs.values(rows_of(self.fast.network.differentiable(leaf)))
            else:
                values = self.differentiable(leaf)
            columns, last = values.unbind(1), values.shape[1] - 1
            found = [gradient_of(column, leaf, kept=place < last) for place, column in enumerate(columns)]
        return values.detach(), torch.stack(found)

    def zeros(self, maps: Tensor) -> Tensor:
        """Return zeros for gradients of each output by maps, (n_outputs, n_maps, channels, y, x), in their type."""
        like = placed(self.network, maps[:0])
        return torch.zeros(len(self.outputs.names), *maps.shape, dtype=like.dtype, device=maps.device)

    def _called(self, maps: Tensor) -> object:
        answers: object = (self.forward or maps_alone)(self.network, maps)
        return answers


@contextmanager
def explaining(
    network: nn.Module,
    maps: Tensor,
    outputs: ChosenOutputs,
    *,
    batch_size: int,
    device: str | torch.device = "cpu",
    forward: Forward | None = None,
    fast: bool = False,
) -> Iterator[NetworkOutputs]:
    """Yield a network in evaluation mode whose outputs are attributed; modes and gradients of weights are restored.

    Parameters
    ----------
    network
        Moved to the device.
    maps
        (n_maps, channels, y, x), as the network reads them: those to be explained, on which its outputs are checked.
    outputs
        As of `chosen_outputs`.
    batch_size
        Maps of one forward pass, 1 or more.
    device
        As in `repshift.recording.devices.choose_device`.
    forward
        As in `repshift.recording.passes.run_network`; called as ``forward(network, maps)``.
    fast
        Whether the network is rewritten for speed where that can be done (`repshift.attribution.rewriting`).

    Raises
    ------
    InputError
        If there is no map, the network has no such output, an output of a map is not finite, or an answer depends on
        the other maps of its batch.
    """
    if len(maps) == 0 or batch_size < 1:
        raise InputError(f"{len(maps)} maps in batches of {batch_size}: at least one of each is needed.")
    target = choose_device(device)
    with evaluating(network, None), full_precision(), _without_gradients_of_weights(network), _differentiating():
        network.to(target)
        other = rewritten(network, maps, device=target) if fast and forward is None else None
        found = NetworkOutputs(network, outputs, batch_size, other, forward)
        answers = found.answers(maps)
        outputs.require_fitting(answers.shape[1])
        require_finite(answers)
        _require_apart(found, maps, answers)
        _require_real(outputs, outputs.values(answers))
        yield found


def n_answers_of(
    network: nn.Module, maps: Tensor, *, device: str | torch.device = "cpu", forward: Forward | None = None
) -> int:
    """Return how many numbers a network returns for a map, from the first of some maps (n_maps, channels, y, x).

    Raises
    ------
    InputError
        If it returns no real numbers.
    """
    with evaluating(network, None):
        network.to(choose_device(device))
        return NetworkOutputs(network, ChosenOutputs((), (), ()), 1, None, forward).answers(maps[:1]).shape[1]


@contextmanager
def _without_gradients_of_weights(network: nn.Module) -> Iterator[None]:
    """Ask for no gradient of any weight; restore what was asked for."""
    asked = [one for one in network.parameters() if one.requires_grad]
    for one in asked:
        one.requires_grad_(False)
    try:
        yield
    finally:
        for one in asked:
            one.requires_grad_(True)


@contextmanager
def _differentiating() -> Iterator[None]:
    """Let gradients be taken, also where a caller has turned them off."""
    with torch.inference_mode(False), torch.enable_grad():
        yield


def _require_apart(found: NetworkOutputs, maps: Tensor, answers: Tensor) -> None:
    """Refuse a network whose answer to the first map depends on the other maps of its batch."""
    if min(len(maps), found.batch_size) < _FEW:
        return
    alone = found.answers(maps[:1].expand(_FEW, *maps.shape[1:]))[:1]
    apart, size = (float(one.abs().max()) for one in (alone - answers[:1], answers))
    if apart > max(_SAME, _ROUNDING * torch.finfo(answers.dtype).eps) * size:
        raise InputError(
            f"The output for a map moves by {apart:.1e} with the other maps of its batch, of outputs up to {size:.1e}. "
            "Expected a network that treats each map by itself: batch norms with statistics of their own, no means "
            "over maps."
        )


def _require_real(outputs: ChosenOutputs, values: Tensor) -> None:
    """Refuse outputs of finite answers that are not finite."""
    wrong = torch.nonzero(~torch.isfinite(values))
    if len(wrong):
        first, place = wrong[0].tolist()
        raise InputError(
            f"Output '{outputs.names[place]}' of map {first} is not finite, though all that the network returns is. "
            "Expected standard deviations that are not negative."
        )
