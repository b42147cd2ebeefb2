"""What a network looks at, and whether the map of it is worth anything: a page a model."""

from collections.abc import Sequence

import xarray as xr
from matplotlib.figure import Figure

from repshift.drawing.plotting import Plotting
from repshift.vocabulary import Field


def draw_figure5(
    cases: Sequence[xr.Dataset],
    *,
    outputs: Sequence[str] = (),
    methods: Sequence[str] | None = None,
    field: Field | None = None,
    plotting: Plotting | None = None,
    kind: type[Figure] = Figure,
) -> Figure:
    """Draw attributions of a network, what they fall on, and whether they pass their tests.

    Parameters
    ----------
    cases
        Of one model, as the stage attribution writes them; the one in distribution is drawn first.
    outputs
        Those drawn; none of these, or none given: the first two.
    methods
        Those drawn; None: all.
    field
        What the field of the maps is, where CMD has it not.
    plotting
        Colours and labels of suites, domains and models; None: those of the house.
    kind
        Of figure that is drawn.
    """
    raise NotImplementedError
