"""A side of a shift: the compared maps of a domain, and what a network, its trials and its symmetries say of them."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import numpy as np
import numpy.typing as npt
import xarray as xr

from repshift.case.grams import CaseGrams, read_case
from repshift.case.maps import stored_moments
from repshift.storage.functions import Constructor
from repshift.storage.simulations import Paths, SimulationFiles
from repshift.vocabulary import InputError

OF_MAPS: Final = ("maps_sha256", "moments_mean", "moments_std")
"""What a file of Gram matrices says of the maps of its domain, and of how the network takes them."""


@dataclass(frozen=True)
class SideFiles:
    """The files of a side; of a network that does not say what its outputs are, those of maps alone."""

    maps: Paths
    measured: Paths
    predictions: Path | None = None
    symmetries: Path | None = None
    trials: Sequence[Path] = ()

    @property
    def named(self) -> list[Path]:
        """All but the maps."""
        return [path for path in (self.predictions, self.symmetries, *self.trials) if path is not None]


def both(side: SideFiles, own: SideFiles) -> list[Path]:
    """Return the files of two sides except the maps, kind by kind."""
    single = (side.predictions, own.predictions, side.symmetries, own.symmetries)
    return [*(path for path in single if path is not None), *side.trials, *own.trials]


def require_alike(side: SideFiles, own: SideFiles) -> None:
    """Refuse files that one side has and the other lacks, and what goes with predictions without any."""
    for name in ("predictions", "symmetries"):
        found = [getattr(one, name) for one in (side, own)]
        if (found[0] is None) != (found[1] is None):
            raise InputError(f"{name.capitalize()} {found[0]} and {found[1]}: both domains need the same.")
    if len(side.trials) != len(own.trials):
        raise InputError(f"{len(side.trials)} and {len(own.trials)} other trials: both domains need the same.")
    if side.predictions is None and side.named:
        raise InputError(f"{side.named[0]} was given without predictions, which it stands beside.")


def read_outputs(
    path: Path | None, case: Mapping[str, str], stack: xr.DataArray, *, beside: xr.Dataset | None = None
) -> xr.Dataset:
    """Read predictions of the compared maps, and refuse those of another field, suite or domain than a case has.

    Parameters
    ----------
    path
        None: there are none, and the dataset is empty.
    case
        What names the case.
    stack
        Gram matrices of the maps of both domains, which are compared.
    beside
        Predictions of the network itself, for those of another trial.
    """
    if path is None:
        return xr.Dataset()
    found = read_case(path)
    for name in ("field", "train_suite"):
        if found.attrs[name] != case[name]:
            raise InputError(f"{path} is of {name} '{found.attrs[name]}', not '{case[name]}'.")
    compared = stack["map"].to_numpy()[stack["domain"].to_numpy() == found.attrs["domain"]]
    if not (len(compared) and np.isin(compared, found["map"].to_numpy()).all()):
        raise InputError(
            f"{path} is of domain '{found.attrs['domain']}', but not of the maps that model '{case['model']}' shown "
            f"'{case['domain']}' is compared on."
        )
    if beside is not None and compared.tolist() != beside["map"].to_numpy().tolist():
        raise InputError(f"{path} is of other maps than the predictions of model '{case['model']}' it stands beside.")
    if beside is not None and inferred(found) != inferred(beside):
        names = [", ".join(inferred(one)) for one in (found, beside)]
        raise InputError(f"{path} is of {names[0]}; the predictions that it stands beside are of {names[1]}.")
    return found.sel(map=compared)


def read_symmetries(path: Path | None, shown: CaseGrams) -> xr.Dataset | None:
    """Read the scatter of the compared maps of a domain under symmetries; None where there is no file."""
    if path is None:
        return None
    found, compared = read_case(path), shown.shown["map"].to_numpy()
    if not np.isin(compared, found["map"].to_numpy()).all():
        raise InputError(f"{path} is not of the maps that model '{shown.attributes['model']}' is compared on.")
    return found.sel(map=compared)


def inferred(outputs: xr.Dataset) -> list[str]:
    """Return the parameters or classes of predictions; none of an empty dataset."""
    name = "class" if "class" in outputs.coords else "parameter"
    return [str(one) for one in outputs[name].to_numpy()] if name in outputs.coords else []


def read_inputs(side: SideFiles, shown: CaseGrams, *, functions: Sequence[Constructor]) -> npt.NDArray[np.float32]:
    """Return the compared maps of a domain as the network takes them, (n_maps, n_channels, y, x).

    `shown` are the Gram matrices over them, which `OF_MAPS` was asked of.

    Raises
    ------
    InputError
        If the files are not those that the network was shown.
    """
    simulations = SimulationFiles(side.maps, None, side.measured, functions).open()
    if simulations.sha256 != shown.attributes["maps_sha256"]:
        raise InputError(f"{simulations.names} are not the maps that model '{shown.attributes['model']}' was shown.")
    positions = shown.shown["position"].to_numpy().astype(np.int64)
    return simulations.standardised(positions, stored_moments(shown.attributes))
