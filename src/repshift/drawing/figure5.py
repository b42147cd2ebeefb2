"""What a network looks at, and whether the map of it is worth anything: maps and their tests, a figure a model."""

from collections.abc import Mapping, Sequence
from typing import Any, Final

import matplotlib
import xarray as xr
from matplotlib.artist import Artist
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.text import Text

from repshift.drawing.attribution_groups import draw_group
from repshift.drawing.attribution_nulls import (
    GAINS,
    SANITY,
    draw_faithfulness,
    draw_sanity,
    gain_kinds,
    lowest_correlation,
)
from repshift.drawing.attribution_page import (
    CASES_A_LINE,
    FOOT_COLUMNS,
    FOOT_LINE,
    PANEL,
    RIGHT,
    TITLE,
    AttributionPage,
    Section,
    page_of,
)
from repshift.drawing.attribution_series import METHOD_MARKERS, Series, has_variable, series_of
from repshift.drawing.attribution_shares import INPUT, SHARES, draw_channels, draw_shares, share_ends
from repshift.drawing.layout import add_legend, add_panel, add_words, fit_words, shortened, width_of
from repshift.drawing.plotting import HOUSE, Plotting
from repshift.drawing.style import PAGE_WIDTH, PUBLICATION, field_words, parameter_label, relation

_LETTERS: Final = 29
"""Characters of the name of a model or domain."""

_OUTPUT: Final = 12
"""Characters of the name of an output in the title of a panel."""

_TICKS: Final = 0.36
"""Left of a panel, for its ticks."""

_GAP: Final = 0.12
_NAMES: Final = 0.78
"""Left of the gains, for the names of methods, in lines."""

_WIDEST: Final = 1.6
_LEFT_OF: Final = {
    "share_over_pixels": _TICKS,
    "share_over_input": _GAP,
    "channel_share": _TICKS,
    "faithfulness": _NAMES,
    "randomisation_signed": _TICKS,
    "randomisation_absolute": _GAP,
}
"""Panels of numbers in their order, and what stands left of each [inch]."""


def draw_figure5(
    cases: Sequence[xr.Dataset],
    *,
    outputs: Sequence[str] = (),
    methods: Sequence[str] | None = None,
    fields: Mapping[str, str] | None = None,
    plotting: Plotting | None = None,
    kind: type[Figure] = Figure,
) -> Figure:
    """Draw attributions of a network, what they fall on, and whether they pass their tests.

    Parameters
    ----------
    cases
        Of one model, as the stage attribution writes them; the one in distribution is drawn first.
    outputs
        Those drawn; none of these, or none given: the first two.
    methods
        Those drawn, three beside each other; None: all.
    fields
        What fields are that CMD has not, in words, by name.
    plotting
        Colours and labels of suites, domains and models; None: those of the house.
    kind
        Of figure that is drawn.

    Returns
    -------
    Two columns wide. Above, of each output, a row a domain: a map as the network reads it, and of each method its
    attribution and that of the network with all weights shuffled. Below, a row an output: shares by environment over
    those of pixels and of the input, gains over random order, rank correlations as weights are shuffled.

    Raises
    ------
    InputError
        If there is nothing to draw, or the cases are of several models.
    """
    looks = (plotting or HOUSE).of(case.attrs["test_suite"] for case in cases)
    page = page_of(cases, outputs=outputs, methods=methods, plotting=looks)
    with matplotlib.rc_context(PUBLICATION):
        figure = kind(figsize=(PAGE_WIDTH, page.height))
        _title(figure, page, looks, fields)
        top = page.top
        for section in page.sections:
            _draw_section(figure, page, section, top)
            top += section.height
        _foot(figure, page, top)
    return figure


def _title(figure: Figure, page: AttributionPage, plotting: Plotting, fields: Mapping[str, str] | None) -> None:
    """Write the model, what it reads, and what its domains are drawn like."""
    case = page.curves[0].case
    model, name = str(case.attrs["model"]), str(case.attrs["field"])
    words = shortened(plotting.model_label(model), _LETTERS)
    title = add_words(figure, 0.08, 0.06, words, fontweight="bold", color=plotting.model_colour(model), gid="title")
    reads = field_words(name, fields)
    about = add_words(figure, 0.16 + width_of(title), 0.06, f"reads {shortened(reads, _LETTERS)}")
    handles: list[Artist] = [
        Line2D([], [], ls=one.line, color=one.colour, label=f"{shortened(one.label, _LETTERS)}, {_relation(one.case)}")
        for one in page.curves
    ]
    left = max(2.9, 0.4 + width_of(title) + width_of(about))
    add_legend(figure, left, page.top - 0.12, handles, columns=CASES_A_LINE)


