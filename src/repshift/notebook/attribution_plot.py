"""An attribution as a figure of a notebook, by the functions that draw the workflow's."""

from collections.abc import Sequence
from typing import Any, Final

import matplotlib
import numpy as np
import numpy.typing as npt
import xarray as xr
from matplotlib.colors import Normalize
from matplotlib.figure import Figure

from repshift.drawing.attribution_maps import (
    add_input_bar,
    add_signed_bar,
    draw_input,
    draw_signed,
    input_scale,
    over_channels,
    signed_scale,
)
from repshift.drawing.layout import add_panel, add_words, fit_words
from repshift.drawing.pictures import PictureScale
from repshift.drawing.style import PUBLICATION, parameter_label
from repshift.notebook.figure import NotebookFigure
from repshift.vocabulary import InputError

_SIDE: Final = 1.8
_GAP: Final = 0.3
_TITLE: Final = 0.52
"""Height of what stands above a map, three lines."""

_TOP: Final = 0.26
_BAR: Final = 0.45
_LEFT: Final = 0.12

_MAPS: Final = 3
_OUTPUTS: Final = 3
"""Maps and outputs that are drawn where none are named."""

_OF_MAPS: Final = ("input", "baseline")
_NEEDED: Final = ("attribution", "completeness_error", "value", "baseline_value", *_OF_MAPS)

_UNNAMED: Final[dict[str, Any]] = {"field": "", "box": None}
"""Of maps whose field and size nobody said."""

Array = npt.NDArray[np.floating]


def plot_attribution(
    dataset: xr.Dataset, *, maps: Sequence[int] | None = None, outputs: Sequence[str] = (), channel: int | None = None
) -> Figure:
    """Draw maps beside their attributions, with the completeness error of each above it.

    The picture alone does not say whether the map of the method is worth anything. Shuffle the weights of a copy of the
    network, attribute and draw again: a map that still looks alike shows the input, not the network. The stage
    attribution of the workflow does that, and more, with intervals.

    Parameters
    ----------
    dataset
        As `repshift.attribute` returns it.
    maps
        Places of those that are drawn, a row each; None: the first three.
    outputs
        Names of those that are drawn, a column each; none: the first three.
    channel
        The only one that is drawn; None: all. The attribution of a pixel is then the sum over channels, and three
        channels are a picture in colour, the last one red. Numbers above the maps are of all channels.

    Returns
    -------
    Red raises the output, blue lowers it. The scale of a column is symmetric about 0 and the same for all rows; it ends
    where 0.5 % of the pixels go beyond it. A baseline that is a map stands beside the map.

    Raises
    ------
    InputError
        If the dataset is none of `repshift.attribute`, or has no such map, output or channel.
    """
    found = _required(dataset)
    rows = _places("map", range(found.sizes["map"]) if maps is None else maps, found.sizes["map"])
    rows = rows[:_MAPS] if maps is None else rows
    if channel is not None:
        found = found.isel(channel=_places("channel", [channel], found.sizes["channel"]))
    columns = _outputs(found, outputs)
    given = _drawn_maps(found, rows)
    size = (_LEFT + (_SIDE + _GAP) * (len(given) + len(columns)), _TOP + len(rows) * (_TITLE + _SIDE) + _BAR)
    with matplotlib.rc_context(PUBLICATION):
        figure = NotebookFigure(figsize=size)
        heading = f"{found.attrs['method_label']}{_channels_in_words(dataset.sizes['channel'], channel)}"
        add_words(figure, _LEFT, 0.06, heading, fontweight="bold")
        _draw_inputs(figure, found, rows, given, size[1])
        for number, name in enumerate(columns):
            left = _LEFT + (number + len(given)) * (_SIDE + _GAP)
            _draw_output(
                figure, found.isel(output=found["output"].to_numpy().tolist().index(name)), rows, left, size[1]
            )
    return figure


def _required(dataset: Any) -> xr.Dataset:  # noqa: ANN401 - what a user gives
    """Return an attribution with the dimension of its outputs."""
    if not isinstance(dataset, xr.Dataset) or any(name not in dataset for name in _NEEDED):
        what = "Dataset" if isinstance(dataset, xr.Dataset) else type(dataset).__name__
        raise InputError(f"What is drawn is a Dataset of repshift.attribute; found another {what}.")
    if "output" in dataset.dims:
        return dataset
    of_output = [name for name in _NEEDED if name not in _OF_MAPS]
    return dataset.drop_vars("output").assign({name: dataset[name].expand_dims("output") for name in of_output})


