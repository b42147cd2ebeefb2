"""Files of cases as stages before wrote them: whose they are, and the Gram matrices of the stage grams."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import xarray as xr

from repshift.storage.datasets import open_dataset
from repshift.storage.files import sha256
from repshift.vocabulary import CASE, InputError

CaseNames = tuple[str, ...]
"""What names a case: the values of `CASE`."""


def read_case(path: Path) -> xr.Dataset:
    """Read a file of a case whole.

    Raises
    ------
    InputError
        If the file does not say whose it is.
    """
    with open_dataset(path, attributes=CASE) as opened:
        return opened.load()


def case_row(stored: xr.Dataset | xr.DataArray) -> dict[str, str]:
    """Return what names the case of a file, by column."""
    return {name: str(stored.attrs[name]) for name in CASE}


def case_names(stored: xr.Dataset | xr.DataArray) -> CaseNames:
    """Return what names the case of a file."""
    return tuple(case_row(stored).values())


def by_case(paths: Sequence[Path]) -> dict[CaseNames, xr.Dataset]:
    """Read files of cases, by what names the case."""
    return {case_names(stored): stored for stored in map(read_case, paths)}


@dataclass(frozen=True)
class CaseGrams:
    """The Gram matrices of a case.

    Attributes
    ----------
    shown
        ``gram`` (layer, map, map_other) and its coordinates, over the maps of the domain.
    pooled
        The same over these and, where the case is out of distribution, the maps of the model's own domain after them.
    attributes
        What names the case, whatever else was asked for, and the checksum of the file.
    """

    shown: xr.DataArray
    pooled: xr.DataArray
    attributes: dict[str, str]

    @property
    def who(self) -> str:
        """What the case is called, for a sentence."""
        return f"Model '{self.attributes['model']}' shown domain '{self.attributes['domain']}'"

    @property
    def own(self) -> xr.DataArray | None:
        """The Gram matrices over the maps of the model's own domain; None in distribution."""
        own = np.flatnonzero(self.pooled["domain"].to_numpy() != self.attributes["domain"])
        return self.pooled.isel(map=own, map_other=own) if len(own) else None


def read_shown(path: Path) -> xr.Dataset:
    """Read a file of Gram matrices, of one pass or of two, over the maps of the domain alone."""
    with open_dataset(path, attributes=("model", "domain", "passes")) as opened:
        shown = np.flatnonzero(opened["domain"].to_numpy() == opened.attrs["domain"])
        return opened.isel(map=shown, map_other=shown).load()


def read_grams(path: Path, *, attributes: tuple[str, ...] = ()) -> CaseGrams:
    """Read the Gram matrices of a case, of one pass, and `attributes` of the file beside those that name the case.

    Raises
    ------
    InputError
        If the file is not of the stage grams, or holds two passes, whose maps are no sample of anything.
    """
    asked = (*CASE, *attributes)
    with open_dataset(path, attributes=asked) as opened:
        if "gram" not in opened:
            raise InputError(f"{path} holds no Gram matrices. Expected a file of the stage grams.")
        if "pass" in opened["gram"].dims:
            raise InputError(f"{path} holds two passes over the maps; its statistics need activations.passes 1.")
        if "domain" not in opened["gram"].coords:
            raise InputError(f"{path} lacks the coordinate 'domain'. Expected a file of the stage grams.")
        gram = opened["gram"].load()
        shown = np.flatnonzero(gram["domain"].to_numpy() == opened.attrs["domain"])
        kept = {name: str(opened.attrs[name]) for name in asked}
    return CaseGrams(gram.isel(map=shown, map_other=shown), gram, {**kept, "grams_sha256": sha256(path)})
