"""What is known of the maps of a case before any score: pixels, features and outputs of one pass, and their scatter."""

import logging
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import numpy.typing as npt
import torch

from repshift.case.forward import OpenCase
from repshift.case.grams import read_case
from repshift.case.outputs import Outputs, outputs_of, posterior
from repshift.case.trust.settings import TrustSettings
from repshift.case.tuned import held_out, simulations_seen
from repshift.evidence.trust_scores.score import TrustMaps, Values
from repshift.recording.fast import accelerate
from repshift.recording.memory import BatchSize
from repshift.recording.trust_passes import LAST_LAYERS, TrustPasses
from repshift.statistics.resampling import simulation_of
from repshift.statistics.selection import choose_maps
from repshift.storage.simulations import Positions
from repshift.vocabulary import InputError, in_short

logger = logging.getLogger(__name__)

_OUTPUTS_LEFT_OUT = 2

_KNOWN: dict[tuple[object, ...], "TrustSample"] = {}
"""Samples by what they are made from: the cases of a model share its own domain."""


@dataclass(frozen=True)
class TrustSample:
    """The maps of a case, and what is known of them.

    Attributes
    ----------
    shown
        The case.
    positions
        (n_maps,): of the maps in their file, simulation after simulation.
    outputs
        What the network infers.
    names
        Which of it is judged: parameters, or the label of classes.
    maps
        What is known of the maps.
    """

    shown: OpenCase
    positions: Positions
    outputs: Outputs
    names: tuple[str, ...]
    maps: TrustMaps

    @property
    def layers(self) -> tuple[str, ...]:
        """Layers that distances are in."""
        return tuple(self.maps.features)

    @property
    def n_seen(self) -> int:
        """Simulations of the split that a repair of the network saw: they are left out."""
        return len(simulations_seen(self.shown))

    @property
    def columns(self) -> list[int]:
        """Places of the judged parameters among all."""
        return [self.outputs.names.index(name) for name in self.names]


def trust_sample(
    shown: OpenCase, settings: TrustSettings, *, trials: Sequence[Path] = (), device: torch.device
) -> TrustSample:
    """Return what is known of the maps of a case; the second time that it is asked for in a process, what was found.

    Parameters
    ----------
    shown
        The case.
    settings
        Which maps, layers and outputs.
    trials
        Predictions of other trials on the domain.
    device
        Where torch computes.

    Raises
    ------
    InputError
        If a layer or an output does not exist, numbers are not finite, files of trials are not of these maps, or a
        network without dropout should draw it; if a repair saw so many simulations that fewer than ten are left.
    """
    domain = replace(shown.domain, redshift=None)
    seen = tuple(simulations_seen(shown).tolist())
    key = (shown.description.sha256, shown.simulations.sha256, domain, repr(settings), tuple(trials), device, seen)
    if key not in _KNOWN:
        _KNOWN[key] = _sampled(shown, settings, trials, device)
    return replace(_KNOWN[key], shown=shown)  # which may know other labels


def _sampled(shown: OpenCase, settings: TrustSettings, trials: Sequence[Path], device: torch.device) -> TrustSample:
    """Run the maps of a case through its network."""
    outputs = outputs_of(shown)
    names = _chosen(outputs, settings.outputs)
    positions = _positions(shown, settings)
    inputs = shown.simulations.standardised(positions, shown.moments)

    def read(answers: Values) -> dict[str, Values]:
        return _judged(posterior(answers, shown, outputs, positions=positions), outputs, names)

    passes = _passes(shown, inputs, settings, device, read)
    maps = passes.maps(
        inputs,
        simulation_of(positions // shown.maps_per_simulation),
        symmetries=settings.symmetries,
        trials=[_of_trial(path, shown, outputs, names, positions) for path in trials],
        dropout_passes=settings.dropout_passes,
        seed=settings.seed,
    )
    return TrustSample(shown, positions, outputs, names, maps)


def _chosen(outputs: Outputs, asked: Sequence[str]) -> tuple[str, ...]:
    """Return which parameters are judged."""
    if outputs.label is not None:
        unknown = [name for name in asked if name != outputs.label]
        if unknown:
            raise InputError(f"There is no output {', '.join(unknown)}. The label of the classes is {outputs.label}.")
        return (outputs.label,)
    unknown = [name for name in asked if name not in outputs.names]
    if unknown:
        raise InputError(f"There is no output {', '.join(unknown)}. The outputs are {in_short(outputs.names)}.")
    return tuple(asked) or outputs.names[:_OUTPUTS_LEFT_OUT]


def _positions(shown: OpenCase, settings: TrustSettings) -> Positions:
    """Return some maps of each simulation of the split that no repair saw."""
    split, each = held_out(shown), min(settings.maps_each, shown.maps_per_simulation)
    return choose_maps(
        split,
        n_maps=len(split) * each,
        seed=settings.seed,
        maps_each=each,
        maps_per_simulation=shown.maps_per_simulation,
    )


def _judged(found: dict[str, Values], outputs: Outputs, names: Sequence[str]) -> dict[str, Values]:
    """Return mean and std of some parameters, (n_maps, n_parameters); of classes all probabilities."""
    if outputs.label is not None:
        return found
    columns = [outputs.names.index(name) for name in names]
    return {name: np.asarray(values[:, columns]) for name, values in found.items()}


def _passes(
    shown: OpenCase,
    inputs: npt.NDArray[np.float32],
    settings: TrustSettings,
    device: torch.device,
    read: Callable[[Values], dict[str, Values]],
) -> TrustPasses:
    """Return how maps are run: through a rewritten network where it has one."""
    sizes = np.square(inputs, dtype=np.float64).mean((1, 2, 3))
    faintest_and_brightest = inputs[[sizes.argmin(), sizes.argmax()]]
    layers = list(settings.layers) or shown.description.layers
    fast = accelerate(shown.network, faintest_and_brightest, layers=layers, device=device)
    logger.info("%s: %s", shown.model, fast.note)
    batch_size, n_last = BatchSize(settings.batch_size, say=logger.warning), None if settings.layers else LAST_LAYERS
    return TrustPasses(shown.network, fast.network, fast.layers, n_last, read, batch_size, device)


def _of_trial(
    path: Path, shown: OpenCase, outputs: Outputs, names: Sequence[str], positions: Positions
) -> dict[str, Values]:
    """Read what another trial predicts of the maps."""
    found = read_case(path)
    maps = shown.coordinates(positions)["map"][1]
    if not np.isin(maps, found["map"].to_numpy()).all():
        raise InputError(f"{path} is not of the maps of domain '{shown.domain.name}'.")
    inferred = "mean" if outputs.label is None else "probability"
    known = [str(name) for name in found[outputs.dimension].to_numpy()] if inferred in found else []
    if known != list(outputs.names):
        raise InputError(f"{path} is of {', '.join(known) or 'nothing'}. Expected {', '.join(outputs.names)}.")
    values = found[inferred].sel(map=maps).to_numpy()
    return _judged({inferred: values}, outputs, names)
