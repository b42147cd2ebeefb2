"""A case attributed by several methods, and compared with their nulls."""

import logging
from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt
import torch

from repshift.attribution import Method, Options
from repshift.attribution.network_outputs import NetworkOutputs
from repshift.case.attribution.nulls import Advance, faithfulness_of, randomisation_of
from repshift.case.attribution.settings import Settings
from repshift.case.attribution.subject import Maps, Subject, options_of
from repshift.evidence.attribution.attributions import AttributedMaps, HiddenBlocks

logger = logging.getLogger(__name__)

Values = npt.NDArray[np.float64]


@dataclass(frozen=True)
class _Found:
    """What one run of all methods gives: attributions, errors, outputs of maps and baselines, as `AttributedMaps`."""

    attributions: Maps
    errors: Values
    values: Values
    baseline_values: Values


def run_methods(
    subject: Subject, methods: Sequence[Method], settings: Settings, *, density: Maps | None, advance: Advance
) -> AttributedMaps:
    """Return the attributions of a case by each method, and their nulls.

    Parameters
    ----------
    subject, methods, settings
        The case, the methods, and how it is attributed.
    density
        (n_maps, y, x), which ranks the pixels; None: pixel values do.
    advance
        Called after each method, each fill and each network of shuffled weights.

    Raises
    ------
    InputError
        If the network cannot be attributed by a method, or hidden so.
    """
    options = options_of(subject, settings)
    with subject.explained(settings.batch_size) as explained:
        note = (
            "The network runs as it is: it cannot be rewritten for speed."
            if explained.fast is None
            else explained.fast.note
        )
        logger.info("%s: %s", subject.shown.model, note)
        found = _attributed(subject, explained, methods, options, advance)
        faithfulness = _faithfulness(subject, explained, found, methods, options, settings, advance)
    randomisation = null = None
    if settings.randomisation is not None:
        named = {method.name: one for method, one in zip(methods, found.attributions, strict=True)}
        randomisation, null = randomisation_of(
            subject, named, methods, options, settings, settings.randomisation, advance
        )
    return AttributedMaps(
        methods=tuple(method.name for method in methods),
        method_labels=tuple(method.label for method in methods),
        sensitivities=tuple(method.is_sensitivity for method in methods),
        outputs=subject.outputs.names,
        channels=subject.channels,
        attributions=found.attributions,
        errors=found.errors,
        values=found.values,
        baseline_values=found.baseline_values,
        inputs=subject.inputs,
        baselines=options.baseline.cpu().numpy(),
        simulations=subject.simulations,
        density=density,
        periodic=settings.periodic,
        pixel=settings.pixel,
        pixel_units=settings.pixel_units,
        window=settings.method.window,
        faithfulness=faithfulness,
        randomisation=randomisation,
        null=null,
    )


def _attributed(
    subject: Subject, explained: NetworkOutputs, methods: Sequence[Method], options: Options, advance: Advance
) -> _Found:
    """Return what each method finds in the maps, and the outputs of these and of their baselines."""
    n_methods, n_outputs, shape = len(methods), len(subject.outputs.names), subject.inputs.shape
    attributions = np.empty((n_methods, n_outputs, *shape), dtype=np.float32)
    errors = np.full((n_methods, n_outputs, shape[0]), np.nan)
    for number, method in enumerate(methods):
        one = method(explained, subject.maps, options)
        attributions[number] = one.by_channel(shape[1]).cpu().numpy()
        if one.error is not None:
            errors[number] = one.error.cpu().numpy()
        advance()
    return _Found(attributions, errors, *(_values(explained, maps) for maps in (subject.maps, options.baseline)))


def _values(explained: NetworkOutputs, maps: torch.Tensor) -> Values:
    """Return the outputs of maps, (output, map)."""
    return np.asarray(explained.values(maps).cpu().double().numpy().T)


def _faithfulness(
    subject: Subject,
    explained: NetworkOutputs,
    found: _Found,
    methods: Sequence[Method],
    options: Options,
    settings: Settings,
    advance: Advance,
) -> HiddenBlocks | None:
    """Return what becomes of outputs as blocks are hidden; None where that is not asked for."""
    asked = settings.faithfulness
    if asked is None:
        return None
    asked = replace(asked, maps=min(asked.maps, len(subject.inputs)))
    above = subject.inputs[: asked.maps] - options.baseline[: asked.maps].cpu().numpy()
    maps = found.attributions[:, :, : asked.maps]
    named = {
        method.name: one * above if method.is_sensitivity else one for method, one in zip(methods, maps, strict=True)
    }
    return faithfulness_of(subject, explained, named, above, asked, settings, advance)
