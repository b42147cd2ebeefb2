"""Forward passes: batches of maps through a network on a device, its layers handed over on the way."""

from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager, nullcontext

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor, nn

from repshift.recording.devices import choose_device
from repshift.recording.layers import Consume, convention, recording
from repshift.vocabulary import InputError


def run_network(
    network: nn.Module,
    maps: npt.NDArray[np.float32] | Tensor,
    *,
    batch_size: int,
    device: str = "cpu",
    layers: Sequence[str] | None = None,
    consume: Consume | None = None,
    dropout_seed: int | None = None,
) -> Tensor:
    """Run all maps through the network and return its answers, on the host.

    Parameters
    ----------
    network
        Moved to the device; runs in evaluation mode, its mode is restored.
    maps
        (n_maps, channels, size, size), preprocessed as the network expects.
    batch_size
        Maps of one forward pass; the last may have fewer.
    device
        ``cpu``, ``cuda`` or ``auto``.
    layers
        As in `repshift.record_grams`.
    consume
        Called with the name and the output of each layer, for each batch in turn; None records nothing.
    dropout_seed
        Keeps dropout on, its draws seeded by this number; None leaves it off.

    Raises
    ------
    InputError
        If there is no map, a layer is unknown or never called, or the device is not there.
    """
    if len(maps) == 0 or batch_size < 1:
        raise InputError(f"{len(maps)} maps in batches of {batch_size}: at least one of each is needed.")
    target = choose_device(device)
    calls = convention(network, layers)
    answers, seen = [], set[str]()

    def hand_over(name: str, output: Tensor) -> None:
        seen.add(name)
        if consume is not None:
            consume(name, output)

    with ExitStack() as stack:
        stack.enter_context(_evaluating(network.to(target), dropout_seed))
        stack.enter_context(torch.inference_mode())
        for start in range(0, len(maps), batch_size):
            batch = torch.as_tensor(maps[start : start + batch_size]).to(target)
            with recording(network, layers=calls, consume=hand_over) if consume else nullcontext():
                answers.append(network(batch).cpu())
    if consume is not None:
        _require_seen(seen, list(calls or ()))
    return torch.cat(answers)


def representation_of(output: Tensor) -> npt.NDArray[np.floating]:
    """Copy the output of a layer to the host as (n_maps, n_units), half precision widened to single.

    Units are in the order of the memory, which does not matter to a Gram matrix.
    """
    if output.ndim == 4 and output.is_contiguous(memory_format=torch.channels_last):
        output = output.permute(0, 2, 3, 1)
    wide = output if output.dtype.itemsize >= 4 else output.float()
    return np.array(wide.reshape(len(output), -1).cpu().numpy())


@contextmanager
def _evaluating(network: nn.Module, dropout_seed: int | None) -> Iterator[None]:
    """Put the network into evaluation mode, but for dropout where it is seeded; restore every module's mode."""
    modes = {module: module.training for module in network.modules()}
    network.eval()
    with torch.random.fork_rng(enabled=dropout_seed is not None):
        if dropout_seed is not None:
            torch.manual_seed(dropout_seed)
            for module in network.modules():
                if isinstance(module, nn.modules.dropout._DropoutNd):
                    module.train()
        try:
            yield
        finally:
            for module, mode in modes.items():
                module.training = mode


def _require_seen(seen: set[str], expected: list[str]) -> None:
    missing = [name for name in expected if name not in seen]
    if missing:
        raise InputError(f"The forward pass never made the call of layer {missing}.")
    if not seen:
        raise InputError("The network called no non-linear activation module. Name its layers.")
