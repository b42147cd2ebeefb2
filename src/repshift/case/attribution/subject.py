"""A case made ready to be attributed: its maps as tensors, its outputs, and what stands where nothing is to be seen."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor, nn

from repshift.attribution import Options
from repshift.attribution.fills import filled
from repshift.attribution.network_outputs import NetworkOutputs, explaining, n_answers_of
from repshift.attribution.output_choice import ChosenOutputs, chosen_outputs
from repshift.case.attribution.settings import Settings
from repshift.case.forward import OpenCase
from repshift.storage.models import CMD_NETWORK
from repshift.storage.simulations import Positions
from repshift.vocabulary import PARAMETERS

Maps = npt.NDArray[np.float32]


@dataclass(frozen=True)
class Subject:
    """The maps of a case, and what of its network is attributed.

    Attributes
    ----------
    shown
        The case.
    positions
        (n_maps,): of the maps in their file.
    inputs
        (n_maps, channels, y, x), as the network reads them.
    outputs
        What is attributed.
    device
        Where torch computes.
    """

    shown: OpenCase
    positions: Positions
    inputs: Maps
    outputs: ChosenOutputs
    device: torch.device

    @property
    def simulations(self) -> npt.NDArray[np.int64]:
        """The simulation of each map, (n_maps,)."""
        return np.asarray(self.positions // self.shown.maps_per_simulation)

    @property
    def channels(self) -> tuple[str, ...]:
        """Names of the channels."""
        return tuple(one.field for one in self.shown.simulations.measured)

    @property
    def maps(self) -> Tensor:
        """The maps where torch computes."""
        return self.tensor(self.inputs)

    def tensor(self, maps: Maps) -> Tensor:
        """Return maps where torch computes."""
        return torch.from_numpy(np.ascontiguousarray(maps)).to(self.device)

    def first(self, n_maps: int) -> Tensor:
        """Return the first maps where torch computes."""
        return self.tensor(self.inputs[:n_maps])

    def filled(self, name: str, *, periodic: bool) -> Maps:
        """Return what stands for the maps where nothing is to be seen: the fill called `name`."""
        found = filled(name, self.inputs, is_periodic=periodic, simulations=self.simulations)
        return np.asarray(found, dtype=np.float32)

    @contextmanager
    def explained(self, batch_size: int, network: nn.Module | None = None) -> Iterator[NetworkOutputs]:
        """Yield the network, or another one of its kind, ready to be attributed."""
        chosen = self.shown.network if network is None else network
        how: dict[str, Any] = {"batch_size": batch_size, "device": self.device, "fast": True}
        with explaining(chosen, self.maps, self.outputs, **how) as found:
            yield found


def subject_of(
    shown: OpenCase, positions: Positions, inputs: Maps, *, outputs: Sequence[str], device: torch.device
) -> Subject:
    """Return a case ready to be attributed.

    `outputs` are the names of what is attributed; none: the first two, or of classes all.

    Raises
    ------
    InputError
        If an output does not exist.
    """
    network, description = shown.network.to(device), shown.description
    names = tuple(PARAMETERS) if description.constructor == CMD_NETWORK else tuple(description.outputs)
    n_answers = n_answers_of(network, torch.from_numpy(inputs[:1]).to(device), device=device)
    chosen = chosen_outputs(n_answers, list(outputs) or None, names, classes=description.classes)
    return Subject(shown, positions, inputs, chosen, device)


def options_of(subject: Subject, settings: Settings) -> Options:
    """Return what methods need beside the maps of a case."""
    method = settings.method
    baseline, fill = (subject.filled(name, periodic=settings.periodic) for name in (method.baseline, method.fill))
    return Options(
        baseline=subject.tensor(baseline),
        fill=subject.tensor(fill),
        nodes=method.nodes,
        window=method.window,
        stride=method.stride,
        noise=method.noise,
        draws=method.draws,
        seed=settings.seed,
        layer=method.layer,
    )


def of_first(options: Options, n_maps: int) -> Options:
    """Return what methods need beside the first maps alone."""
    return replace(options, baseline=options.baseline[:n_maps], fill=options.fill[:n_maps])