def _relation(case: xr.Dataset) -> str:
    return relation(str(case.attrs["in_distribution"]) == "true")


def _draw_section(figure: Figure, page: AttributionPage, section: Section, top: float) -> None:
    """Draw the maps of some methods and outputs, and their numbers below."""
    for output in section.outputs:
        draw_group(figure, page.curves, section, output, top)
        top += section.group
    series = series_of(page.curves, section.methods)
    ends = share_ends(series, section.outputs), lowest_correlation(series, section.outputs)
    for output in section.outputs:
        _draw_numbers(figure, page, series, output, top, ends=ends)
        top += section.row


def _draw_numbers(
    figure: Figure,
    page: AttributionPage,
    series: Sequence[Series],
    output: str,
    top: float,
    *,
    ends: tuple[tuple[float, float], float],
) -> None:
    """Draw the panels of an output, as far as the cases have their numbers."""
    panels = drawn_panels(page)
    free = PAGE_WIDTH - RIGHT - sum(_LEFT_OF[name] for name in panels)
    width, left = min(_WIDEST, free / len(panels)), 0.0
    titles: list[Text] = []
    for name in panels:
        left += _LEFT_OF[name]
        axes = add_panel(figure, left, top + TITLE, width, PANEL, label=f"{name} {output}")
        words = _panel_title(name, output)
        titles.append(add_words(figure, left + width / 2, top + TITLE - 0.03, words, ha="center", va="bottom"))
        fit_words(titles[-1], width + _GAP / 2)
        if name in SHARES:
            draw_shares(axes, series, name, output, ends=ends[0])
        elif name in SANITY:
            draw_sanity(axes, series, name, output, bottom=ends[1])
        elif name == "faithfulness":
            draw_faithfulness(axes, series, output)
            for text in axes.get_yticklabels():
                fit_words(text, _NAMES - 0.1)
        else:
            draw_channels(axes, series, output)
        axes.tick_params(labelleft=_LEFT_OF[name] > _GAP)
        left += width
    for title in titles:
        title.set_fontsize(min(float(one.get_fontsize()) for one in titles))


def drawn_panels(page: AttributionPage) -> list[str]:
    """Return the panels of numbers that any case of a page has."""
    asked = {name: (name,) for name in _LEFT_OF} | {"faithfulness": GAINS}
    several = any(curve.case.sizes["channel"] > 1 for curve in page.curves)
    return [
        name
        for name, variables in asked.items()
        if has_variable(page.curves, *variables) and (name != "channel_share" or several)
    ]


def _panel_title(name: str, output: str) -> str:
    """Return what stands above a panel, in two lines."""
    label = parameter_label(output)
    symbol = label if "$" in label else shortened(label, _OUTPUT)
    titles = {
        **{share: f"{symbol}: {words}" for share, words in SHARES.items()},
        "channel_share": f"{symbol}: share\nof channel",
        "faithfulness": f"{symbol}: gain over\nrandom order",
        **{kind: f"{symbol}: rank correlation\nwith itself, {words}" for kind, words in SANITY.items()},
    }
    return titles[name]


def _foot(figure: Figure, page: AttributionPage, top: float) -> None:
    """Say below the panels what marks mean."""
    plain: dict[str, Any] = {"linestyle": "none", "markersize": 3.5, "color": "0.35"}
    handles: list[Artist] = [
        Line2D([], [], marker=METHOD_MARKERS[one.place % len(METHOD_MARKERS)], label=one.label, **plain)
        for one in page.methods
    ]
    if has_variable(page.curves, "input_share"):
        handles.append(Line2D([], [], color=INPUT, lw=1.0, label="|input $-$ baseline| alone"))
    kinds = gain_kinds(page.curves)
    bottom = top + page.foot - 0.04
    if len(kinds) > 1:
        named = ", ".join(f"{gain.removesuffix('_gain')} with fill {fill}" for gain, fill in kinds)
        words = f"Gains of a method from the top: {named}; of insertion open."
        add_words(figure, 0.08, bottom, words, va="bottom", gid="kinds of gains")
        bottom -= FOOT_LINE
    add_legend(figure, 0.08, bottom - 0.02, handles, columns=FOOT_COLUMNS)
