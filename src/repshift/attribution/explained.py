"""A network in evaluation mode, and what of it is attributed, with gradients by the pixels of maps."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

import torch
from torch import Tensor, nn

from repshift.attribution.outputs import ChosenOutputs
from repshift.recording.batches import Forward


@dataclass(frozen=True)
class Explained:
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
        The same answers in less time, without gradients; None: there is no such network.
    forward
        Runs a batch of maps through the network; None calls it with them.
    """

    network: nn.Module
    outputs: ChosenOutputs
    batch_size: int
    fast: nn.Module | None = None
    forward: Forward | None = None

    def values(self, maps: Tensor) -> Tensor:
        """Return the outputs (n_maps, n_outputs) of maps (n_maps, channels, y, x), without a gradient, in batches."""
        raise NotImplementedError

    def differentiable(self, maps: Tensor) -> Tensor:
        """Return the outputs (n_maps, n_outputs) of one batch of maps, through which a gradient may pass."""
        raise NotImplementedError

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
        raise NotImplementedError


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
) -> Iterator[Explained]:
    """Yield a network in evaluation mode whose outputs are attributed; modes and gradients of weights are restored.

    Parameters
    ----------
    network
        Moved to the device.
    maps
        (n_maps, channels, y, x), as the network reads them: those to be explained, on which its answers are checked.
    outputs
        As of `chosen_outputs`.
    batch_size
        Maps of one forward pass, 1 or more.
    device
        As in `repshift.recording.devices.choose_device`.
    forward
        As in `repshift.recording.passes.run_network`; called as ``forward(network, maps)``.
    fast
        Whether the network is rewritten for speed where that can be done, as `repshift.recording.fast.accelerate` does.

    Raises
    ------
    InputError
        If the network has no such output, or an output of a map is not finite.
    """
    raise NotImplementedError
    yield


def n_answers_of(
    network: nn.Module, maps: Tensor, *, device: str | torch.device = "cpu", forward: Forward | None = None
) -> int:
    """Return how many numbers a network answers with for a map, from the first of some maps (n_maps, channels, y, x).

    Raises
    ------
    InputError
        If it answers with no real numbers.
    """
    raise NotImplementedError
