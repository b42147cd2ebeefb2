"""The maps of a domain that repairs see and that judge them, simulation by simulation, with their labels."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor

from repshift.adaptation import Sample
from repshift.case.forward import OpenCase
from repshift.case.outputs import Outputs, true_classes
from repshift.case.truth import truth_of
from repshift.networks.preprocessing import scale_parameters
from repshift.storage.models import CMD_NETWORK
from repshift.storage.simulations import SimulationFiles
from repshift.vocabulary import InputError

Places = npt.NDArray[np.int64]


@dataclass(frozen=True)
class KnownLabels:
    """Where the labels of a domain are.

    Attributes
    ----------
    parameters
        Their table; None: that of the opened simulations has them.
    unscored
        Parameters of it that are not the maps' own.
    """

    parameters: Path | None
    unscored: Sequence[str] = ()


def known_labels(files: SimulationFiles, unscored: Sequence[str] = ()) -> KnownLabels | None:
    """Return where the labels of a domain are, of its files; None where they have none."""
    return None if files.parameters is None else KnownLabels(files.parameters, unscored)


@dataclass(frozen=True)
class DomainMaps:
    """Some maps of each simulation of a domain; places are those of simulations.

    Attributes
    ----------
    shown
        The model shown the domain.
    positions
        (n_simulations, maps): of the maps in their file, in random order.
    maps
        (n_simulations, maps, channels, y, x), as the network reads them.
    labels
        (n_simulations, n_outputs) in the scale of the network's outputs, of classes (n_simulations,); None: unknown.
    truth
        The same in units of the labels, NaN where it cannot be scored, of classes 1 in the column of the true one.
    """

    shown: OpenCase
    positions: Places
    maps: Tensor
    labels: Tensor | None
    truth: npt.NDArray[np.float64] | None

    @property
    def n_simulations(self) -> int:
        """How many simulations there are."""
        return len(self.positions)

    @cached_property
    def whole(self) -> Sample:
        """All maps, without labels: what a network makes of each by itself is kept for all samples of them."""
        return Sample(self.maps.flatten(0, 1), np.repeat(np.arange(self.n_simulations), self.maps.shape[1]))

    def sample(self, places: Places, n_maps: int) -> Sample:
        """Return the first maps of each of some simulations, with their labels where there are any."""
        labels = None if self.labels is None else self.labels[places].repeat_interleave(n_maps, dim=0)
        maps = self.maps[places, :n_maps].flatten(0, 1)
        rows = (places[:, None] * self.maps.shape[1] + np.arange(n_maps)).ravel()
        return Sample(maps, np.repeat(places, n_maps), labels, (self.whole, rows))

    def chosen(self, n_maps: int) -> tuple[Places, Tensor]:
        """Return positions (n,) and maps (n, channels, y, x) of the first maps of all simulations."""
        return self.positions[:, :n_maps].ravel(), self.maps[:, :n_maps].flatten(0, 1)


def domain_maps(
    shown: OpenCase,
    outputs: Outputs,
    *,
    maps_each: int,
    most_simulations: int | None,
    seed: int,
    device: torch.device,
    labels: KnownLabels | None,
) -> DomainMaps:
    """Read some maps of each simulation of a domain's split.

    Parameters
    ----------
    shown, outputs
        The model shown the domain, and what it infers.
    maps_each, most_simulations
        Maps of each simulation, and simulations at most.
    seed
        Draws both.
    device
        Where torch computes.
    labels
        Where they are; None: the domain has none.

    Raises
    ------
    InputError
        If a simulation has fewer maps, or labels are missing that the network infers.
    """
    held = shown.maps_per_simulation
    if maps_each > held:
        raise InputError(
            f"{maps_each} maps of each simulation were asked for; domain '{shown.domain.name}' has {held}."
        )
    simulations = shown.split()
    if most_simulations is not None and len(simulations) > most_simulations:
        drawn = np.random.default_rng([seed, len(simulations)]).permutation(len(simulations))[:most_simulations]
        simulations = simulations[np.sort(drawn)]
    rng = np.random.default_rng(seed)
    orders = rng.permuted(np.tile(np.arange(held), (len(simulations), 1)), axis=1)[:, :maps_each]
    positions = simulations[:, None] * held + orders
    inputs = shown.simulations.standardised(positions.ravel(), shown.moments)
    maps = torch.from_numpy(inputs).to(device).unflatten(0, positions.shape)
    if labels is None:
        return DomainMaps(shown, positions, maps, None, None)
    scaled, truth = _labels(shown, outputs, labels, simulations)
    return DomainMaps(shown, positions, maps, scaled.to(device), truth)


def _labels(
    shown: OpenCase, outputs: Outputs, known: KnownLabels, simulations: Places
) -> tuple[Tensor, npt.NDArray[np.float64]]:
    """Return labels of simulations as a network is trained with them, and as predictions are scored by."""
    classes = shown.description.classes
    if classes is not None and outputs.label is not None:
        places = true_classes(shown, classes, label=outputs.label, parameters=known.parameters)[simulations]
        return torch.from_numpy(places), np.eye(len(outputs.names))[places]
    truth = truth_of(shown, outputs, None, ())[simulations]
    scaled = scale_parameters(truth) if shown.description.constructor == CMD_NETWORK else truth
    scored = truth.copy()
    scored[:, [outputs.names.index(name) for name in known.unscored if name in outputs.names]] = np.nan
    return torch.from_numpy(scaled.astype(np.float32)), scored
