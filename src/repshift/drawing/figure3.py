"""What goes with failure: rank correlations of all shift_scores, and the pairs themselves by three of them."""

import math
from collections.abc import Mapping, Sequence
from typing import Any, Final

import matplotlib
import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.ticker import NullLocator

from repshift.declarations import require
from repshift.drawing.layout import add_legend, add_letter, add_panel, add_words
from repshift.drawing.shift_scores import FAMILY_COLOURS, FAMILY_WORDS, predictor_label
from repshift.drawing.style import LINE_HEIGHT, PAGE_WIDTH, PUBLICATION, field_words
from repshift.perturbation import SHIFTS
from repshift.vocabulary import CLASS_RESPONSE, RESPONSE, InputError, response_of

LEADING: Final = "cka_debiased_mean_rise"
"""The predictor that the question is about."""

_RESPONSES: Final = {RESPONSE: "ln(RMSE out / in)", CLASS_RESPONSE: "Log loss, out minus in"}
_MEAN: Final = "mean"
_WIDEST: Final = 30.0
"""Largest value over the median, above which an axis is logarithmic beyond the median."""
_ROW: Final = 0.132
_TOP: Final = 0.3
_LABELS: Final = 1.92
_FOREST: Final = 1.0
_GAP: Final = 0.09
_SCATTER_LEFT: Final = _LABELS + 3 * _FOREST + 2 * _GAP + 0.5
_SCATTER: Final = PAGE_WIDTH - _SCATTER_LEFT - 0.08
_FOOT: Final = 1.38
_FIELD_COLOURS: Final = ("#CC3311", "#0077BB", "#009988", "#EE7733", "#EE3377", "#33BBEE", "#BBBBBB")


def draw_figure3(
    failures: pd.DataFrame,
    correlations: pd.DataFrame,
    transfers: pd.DataFrame,
    *,
    fields: Mapping[str, str] | None = None,
) -> Figure:
    """Draw rank correlations of failure with every predictor, strongest first, and the pairs by three shift_scores.

    From the left: the correlation, and its interval over groups of networks and shifts, of each predictor alone; the
    partial correlation beyond the raw input's moments and spectrum; the correlation within each field. Pairs are drawn
    by the rise of CKA and by the strongest predictor of each of two other families.

    Parameters
    ----------
    failures
        As the summary stage writes it: a row a pair and parameter; ``log_rmse_ratio``, or of classifiers
        ``log_loss_difference``, the shift_scores, model, field,
        train_suite, domain, shift, condition.
    correlations
        A row a parameter (among them "mean") and predictor: family, rho, partial_rho and their ends, which may
        be NaN.
    transfers
        A row a parameter, predictor and held_out_field: rho.
    fields
        What fields are that CMD has not, in words.

    Returns
    -------
    Two columns wide.

    Raises
    ------
    InputError
        If no predictor has a correlation, or a family is unknown.
    """
    rows = correlations[(correlations["parameter"] == _MEAN) & correlations["rho"].notna()]
    rows = rows.sort_values("rho", ascending=False, kind="stable")
    unknown = sorted({str(family) for family in rows["family"]} - FAMILY_COLOURS.keys())
    if unknown or not len(rows):
        what = f"unknown families {', '.join(unknown)}" if unknown else "no predictor with a correlation"
        raise InputError(f"The table of correlations has {what}; its families are {', '.join(FAMILY_COLOURS)}.")
    names = list(dict.fromkeys(str(field) for field in failures["field"]))
    colours = {name: _FIELD_COLOURS[index % len(_FIELD_COLOURS)] for index, name in enumerate(names)}
    height = max(_ROW * len(rows), 3 * (_SCATTER + 0.5) - 0.5)
    with matplotlib.rc_context(PUBLICATION):
        figure = Figure(figsize=(PAGE_WIDTH, _TOP + height + _FOOT))
        panels = [
            add_panel(figure, _LABELS + index * (_FOREST + _GAP), _TOP, _FOREST, height, label=label)
            for index, label in enumerate(("rho", "partial", "fields"))
        ]
        _draw_intervals(panels[0], rows, "rho")
        _draw_intervals(panels[1], rows, "partial_rho")
        _draw_fields(panels[2], rows, transfers[transfers["parameter"] == _MEAN], colours)
        _name_rows(panels, rows)
        pairs = _pairs(failures)
        for index, predictor in enumerate(_chosen(rows)):
            top = _TOP + index * (height - _SCATTER) / 2
            axes = add_panel(figure, _SCATTER_LEFT, top, _SCATTER, _SCATTER, label=predictor)
            _draw_pairs(axes, pairs, predictor, colours)
            add_letter(figure, _SCATTER_LEFT - 0.42, top - 0.16, index + 1)
        add_letter(figure, 0.08, 0.06, 0)
        _add_legends(figure, _TOP + height, rows, pairs, colours, fields)
    return figure


