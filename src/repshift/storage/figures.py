"""Figures as PDF and PNG without a creation date: same figure, same bytes."""

from pathlib import Path

import matplotlib
from matplotlib.figure import Figure

from repshift.drawing.style import PUBLICATION
from repshift.storage.files import replacing

DPI = 300
"""Dots per inch of a PNG."""


def write_figure(figure: Figure, path: Path) -> None:
    """Write a figure in the format of the path's suffix, ``.pdf`` (TrueType fonts) or ``.png``."""
    metadata = {"CreationDate": None} if path.suffix == ".pdf" else {"Software": None}
    with replacing(path) as temporary, matplotlib.rc_context(PUBLICATION):
        figure.savefig(temporary, dpi=DPI, metadata=metadata)
