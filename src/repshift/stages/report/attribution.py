"""What attributions say, from their tables: what each method is worth, what it falls on, where a shift comes from."""

import math
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Final

import pandas as pd

from repshift.evidence.attribution.attributions import INPUT, RANDOM
from repshift.storage.tables import as_numbers, read_table
from repshift.vocabulary import ALL_WEIGHTS
from repshift.wording.attribution import AttributedOutput, AttributedShiftResult, AttributionResult, MethodWorth
from repshift.wording.numbers import Estimate

_NUMBERS: Final = ("value", "low", "high")
_KEYS: Final = ("model", "domain", "output", "quantity", "place", *_NUMBERS)
_ALL: Final = f"depth {ALL_WEIGHTS}"
"""Place of numbers of the network with all weights shuffled."""

_COMPLETE: Final = "integrated_gradients"
"""Method whose shares are spoken of: those of its contributions; without it, another one's."""


def attribution_results(
    attribution: Path | None,
    shifts: Path | None,
    named: Sequence[Sequence[str]],
    *,
    parameters: Sequence[str],
) -> list[AttributionResult]:
    """Return what networks look at.

    Parameters
    ----------
    attribution, shifts
        Tables of the numbers of attributions and of attributed shifts; None: there is none.
    named
        Of each network: its label, its own domain, the others.
    parameters
        Outputs in the text; of a network that has none of them, all.
    """
    numbers = None if attribution is None else _read(attribution, "method", "verdict")
    parts = None if shifts is None else _read(shifts, "twin")
    results = []
    for model, *domains in named:
        outputs, moved = _of(numbers, model, parameters), _of(parts, model, parameters)
        found = [one for domain in domains for one in _outputs(outputs, domain)]
        results.append(AttributionResult(model, found, _shifts(moved)))
    return [one for one in results if one.outputs or one.shifts]


def _read(path: Path, *keys: str) -> pd.DataFrame:
    """Read a table, empty words as such."""
    table = as_numbers(read_table(path, columns=(*_KEYS, *keys)), list(_NUMBERS))
    words = [name for name in (*_KEYS, *keys) if name not in _NUMBERS]
    return table.assign(**{name: table[name].fillna("").astype(str) for name in words})


def _of(table: pd.DataFrame | None, model: str, parameters: Sequence[str]) -> pd.DataFrame | None:
    """Return the rows of a network, of the outputs asked for where it has any, and of none."""
    if table is None:
        return None
    rows = table[table["model"] == model]
    named = rows[rows["output"].isin(parameters)]
    kept: pd.DataFrame = rows if named.empty else rows[rows["output"].isin([*parameters, ""])]
    return kept


def _outputs(table: pd.DataFrame | None, domain: str) -> list[AttributedOutput]:
    """Return what is known of the outputs of a network on a domain."""
    if table is None:
        return []
    rows = table[(table["domain"] == domain) & (table["output"] != "")]
    found = []
    for output, of_output in rows.groupby("output", sort=False):
        methods = [name for name in of_output["method"].unique() if name not in ("", INPUT, RANDOM)]
        worth = [_worth(name, of_output[of_output["method"] == name]) for name in methods]
        complete = [one for one in methods if one == _COMPLETE] or methods[-1:]
        preferring = complete[0] if complete else ""
        shares = of_output[(of_output["method"] == preferring) & (of_output["quantity"] == "share_over_input")]
        found.append(AttributedOutput(domain, str(output), worth, preferring, _by_place(shares, "environment")))
    return found


def _worth(method: str, rows: pd.DataFrame) -> MethodWorth:
    gained = rows[rows["quantity"] == "deletion_gain"]
    gains = _by_place(gained, "fill")
    said = dict(zip(gains, gained["verdict"], strict=True))
    beside = rows[rows["quantity"] == "deletion_gain_over_input"]
    over_input = dict(zip(_by_place(beside, "fill"), beside["verdict"], strict=True))
    signed, absolute = (
        next(iter(_estimates(rows[(rows["quantity"] == f"randomisation_{kind}") & (rows["place"] == _ALL)])), None)
        for kind in ("signed", "absolute")
    )
    return MethodWorth(method, gains, said, over_input, signed, absolute)


def _shifts(table: pd.DataFrame | None) -> list[AttributedShiftResult]:
    """Return what is known of the shifts of the outputs of a network."""
    if table is None:
        return []
    found = []
    for (domain, twin), rows in table.groupby(["domain", "twin"], sort=False):
        differences = _by_place(rows[rows["quantity"] == "environment_difference_share"], "environment")
        for output, of_output in rows[rows["output"] != ""].groupby("output", sort=False):
            parts = _by_place(of_output[of_output["quantity"] == "environment_shift"], "environment")
            shift = next(iter(_estimates(of_output[of_output["quantity"] == "shift"])), Estimate(math.nan))
            names = str(domain), str(twin), str(output)
            found.append(AttributedShiftResult(*names, shift, parts, differences))
    return found


def _by_place(rows: pd.DataFrame, word: str) -> dict[str, Estimate]:
    """Return numbers by the place that they are of, without the word that says what kind of place it is."""
    places = [str(place).removeprefix(f"{word} ") for place in rows["place"]]
    return dict(zip(places, _estimates(rows), strict=True))


def _estimates(rows: pd.DataFrame) -> Iterable[Estimate]:
    return [Estimate(*map(float, one)) for one in rows[list(_NUMBERS)].to_numpy()]
