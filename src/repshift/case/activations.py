"""The representations of a model shown a domain: as a dataset, or written batch by batch as they come."""

import logging
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

import numpy as np
import numpy.typing as npt
import torch
import xarray as xr
from torch import nn

from repshift.case.forward import OpenCase
from repshift.recording.devices import choose_device, describe, reproducible
from repshift.recording.fast import accelerate
from repshift.recording.layers import Rule
from repshift.recording.memory import BatchSize
from repshift.recording.passes import Precision, Progress
from repshift.recording.representations import stream_representations
from repshift.recording.resolution import Recording, record_resolved, spread_of, unresolved, working_type
from repshift.similarity.gram import chunked_product
from repshift.similarity.spread import Spread
from repshift.statistics.selection import choose_maps
from repshift.storage.datasets import PIXELS, SPREAD, unit_of, variable_of, write_dataset
from repshift.storage.rows import writing_rows
from repshift.vocabulary import InputError

logger = logging.getLogger(__name__)

Representations = dict[str, npt.NDArray[np.floating]]
"""The representation (n_maps, n_units) of every layer, by name."""


@dataclass(frozen=True)
class Settings:
    """Which maps are recorded, and how.

    Attributes
    ----------
    n_maps, maps_each, seed
        Which maps, as in `repshift.statistics.selection.choose_maps`.
    batch_size, passes, dropout, precision
        How the network runs: maps of a forward pass, how often, and whether dropout is drawn.
    device, threads
        Where, and with how many threads.
    """

    n_maps: int
    seed: int
    batch_size: int
    passes: int
    dropout: Literal["on", "off"]
    precision: Precision
    device: str
    threads: int
    maps_each: int = 1

    @property
    def seeds(self) -> list[int | None]:
        """What draws the dropout of each pass."""
        return [self.seed + number if self.dropout == "on" else None for number in range(self.passes)]


@dataclass(frozen=True)
class _Prepared:
    """What runs: a network, rewritten where it could be, and the maps that it is shown."""

    shown: OpenCase
    settings: Settings
    target: str
    inputs: npt.NDArray[np.float32]
    positions: npt.NDArray[np.int64]
    network: nn.Module
    layers: Sequence[Rule] | None
    rewritten: int

    @property
    def how(self) -> dict[str, Any]:
        """Arguments of what records."""
        size = BatchSize(self.settings.batch_size, say=logger.warning)
        names = {"device": self.target, "precision": self.settings.precision}
        return {"layers": self.layers, "batch_size": size, **names}

    def labelled(self, dataset: xr.Dataset, in_double: Sequence[str] = ()) -> xr.Dataset:
        """Return a dataset with the pixels, the coordinates of the maps, and what names the case and its settings."""
        shown, settings = self.shown, self.settings
        names = ("n_maps", "maps_each", "seed", "passes", "dropout", "precision")
        attributes = {
            **shown.case.attributes(),
            **shown.domain.attributes(),
            **shown.preparation,
            **{name: getattr(settings, name) for name in names},
            "rewritten_convolutions": self.rewritten,
            "device": self.target,
            "weights_sha256": shown.description.sha256,
            "maps_sha256": shown.simulations.sha256,
        }
        if in_double:
            attributes["layers_in_double"] = " ".join(in_double)
        with_pixels = dataset.assign(_pixels(self.inputs))
        return with_pixels.assign_coords(shown.coordinates(self.positions)).assign_attrs(attributes)


def record(shown: OpenCase, settings: Settings, *, progress: Progress | None = None) -> xr.Dataset:
    """Run the chosen maps of a domain through the model, on the fast path where it has one and no dropout is drawn.

    Returns
    -------
    A variable a layer, (map, unit), or (pass, map, unit) with two passes, and the pixels; see
    `repshift.stages.activations`.
    """
    with _prepared(shown, settings) as ready:
        plain = shown.network
        found = [
            record_resolved(ready.network, ready.inputs, plain=plain, **ready.how, dropout_seed=seed, progress=progress)
            for seed in settings.seeds
        ]
        _require_finite([one.representations for one in found])
    in_double = sorted({name for one in found for name in one.in_double})
    if in_double:
        logger.info("%s shown %s: recorded again in double: %s", shown.model, shown.domain.name, ", ".join(in_double))
    return ready.labelled(_dataset(found), in_double)


def record_to(shown: OpenCase, settings: Settings, path: Path, *, progress: Progress | None = None) -> int:
    """Write what `record` returns, each batch as it comes, and return how many layers there are.

    Where single precision does not resolve a layer, what was written is thrown away, and all is recorded as `record`
    does: in another precision the layer is another array.
    """
    try:
        with _prepared(shown, settings) as ready:
            return _stream(ready, path, progress)
    except _UnresolvedError:
        dataset = record(shown, settings, progress=progress)
        write_dataset(dataset, path)
        return len(dataset.data_vars) - 1


class _UnresolvedError(Exception):
    """A layer is not resolved in the precision that it was recorded in."""


