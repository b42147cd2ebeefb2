"""Which pixels carry a shift: the attribution of a shift between twins, a page a model."""

from collections.abc import Sequence

import xarray as xr
from matplotlib.figure import Figure

from repshift.drawing.plotting import Plotting
from repshift.vocabulary import Field


def draw_figure6(
    shifts: Sequence[xr.Dataset],
    *,
    outputs: Sequence[str] = (),
    field: Field | None = None,
    plotting: Plotting | None = None,
    kind: type[Figure] = Figure,
) -> Figure:
    """Draw where the shift of a network's outputs comes from, between the maps of a domain and their twins.

    Parameters
    ----------
    shifts
        Of one model, as the action `shift` of the stage attribution writes them.
    outputs
        Those drawn; none of these, or none given: the first two.
    field
        What the field of the maps is, where CMD has it not.
    plotting
        Colours and labels of suites, domains and models; None: those of the house.
    kind
        Of figure that is drawn.
    """
    raise NotImplementedError
