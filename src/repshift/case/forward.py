"""A model shown a domain, opened: its network, its maps, and how these are prepared for it."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
from torch import nn

from repshift.case.preparation import Prepared, moments_of, preparation
from repshift.networks.channels import Moments
from repshift.statistics.selection import split_simulations
from repshift.storage.functions import Constructor
from repshift.storage.models import Description, read_model, require_fitting
from repshift.storage.simulations import Paths, SimulationFiles, Simulations
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
    files: SimulationFiles,
    domain: Domain,
) -> OpenCase:
    """Open a model and the maps of a domain, and refuse what does not fit together."""
    network, description = read_model(weights, own=own)
    return show(model, network, description, files=files, domain=domain)


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


def show_own(
    shown: OpenCase,
    domain: Domain | None,
    maps: Paths | None,
    measured: Paths | None,
    *,
    parameters: Path | None = None,
    functions: Sequence[Constructor],
    purpose: str,
) -> OpenCase | None:
    """Return the model of a case shown its own domain; None where nothing is said of one.

    `parameters` are its labels, where any are needed; `purpose` says what the own domain is for, where it is missing.

    Raises
    ------
    InputError
        If a part is missing, or all of it and the case is of another domain.
    """
    given = {"domain": domain, "maps": maps, "measured": measured}
    missing = [f"--reference-{name}" for name, value in given.items() if value is None]
    if domain is None or maps is None or measured is None:
        if len(missing) < len(given):
            raise InputError(f"The model's own domain lacks {', '.join(missing)}. Give all of it, or nothing.")
        if not shown.case.in_distribution:
            raise InputError(
                f"Domain '{shown.domain.name}' is not the model's own, {purpose}. Give {missing[0]} and the others of "
                "that."
            )
        return None
    files = SimulationFiles(maps, parameters, measured, functions)
    return show(shown.model, shown.network, shown.description, files=files, domain=domain)
