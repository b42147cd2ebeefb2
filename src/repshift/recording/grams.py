"""Gram matrices of all layers, straight from the forward pass."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any

import numpy as np
import numpy.typing as npt
import torch
import xarray as xr
from torch import Tensor, nn

from repshift.recording.batches import Forward, held_maps, sizes_of
from repshift.recording.devices import choose_device
from repshift.recording.fast import Acceleration
from repshift.recording.fusion import FusedNetwork
from repshift.recording.gram_stacks import Products, labelled_grams
from repshift.recording.known import for_one_call
from repshift.recording.layers import Rule
from repshift.recording.maps import Maps
from repshift.recording.memory import BatchSize, refusing_shortage
from repshift.recording.passes import Precision, Progress, features_of, record_layers
from repshift.recording.pooling import Pool
from repshift.recording.progress_bar import bar
from repshift.recording.representations import record_representations
from repshift.recording.resolution import again_in_double, settled, spread_of, unresolved, working_type
from repshift.similarity.gram import Product, linear_product
from repshift.vocabulary import InputError


def record_grams(
    network: nn.Module,
    maps: Maps,
    *,
    layers: Sequence[Rule] | None = None,
    batch_size: int | None = None,
    device: str | torch.device = "cpu",
    precision: Precision = "float32",
    fast: bool = True,
    progress: Progress | None = None,
    forward: Forward | None = None,
    pool: Pool | None = None,
) -> xr.DataArray:
    """Return the Gram matrix of every layer over all maps.

    Parameters
    ----------
    network
        Moved to the device; runs in evaluation mode, its mode is restored.
    maps
        (n_maps, channels, y, x), preprocessed as the network expects: an array, a tensor, a list of either, or a
        ``DataLoader``, whose maps are held.
    layers
        Names of layers, patterns of names, types of module or modules, as `repshift.recording.layers.choose_layers`
        reads them; one with ``!`` before it leaves out. None for the network's own convention (``CMDNetwork``: its
        LeakyReLU calls), else every call of a non-linear activation, module or function.
    batch_size
        Maps of one forward pass; None for all; halved, with a warning, where memory is short. It bounds the forward
        pass, not the result: the representations of all maps are held on the host, n_maps times all units of all
        layers, 4 bytes each (9.4 MB a map for ``CMDNetwork(4)``).
    device
        ``cpu``, ``cuda``, ``cuda:1``, ``mps``, ``auto`` or a ``torch.device``.
    precision
        Of the forward pass: ``float32``, the network as it is; ``bfloat16`` under torch's autocast; ``float64``, a copy
        in double precision. Gram products are float32 unless the layer is in double.
    fast
        Whether a network with convolutions is rewritten for the call, and checked on two of the maps, where that pays:
        half the time, and results that differ by rounding, 1e-6 of a CKA. `repshift.accelerate` does it once for a
        network that is recorded many times.
    progress
        Entered with how many forward passes there are; what it yields is called after each. None: a bar, on a terminal
        and in a notebook alone.
    forward
        ``lambda network, batch: ...``, for a network that takes more than maps, or not a tensor alone. It gets each
        batch of a ``DataLoader`` as it is, a tuple, list or dictionary, with its tensors on the device and its real
        numbers in the type of the network's parameters. The batches of the loader are then those of the forward pass.
        The network is not rewritten then.
    pool
        None: every output of a layer is a unit. ``"mean"``: the mean over positions, of (n_maps, tokens, width) over
        the tokens, of (n_maps, channels, y, x) over y and x, of (n_maps, channels, z, y, x) over all three.
        ``"token"``: of (n_maps, tokens, width) the first token. (n_maps, units) stays as it is.

    Returns
    -------
    (layer, map, map_other) float64, offset-free (the mean map subtracted); `map` counts from 0. The coordinate
    ``relative_spread`` (layer) says how much of a layer's size differs between maps; the attribute
    ``layers_in_double`` names those that single precision did not resolve, and which were recorded again in double;
    ``forward_pass`` says whether the fast path was used, and why not.

    Raises
    ------
    InputError
        If a layer is unknown, never called, or no tensor over the maps, its representation is not finite or of a shape
        that `pool` does not take, it needs double precision and the network does not run in it, or memory is short for
        a single map.
    """
    settings = RecordingSettings(layers, batch_size, device, precision, fast, progress, forward, pool)
    return record_grams_and_answers(network, maps, settings)[0]


@dataclass(frozen=True)
class RecordingSettings:
    """How a network is recorded.

    Attributes
    ----------
    layers, batch_size, device, precision, fast, progress, forward, pool
        As `record_grams` explains.
    with_answers
        Whether its outputs are kept.
    """

    layers: Sequence[Rule] | None = None
    batch_size: int | None = None
    device: str | torch.device = "cpu"
    precision: Precision = "float32"
    fast: bool = True
    progress: Progress | None = None
    forward: Forward | None = None
    pool: Pool | None = None
    with_answers: bool = False


def record_grams_and_answers(
    network: nn.Module, maps: Maps, settings: RecordingSettings
) -> tuple[xr.DataArray, list[Tensor] | None]:
    """Return what `record_grams` does, and the answers to each batch, on the host; None where they are not kept."""
    held = held_maps(maps, settings.forward)
    answers: list[Tensor] | None = [] if settings.with_answers else None
    size = BatchSize(len(held) if settings.batch_size is None else settings.batch_size)
    how: dict[str, Any] = {"batch_size": size, "device": settings.device, "progress": settings.progress or _watched}
    how |= {"forward": settings.forward, "pool": settings.pool, "order": "memory"}
    quick = _fastest(network, held, settings)

    def record(recorded: nn.Module, chosen: Sequence[Rule] | None, kind: Precision) -> Products:
        kept = answers if recorded is quick.network else None
        found = record_representations(recorded, held, layers=chosen, precision=kind, answers=kept, **how)
        return {name: [_product(name, found.pop(name))] for name in list(found)}

    products = record(quick.network, quick.layers, settings.precision)
    doubled = _resolve(products, network, settings.precision, record, held)
    numbers = np.arange(len(held))
    labels = {"layer": list(products), "map": numbers, "map_other": numbers}
    return labelled_grams(products, labels, doubled, quick.note, batched=False), answers


def record_minibatch_grams(
    network: nn.Module,
    maps: Maps,
    *,
    layers: Sequence[Rule] | None = None,
    batch_size: int,
    device: str | torch.device = "cpu",
    precision: Precision = "float32",
    fast: bool = True,
    progress: Progress | None = None,
    forward: Forward | None = None,
    pool: Pool | None = None,
) -> xr.DataArray:
    """Return the Gram matrices of every layer within batches of maps, in the caller's order, in constant memory.

    No representation is kept: each is multiplied inside the call that returns it, as it lies in memory. Shuffle maps
    of the same simulation apart first: `repshift.minibatch_cka_matrix` says why. Arguments as in `record_grams`.

    Returns
    -------
    (batch, layer, map, map_other) float64; each batch has its own mean map subtracted. Coordinate ``relative_spread``
    (batch, layer) and attributes as in `record_grams`.

    Raises
    ------
    InputError
        If maps are left over, a batch has fewer than four, memory is short for one, or as `record_grams`.
    """
    held = held_maps(maps, forward)
    if batch_size < 4 or len(held) % batch_size:
        raise InputError(
            f"{len(held)} maps in batches of {batch_size}: a batch needs at least 4 maps, and none may be left over."
        )
    sizes = sorted(set(sizes_of(held, batch_size)))
    if sizes != [batch_size]:
        raise InputError(f"The loader gives batches of {sizes} maps, but batch_size is {batch_size}.")

    def record(recorded: nn.Module, chosen: Sequence[Rule] | None, kind: Precision) -> Products:
        products: Products = {}

        def multiply(name: str, output: Tensor) -> None:
            products.setdefault(name, []).append(_product(name, features_of(output)))

        how: dict[str, Any] = {"batch_size": batch_size, "device": device, "layers": chosen, "precision": kind}
        how |= {"progress": progress or _watched, "forward": forward, "pool": pool}
        with refusing_shortage("Give a smaller batch_size, which the result depends on.", device=choose_device(device)):
            record_layers(recorded, held, consume=multiply, **how)
        return products

    quick = _fastest(network, held, RecordingSettings(layers, batch_size, device, precision, fast, forward=forward))
    products = record(quick.network, quick.layers, precision)
    doubled = _resolve(products, network, precision, record, held)
    numbers, batches = np.arange(batch_size), np.arange(len(held) // batch_size)
    labels = {"batch": batches, "layer": list(products), "map": numbers, "map_other": numbers}
    return labelled_grams(products, labels, doubled, quick.note, batched=True)


_watched: Progress = partial(bar, what="batches recorded")


def _fastest(
    network: nn.Module,
    maps: Any,  # noqa: ANN401 - what gives a batch for a slice
    settings: RecordingSettings,
) -> Acceleration:
    """Return the network to run, and its layers: rewritten where that pays."""
    layers, forward = settings.layers, settings.forward
    if isinstance(network, FusedNetwork):
        return Acceleration(network, network.fused, 0.0, layers, "The fast path is used: the network was rewritten.")
    if (
        not settings.fast
        or settings.precision != "float32"
        or not isinstance(network, nn.Module)
        or forward is not None
    ):
        reason = "it was asked for" if not settings.fast else "the other is in single precision"
        reason = "the forward pass is a function of the user's own" if forward is not None else reason
        return Acceleration(network, 0, 0.0, layers, f"The plain path is used: {reason}.")
    return for_one_call(network, maps, layers=layers, device=settings.device)


def _resolve(
    products: Products,
    network: nn.Module,
    precision: Precision,
    record: Callable[[nn.Module, Sequence[Rule] | None, Precision], Products],
    maps: Any,  # noqa: ANN401 - what gives a batch for a slice
) -> list[str]:
    """Put what was recorded in double in the place of what was not resolved, and return the names of these layers."""
    kind = working_type(network, precision)
    spreads = {name: [one.spread for one in of_layer] for name, of_layer in products.items()}
    weak = unresolved(spreads, kind, maps=spread_of(maps))
    if weak and kind != torch.float64:
        spread = min(min(one.relative, one.typical) for name in weak for one in spreads[name])
        products.update(again_in_double(network, weak, spread, lambda copied: record(copied, weak, "float32")))
    for name in weak:
        products[name] = [settled(one) for one in products[name]]
    return weak if kind != torch.float64 else []


def _product(name: str, features: npt.NDArray[np.floating] | Tensor) -> Product:
    try:
        return linear_product(features)
    except InputError as error:
        raise InputError(f"Layer '{name}': {error}") from error
