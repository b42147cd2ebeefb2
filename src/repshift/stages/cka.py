"""Stage cka: CKA of every pair of layers, and other measures. Rules ``cka`` and ``comparison``.

Output: ``{model}/{domain}.nc`` with ``cka_biased``, ``cka_debiased``, ``cka_minibatch`` (layer, layer_other), the HSIC
terms each was divided from, and ``batch`` (map); where the Gram matrix of the pixels is there, of each layer and them,
``cka_biased_pixels`` and ``cka_debiased_pixels`` (layer); coordinates layer, layer_other, map, simulation, position.
With two passes the rows are the first pass and the columns the second; with ``--others`` the columns are another model
on the same maps or, with ``--pairing simulation``, any model on their partners: the attributes ``pairing``,
``model_other`` and ``domain_other`` say whom, and the coordinate ``map_paired`` (map) which partners.

Where maps of one simulation are several, debiased values are of pairs of maps of different simulations.

Every name after ``--measures`` adds a variable of that name (layer, layer_other), in their order; those of canonical
correlation also the directions each layer kept, ``{measure}_kept`` (layer) and ``{measure}_kept_other`` (layer_other).

Along ``measure`` (CKA by each estimator, then those named) lie the numbers of each matrix: ``off_diagonal_mean`` and
the rest of its block, ``eigenvalue`` (measure, rank); of two networks ``mean`` and ``diagonal_mean``.
"""

import argparse
import logging
from collections.abc import Sequence
from pathlib import Path
from typing import Any, get_args

import numpy as np
import numpy.typing as npt
import xarray as xr

from repshift.case.grams import read_shown
from repshift.cli.arguments import at_least
from repshift.cli.measures import add_measures
from repshift.evidence.block_numbers import matrix_numbers
from repshift.similarity.between import debiased_hsic_terms
from repshift.similarity.cka import cka_terms, minibatch_cka_terms
from repshift.similarity.hsic import HSICTerms
from repshift.similarity.measures import OPTIONS, measure_of, similarity_matrix
from repshift.similarity.pairing import require_same_maps
from repshift.similarity.stacks import Names
from repshift.statistics.selection import shuffled_batches
from repshift.storage.datasets import write_dataset
from repshift.storage.files import sha256
from repshift.vocabulary import Estimator, InputError, Pairing

logger = logging.getLogger(__name__)

Variables = dict[str, tuple[str | tuple[str, ...], npt.NDArray[Any], dict[str, Any]]]

_Sides = tuple[Names, Names]
"""Names of the layers of the rows and of the columns."""

