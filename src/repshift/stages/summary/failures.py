"""The loss of accuracy of pairs of a network and a domain, beside what is seen without labels: numbers, and table."""

from collections.abc import Sequence
from dataclasses import replace
from typing import Any, Final

import numpy as np
import pandas as pd
import xarray as xr

from repshift.case.tables import CASE_WORDS, Table, table_of
from repshift.evidence.shift_scores import SHIFT_SCORES
from repshift.vocabulary import CASE, CLASS_RESPONSE, RESPONSE, InputError, about, response_of

_PREFIX: Final = "failure_"
_OF_PAIR: Final = {"shift": "kind of shift", "condition": "the shift itself: pairs of one condition share it"}
_NAMES: Final = {
    **{name: f"{_PREFIX}{name}" for name in (RESPONSE, CLASS_RESPONSE, "n_maps")},
    "value": "shift_score",
    "parameter_value": "shift_score_of_parameter",
}
"""Variables of the summary, by those of the stage shift_scores."""

_LABELS: Final = {
    **{name: name for name in CASE[:-1]},
    **{name: f"{_PREFIX}{name}" for name in _OF_PAIR},
    "parameter": "parameter",
}

_COUNTED: Final = (RESPONSE, CLASS_RESPONSE, "n_maps")

FAILURES: Final = Table(
    rows=("case", "parameter"),
    labels=_LABELS,
    columns={**{name: _NAMES[name] for name in _COUNTED}, **{name: name for name in SHIFT_SCORES}},
    described={
        **CASE_WORDS,
        **{name: about(text) for name, text in _OF_PAIR.items()},
        "parameter": about("what is inferred"),
        RESPONSE: about("logarithm of the ratio of the errors, out over in distribution"),
        CLASS_RESPONSE: about("of classes: log loss, out less in distribution"),
        "n_maps": about("maps scored"),
        **{name: about(f"shift score: {one.words}", one.units) for name, one in SHIFT_SCORES.items()},
    },
    exists="n_maps",
)
"""A row for each scored pair and parameter; it has one response, and the shift scores that its pairs have."""


def failure_numbers(scores: xr.Dataset) -> xr.Dataset:
    """Return the loss of accuracy of a pair that is scored, and its shift scores along ``predictor`` and ``answer``."""
    variables: dict[str, Any] = {
        f"{_PREFIX}{name}": ((), np.array(str(scores.attrs[name])), about(text)) for name, text in _OF_PAIR.items()
    }
    held = {name: renamed for name, renamed in _NAMES.items() if name in scores}
    return scores[list(held)].rename(held).assign(variables)


def failures_of(dataset: xr.Dataset, parameters: Sequence[str], *, leave_out: Sequence[str] = ()) -> pd.DataFrame:
    """Return the table of failures: a row for each scored pair and parameter, a column for each shift score.

    The response is the logarithm of the ratio of the errors or, where the networks are classifiers, the difference of
    the log losses. Pairs of the models that are left out have no row: a repaired network has seen a target, and shares
    its weights with the network that it is made from, so that it is no further network.

    Raises
    ------
    InputError
        If a network does not infer one of the parameters, or its error has no ratio.
    """
    scored = (dataset[f"{_PREFIX}n_maps"] > 0).any("parameter")
    chosen = dataset.isel(case=np.flatnonzero(scored & ~dataset["model"].isin(list(leave_out))))
    response = _response(chosen, parameters)
    _require_errors(chosen, parameters, response)
    chosen = chosen.sel(parameter=list(parameters))
    scores = [chosen[_NAMES[name]] for name in ("value", "parameter_value")]
    each = {str(name): one for score in scores for name, one in score.to_dataset(dim=str(score.dims[1])).items()}
    columns = {**{name: _NAMES[name] for name in (response, "n_maps")}, **{name: name for name in each}}
    return table_of(chosen.assign(each), replace(FAILURES, columns=columns))


def _response(dataset: xr.Dataset, parameters: Sequence[str]) -> str:
    """Return what the response of the parameters is: one thing, in a study of classifiers and others too."""
    known = [name for name in parameters if name in dataset["parameter"]]
    held = [name for name in (RESPONSE, CLASS_RESPONSE) if _NAMES[name] in dataset]
    finite = [name for name in held if np.isfinite(dataset[_NAMES[name]].sel(parameter=known)).any()]
    if len(finite) > 1:
        raise InputError(
            f"Of {', '.join(parameters)}, some networks infer values and others classes: {' and '.join(finite)} are no "
            "one response. Give the failure parameters of one kind."
        )
    return response_of(finite or held)


def _require_errors(dataset: xr.Dataset, parameters: Sequence[str], name_of_response: str) -> None:
    """Refuse parameters that a network of a pair does not infer, or whose error has no ratio."""
    known = [str(name) for name in dataset["parameter"].to_numpy()]
    for index in range(dataset.sizes["case"]):
        one = dataset.isel(case=index)
        infers = [name for name, count in zip(known, one[f"{_PREFIX}n_maps"].to_numpy(), strict=True) if count]
        missing = [name for name in parameters if name not in infers]
        if missing:
            raise InputError(
                f"Model '{one['model'].item()}' does not infer {', '.join(missing)}; it infers {', '.join(infers)}."
            )
        response = one[_NAMES[name_of_response]].sel(parameter=list(parameters)).to_numpy()
        if not np.isfinite(response).all():
            raise InputError(
                f"Model '{one['model'].item()}' shown domain '{one['domain'].item()}' has no ratio of errors of "
                f"{', '.join(parameters)}: it is {response.tolist()}. A ratio needs errors above zero."
            )
