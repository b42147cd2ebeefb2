"""Every shift score of a case, beside its range between halves of the model's own domain: numbers, and their table."""

from typing import Any, Final

import numpy as np
import numpy.typing as npt
import xarray as xr

from repshift.case.tables import CASE_WORDS, Table
from repshift.evidence.shift_scores import LAYER_SCORES, shift_score
from repshift.evidence.shift_scores.score import LayerScore, ShiftScore
from repshift.vocabulary import CASE, about

_ROW: Final = "shift_scores_row"
_PREFIX: Final = "shift_scores_"
_WORDS: Final = {
    "family": "what the score looks at",
    "score": "name of the score",
    "label": "the score in words",
    "layer": "layer of a distance of one layer, else empty",
    "parameter": "parameter of a score of the outputs, else empty",
    "unit": "unit of the score",
}
_NUMBERS: Final = {
    "value": "score of the domain against the model's own",
    "halves_median": "median over the divisions of the model's own domain of the score of one half against the other",
    "halves_low": "2.5 % quantile over the divisions",
    "halves_high": "97.5 % quantile over the divisions",
}
_N_HALVES: Final = "divisions of the model's own domain in two halves"
_QUANTILES: Final = (0.5, 0.025, 0.975)

SHIFT_SCORES: Final = Table(
    rows=("case", _ROW),
    labels={**{name: name for name in CASE[:-1]}, **{name: f"{_PREFIX}{name}" for name in _WORDS}},
    columns={**{name: f"{_PREFIX}{name}" for name in _NUMBERS}, "halves": f"{_PREFIX}halves"},
    described={
        **CASE_WORDS,
        **{name: about(text) for name, text in _WORDS.items()},
        **{name: about(text, "see unit") for name, text in _NUMBERS.items()},
        "halves": about(_N_HALVES),
    },
    exists="score",
)
"""A row for each case and score; of scores of the outputs one a parameter, of distances also one a layer."""

Row = tuple[ShiftScore | LayerScore, str, str]
"""A score, the layer and the parameter that it is of; these may be empty."""


def shift_score_numbers(scores: xr.Dataset) -> xr.Dataset:
    """Return all shift scores of a case along one axis: of the case, of parameters, of layers."""
    layers = [str(name) for name in scores["layer"].to_numpy()]
    rows: list[Row] = [(shift_score(name), "", "") for name in _labels(scores, "predictor")]
    rows += [(shift_score(name), "", one) for name in _labels(scores, "answer") for one in _labels(scores, "parameter")]
    rows += [(LAYER_SCORES[name], one, "") for name in _labels(scores, "discrepancy") for one in layers]
    kinds = [name for name in ("value", "parameter_value", "layer_value") if name in scores]
    numbers = {"value": np.concatenate([scores[name].to_numpy().ravel() for name in kinds])}
    n_halves = scores.sizes.get("halves", 0)
    halves = [scores[f"halves_{name}"].to_numpy().reshape(n_halves, -1) for name in kinds] if n_halves else []
    ends = _quantiles(np.concatenate(halves, axis=1)) if halves else np.full((len(_QUANTILES), len(rows)), np.nan)
    numbers |= dict(zip(list(_NUMBERS)[1:], ends, strict=True))
    words = dict(zip(_WORDS, zip(*map(_words, rows), strict=True), strict=True))
    variables: dict[str, Any] = {
        f"{_PREFIX}{name}": (_ROW, np.array(held, dtype=object), about(_WORDS[name])) for name, held in words.items()
    }
    variables |= {f"{_PREFIX}{name}": (_ROW, held, about(_NUMBERS[name])) for name, held in numbers.items()}
    variables[f"{_PREFIX}halves"] = ((), np.int64(n_halves), about(_N_HALVES))
    return xr.Dataset(variables, attrs=scores.attrs)


def _labels(scores: xr.Dataset, axis: str) -> list[str]:
    """Return the labels of an axis; none where the case has no such scores."""
    has = axis not in ("answer", "parameter") or "parameter_value" in scores
    return [str(name) for name in scores[axis].to_numpy()] if has else []


def _words(row: Row) -> tuple[str, ...]:
    """Return what a row says of its score, in the order of `_WORDS`."""
    score, layer, parameter = row
    family = score.family if isinstance(score, ShiftScore) else "distances"
    return family, score.name, score.words, layer, parameter, score.units


def _quantiles(values: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
    """Return `_QUANTILES` over the first axis of those that are numbers, (3, n); NaN where none is."""
    found = np.full((len(_QUANTILES), values.shape[1]), np.nan)
    there = np.isfinite(values).any(axis=0)
    found[:, there] = np.nanquantile(values[:, there], _QUANTILES, axis=0)
    return found
