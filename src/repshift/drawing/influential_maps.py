"""A sheet a case: the maps that dominate it, and what is left of the block without them."""

from collections.abc import Iterator, Sequence
from typing import Any, Final

import matplotlib
import numpy as np
import numpy.typing as npt
import xarray as xr
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.patches import Patch
from matplotlib.ticker import MaxNLocator

from repshift.drawing.layout import add_legend, add_letter, add_panel, add_words
from repshift.drawing.maps import add_map_colour_bar, colour_scale, draw_map
from repshift.drawing.matrices import add_cka_colour_bar, draw_matrix, name_layers, similarity_scale
from repshift.drawing.pictures import draw_picture, picture_scale
from repshift.drawing.plotting import HOUSE, Plotting
from repshift.drawing.style import (
    LINE_HEIGHT,
    PAGE_WIDTH,
    PUBLICATION,
    capitalised,
    cka_measure,
    estimator_label,
    field_label,
    number,
    relation,
    suites,
)
from repshift.vocabulary import INFLUENTIAL_MAPS_SHOWN, Field, InputError, require_field

_MARGIN: Final = 0.08
_BAR: Final = 0.62
_GAP: Final = 0.1
_MAP: Final = (PAGE_WIDTH - 2 * _MARGIN - _BAR - (INFLUENTIAL_MAPS_SHOWN - 1) * _GAP) / INFLUENTIAL_MAPS_SHOWN
_MAPS_TOP: Final = 0.3 + 3.3 * LINE_HEIGHT
_SECOND: Final = _MAPS_TOP + _MAP + 0.06 + 2 * LINE_HEIGHT + 0.1
_MATRIX: Final = 1.09
_MATRICES: Final = 2.42
_MATRIX_TOP: Final = _SECOND + 2.4 * LINE_HEIGHT
_MATRIX_STEP: Final = (PAGE_WIDTH - _MARGIN - _MATRIX - _MATRICES) / 3
_CURVE_LEFT: Final = 0.45
_CURVE: Final = _MATRICES - _CURVE_LEFT - 0.45
_FOOT: Final = _MATRIX_TOP + _MATRIX + 0.36
_HEIGHT: Final = _FOOT + 0.44
_MOST_NAMES: Final = 9
_FRAME: Final = "#D55E00"
_COLOURS: Final = {"biased": "0.35", "debiased": "#0072B2"}
_MARKERS: Final = {"biased": "s", "debiased": "o"}
_TIMES: Final = "\N{FOUR-PER-EM SPACE}\N{MULTIPLICATION SIGN}\N{FOUR-PER-EM SPACE}"
_RAISED: Final = str.maketrans("-0123456789", "⁻⁰¹²³⁴⁵⁶⁷⁸⁹")


def draw_influential_maps(
    influence: xr.Dataset,
    maps: Sequence[npt.NDArray[np.float32]],
    *,
    estimator: str = "debiased",
    field: Field | None = None,
    box: float | None = None,
    logarithmic: bool = True,
    channels: Sequence[str] = (),
    plotting: Plotting | None = None,
) -> Figure:
    """Draw the maps of largest share, CKA as they are left out, and the matrix with and without them.

    Parameters
    ----------
    influence
        A case, as the stage influence writes it.
    maps
        The maps of rank 1, 2, ..., (y, x) each, in the unit of the field, or (channel, y, x); at most six.
    estimator
        "biased" or "debiased", of the matrices; the curves show both.
    field
        What the field is, where CMD has it not.
    box
        Side length of the maps [Mpc/h], for scale bars; None for none.
    logarithmic
        Whether the colour scale of the maps is; a linear one holds zeros and negative values.
    channels
        Names of the channels, where there are several.
    plotting
        Colours and labels of suites, domains and models; None: those of the house.

    Returns
    -------
    Two columns wide.

    Raises
    ------
    InputError
        If there is no map, more than six or more than the case has, or no such estimator.
    """
    cka_measure(estimator)
    if estimator not in influence["estimator"]:
        raise InputError(
            f"The case has no estimator '{estimator}'. It has {', '.join(influence['estimator'].to_numpy())}."
        )
    if not 1 <= len(maps) <= min(INFLUENTIAL_MAPS_SHOWN, influence.sizes["map"]):
        raise InputError(
            f"{len(maps)} maps are to be drawn of {influence.sizes['map']}; a sheet has 1 to {INFLUENTIAL_MAPS_SHOWN}."
        )
    with matplotlib.rc_context(PUBLICATION):
        figure = Figure(figsize=(PAGE_WIDTH, _HEIGHT))
        known = field or require_field(str(influence.attrs["field"]))
        _draw_heading(figure, influence, known, plotting=plotting or HOUSE)
        name = str(influence.attrs["field"])
        panels = _map_panels(figure, influence, len(maps))
        right = _MARGIN + len(maps) * (_MAP + _GAP) - _GAP + 0.05
        if channels:
            pictures = picture_scale(maps, channels, logarithmic=logarithmic)
            for axes, values in zip(panels, maps, strict=True):
                draw_picture(axes, pictures.picture(values), box=box)
            add_words(figure, right, _MAPS_TOP + _MAP / 2, pictures.words, rotation=90, ha="left", va="center")
        else:
            scale = colour_scale(maps, logarithmic=logarithmic)
            for axes, values in zip(panels, maps, strict=True):
                draw_map(axes, values, field=name, scale=scale, box=box)
            bar = add_map_colour_bar(figure, right, _MAPS_TOP, _MAP, field=name, scale=scale)
            bar.set_label(field_label(name, field))
        _draw_curves(figure, influence)
        _draw_matrices(figure, influence.sel(estimator=estimator), estimator=estimator)
    return figure


