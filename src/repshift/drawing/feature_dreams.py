"""Sheet of dreams: what is added to a real map until an output moves or a layer responds, and its power spectrum."""

from collections.abc import Sequence
from typing import Final

import numpy as np
import xarray as xr
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D

from repshift.drawing.attribution_maps import draw_input, draw_signed, input_scale, signed_scale
from repshift.drawing.feature_strips import GAP, LEFT, LINE, Strip, domain_labels, side_of
from repshift.drawing.layout import add_legend, add_panel, add_words, fit_words, shortened
from repshift.drawing.plotting import Plotting
from repshift.drawing.style import PAGE_WIDTH, number, parameter_label

_TOP: Final = 0.06
_LARGEST: Final = 0.98
_PLOT: Final = 1.5
_TICKS: Final = 0.42
_FOOT: Final = 0.3
_LETTERS: Final = 40
_COLOURS: Final = {"spectrum": "#0072B2", "size": "#D55E00"}
_WORDS: Final = {"spectrum": "spectrum of real maps", "size": "size alone"}
_MAPS: Final = "0.45"
_NOUNS: Final = {False: "output", True: "activation"}


def dream_strips(case: xr.Dataset, model: str, looks: Plotting) -> list[Strip]:
    """Return the sheet of dreams: a title, and a row each goal."""
    title = Strip(_TOP + 6.6 * LINE, lambda figure, top: _draw_title(figure, top, case, model, looks), starts_page=True)
    return [title, *(_goal_strip(case, place, looks) for place in range(case.sizes["goal"]))]


def _side(case: xr.Dataset) -> tuple[float, float]:
    side = side_of(1 + 2 * case.sizes["constraint"], largest=_LARGEST, taken=_PLOT + _TICKS + 0.15)
    return side, side * case.sizes["y"] / case.sizes["x"]


def _left_of(column: int, side: float) -> float:
    return LEFT + column * (side + GAP)


def _draw_title(figure: Figure, top: float, case: xr.Dataset, model: str, looks: Plotting) -> None:
    """Draw the title, what stands in each column, and the lines of the spectra."""
    top += _TOP
    own = looks.domain_label(str(case.attrs["own_domain"]), str(case.attrs["own_suite"]))
    size = float(case.attrs["dream_size"])
    add_words(figure, LEFT, top, f"{model}: what moves the outputs for a map of {own}", fontweight="bold")
    share = 100 * float(case["map_small_scales"][0])
    lines = (
        f"What is added has a root mean square of {size:g} standard deviations of the pixels. Below it stands how far",
        "it moves the output, in brackets how far random additions of the same kind do, and the share of its power",
        f"above half the Nyquist frequency; of real maps that is {share:.1f} %.",
    )
    for place, text in enumerate(lines, start=1):
        fit_words(add_words(figure, LEFT, top + place * LINE, text), PAGE_WIDTH - 2 * LEFT)
    side, _ = _side(case)
    fit_words(add_words(figure, LEFT, top + 5.3 * LINE, "map"), side)
    for group, name in enumerate(case["constraint"].to_numpy()):
        left = _left_of(1 + 2 * group, side)
        look = {"color": _COLOURS[str(name)], "fontweight": "bold"}
        fit_words(add_words(figure, left, top + 4.3 * LINE, _WORDS[str(name)], **look), 2 * side)
        add_words(figure, left, top + 5.3 * LINE, "changed map")
        add_words(figure, left + side + GAP, top + 5.3 * LINE, "what is added")
    handles = [Line2D([], [], color=_MAPS, label="real maps")]
    handles += [Line2D([], [], color=_COLOURS[name], label=f"added: {words}") for name, words in _WORDS.items()]
    add_legend(figure, _left_of(5, side) + _TICKS - 0.2, top + 6 * LINE, handles)


def _goal_strip(case: xr.Dataset, place: int, looks: Plotting) -> Strip:
    _, height = _side(case)
    return Strip(LINE + height + _FOOT, lambda figure, top: _draw_goal(figure, top, case, place, looks))


