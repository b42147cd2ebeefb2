"""A model shown a domain, opened: its network, its maps, and how these are prepared for it."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
from torch import nn

from repshift.case.domain_files import DomainFiles
from repshift.case.preparation import Prepared, moments_of, preparation
from repshift.networks.channels import Moments
from repshift.statistics.selection import split_simulations
from repshift.storage.models import Description, require_fitting
from repshift.storage.simulations import SimulationFiles, Simulations
from repshift.vocabulary import Case, Domain, InputError


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
    def moments(self) -> tuple[Moments, ...]:
        """The constants that standardise the maps, a channel each."""
        return moments_of(self.description, self.simulations, self.domain)

    @property
    def preparation(self) -> Prepared:
        """What files say of how the maps are prepared."""
        return preparation(self.description, self.simulations, self.domain)

    @property
    def maps_per_simulation(self) -> int:
        """Maps of one simulation of the domain."""
        return self.simulations.maps_per_simulation

    @contextmanager
    def named(self) -> Iterator[None]:
        """Say of which model and domain an error is that names neither."""
        try:
            yield
        except InputError as error:
            place = f"Model '{self.model}' on domain '{self.domain.name}'"
            if place in str(error):
                raise
            raise InputError(f"{place}: {error}") from error

    def on(self, other: DomainFiles) -> "OpenCase":
        """Return the model shown another domain."""
        return show(self.model, self.network, self.description, files=other.files, domain=other.domain)

    def split(self) -> npt.NDArray[np.int64]:
        """Return the simulations of the domain's split."""
        return split_simulations(len(self.simulations.parameters), split=self.domain.split)

    def coordinates(self, positions: npt.NDArray[np.int64]) -> dict[str, Any]:
        """Return coordinates of the maps at `positions`."""
        return self.domain.coordinates(positions, maps_per_simulation=self.maps_per_simulation)


def show(
    model: str,
    network: nn.Module,
    description: Description,
    *,
    files: SimulationFiles,
    domain: Domain,
) -> OpenCase:
    """Open the maps of a domain, and refuse those that the model does not fit."""
    simulations = files.open()
    require_fitting(description, simulations)
    return OpenCase(model, network, description, simulations, domain)
