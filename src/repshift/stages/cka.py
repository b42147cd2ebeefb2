"""Stage cka: CKA of every pair of layers of a case, by three estimators. Rule ``cka``.

Output: ``{model}/{domain}.nc`` with ``cka_biased``, ``cka_debiased``, ``cka_minibatch`` (layer, layer_other), the HSIC
terms each was divided from, and ``batch`` (map); coordinates layer, layer_other, map, simulation, position.
With two passes the rows are the first pass and the columns the second; with ``--others`` the columns are another model.
"""

import argparse
import logging
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import xarray as xr

from repshift.similarity.cka import Names, cka_terms, minibatch_cka_terms
from repshift.similarity.hsic import HSICTerms, require_same_maps
from repshift.statistics.selection import shuffled_batches
from repshift.storage.datasets import open_dataset, write_dataset
from repshift.storage.files import sha256
from repshift.vocabulary import InputError

logger = logging.getLogger(__name__)

Grams = npt.NDArray[np.float64]


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the arguments of `run`."""
    parser.set_defaults(run=run)
    parser.add_argument("--grams", type=Path, required=True, help=".nc of Gram matrices")
    parser.add_argument("--others", type=Path, help=".nc of Gram matrices of another model on the same maps")
    parser.add_argument("--batch-size", type=int, required=True, help="maps of one batch of the mini-batch estimator")
    parser.add_argument("--seed", type=int, required=True, help="shuffles the maps into batches")
    parser.add_argument("--output", type=Path, required=True, help=".nc to write")


def run(*, grams: Path, batch_size: int, seed: int, output: Path, others: Path | None = None) -> None:
    """Compare all layers on the domain's own maps and write CKA beside the terms it was made of."""
    store = _read(grams)
    columns = store if others is None else _read(others)
    try:
        require_same_maps(store["gram"], columns["gram"])
    except InputError as error:
        raise InputError(f"{grams} and {others}: {error}") from error
    rows, columns_grams = _sides(store, columns)
    batches = shuffled_batches(store.sizes["map"], batch_size=batch_size, seed=seed)
    logger.info("%s: %d layers, %d maps, batches of %d", grams, len(rows), store.sizes["map"], batch_size)
    names = (store["layer"].to_numpy().tolist(), columns["layer"].to_numpy().tolist())
    try:
        of_estimator = _compare(rows, columns_grams, batches, names)
    except InputError as error:
        raise InputError(f"Model '{store.attrs['model']}' shown domain '{store.attrs['domain']}': {error}") from error
    batch_of_map = np.empty(batches.size, dtype=np.int32)
    batch_of_map[batches] = np.arange(len(batches))[:, None]
    checksums = {"grams_sha256": sha256(grams)} | ({} if others is None else {"others_sha256": sha256(others)})
    dataset = xr.Dataset(
        {
            **{key: value for name, terms in of_estimator.items() for key, value in _variables(name, terms).items()},
            "batch": ("map", batch_of_map, {"units": "1", "long_name": "mini-batch of the map"}),
        },
        coords={
            "layer": names[0],
            "layer_other": names[1],
            **{name: store[name] for name in ("map", "position", "simulation", "suite", "domain")},
        },
        attrs={**store.attrs, "batch_size": batch_size, "batch_seed": seed, **checksums},
    )
    write_dataset(dataset, output)
    logger.info("%s: %d by %d layers", output, *dataset["cka_debiased"].shape)


def _read(path: Path) -> xr.Dataset:
    """Read the Gram matrices of the domain's own maps."""
    with open_dataset(path, attributes=("model", "domain", "passes")) as opened:
        own = np.flatnonzero(opened["domain"].to_numpy() == opened.attrs["domain"])
        return opened.isel(map=own, map_other=own).load()


def _sides(store: xr.Dataset, columns: xr.Dataset) -> tuple[Grams, Grams | None]:
    """Return the Gram matrices of the rows and, where they are others, of the columns, (layer, map, map) each."""
    if columns is not store:
        return _pass(store, 0), _pass(columns, 0)
    return _pass(store, 0), _pass(store, 1) if "pass" in store["gram"].dims else None


def _pass(store: xr.Dataset, number: int) -> Grams:
    """Return the Gram matrices of one pass; there may be but one."""
    gram = store["gram"]
    return (gram.isel({"pass": number}) if "pass" in gram.dims else gram).to_numpy()


def _compare(rows: Grams, columns: Grams | None, batches: npt.NDArray[np.int64], names: Names) -> dict[str, HSICTerms]:
    """Return the terms of every estimator, by its name."""
    in_batches = (
        (rows[:, maps[:, None], maps], None if columns is None else columns[:, maps[:, None], maps]) for maps in batches
    )
    return {
        "biased": cka_terms(rows, columns, estimator="biased", names=names),
        "debiased": cka_terms(rows, columns, estimator="debiased", names=names),
        "minibatch": minibatch_cka_terms(in_batches, names=names),
    }


def _variables(estimator: str, terms: HSICTerms) -> dict[str, Any]:
    """Name the CKA of an estimator and the terms it was divided from."""
    values = {
        f"cka_{estimator}": (("layer", "layer_other"), terms.cka(), "linear CKA"),
        f"hsic_{estimator}": (("layer", "layer_other"), terms.cross, "HSIC"),
        f"hsic_{estimator}_own": ("layer", terms.own, "HSIC of the row's layer with itself"),
        f"hsic_{estimator}_own_other": ("layer_other", terms.own_other, "HSIC of the column's layer with itself"),
    }
    return {
        name: (dimensions, array, {"units": "1", "long_name": f"{estimator} {long_name}"})
        for name, (dimensions, array, long_name) in values.items()
    }
