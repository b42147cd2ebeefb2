"""The representations of all layers over all maps, on the host."""

from collections import Counter
from collections.abc import Callable, Sequence
from typing import Any, Literal

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor, nn

from repshift.recording.batches import Forward, LoaderBatches, held_maps
from repshift.recording.devices import choose_device
from repshift.recording.layers import Rule
from repshift.recording.maps import Maps, readable
from repshift.recording.memory import BatchSize, refusing_shortage
from repshift.recording.passes import Precision, Progress, answer_of, is_channels_last, record_layers
from repshift.recording.pooling import Pool
from repshift.vocabulary import InputError

Order = Literal["axes", "memory"]
"""Of the units of a layer."""

Write = Callable[[str, int, npt.NDArray[np.floating]], None]
"""Takes the name of a layer, the number of a map, and rows (n_maps, n_units) from it on."""


def record_representations(
    network: nn.Module,
    maps: Maps,
    *,
    batch_size: int | BatchSize,
    layers: Sequence[Rule] | None = None,
    device: str | torch.device = "cpu",
    dropout_seed: int | None = None,
    precision: Precision = "float32",
    progress: Progress | None = None,
    forward: Forward | None = None,
    pool: Pool | None = None,
    answers: list[Tensor] | None = None,
    order: Order = "axes",
) -> dict[str, npt.NDArray[np.floating]]:
    """Return the representation (n_maps, n_units) of every layer, in the order in which layers are called.

    Units are in the `order` of the output's axes, or for the Gram matrix, to which it does not matter, in the order in
    which the first batch has them in memory, which is copied faster. Half precision is widened to single.
    What a layer returns is copied once, to its place. Arguments as in `repshift.recording.passes.run_network` and
    `record_layers`; `answers` is filled with what the network returns for each batch, on the host.

    Raises
    ------
    InputError
        As there, and if a layer has more units in one batch than in another.
    """
    held = held_maps(maps, forward)
    how: dict[str, Any] = {"device": device, "layers": layers, "dropout_seed": dropout_seed, "precision": precision}
    how |= {"progress": progress, "forward": forward, "pool": pool, "answers": answers, "order": order}

    def attempt(size: int) -> dict[str, npt.NDArray[np.floating]]:
        return _place(network, held, batch_size=size, **how)

    if isinstance(held, LoaderBatches):
        with refusing_shortage("Give the loader a smaller batch_size.", device=choose_device(device)):
            return attempt(1)
    if isinstance(batch_size, int):
        return attempt(batch_size)
    return batch_size.fit(attempt, device=choose_device(device))


def stream_representations(
    network: nn.Module,
    maps: Maps,
    *,
    write: Write,
    batch_size: int | BatchSize,
    device: str | torch.device = "cpu",
    **how: Any,  # noqa: ANN401 - of record_layers
) -> None:
    """Hand over the representations of every layer batch by batch, as `record_representations` has them; none is kept.

    Parameters
    ----------
    write
        Takes the name of a layer, the number of its first map and its rows (n_maps, n_units), which the next call
        overwrites; from the first map again where memory was short.
    network, maps, batch_size, device, how
        As there, with its errors.
    """
    held = readable(maps)

    def attempt(size: int) -> None:
        filled: Counter[str] = Counter()
        widths: dict[str, int] = {}
        memory = np.empty(0, dtype=np.uint8)  # used again for every layer: fresh memory costs as much as the copy

        def hand_over(name: str, output: Tensor) -> None:
            nonlocal memory
            kind, shape = np.dtype(_kept(output)), (len(output), output[0].numel())
            if memory.nbytes < output.numel() * kind.itemsize:
                memory = np.empty(output.numel() * kind.itemsize, dtype=np.uint8)
            rows = memory[: output.numel() * kind.itemsize].view(kind).reshape(shape)
            _require_width(name, rows.shape[1], widths.setdefault(name, rows.shape[1]))
            torch.from_numpy(rows.reshape(output.shape)).copy_(output)
            write(name, filled[name], rows)
            filled[name] += len(output)

        record_layers(network, held, batch_size=size, device=device, consume=hand_over, **how)

    if isinstance(batch_size, int):
        attempt(batch_size)
    else:
        batch_size.fit(attempt, device=choose_device(device))


def _place(
    network: nn.Module,
    maps: Any,  # noqa: ANN401 - what gives a batch for a slice
    *,
    answers: list[Tensor] | None,
    order: Order,
    **how: Any,  # noqa: ANN401 - of record_layers
) -> dict[str, npt.NDArray[np.floating]]:
    """Record every layer, each batch copied to its rows."""
    found: dict[str, npt.NDArray[np.floating]] = {}
    filled: Counter[str] = Counter()
    channels_last: dict[str, bool] = {}
    if answers is not None:
        answers.clear()  # of an attempt before, for which memory was short
        how["keep"] = lambda answer: answers.append(answer_of(answer))

    def place(name: str, output: Tensor) -> None:
        if order == "memory" and channels_last.setdefault(name, is_channels_last(output)):
            output = output.permute(0, 2, 3, 1)
        n_units = output[0].numel()
        rows = found.setdefault(name, np.empty((len(maps), n_units), dtype=_kept(output)))
        _require_width(name, n_units, rows.shape[1])
        part = rows[filled[name] : filled[name] + len(output)]
        torch.from_numpy(part.reshape(output.shape)).copy_(output)
        filled[name] += len(output)

    record_layers(network, maps, consume=place, **how)
    return found


def _require_width(name: str, n_units: int, before: int) -> None:
    if n_units != before:
        raise InputError(f"Layer '{name}' has {before} units in one batch and {n_units} in another.")


def _kept(output: Tensor) -> type[np.floating]:
    return np.float64 if output.dtype.itemsize > 4 else np.float32
