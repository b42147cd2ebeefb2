"""What a file of Gram matrices says of the domain's own maps, apart from those of the model's own domain. No stage."""

from pathlib import Path

import numpy as np
import xarray as xr

from repshift.storage.datasets import open_dataset
from repshift.vocabulary import InputError


def read_own(path: Path, *, attributes: tuple[str, ...] = ()) -> xr.Dataset:
    """Read the Gram matrices of the domain's own maps; errors as `open_dataset`."""
    with open_dataset(path, attributes=("model", "domain", "passes", *attributes)) as opened:
        own = np.flatnonzero(opened["domain"].to_numpy() == opened.attrs["domain"])
        return opened.isel(map=own, map_other=own).load()


def read_one_pass(path: Path, *, attributes: tuple[str, ...] = ()) -> xr.Dataset:
    """Read the Gram matrices of the domain's own maps, `gram` (layer, map, map_other).

    Raises
    ------
    InputError
        If the maps were passed twice; else as `open_dataset`.
    """
    store = read_own(path, attributes=attributes)
    if "pass" in store["gram"].dims:
        raise InputError(
            f"{path} holds {store.sizes['pass']} passes over the maps; this stage is of one. "
            "Set activations.passes to 1."
        )
    return store
