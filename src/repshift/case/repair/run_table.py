"""Runs and entries as the coordinates of a file of repairs, and what such a file holds as runs again."""

from collections.abc import Sequence
from dataclasses import fields
from typing import Any, Final

import numpy as np
import numpy.typing as npt
import xarray as xr

from repshift.case.grams import case_names
from repshift.evidence.map_scores import ACCURACY, R2
from repshift.evidence.repair.judgement import JudgedMaps
from repshift.evidence.repair.numbers import Judgement, entry_numbers
from repshift.evidence.repair.quantities import AS_IT_IS, OTHER_MODEL, REPAIR_QUANTITIES, SKIES, repair_variables
from repshift.evidence.repair.runs import Entries, LadderRuns, Run
from repshift.statistics.resampling import Interval
from repshift.vocabulary import InputError

SIDES: Final = {"target": "target", "home": "source", "prior": "prior"}
"""Names of domains in variables, and in the dimensions and coordinates of their maps."""

_FIELDS: Final = tuple(one.name for one in fields(Run))
_OF_ENTRY: Final = tuple(name for name in _FIELDS if name not in ("split", "seed"))
_OF_RUNS: Final = ("run_label_free", "run_cka_source", "run_cka_target")
_SCORES: Final = {one.name: one for one in (R2, ACCURACY)}


def run_coordinates(runs: Sequence[Run]) -> dict[str, Any]:
    """Return what names each run, along ``run``."""
    return {f"run_{name}": ("run", _column(runs, name)) for name in _FIELDS}


def entry_coordinates(entries: Entries, chosen: Sequence[int]) -> dict[str, Any]:
    """Return what names some of the entries, along ``entry``."""
    rows = [entries.entries[place] for place in chosen]
    counts = [len(entries.places[place]) for place in chosen]
    return {f"entry_{name}": ("entry", _column(rows, name)) for name in _OF_ENTRY} | {"entry_runs": ("entry", counts)}


def _column(runs: Sequence[Run], name: str) -> list[Any]:
    """Return a field of each run; what is true or not as 1 or 0."""
    return [int(value) if isinstance(value, bool) else value for value in (getattr(one, name) for one in runs)]


def runs_of(stored: xr.Dataset) -> tuple[Run, ...]:
    """Return the runs of a file."""
    return _named(stored, "run", _FIELDS)


def entry_names(stored: xr.Dataset) -> tuple[Run, ...]:
    """Return what the entries of a file are called."""
    return _named(stored, "entry", _OF_ENTRY)


def _named(stored: xr.Dataset, axis: str, names: Sequence[str]) -> tuple[Run, ...]:
    """Return what the coordinates along an axis name."""
    columns = {name: stored[f"{axis}_{name}"].to_numpy().tolist() for name in names}
    rows = [dict(zip(columns, values, strict=True)) for values in zip(*columns.values(), strict=True)]
    return tuple(Run(**row | {"labelled": bool(row["labelled"])}) for row in rows)


def with_entries(runs: xr.Dataset, *, beside: Sequence[xr.Dataset] = ()) -> xr.Dataset:
    """Return a file of repairs: runs, and the numbers of their entries.

    Parameters
    ----------
    runs
        Runs with their predictions; those of the network as it is first.
    beside
        Other files that entries are measured against: of controls.

    Raises
    ------
    InputError
        If a file beside is of another case or of other maps, a run lacks its control, or fewer than ten simulations
        judge.
    """
    for one in beside:
        require_same_maps(runs, one)
    entries, found = entry_numbers(ladder_of([runs, *beside]), judgement_of(runs))
    own = [place for place, one in enumerate(entries.places) if one[0] < runs.sizes["run"]]
    for place in own:
        entries.require_control(place)
    chosen = {name: _of_entries(name, values, own) for name, values in found.items()}
    chosen["label_free_home"] = np.array([_shown_at_home(entries.entries[place]) for place in own], dtype=object)
    variables = repair_variables(chosen, units=_units(runs))
    coordinates = {"judged_on": list(SKIES), **entry_coordinates(entries, own)}
    return _in_order(runs.assign(variables).assign_coords(coordinates))


def judgement_of(stored: xr.Dataset) -> Judgement:
    """Return how the runs of a file are judged."""
    return Judgement(
        _SCORES[str(stored.attrs["score"])],
        int(stored.attrs["resamples"]),
        int(stored.attrs["seed"]),
        str(stored.attrs["prior_parameter"]) or None,
    )


def _shown_at_home(entry: Run) -> str:
    """Return in words which network shows the own domain in the label-free numbers of an entry; none of a model."""
    if entry.rung == OTHER_MODEL:
        return ""
    return "repaired" if entry.is_trained else "as it is"


