"""What a network looks at, and whether the map of it is worth anything: maps and their tests, a figure a model."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
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
    INPUT_MARKER,
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
from repshift.drawing.layout import add_legend, add_panel, add_words, fit_words, shortened
from repshift.drawing.model_title import LETTERS, add_model_title
from repshift.drawing.plotting import HOUSE, Plotting
from repshift.drawing.style import PAGE_WIDTH, PUBLICATION, parameter_label, relation

_OUTPUT: Final = 12
"""Characters of the name of an output in the title of a panel."""

_INPUT: Final = 10
"""Characters of the name of a domain in the legend below."""

_TICKS: Final = 0.36
"""Left of a panel, for its ticks."""

_AXIS: Final = 0.5
"""The same, with the name of an axis."""

_GAP: Final = 0.12
_NAMES: Final = 0.78
"""Left of the gains, for the names of methods, in lines."""

_WIDEST: Final = 1.6


@dataclass(frozen=True)
class _Panel:
    """A panel of numbers: the room left of it [inch], what its title says, and the variables of which it draws any."""

    name: str
    left: float
    words: str
    variables: tuple[str, ...]


_PANELS: Final = (
    *(_Panel(name, left, words, (name,)) for (name, words), left in zip(SHARES.items(), (_AXIS, _GAP), strict=True)),
    _Panel("channel_share", _TICKS, "share\nof channel", ("channel_share",)),
    _Panel("faithfulness", _NAMES, "gain over\nrandom order", GAINS),
    *(
        _Panel(name, left, f"rank correlation\nwith itself, {words}", (name,))
        for (name, words), left in zip(SANITY.items(), (_TICKS, _GAP), strict=True)
    ),
)
"""Panels in their order."""


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
    those of pixels and of the input, gains over random order beside that of the input alone, rank correlations as
    weights are shuffled.

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
    width = add_model_title(figure, 0.08, case, plotting, fields)
    handles: list[Artist] = [
        Line2D([], [], ls=one.line, color=one.colour, label=f"{shortened(one.label, LETTERS)}, {_relation(one.case)}")
        for one in page.curves
    ]
    left = max(2.9, 0.4 + width)
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
    panels = _drawn_panels(page)
    free = PAGE_WIDTH - RIGHT - sum(panel.left for panel in panels)
    width, left = min(_WIDEST, free / len(panels)), 0.0
    titles: list[Text] = []
    for panel in panels:
        left += panel.left
        axes = add_panel(figure, left, top + TITLE, width, PANEL, label=f"{panel.name} {output}")
        words = f"{_symbol(output)}: {panel.words}"
        titles.append(add_words(figure, left + width / 2, top + TITLE - 0.03, words, ha="center", va="bottom"))
        fit_words(titles[-1], width + _GAP / 2)
        if panel.name in SHARES:
            draw_shares(axes, series, panel.name, output, ends=ends[0])
            axes.set_ylabel("ratio, logarithmic" if panel.left > _GAP else "")
        elif panel.name in SANITY:
            draw_sanity(axes, series, panel.name, output, bottom=ends[1])
        elif panel.variables == GAINS:
            draw_faithfulness(axes, series, output)
            for text in axes.get_yticklabels():
                fit_words(text, _NAMES - 0.1)
        else:
            draw_channels(axes, series, output)
        axes.tick_params(labelleft=panel.left > _GAP)
        left += width
    for title in titles:
        title.set_fontsize(min(float(one.get_fontsize()) for one in titles))


def _drawn_panels(page: AttributionPage) -> list[_Panel]:
    """Return the panels of numbers that any case of a page has."""
    several = any(curve.case.sizes["channel"] > 1 for curve in page.curves)
    return [
        panel
        for panel in _PANELS
        if has_variable(page.curves, *panel.variables) and (panel.name != "channel_share" or several)
    ]


def _symbol(output: str) -> str:
    """Return what an output is called in the title of a panel."""
    label = parameter_label(output)
    return label if "$" in label else shortened(label, _OUTPUT)


def _input_in_words(domain: str, count: int) -> str:
    """Return what the line of the input alone is, of one domain or of one of several."""
    return f"|input $-$ baseline|, {shortened(domain, _INPUT)}" if count > 1 else "|input $-$ baseline| alone"


def _foot(figure: Figure, page: AttributionPage, top: float) -> None:
    """Say below the panels what marks mean."""
    plain: dict[str, Any] = {"linestyle": "none", "markersize": 3.5, "color": "0.35"}
    handles: list[Artist] = [
        Line2D([], [], marker=METHOD_MARKERS[one.place % len(METHOD_MARKERS)], label=one.label, **plain)
        for one in page.methods
    ]
    if has_variable(page.curves, "input_share"):
        mark = INPUT_MARKER if has_variable(page.curves, *(f"input_{gain}" for gain in GAINS)) else ""
        handles += [
            Line2D(
                [],
                [],
                color=INPUT,
                lw=1.0,
                ls=one.line,
                marker=mark,
                ms=4,
                label=_input_in_words(one.label, len(page.curves)),
            )
            for one in page.curves
        ]
    kinds = gain_kinds(page.curves)
    bottom = top + page.foot - 0.04
    if len(kinds) > 1:
        named = ", ".join(f"{gain.removesuffix('_gain')} with fill {fill}" for gain, fill in kinds)
        words = f"Gains of a method from the top: {named}; of insertion open."
        add_words(figure, 0.08, bottom, words, va="bottom", gid="kinds of gains")
        bottom -= FOOT_LINE
    add_legend(figure, 0.08, bottom - 0.02, handles, columns=FOOT_COLUMNS)
