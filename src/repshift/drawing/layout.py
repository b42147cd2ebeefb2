"""Axes and words at a place on the page, measured in inches from its top left corner."""

import textwrap
from collections.abc import Sequence
from typing import Any

from matplotlib.artist import Artist
from matplotlib.axes import Axes
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure
from matplotlib.legend import Legend
from matplotlib.text import Text

from repshift.drawing.style import LETTER_SIZE, TICKS


def add_panel(figure: Figure, left: float, top: float, width: float, height: float, **settings: Any) -> Axes:  # noqa: ANN401
    """Add axes whose frame is `width` by `height` inches; `settings` go to `Figure.add_axes`."""
    page_width, page_height = figure.get_size_inches()
    bottom = page_height - top - height
    axes = figure.add_axes(
        (left / page_width, bottom / page_height, width / page_width, height / page_height), **settings
    )
    axes.tick_params(which="major", length=2.5, **TICKS)
    axes.tick_params(which="minor", length=1.5, **TICKS)
    return axes


def add_words(figure: Figure, left: float, top: float, words: str, **settings: Any) -> Text:  # noqa: ANN401
    """Write `words` with their top left corner (or as `settings` align them) at a place in inches."""
    page_width, page_height = figure.get_size_inches()
    place = {"horizontalalignment": "left", "verticalalignment": "top"}
    return figure.text(left / page_width, 1 - top / page_height, words, **{**place, **settings})


def width_of(words: Text) -> float:
    """Return how many inches wide words are."""
    figure = words.get_figure(root=True)
    if figure is None:
        return 0.0
    if not isinstance(figure.canvas, FigureCanvasAgg):
        FigureCanvasAgg(figure)  # which keeps its renderer: else each word is measured with an image of its own
    return float(words.get_window_extent().width / figure.dpi)


def fit_words(words: Text, width: float) -> None:
    """Make words smaller until they are at most `width` inches wide; those that fit stay as they are."""
    if width_of(words) > width:
        words.set_fontsize(float(words.get_fontsize()) * width / width_of(words))


def add_letter(figure: Figure, left: float, top: float, index: int) -> Text:
    """Write the letter of a panel: a for 0, b for 1, and so on."""
    letter = chr(ord("a") + index)
    return add_words(figure, left, top, letter, fontsize=LETTER_SIZE, fontweight="bold", gid=f"letter-{letter}")


def add_legend(figure: Figure, left: float, bottom: float, handles: Sequence[Artist], *, columns: int = 1) -> Legend:
    """Add a legend with its bottom left corner at a place in inches."""
    page_width, page_height = figure.get_size_inches()
    return figure.legend(
        handles=handles,
        ncols=columns,
        loc="lower left",
        bbox_to_anchor=(left / page_width, 1 - bottom / page_height),
        borderpad=0,
        borderaxespad=0,
        labelspacing=0.15,
        columnspacing=1.5,
        handlelength=1.2,
        handleheight=0.6,
        handletextpad=0.5,
    )


def shortened(name: str, most: int) -> str:
    """Return a name of at most so many characters and three, the middle of a longer one left out.

    Examples
    --------
    >>> shortened("a name of many words", 8)
    'a na … ords'
    """
    return name if len(name) <= most else f"{name[: most // 2]} … {name[-(most // 2) :]}"


def in_lines(name: str, most: int) -> str:
    r"""Return a name in lines of at most so many characters.

    Examples
    --------
    >>> in_lines("a-survey-of-galaxies", 12)
    'a-survey-of-\ngalaxies'
    """
    return textwrap.fill(name, most)