def _draw_heading(figure: Figure, influence: xr.Dataset, field: Field, *, plotting: Plotting) -> None:
    named = {name: str(value) for name, value in influence.attrs.items()}
    model, domain = plotting.model_label(named["model"]), plotting.domain_label(named["domain"])
    words = f"{capitalised(field.long_name)}: model {model} shown {domain}"
    colour = plotting.model_colour(named["model"])
    title = add_words(figure, _MARGIN, 0.05, words, fontweight="bold", color=colour)
    title.set_gid("title")
    sides = (plotting.suite_label(named[suite]) for suite in ("train_suite", "test_suite"))
    relations = suites(*sides).replace("\n", " ")
    inside = relation(named["in_distribution"] == "true")
    add_words(
        figure,
        _MARGIN,
        0.05 + 1.2 * LINE_HEIGHT,
        f"{relations}, {inside}; {_naming(influence)}; %: of the layers' variance",
    )
    add_letter(figure, _MARGIN, _MAPS_TOP - 3.2 * LINE_HEIGHT, 0)
    add_letter(figure, _MARGIN, _SECOND, 1)
    add_letter(figure, _MATRICES - 0.34, _SECOND, 2)


def _naming(influence: xr.Dataset) -> str:
    """Return in words how many maps are named."""
    count, threshold = int(influence["dominant"].sum()), influence.attrs["influence_threshold"]
    if count == 0:
        return f"of {influence.sizes['map']} maps none is named dominant (z > {threshold})"
    verb = "is" if count == 1 else "are"
    return f"{count} of {influence.sizes['map']} maps {verb} named dominant (z > {threshold}, framed)"


def _map_panels(figure: Figure, influence: xr.Dataset, n_maps: int) -> Iterator[Axes]:
    """Yield a panel for each map, and write beside it what is known of the map once it is drawn."""
    ranked = influence.isel(map=np.argsort(influence["rank"].to_numpy(), kind="stable"))
    for index in range(n_maps):
        one, left = ranked.isel(map=index), _MARGIN + index * (_MAP + _GAP)
        axes = add_panel(figure, left, _MAPS_TOP, _MAP, _MAP, label=f"map {one['map'].item()}")
        yield axes
        if int(one["dominant"]):
            axes.spines[:].set(color=_FRAME, linewidth=2.0)
        above = (
            f"simulation {int(one['simulation'])}\nmap {int(one['position'])}\n"
            f"{100 * float(one['mean_share']):.1f} %, z = {number(float(one['z_score']))}"
        )
        add_words(
            figure, left + _MAP / 2, _MAPS_TOP - 0.03, above, ha="center", va="bottom", ma="center", linespacing=1.1
        )
        if np.isnan(one["pixel_minimum"]):
            continue  # channels of several units have no common extremes
        below = f"min {_scientific(float(one['pixel_minimum']))}\nmax {_scientific(float(one['pixel_maximum']))}"
        add_words(figure, left + _MAP / 2, _MAPS_TOP + _MAP + 0.04, below, ha="center", ma="center", linespacing=1.1)


