"""Sheet of filters: maps that a channel responds to most, beside the real map that it responds to most."""

from typing import Final

import numpy as np
import xarray as xr
from matplotlib.figure import Figure

from repshift.drawing.attribution_maps import draw_input, input_scale
from repshift.drawing.feature_strips import GAP, LEFT, LINE, Strip, side_of
from repshift.drawing.layout import add_panel, add_words, fit_words, shortened
from repshift.drawing.style import PAGE_WIDTH, number

MOST_STARTS: Final = 3
"""Starts that are drawn of each optimisation; the numbers are of all."""

_TOP: Final = 0.06
_LARGEST: Final = 0.95
_LETTERS: Final = 40
_COLUMNS: Final = {
    "spectrum": "mean and power spectrum of real maps, from random maps",
    "size": "mean and standard deviation alone, from a blank image",
}


def filter_strips(case: xr.Dataset, model: str) -> list[Strip]:
    """Return the sheet of optimised maps; nothing where there are none."""
    if "filter_map" not in case:
        return []
    title = Strip(_TOP + 4 * LINE + 0.04, lambda figure, top: _draw_title(figure, top, case, model), starts_page=True)
    return [title, *(_filter_strip(case, place) for place in range(case.sizes["filter"]))]


def _columns(case: xr.Dataset) -> tuple[int, float, float]:
    """Return how many starts are drawn, and the width and height of a map."""
    n_starts = min(MOST_STARTS, case.sizes["start"])
    side = side_of(1 + n_starts * case.sizes["constraint"], largest=_LARGEST, taken=4 * GAP)
    return n_starts, side, side * case.sizes["y"] / case.sizes["x"]


def _left_of(group: int, n_starts: int, side: float) -> float:
    """Return where a group of maps begins: 0 the real map, then each constraint."""
    before = 0 if group == 0 else 1 + (group - 1) * n_starts
    return LEFT + before * (side + GAP) + 2 * GAP * group


def _draw_title(figure: Figure, top: float, case: xr.Dataset, model: str) -> None:
    """Draw the title, and what stands in each column."""
    top += _TOP
    add_words(figure, LEFT, top, f"{model}: maps that a channel responds to most", fontweight="bold")
    lines = (
        "Below each map stands the rise of its mean activation above the mean over real maps, in units of the rise of",
        "the real map of largest activation; in brackets, that of the random map under the same constraint.",
    )
    for place, text in enumerate(lines, start=1):
        fit_words(add_words(figure, LEFT, top + place * LINE, text), PAGE_WIDTH - 2 * LEFT)
    n_starts, side, _ = _columns(case)
    real = add_words(figure, LEFT, top + 3 * LINE + 0.02, "largest real map")
    fit_words(real, side)
    for group, name in enumerate(case["constraint"].to_numpy(), start=1):
        words = add_words(figure, _left_of(group, n_starts, side), top + 3 * LINE + 0.02, _COLUMNS[str(name)])
        fit_words(words, n_starts * (side + GAP) - GAP)


def _filter_strip(case: xr.Dataset, place: int) -> Strip:
    _, _, height = _columns(case)
    return Strip(LINE + height + LINE + 0.06, lambda figure, top: _draw_filter(figure, top, case, place))


def _draw_filter(figure: Figure, top: float, case: xr.Dataset, place: int) -> None:
    """Draw the maps of a channel."""
    here = case.isel(filter=place)
    n_starts, side, height = _columns(case)
    name = f"{shortened(str(here['filter_layer'].item()), _LETTERS)}, channel {int(here['filter_unit'])}"
    add_words(figure, LEFT, top, name, fontweight="bold")
    channels = [str(one) for one in case["channel"].to_numpy()]
    real, field = here["largest_map"].to_numpy(), str(case.attrs["field"])
    scale = input_scale([real], channels)
    rows = top + LINE
    axes = add_panel(figure, LEFT, rows, side, height, label=f"{name} real")
    draw_input(axes, real, field=field, scale=scale, box=None)
    add_words(figure, LEFT + side / 2, rows + height + 0.02, "1", ha="center")
    for group, constraint in enumerate(case["constraint"].to_numpy(), start=1):
        held = here.sel({"constraint": constraint})
        left = _left_of(group, n_starts, side)
        fit_words(add_words(figure, left, top, _alike(held)), n_starts * (side + GAP) - GAP)
        for start in range(n_starts):
            one, at = held.isel(start=start), left + start * (side + GAP)
            axes = add_panel(figure, at, rows, side, height, label=f"{name} {constraint} {start}")
            draw_input(axes, one["filter_map"].to_numpy(), field=field, scale=scale, box=None)
            words = f"{_rise(float(one['filter_rise']))} [{_rise(float(one['random_rise']))}]"
            add_words(figure, at + side / 2, rows + height + 0.02, words, ha="center")


def _alike(held: xr.Dataset) -> str:
    """Return how alike the maps of several starts are, beside maps of random phases."""
    pixels, random, power = (
        number(float(held[name])) for name in ("pixel_similarity", "pixel_similarity_random", "power_similarity")
    )
    if str(held["constraint"].item()) == "spectrum":
        return f"starts alike: pixels {pixels} (random phases {random})"
    small = 100 * float(held["filter_small_scales"].mean())
    return f"pixels {pixels} ({random}), power {power}; {small:.0f} % at small scales"


def _rise(value: float) -> str:
    """Return a rise with one decimal, or none from 10; never minus nothing."""
    decimals = 1 if np.abs(value) < 10 else 0
    return number(round(value, decimals) + 0.0, decimals)
