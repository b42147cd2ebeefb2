"""Files of cases stacked into one Dataset along ``case``: what the summary holds of all, and a figure draws of some.

Dimensions: case, measure, layer, layer_other, rank; where there are such files maps, parameter; number, permutation.
Coordinates along ``case``: what names it, ``in_distribution`` 0 or 1; along ``measure``: what each is, its unit, and 1
where it is a distance. Layers are counted: ``layer_name`` says what each is in a case.
"""

from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any, Final

import numpy as np
import xarray as xr

from repshift.case.axes import stacked
from repshift.case.case_tables import (
    CHANGE,
    COMPARED,
    COUNT_COMPARED,
    COUNTS,
    DIFFERENCE,
    OF_CHANGE,
    OF_INTERVAL,
    OF_TESTED,
    P_VALUE_BY,
    PERMUTATIONS,
    SWAPPED,
    TEST,
)
from repshift.case.grams import CaseNames, case_names, read_case
from repshift.case.tables import ENDS, end_of, with_ends
from repshift.statistics.blocks import BLOCK_NUMBERS
from repshift.statistics.class_scores import CLASS_SCORES
from repshift.statistics.scores import LONG_NAMES, SCORES
from repshift.vocabulary import CASE, InputError, about

MAPS: Final = ("split", "cka")
"""Maps that are scored: of the whole split, or those whose layers are compared."""

TESTED: Final = "cka_debiased"
"""The measure whose change between domains is tested."""

OF_MEASURE: Final = ("measure_long_name", "measure_units", "distance")
"""Coordinates along ``measure``: what each is, its unit, and 1 where it is a distance."""

_PIXELS: Final = ("cka_biased_pixels", "cka_debiased_pixels")


def stack_cases(
    cka: Sequence[Path],
    *,
    scores: Sequence[Path] = (),
    intervals: Sequence[Path] = (),
    permutation_tests: Sequence[Path] = (),
    more: Sequence[Iterable[xr.Dataset]] = (),
) -> xr.Dataset:
    """Stack files of cases, in the order of those of the stage cka.

    Parameters
    ----------
    cka
        A file of each case.
    scores, intervals, permutation_tests
        Of those cases that have one, in any order.
    more
        Datasets of cases, each with what names its case and variables of its own, a sequence for each kind.

    Raises
    ------
    InputError
        If a case has no CKA, or two cases were compared by different measures.
    """
    matrices = [read_case(path) for path in cka]
    cases = [case_names(matrix) for matrix in matrices]
    _require_same_measures(matrices)
    kinds = [
        map(_matrices, matrices),
        map(_scores, map(read_case, scores)),
        map(_ends, map(read_case, intervals)),
        map(_tests, map(read_case, permutation_tests)),
        *more,
    ]
    templates = [_no_scores(), *([_no_tests()] if permutation_tests else [])]
    dataset = stacked(_by_case(cases, kinds), "case", templates=templates)
    measures = {name: ("measure", matrices[0][name].to_numpy()) for name in OF_MEASURE}
    dataset = dataset.assign_coords({**_labels(matrices), **measures})
    dataset = dataset.assign(_ends_of_tests(dataset)) if permutation_tests else dataset
    return dataset.assign(_p_values(dataset)) if intervals else dataset


def _require_same_measures(matrices: Sequence[xr.Dataset]) -> None:
    """Refuse cases that were compared by different measures."""
    held = [[str(name) for name in matrix["measure"].to_numpy()] for matrix in matrices]
    for matrix, names in zip(matrices, held, strict=True):
        if names != held[0]:
            raise InputError(
                f"Model '{matrix.attrs['model']}' shown domain '{matrix.attrs['domain']}' was compared by "
                f"{', '.join(names)}, the first case by {', '.join(held[0])}. All cases need the same measures."
            )


def _by_case(cases: Sequence[CaseNames], kinds: Sequence[Iterable[xr.Dataset]]) -> list[list[xr.Dataset]]:
    """Return what there is of each case, kind by kind."""
    parts: dict[CaseNames, list[xr.Dataset]] = {case: [] for case in cases}
    for kind in kinds:
        for dataset in kind:
            if case_names(dataset) not in parts:
                raise InputError(f"Case {case_names(dataset)} has no CKA. The cases that have are {cases}.")
            parts[case_names(dataset)].append(dataset)
    return list(parts.values())