def _draw_goal(figure: Figure, top: float, case: xr.Dataset, place: int, looks: Plotting) -> None:
    """Draw the dreams of a goal, of the first map of the own domain."""
    here = case.isel(goal=place)
    side, height = _side(case)
    name = f"{parameter_label(shortened(str(here['goal_of'].item()), _LETTERS))} {here['goal_direction'].item()}"
    add_words(figure, LEFT, top, name, fontweight="bold")
    fit_words(
        add_words(figure, _left_of(1, side), top, _of_domains(here, domain_labels(case, looks))), 4 * (side + GAP)
    )
    values, field = case["input"].to_numpy()[0], str(case.attrs["field"])
    scale = input_scale([values], [str(one) for one in case["channel"].to_numpy()])
    added = here["dream_added"].to_numpy()[:, 0]
    signed = signed_scale([one.mean(0) for one in added])
    rows = top + LINE
    axes = add_panel(figure, LEFT, rows, side, height, label=f"{name} map")
    draw_input(axes, values, field=field, scale=scale, box=None)
    is_layer = str(here["goal_of"].item()) not in case["output"].to_numpy()
    before = float(here["dream_before"].isel(domain=0, dreamt=0))
    add_words(figure, LEFT + side / 2, rows + height + 0.02, f"{_NOUNS[is_layer]} {number(before)}", ha="center")
    for group, constraint in enumerate(case["constraint"].to_numpy()):
        left = _left_of(1 + 2 * group, side)
        axes = add_panel(figure, left, rows, side, height, label=f"{name} {constraint} changed")
        draw_input(axes, values + added[group], field=field, scale=scale, box=None)
        axes = add_panel(figure, left + side + GAP, rows, side, height, label=f"{name} {constraint} added")
        draw_signed(axes, added[group].mean(0), signed)
        words = _of_map(here.sel({"constraint": constraint}).isel(domain=0, dreamt=0))
        fit_words(add_words(figure, left, rows + height + 0.02, words), 2 * side - GAP)
    left = _left_of(1 + 2 * len(added), side) + _TICKS
    axes = add_panel(figure, left, rows, _PLOT, height, label=f"{name} spectra")
    _draw_spectra(axes, here, is_last=place == case.sizes["goal"] - 1)


def _of_map(held: xr.Dataset) -> str:
    """Return what an addition does to the map that is drawn."""
    moved, random = (number(float(held[name])) for name in ("dream_moved", "dream_random"))
    return f"moves it {moved} [{random}]; {100 * float(held['dream_small_scales']):.0f} % at small scales"


def _of_domains(here: xr.Dataset, names: Sequence[str]) -> str:
    """Return the median movement over the maps of each domain."""
    medians = here["dream_moved"].median("dreamt").to_numpy()
    words = [
        f"{name} " + " and ".join(number(float(one)) for one in medians[:, place]) for place, name in enumerate(names)
    ]
    return f"median of {here.sizes['dreamt']} maps: " + ", ".join(words)


def _draw_spectra(axes: Axes, here: xr.Dataset, *, is_last: bool) -> None:
    """Draw the power of what is added to maps of the own domain beside that of the maps."""
    waves = here["wavenumber"].to_numpy()
    axes.plot(waves, here["map_power"].to_numpy()[0], color=_MAPS, label="maps")
    for name in here["constraint"].to_numpy():
        power = here["dream_power"].sel({"constraint": name}).to_numpy()[0]
        axes.plot(waves, power, color=_COLOURS[str(name)], label=str(name))
    axes.axvline(
        float(waves[-1]) / 2, color="0.7", linewidth=0.5, linestyle=(0, (3, 2)), label="half the Nyquist frequency"
    )
    axes.set(xscale="log", yscale="log", xlim=(1, float(waves[-1])), ylabel="Power")
    if is_last:
        axes.set_xlabel("Waves along a side")
    largest = float(np.max(here["map_power"].to_numpy()))
    axes.set_ylim(largest * 1e-7, largest * 3)
