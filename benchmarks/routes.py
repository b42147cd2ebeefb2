"""The engine's own routes, and the bare forward pass that everything is measured against.

A route is prepared, untimed, from a workload; what comes back is run, timed, and returns the CKA of every pair of
layers of all networks, or None for the bare forward pass.
"""

import tempfile
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Literal

import numpy as np
import numpy.typing as npt
import torch
import xarray as xr
from torch import Tensor, nn

import repshift
from benchmarks import labels
from benchmarks.workload import Workload
from repshift.recording.fast import accelerate
from repshift.recording.known import forget
from repshift.recording.representations import stream_representations
from repshift.similarity.gram import FEATURE_CHUNK, chunked_gram
from repshift.storage.datasets import open_dataset
from repshift.storage.rows import writing_rows
from repshift.vocabulary import InputError

Matrix = npt.NDArray[np.float64]
Run = Callable[[], Matrix | None]
Reference = Literal["minibatch", "biased"]

_CHECKED_ON = 2


@dataclass(frozen=True)
class Route:
    """A way from networks and maps to their CKA.

    Attributes
    ----------
    label
        How tables call it.
    prepare
        Takes a workload and returns what is timed.
    reference
        What its result estimates: ``minibatch`` (within the batches) or ``biased`` (all maps at once); None: no result.
    """

    label: str
    prepare: Callable[[Workload], Run]
    reference: Reference | None = "minibatch"


def prepare_bare(workload: Workload) -> Run:
    """Return the forward pass alone, in eager mode."""

    def run() -> None:
        with torch.inference_mode():
            for network in workload.networks:
                for batch in workload.maps.split(workload.batch_size):
                    network(batch)

    return run


def prepare_plain(workload: Workload) -> Run:
    """Return `record_minibatch_grams` on the networks as they are, then `minibatch_cka_matrix`."""
    return partial(_record, workload.networks, workload.maps, workload.batch_size, fast=False)


def prepare_call(workload: Workload) -> Run:
    """Return the same as a user calls it, the fast path taken by itself, on networks that were recorded before."""
    run = partial(_record, workload.networks, workload.maps, workload.batch_size)
    run()
    return run


def prepare_call_first(workload: Workload) -> Run:
    """Return the same on networks that no call has seen."""

    def run() -> Matrix:
        forget()
        return _record(workload.networks, workload.maps, workload.batch_size)

    return run


def prepare_fast(workload: Workload) -> Run:
    """Return the same on the networks as `accelerate` rewrote them when they were loaded."""
    return partial(_record, _accelerated(workload), workload.maps, workload.batch_size)


def prepare_fast_loaded(workload: Workload) -> Run:
    """Return the same, the rewriting and its check timed too."""
    return lambda: _record(_accelerated(workload), workload.maps, workload.batch_size)


def prepare_cached(workload: Workload) -> Run:
    """Return the stages' route: activations written as netCDF, read by chunks of features, multiplied."""
    return partial(_cache, workload.networks[0], workload)


def prepare_cached_fast(workload: Workload) -> Run:
    """Return the same on the network that `accelerate` rewrote."""
    return partial(_cache, _accelerated(workload)[0], workload)


def _accelerated(workload: Workload) -> tuple[nn.Module, ...]:
    """Rewrite the networks, checked on two maps; refuse to time the plain path under the name of the fast one."""
    rewritten = [accelerate(network, workload.maps[:_CHECKED_ON]) for network in workload.networks]
    for each in rewritten:
        if not each.fused:
            raise InputError(each.note)
    return tuple(each.network for each in rewritten)


def _record(networks: tuple[nn.Module, ...], maps: Tensor, batch_size: int, *, fast: bool = True) -> Matrix:
    how = {"batch_size": batch_size, "fast": fast}
    recorded = [repshift.record_minibatch_grams(network, maps, **how).values for network in networks]
    return repshift.minibatch_cka_matrix(np.concatenate(recorded, axis=1))


def _cache(network: nn.Module, workload: Workload) -> Matrix:
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "activations.nc"
        _write_activations(network, workload, path)
        with open_dataset(path) as dataset:
            layers = list(dataset.data_vars.values())
            starts = range(0, len(workload.maps), workload.batch_size)
            batches = [slice(start, start + workload.batch_size) for start in starts]
            grams = [np.stack([chunked_gram(_chunks(layer, batch)) for layer in layers]) for batch in batches]
    return repshift.minibatch_cka_matrix(grams)


def _write_activations(network: nn.Module, workload: Workload, path: Path) -> None:
    with writing_rows(path, dimension="map", n_rows=len(workload.maps), passes=1, rest=xr.Dataset()) as file:

        def write(name: str, start: int, rows: Matrix) -> None:
            file.write(name, f"unit_{name}", rows, start=start)

        stream_representations(network, workload.maps, write=write, batch_size=workload.batch_size)


def _chunks(layer: xr.DataArray, maps: slice) -> Iterator[Tensor]:
    return (
        torch.from_numpy(layer[maps, start : start + FEATURE_CHUNK].to_numpy())
        for start in range(0, layer.shape[1], FEATURE_CHUNK)
    )


BARE = Route(labels.BARE, prepare_bare, None)
PLAIN = Route(labels.PLAIN, prepare_plain)
CALL = Route(labels.CALL, prepare_call)
CALL_FIRST = Route(labels.CALL_FIRST, prepare_call_first)
FAST = Route(labels.FAST, prepare_fast)
FAST_LOADED = Route(labels.FAST_LOADED, prepare_fast_loaded)
CACHED = Route(labels.CACHED, prepare_cached)
CACHED_FAST = Route(labels.CACHED_FAST, prepare_cached_fast)