def _places(what: str, asked: Sequence[int], count: int) -> list[int]:
    """Return places of maps or channels, and refuse those that there are not."""
    wrong = [one for one in asked if not isinstance(one, int | np.integer) or not 0 <= one < count]
    if wrong or not len(asked):
        found = f"{wrong[0]!r:.100}" if wrong else "none"
        raise InputError(f"The attribution has the {what}s 0 to {count - 1}; asked for {found}.")
    return [int(one) for one in asked]


def _outputs(dataset: xr.Dataset, asked: Sequence[str]) -> list[str]:
    """Return the names of the outputs that are drawn."""
    known = [str(name) for name in dataset["output"].to_numpy()]
    for name in asked:
        if name not in known:
            raise InputError(f"The attribution has no output '{name}'. There are {', '.join(known)}.")
    return list(asked) or known[:_OUTPUTS]


def _channels_in_words(count: int, channel: int | None) -> str:
    """Return which of several channels are drawn."""
    if count == 1:
        return ""
    return ", sum over all channels" if channel is None else f", channel {channel} alone (numbers of all channels)"


def _drawn_maps(dataset: xr.Dataset, rows: Sequence[int]) -> tuple[str, ...]:
    """Return what stands beside the attributions: the maps, and their baselines where these are no single numbers."""
    held = dataset["baseline"].isel(map=list(rows)).to_numpy()
    is_map = bool((held != held[..., :1, :1]).any())
    return _OF_MAPS if is_map else _OF_MAPS[:1]


def _draw_inputs(figure: Figure, dataset: xr.Dataset, rows: Sequence[int], given: Sequence[str], height: float) -> None:
    """Draw the maps, and perhaps their baselines, in the first columns on one scale, which stands below."""
    shown = {(name, row): dataset[name].isel(map=row).to_numpy() for name in given for row in rows}
    # a field and a band each: three are drawn in colour
    channels = [f"map-{number}" for number in dataset["channel"].to_numpy()]
    scale = input_scale(list(shown.values()), channels)
    for (name, row), values in shown.items():
        left = _LEFT + given.index(name) * (_SIDE + _GAP)
        top = _TOP + rows.index(row) * (_TITLE + _SIDE) + _TITLE
        draw_input(add_panel(figure, left, top, _SIDE, _SIDE, label=f"{name} {row}"), values, **_UNNAMED, scale=scale)
        head = f"map {row}" if name == "input" else f"baseline of map {row}"
        add_words(figure, left + _SIDE / 2, top - 0.04, head, ha="center", va="bottom")
    below = height - _BAR + 0.06
    if isinstance(scale, PictureScale):
        words = add_words(figure, _LEFT, below, scale.words.replace("map-", "channel "))
        fit_words(words, _SIDE)
        return
    add_input_bar(figure, _LEFT, below, _SIDE, field="", scale=scale)


def _draw_output(figure: Figure, of_output: xr.Dataset, rows: Sequence[int], left: float, height: float) -> None:
    """Draw the attributions of an output in a column, each below its completeness error."""
    name = str(of_output["output"].item())
    drawn = {row: over_channels(of_output["attribution"].isel(map=row).to_numpy()) for row in rows}
    scale: Normalize = signed_scale(list(drawn.values()))
    for number, (row, values) in enumerate(drawn.items()):
        top = _TOP + number * (_TITLE + _SIDE) + _TITLE
        axes = add_panel(figure, left, top, _SIDE, _SIDE, label=f"{name} {row}")
        draw_signed(axes, values, scale)
        title = add_words(
            figure, left + _SIDE / 2, top - 0.04, _title(of_output.isel(map=row), name), ha="center", va="bottom"
        )
        fit_words(title, _SIDE)
    is_sensitivity = bool(of_output.attrs["sensitivity"])
    words = (
        f"change of {parameter_label(name)} per unit" if is_sensitivity else f"contribution to {parameter_label(name)}"
    )
    add_signed_bar(figure, left, height - _BAR + 0.06, _SIDE, scale=scale, words=words)


def _title(one: xr.Dataset, name: str) -> str:
    """Return the output of a map, its change from the baseline, which is explained, and the completeness error."""
    value, base, error = (float(one[key]) for key in ("value", "baseline_value", "completeness_error"))
    lines = [
        f"{parameter_label(name)} = {_number(value)}; baseline {_number(base)}",
        f"to explain: {_number(value - base)}",
        "no completeness error" if np.isnan(error) else f"completeness error {_number(error)}",
    ]
    return "\n".join(lines)


def _number(value: float) -> str:
    """Return a number of two digits with a true minus sign."""
    return f"{value:.2g}".replace("-", "\N{MINUS SIGN}")