def _pairs(failures: pd.DataFrame) -> pd.DataFrame:
    """Return the means over the parameters, a row a pair."""
    keys = ["model", "field", "train_suite", "domain", "test_suite", "shift", "condition"]
    numbers = [name for name in failures if name not in (*keys, "parameter")]
    return failures.groupby(keys, sort=False)[numbers].mean().reset_index()


def _chosen(rows: pd.DataFrame) -> list[str]:
    """Return the rise of CKA, or the strongest of CKA without it, and the strongest of the two strongest others."""
    strongest = rows.assign(size=rows["rho"].abs()).sort_values("size", ascending=False, kind="stable")
    first = strongest.drop_duplicates("family")
    others = first[first["family"] != "cka"]["predictor"].tolist()
    of_cka = (
        [LEADING] if LEADING in rows["predictor"].tolist() else first[first["family"] == "cka"]["predictor"].tolist()
    )
    return [str(name) for name in (*of_cka, *others[:2])]


def _draw_intervals(axes: Axes, rows: pd.DataFrame, name: str) -> None:
    for position, row in enumerate(rows.to_dict("records")):
        colour = FAMILY_COLOURS[row["family"]]
        axes.plot([row[f"{name}_low"], row[f"{name}_high"]], [position] * 2, color=colour, lw=0.9, zorder=2)
        axes.plot(row[name], position, "o", ms=3.0, color=colour, zorder=3, gid=row["predictor"])


def _draw_fields(axes: Axes, rows: pd.DataFrame, transfers: pd.DataFrame, colours: Mapping[str, str]) -> None:
    for position, predictor in enumerate(rows["predictor"]):
        of_one = transfers[transfers["predictor"] == predictor]
        for field, rho in zip(of_one["held_out_field"], of_one["rho"], strict=True):
            axes.plot(rho, position, "|", ms=5.5, mew=1.4, color=colours[field], zorder=3)


def _name_rows(panels: Sequence[Axes], rows: pd.DataFrame) -> None:
    titles = (r"correlation $\rho$", r"partial $\rho$", r"$\rho$ within a field")
    for axes, title in zip(panels, titles, strict=True):
        axes.set(xlim=(-1.05, 1.05), ylim=(len(rows) - 0.4, -0.6), xticks=[-1, 0, 1], yticks=[])
        axes.set_title(title, pad=4)
        axes.axvline(0, color="0.6", lw=0.5, zorder=1)
        for position, family in enumerate(rows["family"]):
            if family == "cka":
                axes.axhspan(position - 0.5, position + 0.5, color=FAMILY_COLOURS["cka"], alpha=0.09, lw=0, zorder=0)
    panels[0].set_yticks(range(len(rows)), [predictor_label(name) for name in rows["predictor"]])
    panels[0].tick_params(axis="y", length=0, pad=3)
    for text, family in zip(panels[0].get_yticklabels(), rows["family"], strict=True):
        text.set_color(FAMILY_COLOURS[family])