def _scientific(value: float) -> str:
    """Return a value as a power of ten, or as it is where it needs none.

    In plain letters: TeX would be parsed again for each of a sheet's numbers, which took a fifth of its time.

    Examples
    --------
    >>> _scientific(921315392.0).split()[::2]
    ['9.2', '10⁸']
    """
    if value == 0 or 0.01 <= abs(value) < 1000:
        return number(value)
    mantissa, exponent = f"{value:.1e}".split("e")
    return f"{number(float(mantissa), 1)}{_TIMES}10{str(int(exponent)).translate(_RAISED)}"


def _draw_curves(figure: Figure, influence: xr.Dataset) -> None:
    axes = add_panel(figure, _CURVE_LEFT, _MATRIX_TOP, _CURVE, _MATRIX, label="left out")
    means = influence.sel(number="off_diagonal_mean")
    for estimator in means["estimator"].to_numpy().tolist():
        _draw_curve(axes, means.sel(estimator=estimator), estimator)
    removed = means["removed"].to_numpy()
    low, high = axes.get_ylim()
    axes.set(xlim=(removed[0] - 0.4, removed[-1] + 0.4), ylim=(min(low, high - 0.1), high))
    axes.set(xlabel="Maps left out", ylabel="Mean off-diagonal CKA")
    axes.xaxis.set_major_locator(MaxNLocator(5, integer=True))
    axes.yaxis.set_major_locator(MaxNLocator(5))
    axes.yaxis.set_label_coords(-0.3 / _CURVE, 0.5)
    add_legend(figure, _MARGIN, _HEIGHT - 0.05, _handles(means["estimator"].to_numpy().tolist()), columns=2)


def _draw_curve(axes: Axes, means: xr.Dataset, estimator: str) -> None:
    removed, colour = means["removed"].to_numpy(), _COLOURS[estimator]
    band: dict[str, Any] = {"color": colour, "alpha": 0.2, "linewidth": 0, "label": f"random {estimator}"}
    axes.fill_between(removed, means["random_low"].to_numpy(), means["random_high"].to_numpy(), **band)
    look: dict[str, Any] = {"color": colour, "marker": _MARKERS[estimator], "markersize": 2.6}
    axes.plot(removed, means["without_dominant"].to_numpy(), label=f"dominant {estimator}", **look)


def _handles(estimators: Sequence[str]) -> list[Any]:
    lines: list[Any] = [
        Line2D([], [], color=_COLOURS[name], marker=_MARKERS[name], markersize=2.6, label=estimator_label(name))
        for name in estimators
    ]
    return [
        *lines,
        Line2D([], [], color="0.2", label="largest share first"),
        Patch(color="0.2", alpha=0.2, linewidth=0, label="random (95 %)"),
    ]


def _draw_matrices(figure: Figure, influence: xr.Dataset, *, estimator: str) -> None:
    layers = [str(name) for name in influence["layer"].to_numpy()]
    for index, (choice, words) in enumerate(_choices(influence).items()):
        left, chosen = _MATRICES + index * _MATRIX_STEP, influence.sel(choice=choice)
        axes = add_panel(figure, left, _MATRIX_TOP, _MATRIX, _MATRIX, label=f"cka {choice}")
        draw_matrix(axes, chosen["cka"].to_numpy(), scale=similarity_scale())
        axes.tick_params(labelleft=index == 0)
        name_layers(axes, rows=layers, columns=layers, most=_MOST_NAMES)
        mean = number(float(chosen["block"].sel(number="off_diagonal_mean")))
        place: dict[str, Any] = {"ha": "center", "va": "bottom", "ma": "center", "linespacing": 1.1}
        add_words(figure, left + _MATRIX / 2, _MATRIX_TOP - 0.03, f"{words}\nmean {mean}", **place)
    width = 3 * _MATRIX_STEP + _MATRIX
    add_cka_colour_bar(figure, _MATRICES + width / 4, _FOOT, width / 2, estimator=estimator)


def _choices(influence: xr.Dataset) -> dict[str, str]:
    """Return in words what each matrix leaves out."""
    n_maps, count = influence.sizes["map"], int(influence["dominant"].sum())
    return {
        "all": f"all {n_maps} maps",
        "without_named": f"without {count} named" if count else "no map is named",
        "without_most": f"without {influence.attrs['influence_most']} largest",
        "without_first_component": "no 1st component",
    }
