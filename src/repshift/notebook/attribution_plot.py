"""An attribution as a figure of a notebook."""

from collections.abc import Sequence

import xarray as xr
from matplotlib.figure import Figure


def plot_attribution(
    dataset: xr.Dataset,
    *,
    maps: Sequence[int] | None = None,
    output: int | str | None = None,
    channel: int | None = None,
) -> Figure:
    """Draw maps of a `repshift.attribute` beside their attributions, with the completeness error of each."""
    raise NotImplementedError