_CKA = ("cka_biased", "cka_debiased", "cka_minibatch")


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the arguments of `run`."""
    parser.set_defaults(run=run)
    parser.add_argument("--grams", type=Path, required=True, help=".nc of Gram matrices")
    parser.add_argument("--others", type=Path, help=".nc of Gram matrices of another model, or of paired maps")
    parser.add_argument(
        "--pairing", choices=get_args(Pairing), default="map", help="what pairs the maps of the two files"
    )
    add_measures(parser)
    parser.add_argument(
        "--batch-size", type=int, required=True, help="number of maps of a batch of the mini-batch estimator"
    )
    parser.add_argument("--seed", type=at_least(0), required=True, help="random seed: shuffles the maps into batches")
    parser.add_argument("--output", type=Path, required=True, help=".nc to write")


def run(
    *,
    grams: Path,
    batch_size: int,
    seed: int,
    output: Path,
    others: Path | None = None,
    pairing: Pairing = "map",
    measures: Sequence[str] = (),
    **options: float,
) -> None:
    """Compare all layers on the domain's own maps and write CKA beside the terms it was made from.

    `options` are what measures depend on, by the names of `OPTIONS`.
    """
    store = read_shown(grams)
    columns = _paired(grams, store, others, pairing)
    batches = shuffled_batches(store.sizes["map"], batch_size=batch_size, seed=seed)
    logger.info("%s: %d layers, %d maps, batches of %d", grams, *store["gram"].shape[-3:-1], batch_size)
    chosen = {name: option.default for name, option in OPTIONS.items()} | options
    try:
        variables = _compare(*_sides(store, columns), batches)
        variables |= _with_pixels(store) if columns is store and "gram_pixels" in store else {}
        for measure in measures:
            added = _measure(*_sides(store, columns), measure, pairing, chosen)
            variables |= {name: variable for name, variable in added.items() if name not in variables}
    except InputError as error:
        raise InputError(f"Model '{store.attrs['model']}' shown domain '{store.attrs['domain']}': {error}") from error
    batch_of_map = np.empty(batches.size, dtype=np.int32)
    batch_of_map[batches] = np.arange(len(batches))[:, None]
    checksums = {"grams_sha256": sha256(grams)} | ({} if others is None else {"others_sha256": sha256(others)})
    dataset = xr.Dataset(
        {**variables, "batch": ("map", batch_of_map, {"units": "1", "long_name": "mini-batch of the map"})},
        coords={
            "layer": _names(store),
            "layer_other": _names(columns),
            **{name: store[name] for name in ("map", "position", "simulation", "suite", "domain")},
            **({} if pairing == "map" else {"map_paired": ("map", columns["map"].to_numpy())}),
        },
        attrs={
            **store.attrs,
            "batch_size": batch_size,
            "batch_seed": seed,
            **checksums,
            **_partners(store, columns, pairing),
        },
    )
    matrices = {name: dataset[name] for name in (*_CKA, *measures)}
    numbers = matrix_numbers(matrices, same_network=columns is store)
    write_dataset(dataset.merge(numbers), output)
    logger.info("%s: %d by %d layers", output, *dataset["cka_debiased"].shape)


def _paired(grams: Path, store: xr.Dataset, others: Path | None, pairing: Pairing) -> xr.Dataset:
    """Read the columns' Gram matrices, those of the rows where there are no others, and refuse maps without partners.

    A position in a file says whose partner a map is only within one set.
    """
    if others is None:
        if pairing != "map":
            raise InputError(f"Maps are paired by {pairing} with those of another file: give it as --others.")
        return store
    columns = read_shown(others)
    sets = [dataset.attrs.get("set") for dataset in (store, columns)]
    try:
        require_same_maps(store["gram"], columns["gram"], pairing=pairing)
        if pairing == "simulation" and (None in sets or sets[0] != sets[1]):
            raise InputError(f"Simulations have partners within one set; found '{sets[0]}' and '{sets[1]}'.")
    except InputError as error:
        raise InputError(f"{grams} and {others}: {error}") from error
    return columns


def _partners(store: xr.Dataset, columns: xr.Dataset, pairing: Pairing) -> dict[str, str]:
    """Return attributes that name the case of the columns, where it is another."""
    names = {f"{name}_other": str(columns.attrs[name]) for name in ("model", "domain")}
    return {} if columns is store else {"pairing": pairing, **names}


def _sides(store: xr.Dataset, columns: xr.Dataset) -> tuple[xr.DataArray, xr.DataArray | None]:
    """Return the Gram matrices of the rows and, where they are others, of the columns, (layer, map, map_other) each."""
    if columns is not store:
        return _pass(store, 0), _pass(columns, 0)
    return _pass(store, 0), _pass(store, 1) if "pass" in store["gram"].dims else None


def _pass(store: xr.Dataset, number: int) -> xr.DataArray:
    """Return the Gram matrices of one pass; there may be but one."""
    gram = store["gram"]
    return gram.isel({"pass": number}) if "pass" in gram.dims else gram


def _names(store: xr.Dataset | xr.DataArray) -> list[str]:
    return [str(name) for name in store["layer"].to_numpy()]


def _compare(rows: xr.DataArray, columns: xr.DataArray | None, batches: npt.NDArray[np.int64]) -> Variables:
    """Return the variables of CKA by every estimator."""
    names: _Sides = (_names(rows), None if columns is None else _names(columns))
    grams, others = rows.to_numpy(), None if columns is None else columns.to_numpy()
    in_batches = (
        (grams[:, maps[:, None], maps], None if others is None else others[:, maps[:, None], maps]) for maps in batches
    )
    return {
        **_variables("biased", cka_terms(grams, others, estimator="biased", names=names)),
        **_variables("debiased", _debiased(rows, columns, names)),
        **_variables("minibatch", minibatch_cka_terms(in_batches, names=names)),
    }


def _debiased(rows: xr.DataArray, columns: xr.DataArray | None, names: _Sides) -> HSICTerms:
    """Return the debiased HSIC terms of the maps of the rows, by their simulations."""
    simulations = rows["simulation"].to_numpy()
    if columns is None:
        return debiased_hsic_terms(rows, simulations=simulations, names=names)
    return debiased_hsic_terms(rows.to_numpy(), columns.to_numpy(), simulations=simulations, names=names)


def _with_pixels(store: xr.Dataset) -> Variables:
    """Return the CKA of every layer with the maps that the network takes, by both estimators."""
    rows, pixels = _pass(store, 0), store["gram_pixels"].expand_dims("layer")
    names: _Sides = (_names(store), ["pixels"])
    found: dict[Estimator, HSICTerms] = {
        "biased": cka_terms(rows.to_numpy(), pixels.to_numpy(), estimator="biased", names=names),
        "debiased": _debiased(rows, pixels, names),
    }
    return {
        f"cka_{estimator}_pixels": (
            "layer",
            terms.cka()[:, 0],
            {"units": "1", "long_name": f"{estimator} linear CKA of the layer and the standardised maps"},
        )
        for estimator, terms in found.items()
    }


def _measure(
    rows: xr.DataArray,
    columns: xr.DataArray | None,
    measure: str,
    pairing: Pairing,
    options: dict[str, float],
) -> Variables:
    """Return the variables of a measure beside CKA."""
    about, found = measure_of(measure), similarity_matrix(rows, columns, measure=measure, pairing=pairing, **options)
    attributes: dict[str, Any] = {"units": about.units, "long_name": about.long_name, **about.chosen(options)}
    variables: Variables = {measure: (("layer", "layer_other"), found, attributes)}
    if about.kept is not None:
        words = {"units": "1", "long_name": f"directions kept for {measure}, of {rows.sizes['map'] - 1} at most"}
        for side, grams in (("", rows), ("_other", rows if columns is None else columns)):
            variables[f"{measure}_kept{side}"] = (f"layer{side}", about.kept(grams, **about.chosen(options)), words)
    return variables


def _variables(estimator: str, terms: HSICTerms) -> Variables:
    """Name the CKA of an estimator and the terms it was divided from."""
    values: dict[str, tuple[str | tuple[str, ...], npt.NDArray[np.float64], str]] = {
        f"cka_{estimator}": (("layer", "layer_other"), terms.cka(), "linear CKA"),
        f"hsic_{estimator}": (("layer", "layer_other"), terms.cross, "HSIC"),
        f"hsic_{estimator}_own": ("layer", terms.own, "HSIC of the row's layer with itself"),
        f"hsic_{estimator}_own_other": ("layer_other", terms.own_other, "HSIC of the column's layer with itself"),
    }
    return {
        name: (dimensions, array, {"units": "1", "long_name": f"{estimator} {long_name}"})
        for name, (dimensions, array, long_name) in values.items()
    }
