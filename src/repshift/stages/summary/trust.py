"""When networks can be believed: files of the stage trust stacked along ``trust``, and their tables."""

from collections.abc import Sequence
from typing import Any, Final

import numpy as np
import xarray as xr

from repshift.case.tables import Table, with_ends, words_of
from repshift.evidence.trust.quantities import TRUST_QUANTITIES
from repshift.stages.summary.file_stacks import FileStack, Label
from repshift.vocabulary import about

PREDICTED: Final = "predicted"
"""Kind of the intervals that the network's own standard deviations make."""

_OF_SCORES: Final = ("rank_correlation", "auc_domain", "auc_worst_tenth", "risk_area")
_OF_KINDS: Final = (
    *("conformal_coverage", "conformal_coverage_lowest", "conformal_coverage_highest", "conformal_bounded"),
    *("conformal_coverage_bounded", "conformal_half_width", "conformal_set_size"),
)
_OF_PARAMETERS: Final = ("calibration_error", "risk_area_best")
_WITH_DIFFERENCES: Final = tuple(column for name in _OF_SCORES for column in (name, f"{name}_difference"))

_WITH_ENDS: Final = tuple(name for name, one in TRUST_QUANTITIES.items() if one.has_ends)


def _columns(names: Sequence[str]) -> list[str]:
    """Return the columns of numbers: each, and the ends of those that have some."""
    return [column for name in names for column in (with_ends([name]) if name in _WITH_ENDS else [name])]


_SCORE_COLUMNS: Final = _columns(_WITH_DIFFERENCES)
_KIND_COLUMNS: Final = [name.removeprefix("conformal_") for name in _columns(_OF_KINDS)]
_PARAMETER_COLUMNS: Final = _columns(_OF_PARAMETERS)

_STACK: Final = FileStack(
    name="trust",
    labels=(
        Label("score", "score", ("score",), "trust score, larger where the network is trusted less"),
        Label("score_label", "score_label", ("score",), "the score in words"),
        Label("is_baseline", "is_baseline", ("score",), "whether differences are to this score"),
        Label("parameter", "parameter", ("parameter",), "what is inferred"),
        Label("kind", "kind", ("kind",), "which intervals, or sets of classes"),
        Label("level", "level", ("level",), "share of maps that intervals or sets should hold"),
        Label("is_asked", "is_asked", ("level",), "whether the level is the one that was asked for"),
        Label("level_attainable", "level_attainable", ("kind", "level"), "level that as many simulations can attain"),
        Label("maps", "n_maps", (), "maps judged"),
        Label("simulations", "n_simulations", (), "simulations of the maps judged"),
    ),
    numbers=(*_SCORE_COLUMNS, *_KIND_COLUMNS, *_PARAMETER_COLUMNS),
    described={
        **words_of(TRUST_QUANTITIES, (*_WITH_DIFFERENCES, *_OF_PARAMETERS)),
        **{name.removeprefix("conformal_"): words for name, words in words_of(TRUST_QUANTITIES, _OF_KINDS).items()},
        "coverage": about("share of maps within the interval, or set of classes"),
    },
)

TABLES: Final[dict[str, Table]] = {
    "trust": _STACK.table(
        ("score", "parameter"),
        ("score", "score_label", "is_baseline", "parameter", "maps", "simulations"),
        _SCORE_COLUMNS,
    ),
    "trust_intervals": _STACK.table(
        ("kind", "parameter", "level"), ("kind", "parameter", "level", "is_asked", "level_attainable"), _KIND_COLUMNS
    ),
    "trust_calibration": _STACK.table(("parameter",), ("parameter", "maps", "simulations"), _PARAMETER_COLUMNS),
}
"""Tables of what `stack_trust` returns."""


def stack_trust(files: Sequence[xr.Dataset]) -> xr.Dataset:
    """Stack files of trust, in their order: the numbers and what they are of, no map by map and no curve."""
    return _STACK.stack([_numbers(one) for one in files])


def _numbers(one: xr.Dataset) -> xr.Dataset:
    """Return the numbers of a file: those of scores for each parameter, those of intervals by their kind."""
    scores = np.array([str(name) for name in one["score"].to_numpy()])
    found: dict[str, Any] = {name: _of_parameters(one, name) for name in _SCORE_COLUMNS if name in one}
    found |= {name: one[name] for name in _PARAMETER_COLUMNS if name in one}
    found |= {"n_maps": np.int64(one.sizes["map"])}
    found |= {"n_simulations": np.int64(len(np.unique(one["simulation"].to_numpy())))}
    found |= {"is_baseline": ("score", (scores == str(one.attrs["baseline"])).astype(np.int8))}
    found |= {name: one[name] for name in ("score_label", "parameter")}
    return xr.Dataset(found, attrs=one.attrs).merge(_intervals(one), combine_attrs="override")


def _of_parameters(one: xr.Dataset, name: str) -> xr.DataArray:
    """Return a number of scores for each parameter, so that no table has a row of one there is not."""
    held = one[name]
    whole = held if "parameter" in held.dims else held.expand_dims(parameter=one["parameter"])
    return whole.transpose("score", "parameter").assign_attrs(held.attrs)


def _intervals(one: xr.Dataset) -> xr.Dataset:
    """Return the coverage of all intervals by their kind, those of predicted standard deviations among them."""
    names = [str(name) for name in one.data_vars if str(name).startswith("conformal_")]
    conformal = _bare(one, names).rename({name: name.removeprefix("conformal_") for name in names})
    parts = [conformal] if names else []
    if "coverage" in one.data_vars:
        predicted = _bare(one, with_ends(["coverage"])).expand_dims(kind=[PREDICTED])
        parts = [predicted.transpose("kind", "parameter", "level"), *parts]
    if not parts:
        return xr.Dataset()
    whole = xr.concat(parts, "kind", data_vars="all", coords="minimal", compat="override", join="outer")
    levels = whole["level"].to_numpy()
    said = {"is_asked": ("level", (levels == float(one.attrs["level"])).astype(np.int8))}
    if "level_attainable" not in one.coords or not names:
        return whole.assign(said)
    attained = one["level_attainable"].sel(level=levels).to_numpy()
    known = np.where(whole["kind"].to_numpy()[:, None] == PREDICTED, np.nan, attained)
    return whole.assign(said | {"level_attainable": (("kind", "level"), known)})


def _bare(one: xr.Dataset, names: Sequence[str]) -> xr.Dataset:
    """Return variables of a file without the coordinates that only say more of a label."""
    held = one[list(names)]
    return held.drop_vars([name for name in held.coords if name not in held.dims])
