"""Pruning: what layers are worth, and whether CKA is a cause."""

from collections.abc import Mapping, Sequence

import xarray as xr
from matplotlib.figure import Figure

from repshift.drawing.plotting import Plotting


def draw_figure8(
    cases: Sequence[xr.Dataset],
    *,
    outputs: Sequence[str] = (),
    fields: Mapping[str, str] | None = None,
    plotting: Plotting | None = None,
    kind: type[Figure] = Figure,
) -> Figure:
    """Draw what the stage pruning writes of the cases of one model."""
    raise NotImplementedError
