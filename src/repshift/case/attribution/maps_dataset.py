"""The Dataset of a case attributed by several methods, as the action maps writes it."""

import json
import logging
from collections.abc import Sequence
from dataclasses import asdict, replace
from pathlib import Path
from typing import Any, Final

import numpy as np
import torch
import xarray as xr

from repshift.attribution import Method, method_of
from repshift.case.attribution.inputs import Environment, chosen_positions
from repshift.case.attribution.method_runs import run_methods
from repshift.case.attribution.nulls import Advance
from repshift.case.attribution.settings import Settings
from repshift.case.attribution.subject import Subject, subject_of
from repshift.case.forward import OpenCase
from repshift.evidence.attribution.case_numbers import attribution_numbers
from repshift.recording.memory import BatchSize
from repshift.storage.datasets import open_dataset
from repshift.storage.files import sha256
from repshift.vocabulary import PIXEL_VALUE, InputError

logger = logging.getLogger(__name__)

TOLERANCE: Final = 0.05
"""Completeness error, over the root mean square change of the output, above which more nodes are asked for."""


def attribution_of(
    shown: OpenCase,
    settings: Settings,
    *,
    environment: Environment | None,
    home: Path | None,
    device: torch.device,
    advance: Advance = lambda: None,
) -> xr.Dataset:
    """Attribute the maps of a case by several methods, and say what the attributions are worth.

    Parameters
    ----------
    shown, settings
        The case, and how it is attributed.
    environment
        Maps that rank the pixels; None: pixel values do.
    home
        File of the same on the model's own domain, where the case is of another.
    device
        Where torch computes.
    advance
        Called after each method, each fill and each network of shuffled weights.

    Returns
    -------
    The variables of `repshift.evidence.attribution.quantities.MAP_QUANTITIES`.

    Raises
    ------
    InputError
        If an output, a method or a layer does not exist, or the network cannot be attributed so.
    """
    own = None if home is None else read_home(home, shown)
    methods = _methods(settings.method.methods)
    positions = chosen_positions(shown, n_maps=settings.n_maps, seed=settings.seed)
    inputs = shown.simulations.standardised(positions, shown.moments)
    subject = subject_of(shown, positions, inputs, outputs=settings.outputs, device=device)
    density = None if environment is None else environment.density(positions)
    size = BatchSize(settings.batch_size, say=logger.warning)

    def attempt(batch_size: int) -> xr.Dataset:
        how = replace(settings, batch_size=batch_size)
        found = run_methods(subject, methods, how, density=density, advance=advance)
        return attribution_numbers(found, n_resamples=settings.resamples, seed=settings.seed, home=own)

    numbers = size.fit(attempt, device=device)
    warn_of_errors(numbers, settings.method.nodes, TOLERANCE)
    about = _attributes(subject, settings, environment, home)
    return numbers.assign_coords(shown.coordinates(positions)).assign_attrs(about)


def read_home(path: Path, shown: OpenCase) -> xr.Dataset:
    """Read the file of a model on its own domain.

    Raises
    ------
    InputError
        If it is of another model, or of another domain.
    """
    with open_dataset(path, attributes=("model", "weights_sha256", "in_distribution")) as opened:
        is_own = opened.attrs["in_distribution"] == "true"
        if opened.attrs["weights_sha256"] != shown.description.sha256 or not is_own:
            raise InputError(
                f"{path} is of model '{opened.attrs['model']}' shown '{opened.attrs['domain']}'. Expected attributions "
                f"of '{shown.model}', of the same weights, in distribution."
            )
        if "method" not in opened.dims:
            raise InputError(f"{path} holds no attributions by methods. Expected a file of 'attribution maps'.")
        return opened.load()


def _methods(names: Sequence[str]) -> list[Method]:
    """Return the methods of these names."""
    if not names or len(set(names)) < len(names):
        raise InputError(f"The methods are {', '.join(names) or 'none'}. Expected one at least, each once.")
    return [method_of(name) for name in names]


def warn_of_errors(numbers: xr.Dataset, nodes: int, tolerance: float) -> None:
    """Warn of the output whose contributions miss its change by most, and say how many nodes to ask for.

    The error falls about as one over the number of nodes: the network has kinks along the path.
    """
    held = numbers["completeness"].to_series().dropna()
    if len(held) and held.max() > tolerance:
        labels = held.idxmax()
        logger.warning(
            "%s: contributions miss the change of the output by %.1f %% of its root mean square. For %g %%, ask for %d "
            "nodes or more.",
            ", ".join(labels) if isinstance(labels, tuple) else labels,
            100 * held.max(),
            100 * tolerance,
            int(np.ceil(nodes * held.max() / tolerance)),
        )


def _attributes(
    subject: Subject, settings: Settings, environment: Environment | None, home: Path | None
) -> dict[str, Any]:
    """Return what names the case and its settings, and the checksums of what was read."""
    nulls = {"faithfulness": settings.faithfulness, "randomisation": settings.randomisation}
    method = {name: value for name, value in asdict(settings.method).items() if name != "methods"}
    return {
        **attributes_of(subject, environment, pixel=settings.pixel, pixel_units=settings.pixel_units),
        **{name: "" if value is None else value for name, value in method.items()},
        **{name: json.dumps(asdict(asked)) for name, asked in nulls.items() if asked is not None},
        "example": 0,
        "seed": settings.seed,
        "resamples": settings.resamples,
        "inputs_sha256": "" if home is None else sha256(home),
    }


def attributes_of(
    subject: Subject, environment: Environment | None, *, pixel: float | None, pixel_units: str
) -> dict[str, Any]:
    """Return what both actions say of a case, its maps and what ranks their pixels."""
    shown = subject.shown
    known = {} if pixel is None else {"pixel": pixel, "pixel_units": pixel_units}
    return {
        **shown.case.attributes(),
        **shown.domain.attributes(),
        **shown.preparation,
        **known,
        "environment": PIXEL_VALUE if environment is None else environment.field,
        "environment_sha256": "" if environment is None else environment.sha256,
        "n_simulations": len(subject.positions),
        "device": subject.device.type,
        "weights_sha256": shown.description.sha256,
        "maps_sha256": shown.simulations.sha256,
    }
