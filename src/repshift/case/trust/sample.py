"""What is known of the maps of a case before any score: pixels, features and outputs of one pass, and their scatter."""

import logging
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor, nn

from repshift.case.forward import OpenCase
from repshift.case.grams import read_case
from repshift.case.outputs import Outputs, outputs_of, posterior
from repshift.case.trust.settings import TrustSettings
from repshift.evidence.trust_scores.score import TrustMaps, Values
from repshift.networks.symmetries import symmetric_copies
from repshift.recording.fast import accelerate
from repshift.recording.memory import BatchSize
from repshift.recording.passes import run_network
from repshift.recording.representations import record_representations
from repshift.statistics.resampling import simulation_of
from repshift.statistics.selection import choose_maps
from repshift.storage.simulations import Positions
from repshift.vocabulary import InputError, in_short

logger = logging.getLogger(__name__)

_LAST_LAYERS = 2
_OUTPUTS_LEFT_OUT = 2

_KNOWN: dict[tuple[object, ...], "TrustSample"] = {}
"""Samples by what they are made of: the cases of a model share its own domain."""


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
        network without dropout should draw it.
    """
    domain = replace(shown.domain, redshift=None)
    key = (shown.description.sha256, shown.simulations.sha256, domain, repr(settings), tuple(trials), device)
    if key not in _KNOWN:
        _KNOWN[key] = _sampled(shown, settings, trials, device)
    return replace(_KNOWN[key], shown=shown)  # which may know other labels


def _sampled(shown: OpenCase, settings: TrustSettings, trials: Sequence[Path], device: torch.device) -> TrustSample:
    """Run the maps of a case through its network."""
    outputs = outputs_of(shown)
    names = _chosen(outputs, settings.outputs)
    positions = _positions(shown, settings)
    inputs = shown.simulations.standardised(positions, shown.moments)
    passes = _Passes(shown, outputs, names, positions, BatchSize(settings.batch_size, say=logger.warning), device)
    network, features, answers = _features(passes, inputs, settings.layers)
    scatters = {}
    if settings.symmetries:
        scatters["symmetries"] = _scatter([answers, *passes.symmetric(network, inputs)])
    if trials:
        scatters["trials"] = _scatter(
            [answers, *(_of_trial(path, shown, outputs, names, positions) for path in trials)]
        )
    if settings.dropout_passes is not None:
        _require_dropout(shown.network)
        scatters["dropout"] = _scatter(passes.dropped(inputs, settings.dropout_passes, settings.seed))
    own_scatters = {name: _of_classes(values) if outputs.label else values for name, values in scatters.items()}
    simulations = simulation_of(positions // shown.maps_per_simulation)
    return TrustSample(
        shown, positions, outputs, names, TrustMaps(simulations, _pixels(inputs), features, answers, own_scatters)
    )


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
    """Return some maps of each simulation of the split."""
    split, each = shown.split(), min(settings.maps_each, shown.maps_per_simulation)
    return choose_maps(
        split,
        n_maps=len(split) * each,
        seed=settings.seed,
        maps_each=each,
        maps_per_simulation=shown.maps_per_simulation,
    )


@dataclass(frozen=True)
class _Passes:
    """How maps are run through the network of a case, and what is kept of its outputs."""

    shown: OpenCase
    outputs: Outputs
    names: tuple[str, ...]
    positions: Positions
    batch_size: BatchSize
    device: torch.device

    def read(self, answers: Tensor) -> dict[str, Values]:
        """Return mean and std of the judged parameters, or probabilities of classes."""
        values = answers.reshape(len(answers), -1).double().numpy()
        if not np.isfinite(values).all():
            number = int(self.positions[np.argwhere(~np.isfinite(values))[0][0]])
            raise InputError(f"The network answers map {number} with a number that is not finite.")
        return judged_outputs(
            posterior(values, self.shown, self.outputs, positions=self.positions), self.outputs, self.names
        )

    def symmetric(self, network: nn.Module, inputs: npt.NDArray[np.float32]) -> list[dict[str, Values]]:
        """Return the outputs under each turn and flip but none."""
        copies = symmetric_copies(torch.from_numpy(inputs), shifts=np.empty((0, 2), dtype=np.int64))
        next(copies)  # the maps as they are
        return [self.read(self._run(network, copy)) for copy in copies]

    def dropped(self, inputs: npt.NDArray[np.float32], n_passes: int, seed: int) -> list[dict[str, Values]]:
        """Return the outputs of passes that draw dropout."""
        maps = torch.from_numpy(inputs)
        return [self.read(self._run(self.shown.network, maps, seed + number)) for number in range(n_passes)]

    def _run(self, network: nn.Module, maps: Tensor, dropout_seed: int | None = None) -> Tensor:
        how: dict[str, Any] = {"batch_size": self.batch_size, "device": self.device}
        return run_network(network, maps.contiguous(), dropout_seed=dropout_seed, **how)


def judged_outputs(found: dict[str, Values], outputs: Outputs, names: Sequence[str]) -> dict[str, Values]:
    """Return mean and std of some parameters, (n_maps, n_parameters); of classes all probabilities."""
    if outputs.label is not None:
        return found
    columns = [outputs.names.index(name) for name in names]
    return {name: np.asarray(values[:, columns]) for name, values in found.items()}


def _features(
    passes: _Passes, inputs: npt.NDArray[np.float32], layers: Sequence[str]
) -> tuple[nn.Module, dict[str, npt.NDArray[np.floating]], dict[str, Values]]:
    """Return the network that runs fastest, the pooled features of the chosen layers, and the outputs: of one pass."""
    shown = passes.shown
    sizes = np.square(inputs, dtype=np.float64).mean((1, 2, 3))
    few = inputs[[sizes.argmin(), sizes.argmax()]]
    fast = accelerate(shown.network, few, layers=list(layers) or shown.description.layers, device=passes.device)
    logger.info("%s: %s", shown.model, fast.note)
    answers: list[Tensor] = []
    how: dict[str, Any] = {"batch_size": passes.batch_size, "device": passes.device, "layers": fast.layers}
    found = record_representations(fast.network, inputs, pool="mean", answers=answers, **how)
    names = list(found) if layers else list(found)[-_LAST_LAYERS:]
    for name in names:
        if not np.isfinite(found[name]).all():
            raise InputError(f"Layer '{name}' returns values that are not finite.")
    return fast.network, {name: found[name] for name in names}, passes.read(torch.cat(answers))


def _scatter(passes: Sequence[dict[str, Values]]) -> Values:
    """Return the standard deviation of means, or of probabilities, over passes, (n_maps, n_outputs)."""
    inferred = "probability" if "probability" in passes[0] else "mean"
    return np.asarray(np.std([one[inferred] for one in passes], axis=0))


def _of_classes(scatter: Values) -> Values:
    """Return one scatter of the probabilities of all classes, (n_maps, 1)."""
    return np.asarray(np.sqrt(np.square(scatter).sum(1, keepdims=True)))


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
    return judged_outputs({inferred: values}, outputs, names)


def _require_dropout(network: nn.Module) -> None:
    """Refuse to draw dropout in a network that has none, or has it at a rate of 0: it would not scatter, silently."""
    rates = [float(module.p) for module in network.modules() if isinstance(module, nn.modules.dropout._DropoutNd)]
    if not any(rates):
        found = "has no dropout" if not rates else f"has {len(rates)} dropout of rate 0"
        raise InputError(f"The network {found}, so its passes with dropout drawn would not scatter at all.")


def _pixels(inputs: npt.NDArray[np.float32]) -> Values:
    """Return mean and standard deviation of each channel of maps (n_maps, channels, y, x)."""
    moments = [inputs.mean((2, 3), dtype=np.float64), inputs.std((2, 3), dtype=np.float64)]
    return np.concatenate(moments, axis=1)