@contextmanager
def _prepared(shown: OpenCase, settings: Settings) -> Iterator[_Prepared]:
    """Choose the maps and the network, and set torch up."""
    each = shown.maps_per_simulation
    chosen = choose_maps(
        shown.split(),
        n_maps=settings.n_maps,
        seed=settings.seed,
        maps_each=settings.maps_each,
        maps_per_simulation=each,
    )
    inputs = shown.simulations.standardised(chosen, shown.moments)
    target = choose_device(settings.device)
    logger.info("%s shown %s: %s on %s", shown.model, shown.domain.name, inputs.shape, describe(target))
    with reproducible(threads=settings.threads), shown.named():
        found = network_to_run(
            shown, inputs, dropout=settings.dropout, precision=settings.precision, device=target.type
        )
        yield _Prepared(shown, settings, target.type, inputs, chosen, *found)


def _stream(ready: _Prepared, path: Path, progress: Progress | None) -> int:
    """Write every layer as it comes, then its spread."""
    settings, layers = ready.settings, dict[str, None]()
    rest = ready.labelled(xr.Dataset())
    with writing_rows(path, dimension="map", n_rows=len(ready.inputs), passes=settings.passes, rest=rest) as file:
        for number, seed in enumerate(settings.seeds):

            def write(name: str, start: int, rows: npt.NDArray[np.floating], number: int = number) -> None:
                layers.setdefault(name)
                if not np.isfinite(rows).all():
                    raise InputError(f"Layer '{name}' returns values that are not finite.")
                file.write(variable_of(name), unit_of(name), rows, start=start, number=number)

            stream_representations(
                ready.network, ready.inputs, write=write, **ready.how, dropout_seed=seed, progress=progress
            )
        spreads = [
            {name: chunked_product(file.columns_of(variable_of(name), number=number)).spread for name in layers}
            for number in range(settings.passes)
        ]
        _require_resolved(ready, spreads)
        for name in layers:
            spread = min(of_pass[name].relative for of_pass in spreads)
            file.describe(variable_of(name), _about_layer(name, spread))
    return len(layers)


def _require_resolved(ready: _Prepared, spreads: Sequence[Mapping[str, Spread]]) -> None:
    kind, of_maps = working_type(ready.shown.network, ready.settings.precision), spread_of(ready.inputs)
    for of_pass in spreads:
        weak = unresolved({name: [spread] for name, spread in of_pass.items()}, kind, maps=of_maps)
        if weak and kind != torch.float64:
            raise _UnresolvedError


def network_to_run(
    shown: OpenCase,
    inputs: npt.NDArray[np.float32],
    *,
    dropout: Literal["on", "off"],
    precision: Precision,
    device: str,
) -> tuple[nn.Module, Sequence[Rule] | None, int]:
    """Return the network to run, its layers, and how many convolutions were rewritten for it; say so in the log.

    The fast path is checked on the faintest and the brightest map: one has no representation without its offset.
    """
    if dropout == "on" or precision == "float64":
        reason = "dropout is on" if dropout == "on" else "the other is in single precision"
        logger.info("%s: The plain path is used: %s.", shown.model, reason)
        return shown.network, shown.description.layers, 0
    sizes = np.square(inputs, dtype=np.float64).mean((1, 2, 3))
    faintest_and_brightest = inputs[[sizes.argmin(), sizes.argmax()]]
    fast = accelerate(shown.network, faintest_and_brightest, layers=shown.description.layers, device=device)
    logger.info("%s: %s", shown.model, fast.note)
    return fast.network, fast.layers, fast.fused


def _require_finite(passes: list[Representations]) -> None:
    for of_pass in passes:
        for name, values in of_pass.items():
            if not np.isfinite(values).all():
                raise InputError(f"Layer '{name}' returns values that are not finite.")


def _about_layer(name: str, spread: float) -> dict[str, Any]:
    """Return the attributes of a layer, how much of its size differs between maps among them."""
    return {"units": "1", "long_name": f"representation of layer {name}", SPREAD: spread}


def _pixels(inputs: npt.NDArray[np.float32]) -> dict[str, Any]:
    """Return the maps (n_maps, n_channels, y, x) as a variable: what comes before the first layer."""
    about = {"units": "1", "long_name": "maps as the network takes them"}
    return {PIXELS: (("map", "pixel"), inputs.reshape(len(inputs), -1), about)}


def _dataset(passes: list[Recording]) -> xr.Dataset:
    """Return a variable a layer, and how much of its size differs between maps: the least of all passes."""
    variables: dict[str, Any] = {}
    for name in passes[0].representations:
        spread = min(of_pass.spreads[name] for of_pass in passes)
        attributes = _about_layer(name, spread)
        variable, unit = variable_of(name), unit_of(name)
        if len(passes) == 1:
            variables[variable] = (("map", unit), passes[0].representations[name], attributes)
        else:
            stacked = np.stack([of_pass.representations[name] for of_pass in passes])
            variables[variable] = (("pass", "map", unit), stacked, attributes)
    return xr.Dataset(variables)
