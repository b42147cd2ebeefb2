"""The paper's figure: example maps, CKA matrices and their summary statistics, a row a model."""

from collections.abc import Collection, Iterator, Mapping, Sequence
from typing import Final

import matplotlib
import numpy as np
import numpy.typing as npt
import xarray as xr
from matplotlib.axes import Axes
from matplotlib.colors import Normalize
from matplotlib.figure import Figure

from repshift.drawing.case_rows import draw_matrices, draw_statistics
from repshift.drawing.cases import DrawnCase, case_name, select_cases
from repshift.drawing.layout import add_letter, add_panel, add_words
from repshift.drawing.maps import add_map_colour_bar, colour_scale, draw_map
from repshift.drawing.matrices import add_cka_colour_bar
from repshift.drawing.pictures import PictureScale, draw_picture, picture_scale
from repshift.drawing.plotting import Plotting
from repshift.drawing.rows import MARGIN, Row, stack_rows
from repshift.drawing.spectra import shared_ranges
from repshift.drawing.style import PAGE_WIDTH, PUBLICATION, capitalised, cka_measure, field_label
from repshift.vocabulary import Field, InputError, require_field

Examples = Mapping[tuple[str, str], npt.NDArray[np.float32]]
"""An example map by (model, domain), (y, x) in the unit of the field; (channel, y, x) of several channels."""

_COLOUR_BAR_GAP: Final = 0.16
_COLOUR_BAR_HEIGHT: Final = 0.4


def draw_figure1(
    summary: xr.Dataset,
    examples: Examples,
    *,
    models: Sequence[str],
    estimator: str = "debiased",
    boxes: Mapping[tuple[str, str], float] | None = None,
    fields: Mapping[str, Field] | None = None,
    linear: Collection[tuple[str, str]] = (),
    channels: Mapping[str, Sequence[str]] | None = None,
    plotting: Plotting | None = None,
) -> Figure:
    """Draw a row a model: example maps, CKA matrices, off-diagonal CKA and eigenvalues of its cases.

    Parameters
    ----------
    summary
        Dimensions case, measure, layer, layer_other, rank, parameter, maps, as the summary stage writes it.
    examples
        A map by (model, domain), (y, x) in the unit of the model's field; (channel, y, x) of several channels.
    models
        Names of the models, a row each; the row shows all its cases, in the order of the dataset.
    estimator
        "biased", "debiased" or "minibatch".
    boxes
        Side length of the maps [Mpc/h] by (model, domain), for scale bars; None for none.
    fields
        What fields are that CMD has not, by name.
    linear
        (model, domain) whose maps have a linear colour scale: they may hold zeros and negative values.
    channels
        Names of the channels of models that read several, by model.
    plotting
        Colours and labels of suites, domains and models; None: those of the house.

    Returns
    -------
    Two columns wide.

    Raises
    ------
    InputError
        If there is no model to draw, the summary lacks a model or the estimator, or the examples lack a map.
    """
    if not models:
        raise InputError("The figure has no rows: 'models' is empty. Name at least one model.")
    measure = cka_measure(estimator)
    by_model = [select_cases(summary, model, measure=measure, plotting=plotting) for model in models]
    ranges = shared_ranges([case for cases in by_model for case in cases])
    with matplotlib.rc_context(PUBLICATION):
        rows = stack_rows(by_model)
        bottom = rows[-1].bottom + _COLOUR_BAR_GAP
        figure = Figure(figsize=(PAGE_WIDTH, bottom + _COLOUR_BAR_HEIGHT))
        for row in rows:
            maps = [_example(examples, case) for case in row.cases]
            logarithmic = not any((case.model, case.domain) in linear for case in row.cases)
            field = (fields or {}).get(row.cases[0].field) or require_field(row.cases[0].field)
            _draw_heading(figure, row, field)
            sides = [(boxes or {}).get((case.model, case.domain)) for case in row.cases]
            names = (channels or {}).get(row.cases[0].model)
            if names is None:
                scale = colour_scale(maps, logarithmic=logarithmic)
                _draw_maps(figure, row, maps, field=field, scale=scale, boxes=sides)
            else:
                pictures = picture_scale(maps, names, logarithmic=logarithmic)
                _draw_pictures(figure, row, maps, scale=pictures, boxes=sides)
            draw_matrices(figure, row)
            draw_statistics(figure, row, ranges=ranges, estimator=estimator)
        add_cka_colour_bar(figure, rows[-1].matrices, bottom, rows[-1].matrices_width, estimator=estimator)
    return figure


def _example(examples: Examples, case: DrawnCase) -> npt.NDArray[np.float32]:
    if (case.model, case.domain) not in examples:
        raise InputError(
            f"There is no example map of model '{case.model}' and domain '{case.domain}'. Give one a case."
        )
    return examples[case.model, case.domain]


def _draw_heading(figure: Figure, row: Row, field: Field) -> None:
    first = row.cases[0]
    words, colour = (
        f"{capitalised(field.long_name)}: model {first.model_label}",
        first.plotting.model_colour(first.model),
    )
    add_words(figure, MARGIN, row.top, words, fontweight="bold", color=colour)
    for index, left in row.letters:
        add_letter(figure, left, row.letter_top, index)


def _draw_maps(
    figure: Figure,
    row: Row,
    maps: Sequence[npt.NDArray[np.float32]],
    *,
    field: Field,
    scale: Normalize,
    boxes: Sequence[float | None],
) -> None:
    name, side = row.cases[0].field, row.map_side
    for axes, values, box in zip(_map_panels(figure, row), maps, boxes, strict=True):
        draw_map(axes, values, field=name, scale=scale, box=box)
    height = row.map_top(len(maps) - 1) + side - row.content
    bar = add_map_colour_bar(figure, MARGIN + side + 0.05, row.content, height, field=name, scale=scale)
    bar.set_label(field_label(name, field))


def _draw_pictures(
    figure: Figure,
    row: Row,
    maps: Sequence[npt.NDArray[np.float32]],
    *,
    scale: PictureScale,
    boxes: Sequence[float | None],
) -> None:
    """Draw maps of several channels, and in the place of the colour bar what is drawn how."""
    for axes, values, box in zip(_map_panels(figure, row), maps, boxes, strict=True):
        draw_picture(axes, scale.picture(values), box=box)
    left, middle = MARGIN + row.map_side + 0.05, (row.content + row.map_top(len(maps) - 1) + row.map_side) / 2
    add_words(figure, left, middle, scale.words, rotation=90, ha="left", va="center")


def _map_panels(figure: Figure, row: Row) -> Iterator[Axes]:
    """Yield the panels of the maps of a row, each with its name."""
    side = row.map_side
    for index, case in enumerate(row.cases):
        top = row.map_top(index)
        yield add_panel(figure, MARGIN, top, side, side, label=f"map {case.model} {case.domain}")
        add_words(figure, MARGIN + side / 2, top - 0.03, case_name(case, row.cases), ha="center", va="bottom")
