"""What brings networks home: files of the stage repair stacked along ``repair``, a case each, and their tables.

The files of a case are one of the ladder and one of each trained rung; each holds the network as it is. An entry is
counted once. What a trained rung gains over a yardstick, another rung of the case, is of two of its files.
"""

from collections.abc import Sequence
from typing import Any, Final

import numpy as np
import xarray as xr

from repshift.case.repair.yardsticks import yardstick_variables
from repshift.case.tables import Table, with_ends, words_of
from repshift.evidence.repair.correlations import correlations_with_gain
from repshift.evidence.repair.quantities import AS_IT_IS, REPAIR_QUANTITIES, SAME_PRIOR
from repshift.evidence.repair.yardsticks import YARDSTICK_QUANTITIES
from repshift.stages.summary.file_stacks import OF_FILE, FileStack, Label
from repshift.vocabulary import about

_SCORES: Final = ("score", "gain", "gain_over_control")
_OF_TARGET: Final = ("prior_difference", "cosmology_difference", "cosmology_bias", "cosmology_rmse")
_PRIOR: Final = with_ends(_OF_TARGET)
_OVER: Final = with_ends([one.name for one in YARDSTICK_QUANTITIES.values()])
_SCORED: Final = (*with_ends(_SCORES), *_OVER, "score_lowest", "score_highest", *_PRIOR)
_LABEL_FREE: Final = ("label_free", "label_free_change")
_CORRELATION: Final = "rank correlation over repairs of the change of a shift score and the gain on the target"
_CHOICE: Final = ("choice_weight", "choice_score")

_ENTRY: Final = {
    "rung": "repair, 'none' of the network as it is, 'bound' of another model",
    "label": "what figures call it",
    "kind": "bound: made by no repair; repair; control: the same steps without what the repair adds",
    "setting": "what else shaped the repair; of another model its name",
    "freeze": "layer below which nothing was trained",
    "n_simulations": "simulations of the target that tuned the repair",
    "labelled": "whether the repair saw labels of the target",
    "prior": "which simulations of the target tuned the repair",
    "control": "rung that the repair is measured against",
    "runs": "runs, by split and seed, that the numbers are means over",
}
_IDENTITY: Final = ("rung", "setting", "freeze", "n_simulations", "labelled", "prior")
"""What tells an entry from the others of its case."""

_RUN_DIMENSIONS: Final = ("run", "split", "map_target", "map_source", "map_prior", "layer", "layer_other")

_STACK: Final = FileStack(
    name="repair",
    of_file={**OF_FILE, "own_domain": "domain of the model's own suite", "score_name": "what the score is"},
    labels=(
        *(Label(name, f"entry_{name}", ("entry",), words) for name, words in _ENTRY.items()),
        Label("needs_same_prior", "needs_same_prior", ("entry",), "whether the repair needs the prior of the suite"),
        Label("judged_on", "judged_on", ("judged_on",), "target, home, or mixed: both, half each"),
        Label("parameter", "parameter", ("parameter",), "what is inferred"),
        Label("number", "label_free_name", ("label_free_name",), "shift score"),
        Label("number_label", "label_free_label", ("label_free_name",), "what the shift score is"),
        Label("shown_home", "label_free_home", ("entry",), "which network shows the own domain in shift scores"),
        Label("entries", "label_free_entries", ("label_free_name",), "repairs that the correlation is over"),
        Label("weighed", "candidate_rung", ("candidate",), "repair whose weight was chosen"),
        Label("judged_by", "candidate_judged_on", ("candidate",), "labelled maps that chose, none of the target"),
        Label("chosen", "choice_chosen", ("candidate",), "whether the weight was chosen"),
    ),
    numbers=(*_SCORED, *_LABEL_FREE, "label_free_correlation", *_CHOICE),
    described={
        **words_of(REPAIR_QUANTITIES, (*_SCORES, "score_lowest", "score_highest", *_OF_TARGET)),
        **words_of(YARDSTICK_QUANTITIES),
        **words_of(REPAIR_QUANTITIES, (*_LABEL_FREE, *_CHOICE)),
        "label_free_correlation": about(_CORRELATION),
    },
)

_OF_ENTRY: Final = (*(name for name in _ENTRY if name != "runs"), "runs")

