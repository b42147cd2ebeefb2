"""Panels of the attribution of a shift: its parts by environment, scale, pixel value, channel and layer."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final

import numpy as np
import numpy.typing as npt
import xarray as xr
from matplotlib.axes import Axes
from matplotlib.ticker import MaxNLocator

from repshift.drawing.attribution_series import name_ticks
from repshift.vocabulary import PIXEL_VALUE, split_channel

DIFFERENCE: Final = "0.82"
"""Colour of what a shift would be in proportion to the difference of the maps."""

PART: Final = "#882255"
"""Colour of the parts of a shift."""

Values = npt.NDArray[np.float64]


@dataclass(frozen=True)
class Division:
    """A division of a shift into parts.

    Attributes
    ----------
    dim
        Dimension of the parts in the file.
    title
        What stands above its panel.
    difference
        The share of the difference of the maps in each part; empty: there is none.
    offset
        The part of each by the mean change of its channels; empty: there is none.
    adds_up
        Whether the parts sum to the shift.
    """

    dim: str
    title: str
    difference: str = ""
    offset: str = ""
    adds_up: bool = True

    @property
    def variable(self) -> str:
        """Name of the parts in the file."""
        return f"{self.dim}_shift"


DIVISIONS: Final = (
    Division("environment", "by rank", "environment_difference_share"),
    Division("pixel_value", "by pixel value", "pixel_value_difference_share"),
    Division("scale", "by wavelength", "scale_difference_share"),
    Division("channel", "by channel"),
    Division("layer", "passing through layer", offset="layer_offset_shift", adds_up=False),
)
"""Divisions of a shift, in the order of the panels."""


def divisions_of(case: xr.Dataset) -> list[Division]:
    """Return the divisions of a shift that say anything: of channels where there are several, of pixels once."""
    says = {dim: case.sizes[dim] > 0 for dim in case.sizes}
    says |= {"channel": case.sizes["channel"] > 1, "environment": str(case.attrs["environment"]) != PIXEL_VALUE}
    return [one for one in DIVISIONS if one.variable in case and says[str(one.dim)]]


def part_names(case: xr.Dataset, division: Division) -> list[str]:
    """Return the names of the parts of a shift: of scales the wavelength, physical where that is known."""
    if division.dim == "scale":
        lengths = case["physical_wavelength" if "physical_wavelength" in case.coords else "wavelength"].to_numpy()
        return [f"{length:.2g}" if np.isfinite(length) else "mean" for length in lengths]
    names = [str(name) for name in case[division.dim].to_numpy()]
    return [split_channel(name)[1] or name for name in names] if division.dim == "channel" else names


def wavelength_units(case: xr.Dataset) -> str:
    """Return the unit of the wavelengths that are drawn."""
    return str(case["physical_wavelength" if "physical_wavelength" in case.coords else "wavelength"].attrs["units"])


def numbers_of(case: xr.Dataset, name: str, output: str | None = None) -> tuple[Values, Values, Values]:
    """Return a number of an output, and its ends."""
    held = [case[f"{name}{end}"] for end in ("", "_low", "_high")]
    value, low, high = (
        (one if output is None else one.sel(output=output)).to_numpy().astype(np.float64) for one in held
    )
    return value, low, high


def shift_ends(case: xr.Dataset, outputs: Sequence[str], division: Division) -> tuple[float, float]:
    """Return the ends of an axis that holds the parts of the shift of some outputs, and 0."""
    names = [division.variable, *([division.offset] if division.offset in case else [])]
    held = [values.ravel() for name in names for output in outputs for values in numbers_of(case, name, output)]
    if division.difference in case:
        held += [expected_parts(case, division, output) for output in outputs]
    if not division.adds_up:
        held += [np.atleast_1d(numbers_of(case, "shift", output)[0]) for output in outputs]
    found = np.concatenate([*held, np.zeros(1)])
    found = found[np.isfinite(found)]
    margin = 0.06 * float(np.ptp(found)) or 1.0
    return float(found.min()) - margin, float(found.max()) + margin


def expected_parts(case: xr.Dataset, division: Division, output: str) -> Values:
    """Return the parts of a shift if they were in proportion to the difference of map and twin."""
    shift = float(case["shift"].sel(output=output))
    return np.asarray(shift * case[division.difference].to_numpy(), dtype=np.float64)


def draw_division(axes: Axes, case: xr.Dataset, division: Division, output: str, ends: tuple[float, float]) -> None:
    """Draw the parts of a shift with their intervals; grey, what they were in proportion to the maps' difference."""
    names = part_names(case, division)
    places = np.arange(len(names))
    axes.set(xlim=(-0.6, len(names) - 0.4), ylim=ends)
    name_ticks(axes, names)
    axes.yaxis.set_major_locator(MaxNLocator(nbins=4, steps=[1, 2, 5, 10]))
    axes.axhline(0, color="0.6", lw=0.5, zorder=1)
    if division.difference in case:
        heights = expected_parts(case, division, output)
        axes.bar(places, heights, width=0.7, color=DIFFERENCE, lw=0, zorder=0, gid=f"difference {division.dim}")
    if not division.adds_up:
        axes.axhline(float(case["shift"].sel(output=output)), color=PART, lw=0.6, ls=":", zorder=1, gid="shift")
    side = 0.12 if division.offset in case else 0.0
    _draw_parts(axes, places - side, numbers_of(case, division.variable, output), f"parts {division.dim}")
    if division.offset in case:
        parts = numbers_of(case, division.offset, output)
        _draw_parts(axes, places + side, parts, f"offsets {division.dim}", fill="white")


def _draw_parts(
    axes: Axes, places: npt.NDArray[np.floating], parts: tuple[Values, Values, Values], gid: str, fill: str = PART
) -> None:
    """Draw marks with their intervals."""
    value, low, high = parts
    axes.vlines(places, low, high, color=PART, lw=0.8, zorder=3, gid=f"intervals {gid}")
    about: dict[str, Any] = {"marker": "o", "ms": 2.8, "mew": 0.6, "color": PART, "mfc": fill}
    axes.plot(places, value, ls="none", zorder=4, gid=gid, **about)
