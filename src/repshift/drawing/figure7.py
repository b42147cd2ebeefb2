"""The ladder of repairs of a network for a domain: what each brings, at what price, and beside which control."""

from collections.abc import Mapping, Sequence

import xarray as xr
from matplotlib.figure import Figure

from repshift.drawing.plotting import Plotting


def draw_figure7(
    repairs: Sequence[xr.Dataset],
    *,
    outputs: Sequence[str] = (),
    fields: Mapping[str, str] | None = None,
    plotting: Plotting | None = None,
    kind: type[Figure] = Figure,
) -> Figure:
    """Draw the repairs of a network for some domains.

    Parameters
    ----------
    repairs
        Of one model, as the actions `ladder` and `train` of the stage repair write them, several of a domain together.
    outputs
        Those drawn; none of these, or none given: the first two.
    """
    raise NotImplementedError