def _matrices(case: xr.Dataset) -> xr.Dataset:
    """Return the matrices of a case along ``measure``, and their numbers."""
    measures = case["measure"].to_numpy().tolist()
    similarity = np.stack([case[name].to_numpy() for name in measures])
    held = [name for name in (*BLOCK_NUMBERS, "eigenvalue", *_PIXELS) if name in case]
    named = np.array([str(name) for name in case["layer"].to_numpy()], dtype=object)
    of_matrix = about("similarity of two layers, or distance: see the coordinate distance", "see measure_units")
    variables: dict[str, Any] = {
        "layer_name": ("layer", named, about("name of the layer")),
        "similarity": (("measure", "layer", "layer_other"), similarity, of_matrix),
        **{name: (case[name].dims, case[name].to_numpy(), case[name].attrs) for name in held},
        COMPARED: ((), np.int64(case.sizes["map"]), about(COUNT_COMPARED)),
    }
    return xr.Dataset(variables, coords={"measure": measures}, attrs=case.attrs)


def _ends(case: xr.Dataset) -> xr.Dataset:
    """Return the ends of the intervals of a case, what they are of, and its change; its layers are counted."""
    names = [str(name) for name in case.data_vars if str(name).endswith(tuple(f"_{end}" for end in ENDS))]
    names += [name for name in (CHANGE, f"{CHANGE}_p_value", *OF_INTERVAL) if name in case]
    return case[names].drop_vars(["layer", "layer_other"], errors="ignore")


def _scores(case: xr.Dataset) -> xr.Dataset:
    return case[[name for name in (*with_ends([*SCORES, *CLASS_SCORES]), *COUNTS) if name in case]]


def _no_scores() -> xr.Dataset:
    """Return the variables of scores of no parameter: what stands where nothing is scored."""
    empty = np.empty((len(MAPS), 0))
    variables: dict[str, Any] = {name: (("maps", "parameter"), empty, about(LONG_NAMES[name])) for name in SCORES}
    variables |= {name: ("maps", np.zeros(len(MAPS), np.int64), about(text)) for name, text in COUNTS.items()}
    return xr.Dataset(variables, coords={"maps": list(MAPS), "parameter": np.array([], dtype=object)})


def _tests(case: xr.Dataset) -> xr.Dataset:
    """Return the test of swapped domains of a case, which one in distribution has not."""
    names = [name for name in ("difference", *TEST, "studentised_null") if name in case]
    return case[names].assign({"permutations": ((), np.int64(case.attrs["permutations"]), about(PERMUTATIONS))})


def _no_tests() -> xr.Dataset:
    """Return the variables of tests of no number."""
    tests = {"difference": DIFFERENCE, **TEST}
    variables: dict[str, Any] = {name: ("number", np.empty(0), about(text)) for name, text in tests.items()}
    return xr.Dataset(variables, coords={"number": np.array([], dtype=object)})


def _p_values(dataset: xr.Dataset) -> dict[str, Any]:
    """Return the p-value of the change of each measure, and what it is of: of the one that is tested, the exact one."""
    name = f"{CHANGE}_p_value"
    if name not in dataset:
        return {}
    values = dataset[name].to_numpy().copy()
    by = np.where(np.isnan(values), "", "pseudo-values").astype(object)
    if "studentised_p_value" in dataset and TESTED in dataset["measure"]:
        place = dataset["measure"].to_numpy().tolist().index(TESTED)
        values[:, place] = dataset["studentised_p_value"].sel(number="off_diagonal_mean").to_numpy()
        by[:, place] = np.where(np.isnan(values[:, place]), "", "swap")
    return {
        name: (("case", "measure"), values, about(OF_CHANGE)),
        P_VALUE_BY: (("case", "measure"), by, about(SWAPPED)),
    }


def _labels(matrices: Sequence[xr.Dataset]) -> dict[str, Any]:
    """Return coordinates along ``case``: what names it."""
    labels = {name: ("case", [str(matrix.attrs[name]) for matrix in matrices]) for name in CASE[:-1]}
    inside = np.array([matrix.attrs["in_distribution"] == "true" for matrix in matrices], dtype=np.int8)
    return {**labels, "in_distribution": ("case", inside)}


def _ends_of_tests(dataset: xr.Dataset) -> dict[str, Any]:
    """Return, beside tests, the ends of the intervals of what they test: the change of each number."""
    nothing = np.full(dataset.sizes["case"], np.nan)
    found: dict[str, Any] = {}
    for end in ENDS:
        names = [f"{number}_change_{end}" for number in dataset["number"].to_numpy()]
        columns = [dataset[name].sel(measure=TESTED).to_numpy() if name in dataset else nothing for name in names]
        values = np.stack(columns, axis=1) if columns else np.empty((len(nothing), 0))
        found[f"difference_{end}"] = (("case", "number"), values, about(end_of(DIFFERENCE, end)))
    tested = np.full(len(nothing), TESTED, dtype=object)
    return {**found, "tested_measure": ("case", tested, about(OF_TESTED))}