def _draw_pairs(axes: Axes, pairs: pd.DataFrame, predictor: str, colours: Mapping[str, str]) -> None:
    response = response_of(pairs.columns)
    kinds = pairs[["field", "shift"]].drop_duplicates().astype(str)
    for field, shift in zip(kinds["field"], kinds["shift"], strict=True):
        of_kind = pairs[(pairs["field"] == field) & (pairs["shift"] == shift)]
        marker = require(shift, SHIFTS, what="kind of shift").marker
        axes.plot(of_kind[predictor], of_kind[response], marker, ms=2.8, mfc="none", mec=colours[field], mew=0.6)
    axes.axhline(0, color="0.6", lw=0.5, zorder=1)
    sizes = np.abs(pairs[predictor].to_numpy(dtype=np.float64))
    middle = float(np.nanmedian(sizes))
    if middle > 0 and np.nanmax(sizes) > _WIDEST * middle:
        values = pairs[predictor].to_numpy(dtype=np.float64)
        axes.set_xscale("symlog", linthresh=middle, linscale=0.5)
        axes.autoscale_view()
        axes.set_xticks(_ticks(middle, float(np.nanmin(values)), float(np.nanmax(values))))
        axes.xaxis.set_minor_locator(NullLocator())
    axes.set_xlabel(predictor_label(predictor))
    axes.set_ylabel(_RESPONSES[response])
    axes.locator_params(axis="y", nbins=5)


def _ticks(middle: float, lowest: float, highest: float) -> list[float]:
    """Return 0 and every power of ten of the logarithmic parts of an axis that is linear up to `middle`."""
    first, last = math.ceil(math.log10(middle)), math.floor(math.log10(max(abs(lowest), abs(highest))))
    powers = [10.0**power for power in range(first, last + 1)]
    return [*(-power for power in reversed(powers) if power <= -lowest), 0.0, *(p for p in powers if p <= highest)]


def _add_legends(
    figure: Figure,
    bottom: float,
    rows: pd.DataFrame,
    pairs: pd.DataFrame,
    colours: Mapping[str, str],
    fields: Mapping[str, str] | None,
) -> None:
    """Write what colours and markers mean below the panels."""
    plain: dict[str, Any] = {"linestyle": "none", "markersize": 3.5}
    families = [family for family in FAMILY_COLOURS if family in set(rows["family"])]
    left = [Line2D([], [], marker="o", color=FAMILY_COLOURS[one], label=FAMILY_WORDS[one], **plain) for one in families]
    middle = [
        Line2D([], [], marker="|", mew=1.4, color=colour, label=field_words(one, fields), **plain)
        for one, colour in colours.items()
    ]
    right = [
        Line2D([], [], marker=one.marker, mfc="none", mec="black", label=one.label, **plain)
        for name, one in SHIFTS.items()
        if name in set(pairs["shift"])
    ]
    foot = bottom + 0.3 + 4 * LINE_HEIGHT
    n_groups = len(pairs[["field", "train_suite"]].drop_duplicates())
    add_legend(figure, 0.08, foot, left, columns=2)
    add_legend(figure, _LABELS + _FOREST + _GAP, foot, middle)
    add_legend(figure, _SCATTER_LEFT, foot + 0.05 + 2 * LINE_HEIGHT, right)
    words = (
        f"{pairs['model'].nunique()} networks in {n_groups} groups of field and suite, {len(pairs)} pairs, "
        f"{pairs['condition'].nunique()} shifts.\n"
        f"Bars: 95 %, groups and shifts resampled, each of {len(rows)} shift_scores alone.\n"
        "Partial: beyond the raw input's moments and spectrum.\n"
        "Right: CKA, and the strongest of two other families, so selected."
    )
    add_words(figure, 0.08, foot + 0.05, words)
