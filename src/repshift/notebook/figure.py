"""A figure that a notebook shows."""

import io
from typing import Final

import matplotlib
from matplotlib.figure import Figure

from repshift.drawing.style import PUBLICATION

_DPI: Final = 150


class NotebookFigure(Figure):
    """A figure that a notebook shows, also where pyplot was never imported."""

    def _repr_png_(self) -> bytes:
        written = io.BytesIO()
        with matplotlib.rc_context(PUBLICATION):
            self.savefig(written, format="png", dpi=_DPI, metadata={"Software": None})
        return written.getvalue()
