"""Latent space: maps of all domains of a network as its layers place them, before and after repair."""

from collections.abc import Mapping, Sequence
from typing import Any, Final

import matplotlib
import xarray as xr
from matplotlib.artist import Artist
from matplotlib.figure import Figure
from matplotlib.lines import Line2D

from repshift.drawing.latent_page import (
    BAR,
    HEADING,
    LEFT,
    LEGEND,
    TITLE,
    TOP,
    LatentSection,
    pages_of,
    sections_of,
)
from repshift.drawing.latent_points import (
    REFERENCE,
    Points,
    add_parameter_bar,
    class_colours,
    draw_points,
    preservation_words,
)
from repshift.drawing.layout import add_legend, add_panel, add_words, fit_words, shortened
from repshift.drawing.model_title import LETTERS, add_model_title
from repshift.drawing.plotting import HOUSE, Plotting
from repshift.drawing.style import LINE_HEIGHT, PAGE_WIDTH, PUBLICATION, parameter_label

_CENTRE: Final[dict[str, Any]] = {"horizontalalignment": "center", "verticalalignment": "bottom"}


def draw_latent_space(
    cases: Sequence[xr.Dataset],
    *,
    outputs: Sequence[str] = (),
    page: int | None = None,
    fields: Mapping[str, str] | None = None,
    plotting: Plotting | None = None,
    kind: type[Figure] = Figure,
) -> Figure:
    """Draw what the action `latent_space` of the stage repair writes of the domains of one model.

    Parameters
    ----------
    cases
        Of one model, as `repshift.case.repair.latent_space` has them.
    outputs
        Parameters that colour the points, each on panels of its own; none of these, or none given: the first.
    page
        Of `n_pages`, from 0; None: all on one.
    fields
        What fields are that CMD has not, in words, by name.
    plotting
        Colours and labels of suites, domains and models; None: those of the house.
    kind
        Of figure that is drawn.

    Returns
    -------
    Two columns wide, a section a target, a layer and a parameter: a panel an embedding and network. The fill of a point
    is the parameter of its map, its marker and edge are the domain. Pale crosses are the own domain as the network
    places it that is not repaired. Below each panel: how well the picture keeps the neighbours of maps.

    Raises
    ------
    InputError
        If there is nothing to draw, or the cases are of several models.
    """
    looks = (plotting or HOUSE).of(str(name) for case in cases for name in case["map_suite"].to_numpy())
    sections = sections_of(cases, outputs, looks)
    sections = sections if page is None else pages_of(sections)[page]
    with matplotlib.rc_context(PUBLICATION):
        figure = kind(figsize=(PAGE_WIDTH, TOP + sum(section.height for section in sections)))
        add_model_title(figure, LEFT, sections[0].points.case, looks, fields)
        top = TOP
        for section in sections:
            _draw_section(figure, section, top)
            top += section.height
    return figure


def n_pages(cases: Sequence[xr.Dataset], *, outputs: Sequence[str] = ()) -> int:
    """Return how many pages of A4 the figure takes."""
    return len(pages_of(sections_of(cases, outputs, HOUSE)))


def _draw_section(figure: Figure, section: LatentSection, top: float) -> None:
    """Draw the panels of a layer, a panel an embedding and network, and what says what points mean."""
    points = section.points
    names = [shortened(domain.label, LETTERS) for domain in points.domains]
    colour = f", coloured by {parameter_label(points.output)}" if points.output else ""
    words = f"Layer {section.layer} on {' and '.join(names)}{colour}"
    add_words(figure, LEFT, top, words, fontweight="bold", gid=f"layer {section.layer}")
    top += HEADING
    for place, (method, network) in enumerate(section.panels):
        line, column = section.place_of(place)
        left, upper = section.left_of(column), top + line * section.line + TITLE
        label = f"{section.layer} {method} {network} {points.output}".rstrip()
        axes = add_panel(figure, left, upper, section.side, section.side, label=label)
        draw_points(axes, points, network, section.layer, method)
        title = f"{section.method_label(method)}: {section.network_label(network)}"
        fit_words(add_words(figure, left + section.side / 2, upper - 0.03, title, **_CENTRE), section.side + 0.04)
        for number, said in enumerate(preservation_words(points.case, network, section.layer, method)):
            about: dict[str, Any] = {"horizontalalignment": "center", "gid": f"kept {label} {number}"}
            below = upper + section.side + section.below(method) + number * LINE_HEIGHT
            fit_words(add_words(figure, left + section.side / 2, below, said, **about), section.side + 0.06)
    _legend(figure, points, top + section.lines * section.line)


def _legend(figure: Figure, points: Points, top: float) -> None:
    """Say what fills, edges and markers mean."""
    plain: dict[str, Any] = {"ls": "none", "ms": 4, "mew": 0.7, "mfc": "white"}
    handles: list[Artist] = [
        Line2D([], [], marker=one.marker, color=one.colour, label=shortened(one.label, LETTERS), **plain)
        for one in points.domains
    ]
    if points.has_reference:
        words = f"{shortened(points.domains[0].label, LETTERS)}, network as it is"
        handles.append(Line2D([], [], marker="x", ls="none", ms=3, mew=0.5, color=REFERENCE, label=words))
    handles += [
        Line2D([], [], marker="o", ls="none", ms=4, color=colour, label=name)
        for name, colour in class_colours(points).items()
    ]
    add_legend(figure, LEFT, top + LEGEND - 0.06, handles, columns=2 if points.is_number else 4)
    if points.is_number:
        add_parameter_bar(figure, points, PAGE_WIDTH - BAR - 0.2, top + 0.06, BAR)
