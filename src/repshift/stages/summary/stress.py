"""What breaks a network and what warns before: files of the stage stress stacked along ``stress``, and their tables.

A domain that is shown here alone is no case of the study, so these have a dimension of their own.
"""

import json
from collections.abc import Iterable, Sequence
from typing import Any, Final

import numpy as np
import numpy.typing as npt
import xarray as xr

from repshift.case.axes import stacked
from repshift.case.tables import Table, Words, with_ends
from repshift.evidence.stress.quantities import (
    QUANTILES,
    SMALLEST_CHANGES,
    SMALLEST_COUNTS,
    STRESS_NUMBERS,
    quantile_words,
)
from repshift.statistics.class_stress_scores import CLASS_STRESS_SCORES
from repshift.statistics.stress_scores import STRESS_SCORES
from repshift.vocabulary import about

OF_OUTPUTS: Final = (
    *("r2", "r2_change", "rmse", "bias", "coverage", "sigma"),
    *("accuracy", "accuracy_change", "log_loss", "log_loss_change", "calibration"),
)
"""Numbers of a level and an output, each with its ends."""

OF_LAYERS: Final = ("drift_cka", "drift_distance")
"""Numbers of a level and a layer."""

OF_BRANCHES: Final = ("critical", "slope")
"""Numbers of a branch and an output."""

OF_WARNINGS: Final = ("score_critical", "early_warning", "position")
"""Numbers of a branch and a score, ``early_warning`` of each output too."""

OF_SMALLEST: Final = (
    *("size_median", "size_p10", "size_p90", "size_raw_median", "l2_share_median"),
    *("noise_moved_median", "pixel_moved_median"),
)
"""Numbers of a norm, an output and a channel."""

_OF_SCORES: Final = {*with_ends(OF_WARNINGS), "false_alarm"}
_PREFIX: Final = "stress_"
_SMALLEST: Final = "smallest_"
_OF_FILE: Final = {
    "model": "network",
    "domain": "domain that the network is shown",
    "in_distribution": "whether the suite of the domain is that of training",
}
_OF_AXIS: Final = {
    "axis": "axis of the stress",
    "label": "what the axis is",
    "units": "unit of the strength",
    "moves_labels": "whether the labels should change along the axis, and are not known",
}
_UNITS_OF_CHANGES: Final = {"size_raw": "dex, or unit of the field"}
_OF_SCORE: Final = {
    "score": "score that needs no labels",
    "score_label": "the score in words",
    "score_family": "what it looks at",
}
_ENDS: Final = {"smallest": "smallest strength of the branch beside 0", "largest": "largest strength of the branch"}
_OF_ROW: Final = {
    "direction": "up: positive strengths; down: negative ones",
    "physical_units": "unit of the physical strength",
    "output": "output of the network",
    "layer": "layer",
    "norm": "norm of a perturbation",
    "channel": "channel of the map",
}
_STRENGTHS: Final[dict[str, Words]] = {
    "strength": about("strength", "see units"),
    "physical": about("strength in physical_units", "see physical_units"),
}
_DESCRIBED: Final[dict[str, Words]] = {
    **{name: about(text) for name, text in (_OF_FILE | _OF_AXIS | _OF_SCORE | _OF_ROW).items()},
    **{name: about(text, "unit of the axis") for name, text in _ENDS.items()},
    **_STRENGTHS,
    **{one.name: about(one.label, one.units) for one in (*STRESS_SCORES, *CLASS_STRESS_SCORES)},
    **STRESS_NUMBERS,
    **{
        f"{name}_{share}": about(quantile_words(name, share), _UNITS_OF_CHANGES.get(name, "1"))
        for name in SMALLEST_CHANGES
        for share in QUANTILES
    },
    **SMALLEST_COUNTS,
}
"""What the columns of all tables are."""


def _table(prefix: str, rows: Iterable[str], labels: dict[str, str], numbers: Iterable[str]) -> Table:
    """Return a table of what is stacked; `labels` are columns after model and domain, with their variables."""
    named = {"model": "model", "domain": "domain", **labels, "in_distribution": "in_distribution"}
    return Table(
        rows=(prefix.rstrip("_"), *(f"{prefix}{name}" for name in rows)),
        labels={column: f"{prefix}{name}_of" for column, name in named.items()},
        columns={name: f"{prefix}{name}" for name in numbers},
        described=_DESCRIBED,
    )


def _axis(place: str) -> dict[str, str]:
    """Return the columns that say which axis the rows of levels, or of branches, are of."""
    return {name: f"{place}_{name}" for name in _OF_AXIS}


_STRENGTH: Final = {"strength": "strength", "physical": "physical", "physical_units": "level_physical_units"}
_BRANCH: Final = {**_axis("branch"), "direction": "branch_direction", **{name: f"branch_{name}" for name in _ENDS}}

TABLES: Final[dict[str, Table]] = {
    "stress": _table(
        _PREFIX,
        ("level", "output"),
        {"output": "output", **_axis("level"), **_STRENGTH},
        (*with_ends(OF_OUTPUTS), "floored"),
    ),
    "stress_layers": _table(
        _PREFIX, ("level", "layer"), {"layer": "layer", **_axis("level"), **_STRENGTH}, with_ends(OF_LAYERS)
    ),
    "critical_strengths": _table(
        _PREFIX, ("branch", "output"), {"output": "output", **_BRANCH}, with_ends(OF_BRANCHES)
    ),
    "early_warnings": _table(
        _PREFIX,
        ("branch", "score", "output"),
        {"output": "output", **_BRANCH, **{name: name for name in _OF_SCORE}},
        (*with_ends(OF_WARNINGS), "false_alarm"),
    ),
    "smallest_perturbations": _table(
        _SMALLEST,
        ("norm", "output", "channel"),
        {name: name for name in ("output", "norm", "channel")},
        (*with_ends(OF_SMALLEST), "threshold", "n_failed"),
    ),
}
"""Tables of what `stack_stress` and `stack_smallest` return; those of a stress without the last."""