TABLES: Final[dict[str, Table]] = {
    "repairs": _STACK.table(
        ("entry", "judged_on", "parameter"),
        (*_OF_ENTRY, "judged_on", "parameter", "needs_same_prior"),
        _SCORED,
    ),
    "repair_label_free": _STACK.table(
        ("entry", "label_free_name"), (*_OF_ENTRY, "number", "number_label", "shown_home"), _LABEL_FREE
    ),
    "repair_correlations": _STACK.table(
        ("label_free_name", "parameter"),
        ("number", "number_label", "parameter", "entries"),
        ("label_free_correlation",),
    ),
    "repair_weights": _STACK.table(("candidate",), ("weighed", "judged_by", "chosen"), _CHOICE),
}
"""Tables of what `stack_repairs` returns; that of weights where several were tried."""


def stack_repairs(files: Sequence[xr.Dataset]) -> xr.Dataset:
    """Stack files of repairs, a case each: the numbers of entries and what they are of, no map by map."""
    cases: dict[tuple[str, str], list[xr.Dataset]] = {}
    for one in files:
        cases.setdefault((str(one.attrs["model"]), str(one.attrs["domain"])), []).append(one)
    return _STACK.stack([_case(parts) for parts in cases.values()])


def _case(parts: Sequence[xr.Dataset]) -> xr.Dataset:
    """Return the entries of all files of a case, each once, and the weights that were tried."""
    entries = xr.concat(
        _entries(parts), "entry", data_vars="minimal", coords="minimal", compat="override", join="outer"
    )
    chosen = [_choice(one) for one in parts if "candidate" in one.dims]
    tried = [xr.concat(chosen, "candidate", combine_attrs="override")] if chosen else []
    case = xr.merge([entries, *tried], combine_attrs="override", compat="override", join="outer")
    case = case.assign(yardstick_variables(parts, case))
    case = case.assign(_correlations(case)).assign({name: _on_target(case, name) for name in _PRIOR if name in case})
    case["entry_labelled"] = case["entry_labelled"].astype(np.int8)
    return case.assign_attrs({**parts[0].attrs, "score_name": parts[0].attrs["score"]})


def _entries(parts: Sequence[xr.Dataset]) -> list[xr.Dataset]:
    """Return of each file the entries that no file before it has."""
    found, seen = [], set[tuple[Any, ...]]()
    for one in parts:
        columns = [one[f"entry_{name}"].to_numpy().tolist() for name in _IDENTITY]
        rows = list(zip(*columns, strict=True))
        kept = [place for place, row in enumerate(rows) if row not in seen]
        seen.update(rows)
        of_entries = one.drop_dims([*_RUN_DIMENSIONS, "candidate"], errors="ignore")
        others = [name for name in of_entries.data_vars if "entry" not in of_entries[name].dims]
        found.append(of_entries.drop_vars(others).isel(entry=kept))
    return found


def _choice(one: xr.Dataset) -> xr.Dataset:
    """Return the weights that were tried of a trained rung, and what chose one of them."""
    rungs = [str(name) for name in one["entry_rung"].to_numpy() if str(name) != AS_IT_IS]
    names = {"candidate_rung": rungs[0], "candidate_judged_on": str(one.attrs["choice_judged_on"])}
    held = {name: one[name] for name in _CHOICE} | {"choice_chosen": one["choice_chosen"].astype(np.int8)}
    labels = {name: ("candidate", np.full(one.sizes["candidate"], word, dtype=object)) for name, word in names.items()}
    return xr.Dataset({**held, **labels})


def _on_target(case: xr.Dataset, name: str) -> xr.DataArray:
    """Return a number that is of the target alone beside those of all skies, NaN of the others."""
    held, skies = case[name], case["judged_on"]
    return held.expand_dims(judged_on=skies).where(skies == "target").transpose("entry", ...).assign_attrs(held.attrs)


def _correlations(case: xr.Dataset) -> dict[str, Any]:
    """Return the rank correlations of each shift score's change with the gain, over all repairs of a case."""
    kinds, priors = (case[f"entry_{name}"].to_numpy() for name in ("kind", "prior"))
    repairs = case.isel(entry=np.flatnonzero((kinds == "repair") & (priors == SAME_PRIOR)))
    gains = repairs["gain"].sel(judged_on="target").transpose("entry", "parameter").to_numpy()
    changes = repairs["label_free_change"].transpose("entry", "label_free_name").to_numpy()
    values, n_entries = correlations_with_gain(changes, gains)
    return {
        "label_free_correlation": (("label_free_name", "parameter"), values, about(_CORRELATION)),
        "label_free_entries": (("label_free_name",), n_entries, about("repairs that the correlation is over")),
    }
