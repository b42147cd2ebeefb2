"""Action of the stage figures: ``stress_maps``, one map along each axis of a stress, a figure a model.

Outputs: of each model ``.pdf``, in pages of A4 where there are many axes, and ``.png`` of 300 dpi.
"""

import argparse
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import xarray as xr

from repshift.drawing.plotting import HOUSE, Plotting
from repshift.drawing.stress_maps import draw_stress_maps, pages_of_maps
from repshift.drawing.stress_page import in_order
from repshift.stages.figures.sources import (
    add_outputs,
    add_plotting,
    add_stress,
    own_field,
    stress_of,
    write_whole,
)


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the arguments of `run`."""
    parser.set_defaults(run=run)
    add_plotting(parser)
    add_stress(parser)
    add_outputs(parser)


def run(*, stress: Sequence[Path], plotting: Plotting = HOUSE, outputs: Sequence[Path]) -> None:
    """Draw a map along each axis, of the first case of each model: the one in distribution where there is one."""
    for cases, pair in stress_of(stress, outputs):
        case = in_order(cases)[0]
        about: dict[str, Any] = {"field": own_field(case, "example"), "plotting": plotting}
        about |= {"channels": _words(case, "channels"), "logarithmic": set(_words(case, "logarithm")) == {"taken"}}
        pages = [draw_stress_maps(case, axes=axes, **about) for axes in pages_of_maps(case)]
        write_whole(draw_stress_maps(case, **about) if len(pages) > 1 else pages[0], pages, pair)


def _words(case: xr.Dataset, name: str) -> tuple[str, ...]:
    """Return an attribute that has a word for each channel; nothing where a case has none."""
    return tuple(str(case.attrs.get(name, "")).split(", ")) if name in case.attrs else ()
