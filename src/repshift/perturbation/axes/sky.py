"""What the maps of a case are, beside their pixels, and the space that a network reads them in."""

from dataclasses import dataclass
from typing import Final

import numpy as np

from repshift.perturbation.change import Values
from repshift.vocabulary import InputError

_LN10: Final = np.log(10.0)


@dataclass(frozen=True)
class Sky:
    """What the maps of a case are, beside their pixels.

    Attributes
    ----------
    logarithms
        Of each channel: whether its network takes log10.
    fills
        Of each channel: the training mean, in the unit of the map; 10 to the mean where the logarithm is taken.
    is_periodic
        Whether maps are of a periodic box; images are not.
    bands
        Names of the channels; their numbers where there are none.
    pixel
        Side of a pixel, in `pixel_units`; None where it is not known.
    pixel_units
        Mpc/h or arcsec.
    offsets
        Of each channel: what is added before the logarithm; 0 where none is said.

    Raises
    ------
    InputError
        If channels have no logarithm, fill, name or offset of their own, or pixels no side above 0.
    """

    logarithms: tuple[bool, ...]
    fills: tuple[float, ...]
    is_periodic: bool
    bands: tuple[str, ...] = ()
    pixel: float | None = None
    pixel_units: str = ""
    offsets: tuple[float, ...] = ()

    def __post_init__(self) -> None:
        n_channels = len(self.logarithms)
        for word, found in (("fills", self.fills), ("bands", self.bands), ("offsets", self.offsets)):
            if len(found) != n_channels and (found or word == "fills"):
                raise InputError(f"A sky has {n_channels} channels and {len(found)} {word}. Expected one for each.")
        if self.pixel is not None and not 0 < self.pixel < np.inf:
            raise InputError(f"The side of a pixel is {self.pixel:g}. Expected a number above 0.")

    @property
    def names(self) -> tuple[str, ...]:
        """Names of the channels."""
        return self.bands or tuple(str(number) for number in range(len(self.logarithms)))

    @property
    def floors(self) -> Values:
        """Of each channel, (n_channels,): what pixels have to be above; minus infinity without a logarithm."""
        offsets = np.array(self.offsets or (0.0,) * len(self.logarithms))
        return np.where(self.logarithms, 0 - offsets, -np.inf)

    def stretched(self, maps: Values) -> Values:
        """Return maps (n_maps, n_channels, y, x) as their network reads them: log10 where it takes it, else a copy."""
        stretched = np.array(maps, dtype=np.float64)
        for channel in np.flatnonzero(self.logarithms):
            pixels = stretched[:, channel]
            np.log(pixels - self.floors[channel], out=pixels)
            pixels /= _LN10
        return stretched

    def unstretched(self, stretched: Values) -> Values:
        """Return the maps that `stretched` is made from, in the unit of the maps; what is given is overwritten."""
        for channel in np.flatnonzero(self.logarithms):
            pixels = stretched[:, channel]
            np.exp(np.multiply(pixels, _LN10, out=pixels), out=pixels)
            pixels += self.floors[channel]
        return stretched
