"""A model shown a domain: the arguments that name it, its files, and the representations of its layers."""

import logging
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

import numpy as np
import numpy.typing as npt
import xarray as xr
from torch import nn

from repshift.case.preparation import moments_of, preparation
from repshift.networks.preprocessing import Moments
from repshift.recording.devices import choose_device, describe, reproducible
from repshift.recording.fast import accelerate
from repshift.recording.layers import Rule
from repshift.recording.memory import BatchSize
from repshift.recording.passes import Precision
from repshift.recording.resolution import Recording, record_resolved
from repshift.statistics.selection import choose_maps, split_simulations
from repshift.storage.constructors import Constructor
from repshift.storage.datasets import PIXELS, SPREAD, unit_of, variable_of
from repshift.storage.maps import Simulations, open_simulations
from repshift.storage.models import Description, read_model, require_fitting
from repshift.vocabulary import Case, Domain, InputError

logger = logging.getLogger(__name__)

Representations = dict[str, npt.NDArray[np.floating]]
"""The representation (n_maps, n_units) of every layer, by name."""


@dataclass(frozen=True)
class OpenCase:
    """A model shown a domain, opened."""

    model: str
    network: nn.Module
    description: Description
    simulations: Simulations
    domain: Domain

    @property
    def case(self) -> Case:
        """What the case is called."""
        return Case(self.model, self.description.field, self.description.suite, self.domain.name, self.domain.suite)

    @property
    def moments(self) -> Moments:
        """The constants that standardise the maps."""
        return moments_of(self.description, self.simulations.measured, self.domain)

    @property
    def preparation(self) -> dict[str, str | float]:
        """What files say of how the maps are prepared."""
        return preparation(self.description, self.simulations.measured, self.domain)

    @property
    def maps_per_simulation(self) -> int:
        """Maps of one simulation of the domain."""
        return self.simulations.measured.maps_per_simulation

    @contextmanager
    def named(self) -> Iterator[None]:
        """Say of which model and domain an error is that names neither."""
        try:
            yield
        except InputError as error:
            raise InputError(f"Model '{self.model}' on domain '{self.domain.name}': {error}") from error

    def split(self) -> npt.NDArray[np.int64]:
        """Return the simulations of the domain's split."""
        return split_simulations(len(self.simulations.parameters), split=self.domain.split)

    def coordinates(self, positions: npt.NDArray[np.int64]) -> dict[str, Any]:
        """Return coordinates of the maps at `positions`."""
        return self.domain.coordinates(positions, maps_per_simulation=self.maps_per_simulation)


def open_case(
    model: str,
    weights: Path,
    *,
    own: Constructor | None,
    maps: Path,
    parameters: Path | None,
    measured: Path,
    domain: Domain,
) -> OpenCase:
    """Open a model and the maps of a domain, and refuse what does not fit together."""
    network, description = read_model(weights, own=own)
    return show(model, network, description, maps=maps, parameters=parameters, measured=measured, domain=domain)


def show(
    model: str,
    network: nn.Module,
    description: Description,
    *,
    maps: Path,
    parameters: Path | None,
    measured: Path,
    domain: Domain,
) -> OpenCase:
    """Open the maps of a domain, and refuse those that the model does not fit."""
    simulations = open_simulations(maps, parameters, measured)
    require_fitting(description, simulations.measured, maps)
    return OpenCase(model, network, description, simulations, domain)


def record(
    shown: OpenCase,
    *,
    n_maps: int,
    maps_each: int = 1,
    seed: int,
    batch_size: int,
    passes: int,
    dropout: Literal["on", "off"],
    precision: Precision,
    device: str,
    threads: int,
) -> xr.Dataset:
    """Run the chosen maps of a domain through the model, on the fast path where it has one and no dropout is drawn.

    Returns
    -------
    A variable a layer, (map, unit), or (pass, map, unit) with two passes, and the pixels; see
    `repshift.stages.activations`.
    """
    per_simulation = shown.maps_per_simulation
    chosen = choose_maps(
        shown.split(), n_maps=n_maps, seed=seed, maps_each=maps_each, maps_per_simulation=per_simulation
    )
    inputs = shown.simulations.standardised(chosen, shown.moments)
    target = choose_device(device)
    logger.info("%s shown %s: %s on %s", shown.model, shown.domain.name, inputs.shape, describe(target))
    with reproducible(threads=threads), shown.named():
        network, layers, rewritten = _network(shown, inputs, dropout=dropout, precision=precision, device=target.type)
        how: dict[str, Any] = {"layers": layers, "device": target.type, "precision": precision}
        how["batch_size"] = BatchSize(batch_size, say=logger.warning)
        seeds = [seed + number if dropout == "on" else None for number in range(passes)]
        plain = shown.network
        found = [record_resolved(network, inputs, plain=plain, **how, dropout_seed=one) for one in seeds]
    _require_finite([one.representations for one in found], shown.case)
    in_double = sorted({name for one in found for name in one.in_double})
    if in_double:
        logger.info("%s shown %s: recorded again in double: %s", shown.model, shown.domain.name, ", ".join(in_double))
    attributes = {
        **shown.case.attributes(),
        **shown.domain.attributes(),
        **shown.preparation,
        "n_maps": n_maps,
        "maps_each": maps_each,
        "seed": seed,
        "passes": passes,
        "dropout": dropout,
        "precision": precision,
        "rewritten_convolutions": rewritten,
        "device": target.type,
        "weights_sha256": shown.description.sha256,
        "maps_sha256": shown.simulations.measured.sha256,
    }
    if in_double:
        attributes["layers_in_double"] = " ".join(in_double)
    dataset = _dataset(found).assign(_pixels(inputs))
    return dataset.assign_coords(shown.coordinates(chosen)).assign_attrs(attributes)


def _network(
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


def _require_finite(passes: list[Representations], case: Case) -> None:
    layers = [name for of_pass in passes for name, values in of_pass.items() if not np.isfinite(values).all()]
    if layers:
        raise InputError(
            f"Model '{case.model}' returns values that are not finite in layer {layers[0]} on domain '{case.domain}'."
        )


def _pixels(inputs: npt.NDArray[np.float32]) -> dict[str, Any]:
    """Return the maps (n_maps, 1, size, size) as a variable: what comes before the first layer."""
    about = {"units": "1", "long_name": "maps as the network takes them"}
    return {PIXELS: (("map", "pixel"), inputs.reshape(len(inputs), -1), about)}


def _dataset(passes: list[Recording]) -> xr.Dataset:
    """Return a variable a layer, and how much of its size differs between maps: the least of all passes."""
    variables: dict[str, Any] = {}
    for name in passes[0].representations:
        spread = min(of_pass.spreads[name] for of_pass in passes)
        attributes = {"units": "1", "long_name": f"representation of layer {name}", SPREAD: spread}
        variable, unit = variable_of(name), unit_of(name)
        if len(passes) == 1:
            variables[variable] = (("map", unit), passes[0].representations[name], attributes)
        else:
            stacked = np.stack([of_pass.representations[name] for of_pass in passes])
            variables[variable] = (("pass", "map", unit), stacked, attributes)
    return xr.Dataset(variables)
