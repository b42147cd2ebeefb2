"""Title of a page of one network: what it is called, and what it reads."""

from collections.abc import Mapping
from typing import Final

import xarray as xr
from matplotlib.figure import Figure

from repshift.drawing.layout import add_words, shortened, width_of
from repshift.drawing.plotting import Plotting
from repshift.drawing.style import field_words

LETTERS: Final = 29
"""Characters of the name of a model, a domain or a field."""

_TOP: Final = 0.06
_GAP: Final = 0.08


def add_model_title(
    figure: Figure, left: float, case: xr.Dataset, plotting: Plotting, fields: Mapping[str, str] | None
) -> float:
    """Write the model of a case in its colour, then the field that it reads; return the width of both [inch].

    `fields` has, by name and in words, fields that CMD has not.
    """
    model = str(case.attrs["model"])
    name = shortened(plotting.model_label(model), LETTERS)
    title = add_words(figure, left, _TOP, name, fontweight="bold", color=plotting.model_colour(model), gid="title")
    reads = shortened(field_words(str(case.attrs["field"]), fields), LETTERS)
    about = add_words(figure, left + width_of(title) + _GAP, _TOP, f"reads {reads}")
    return width_of(title) + width_of(about)