def joined(parts: Sequence[xr.Dataset]) -> xr.Dataset:
    """Return the runs of several datasets of the same maps, one after the other, without entries."""
    bare = [one.drop_dims("entry", errors="ignore") for one in parts]
    first = bare[0]
    names = [name for name in first.variables if "run" in first[name].dims]
    values = {name: (first[name].dims, np.concatenate([one[name].to_numpy() for one in bare])) for name in names}
    variables = {name: (*values[name], first[name].attrs) for name in first.data_vars if name in values}
    coordinates = {name: values[name] for name in first.coords if name in values}
    rest = first.drop_vars(names)
    return xr.Dataset({**rest.data_vars, **variables}, {**rest.coords, **coordinates}, first.attrs)


def file_of_rung(runs: xr.Dataset, *, control: xr.Dataset | None) -> xr.Dataset:
    """Return the file of a trained rung.

    Parameters
    ----------
    runs
        Those of the network as it is, then its own.
    control
        The file of its control; None: it has none.

    Raises
    ------
    InputError
        As `with_entries`; also if the control lacks a run that stands beside one of the rung.
    """
    return with_entries(runs, beside=[] if control is None else [runs_of_rung(control)])


def runs_of_rung(stored: xr.Dataset) -> xr.Dataset:
    """Return the runs of a file without those of the network as it is."""
    return _chosen(stored, stored["run_rung"].to_numpy() != AS_IT_IS)


def runs_as_it_is(stored: xr.Dataset) -> xr.Dataset:
    """Return the runs of the network as it is, of a file of any rung."""
    return _chosen(stored, stored["run_rung"].to_numpy() == AS_IT_IS)


def _chosen(stored: xr.Dataset, chosen: npt.NDArray[np.bool_]) -> xr.Dataset:
    """Return some runs of a file, without its entries."""
    return stored.drop_dims("entry", errors="ignore").isel(run=np.flatnonzero(chosen))


def require_same_maps(runs: xr.Dataset, other: xr.Dataset) -> None:
    """Refuse a file that is of another case, or judged on other maps.

    Raises
    ------
    InputError
        With what differs.
    """
    if case_names(runs) != case_names(other):
        raise InputError(f"Repairs of case {case_names(other)} were given beside those of {case_names(runs)}.")
    for name in ("target_map", "source_map"):
        if runs[name].to_numpy().tolist() != other[name].to_numpy().tolist():
            raise InputError(
                f"Two files of repairs of {case_names(runs)} are judged on other maps: {name} differs. Make both with "
                "the same splits, seed and maps_each."
            )


def _in_order(dataset: xr.Dataset) -> xr.Dataset:
    """Return the same with variables in the order of their names, however it came about: equal content, equal bytes."""
    variables, coordinates = (
        {name: held[name] for name in sorted(held, key=str)} for held in (dataset.data_vars, dataset.coords)
    )
    return xr.Dataset({name: one.variable for name, one in variables.items()}, coordinates, dataset.attrs)


def ladder_of(files: Sequence[xr.Dataset]) -> LadderRuns:
    """Return the runs of files of the same maps as what is judged."""
    has_prior = all("map_prior" in one.dims for one in files)
    stacks = {name: np.concatenate([one[name].to_numpy() for one in files]) for name in _OF_RUNS}
    return LadderRuns(
        tuple(run for one in files for run in runs_of(one)),
        _judged(files, "target"),
        _judged(files, "home"),
        _judged(files, "prior") if has_prior else None,
        stacks["run_label_free"],
        stacks["run_cka_source"],
        stacks["run_cka_target"],
    )


def _judged(files: Sequence[xr.Dataset], name: str) -> JudgedMaps:
    """Return predictions and truth of a domain."""
    first = files[0]
    kind = "probability" if f"{name}_probability" in first else "mean"
    predictions = np.concatenate([one[f"{name}_{kind}"].to_numpy() for one in files])
    return JudgedMaps(predictions, _truth(first, name), first[f"{SIDES[name]}_simulation"].to_numpy())


def _truth(stored: xr.Dataset, name: str) -> npt.NDArray[np.float64] | None:
    """Return what is true of the maps of a domain, of classes 1 in the column of the true one; None without labels."""
    if f"class_{name}" in stored:
        return np.asarray(stored[f"class_{name}"].to_numpy()[:, None] == stored["class"].to_numpy(), dtype=np.float64)
    return stored[f"truth_{name}"].to_numpy() if f"truth_{name}" in stored else None


def _of_entries(name: str, values: Any, chosen: Sequence[int]) -> Any:  # noqa: ANN401 - with an interval or without
    """Return what is of some entries, where it is of entries at all."""
    if REPAIR_QUANTITIES[name].dims[:1] != ("entry",):
        return values
    if not isinstance(values, tuple):
        return values[list(chosen)]
    held, ends = values
    return held[list(chosen)], Interval(ends.low[list(chosen)], ends.high[list(chosen)])


def _units(stored: xr.Dataset) -> str:
    """Return the unit of what the network infers."""
    held = "target_probability" if "target_probability" in stored else "target_mean"
    return str(stored[held].attrs["units"])
