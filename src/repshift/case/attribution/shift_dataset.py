"""The Dataset of the attribution of a shift, from the maps of a case to their twins, as the action shift writes it."""

import logging
from dataclasses import fields, replace
from typing import Any, Final

import numpy as np
import numpy.typing as npt
import torch
import xarray as xr
from torch import Tensor

from repshift.attribution.layer_integrals import layer_integrals
from repshift.attribution.network_outputs import NetworkOutputs
from repshift.attribution.path import mean_gradients
from repshift.case.attribution.inputs import Environment, Maps, chosen_positions, twin_inputs
from repshift.case.attribution.maps_dataset import attributes_of, warn_of_errors
from repshift.case.attribution.settings import ShiftSettings
from repshift.case.attribution.subject import Subject, subject_of
from repshift.case.forward import OpenCase
from repshift.evidence.attribution.attributions import AttributedShift, LayerShift
from repshift.evidence.attribution.shift import shift_numbers
from repshift.recording.memory import BatchSize
from repshift.storage.simulations import Simulations

logger = logging.getLogger(__name__)

TOLERANCE: Final = 0.01
"""Completeness error, over the root mean square shift of the output, above which more nodes are asked for."""

_UNLIKE: Final = 0.3
"""Correlation of the pixels of maps and their twins below which it is likely that they are none."""


def attribution_of_shift(
    shown: OpenCase,
    settings: ShiftSettings,
    *,
    name: str,
    twin: Simulations,
    environment: Environment | None,
    device: torch.device,
) -> xr.Dataset:
    """Attribute the difference between the outputs of maps and of their twins.

    Parameters
    ----------
    shown, settings
        The case, and how its shift is attributed.
    name, twin
        Suite of the twins, and their maps.
    environment
        Maps that rank the pixels of those of the case; None: their own values do.
    device
        Where torch computes.

    Returns
    -------
    The variables of `repshift.evidence.attribution.quantities.SHIFT_QUANTITIES`.

    Raises
    ------
    InputError
        If the maps are no twins, an output does not exist, or the network cannot be attributed so.
    """
    positions = chosen_positions(shown, n_maps=settings.n_maps, seed=settings.seed)
    inputs, twins, shared = twin_inputs(shown, twin, positions, measured=settings.measured_labels)
    subject = subject_of(shown, positions, inputs, outputs=settings.outputs, device=device)
    correlation = _correlation(inputs, twins)
    _warn_of_twins(shared, correlation)
    density = None if environment is None else environment.density(positions)
    size = BatchSize(settings.batch_size, say=logger.warning)

    def attempt(batch_size: int) -> xr.Dataset:
        found = run_shift(subject, twins, replace(settings, batch_size=batch_size), density=density)
        return shift_numbers(found, n_resamples=settings.resamples, seed=settings.seed)

    numbers = size.fit(attempt, device=device)
    warn_of_errors(numbers, settings.nodes, TOLERANCE)
    more = {"twin": name, "twin_suite": name, "twin_maps_sha256": twin.sha256, "twin_correlation": correlation}
    about = _attributes(subject, settings, environment) | more | {"parameters_compared": " ".join(shared)}
    return numbers.assign_coords(shown.coordinates(positions)).assign_attrs(about)


def run_shift(subject: Subject, twins: Maps, settings: ShiftSettings, *, density: Maps | None) -> AttributedShift:
    """Return the shift of the outputs from maps to their twins, with what each pixel and layer has of it."""
    others = subject.tensor(twins)
    with subject.explained(settings.batch_size) as explained:
        gradients = mean_gradients(explained, others, baseline=subject.maps, nodes=settings.nodes)
        values, twin_values = (explained.values(maps).cpu().double().numpy().T for maps in (subject.maps, others))
        layers = _layers(subject, explained, others, settings.nodes) if settings.layers else {}
    return AttributedShift(
        outputs=subject.outputs.names,
        channels=subject.channels,
        gradients=gradients.cpu().numpy(),
        values=values,
        twin_values=twin_values,
        inputs=subject.inputs,
        twins=twins,
        simulations=subject.simulations,
        density=density,
        pixel=settings.pixel,
        pixel_units=settings.pixel_units,
        layers=layers,
    )


def _layers(subject: Subject, explained: NetworkOutputs, twins: Tensor, nodes: int) -> dict[str, LayerShift]:
    """Return how much of the shift passes through each layer, by its name."""
    found = layer_integrals(explained, subject.maps, twins, nodes=nodes, layers=subject.shown.description.layers)
    names = [one.name for one in fields(LayerShift)]
    return {
        layer: LayerShift(**{name: getattr(one, name).cpu().double().numpy() for name in names})
        for layer, one in found.layers.items()
    }


def _correlation(maps: Maps, twins: Maps) -> float:
    """Return the median over maps and channels of the correlation of their pixels with those of their twins."""
    sides: list[npt.NDArray[np.float64]] = []
    for one in (maps, twins):
        deviations = one.astype(np.float64) - one.mean((-2, -1), keepdims=True, dtype=np.float64)
        sides.append(deviations)
    products = (sides[0] * sides[1]).sum((-2, -1))
    norms = np.sqrt(np.prod([np.square(one).sum((-2, -1)) for one in sides], axis=0))
    return float(np.median(products[norms > 0] / norms[norms > 0])) if (norms > 0).any() else 0.0


def _warn_of_twins(shared: tuple[str, ...], correlation: float) -> None:
    """Warn where nothing says that maps are twins, or their pixels hardly correlate."""
    if not shared:
        logger.warning("nothing says whether maps and twins have the same parameters: no table names one of both")
    if correlation < _UNLIKE:
        logger.warning(
            "pixels of maps and twins correlate by %.2f only: are they of the same initial conditions?", correlation
        )


def _attributes(subject: Subject, settings: ShiftSettings, environment: Environment | None) -> dict[str, Any]:
    """Return what names the case and its settings, and the checksums of what was read."""
    return {
        **attributes_of(subject, environment, pixel=settings.pixel, pixel_units=settings.pixel_units),
        "nodes": settings.nodes,
        "seed": settings.seed,
        "resamples": settings.resamples,
    }