def stack_stress(files: Sequence[xr.Dataset]) -> xr.Dataset:
    """Stack files of the stage stress, in their order: the numbers and what they are of, no map by map."""
    numbers = with_ends([*OF_OUTPUTS, *OF_LAYERS, *OF_BRANCHES, *OF_WARNINGS])
    entries = []
    for one in files:
        of_levels, of_branches = (one[name].to_numpy().astype(str) for name in ("axis", "branch_axis"))
        strength, direction = one["strength"].to_numpy(), one["branch_direction"].to_numpy().astype(str)
        labels = {
            **_about_axes(one, "level", of_levels),
            **_about_axes(one, "branch", of_branches),
            "branch_direction": ("branch", _text(direction), about(_OF_ROW["direction"])),
            **_ends(one, of_branches, direction),
            "strength": ("level", strength, about(_STRENGTHS["strength"]["long_name"])),
            "physical": ("level", one["physical"].to_numpy(), about(_STRENGTHS["physical"]["long_name"])),
            **_texts(one, ("output", "layer", *_OF_SCORE)),
        }
        entries.append([_prefixed(one, _PREFIX, labels, (*numbers, "floored", "false_alarm"))])
    return stacked(entries, _PREFIX.rstrip("_"))


def stack_smallest(files: Sequence[xr.Dataset]) -> xr.Dataset:
    """Stack files of smallest perturbations, in their order: the numbers and what they are of, no map by map."""
    held = (*with_ends(OF_SMALLEST), "threshold", "n_failed")
    return stacked(
        [[_prefixed(one, _SMALLEST, _texts(one, ("output", "norm", "channel")), held)] for one in files],
        _SMALLEST.rstrip("_"),
    )


def _prefixed(one: xr.Dataset, prefix: str, labels: dict[str, Any], numbers: Sequence[str]) -> xr.Dataset:
    """Return the numbers and the labels of a file, variables and dimensions with names of their own."""
    of_file = {name: ((), np.array(str(one.attrs[name])), about(words)) for name, words in _OF_FILE.items()}
    named: dict[str, Any] = {f"{prefix}{name}_of": variable for name, variable in {**of_file, **labels}.items()}
    named |= {f"{prefix}{name}": _of_output(one, name) for name in numbers if name in one.data_vars}
    dataset = xr.Dataset(named)
    return dataset.rename({str(name): f"{prefix}{name}" for name in dataset.dims})


def _of_output(one: xr.Dataset, name: str) -> xr.Variable:
    """Return a number, over all maps; of a score for each output, so that no table has a row of one there is not."""
    if name == "floored" and "map" in one[name].dims:
        return one[name].sum("map", keep_attrs=True).variable
    if name not in _OF_SCORES or "output" in one[name].dims:
        return one[name].variable
    values = one[name].to_numpy()
    repeated = np.broadcast_to(values, (one.sizes["output"], *values.shape))
    return xr.Variable(("output", *one[name].dims), repeated, one[name].attrs)


def _about_axes(one: xr.Dataset, place: str, names: npt.NDArray[np.str_]) -> dict[str, Any]:
    """Return which axis each level, or branch, is of."""
    known = json.loads(one.attrs["axes"])
    found: dict[str, Any] = {f"{place}_axis": (place, _text(names), about(_OF_AXIS["axis"]))}
    for key in ("label", "units"):
        words = _text([str(known[name][key]) for name in names])
        found[f"{place}_{key}"] = (place, words, about(_OF_AXIS[key]))
    moves = np.array([bool(known[name]["moves_labels"]) for name in names], dtype=np.int8)
    found[f"{place}_moves_labels"] = (place, moves, about(_OF_AXIS["moves_labels"]))
    physical = _text([str(known[name].get("physical_units") or "") for name in names])
    return {**found, f"{place}_physical_units": (place, physical, about(_OF_ROW["physical_units"]))}


def _ends(one: xr.Dataset, axes: npt.NDArray[np.str_], directions: npt.NDArray[np.str_]) -> dict[str, Any]:
    """Return the smallest strength beside 0 and the largest of each branch, without their sign."""
    strengths, of_levels = one["strength"].to_numpy(), one["axis"].to_numpy().astype(str)
    signs = np.where(directions == "down", -1.0, 1.0)
    sizes = [sign * strengths[of_levels == axis] for axis, sign in zip(axes, signs, strict=True)]
    ends = {"smallest": [np.min(size[size > 0]) for size in sizes], "largest": [np.max(size) for size in sizes]}
    return {f"branch_{name}": ("branch", np.array(ends[name]), about(words)) for name, words in _ENDS.items()}


def _texts(one: xr.Dataset, names: Iterable[str]) -> dict[str, Any]:
    """Return the labels that a file has, as text."""
    there = [name for name in names if name in one.coords]
    return {name: (one[name].dims, _text(one[name].to_numpy()), dict(_DESCRIBED[name])) for name in there}


def _text(values: Iterable[Any]) -> npt.NDArray[np.object_]:
    """Return words without the markup of a figure."""
    return np.array([str(value).replace(r"$\sigma$", "sigma") for value in values], dtype=object)
