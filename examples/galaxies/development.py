"""From fluxes to a press picture: stretch, layers, 8 bits and JPEG, as in the picture of the eXtreme Deep Field.

What is matched are pixel values: of the picture's empty sky the level, the spread by band, how neighbouring pixels and
bands go together; of its galaxies the mean colour and its spread. Nothing here says what the picture's flux, noise or
point spread function is.

The stretch is asinh by band: the metadata of the file (``FL.StretchFunction`` and ``FL.WhiteLevel``, of one of its
layers) say so. Its history names a grey image of all filters, and the bands share most of their noise.
What was done to its colours is not documented. `coloured` is another stretch, for comparison: that of Lupton et al.
2004 (PASP 116, 133), which keeps the ratios of the bands and matches the level of the sky alone.
"""

from io import BytesIO
from typing import Final

import numpy as np
import numpy.typing as npt
from PIL import Image
from scipy import ndimage

from galaxies.hubble import quantisation

Floats = npt.NDArray[np.float64]

WHITE: Final = 4.842
"""asinh of what is white, from the metadata of the picture."""
BLACK: Final = -0.235
"""asinh of what is black. Matched: it sets the level of the sky, which the metadata's -0.332 makes 4 units brighter."""
SKY: Final = 0.209
"""Argument of the asinh at one standard deviation of the sky's noise. Matched: the spread of the sky's pixel values."""
BLUR: Final = 0.47
"""Standard deviation in pixels of a Gaussian over the fluxes. Matched: how neighbouring pixels of the sky correlate."""
SKY_COLOUR: Final = 0.46
"""Part of the bands' differences from their mean that is kept in the sky. Matched: how its bands correlate."""
COLOUR: Final = 2.0
"""The same in galaxies. Matched: how far the bands differ there."""
BALANCE: Final = np.array([-18.0, -5.0, 23.0])[:, None, None]
"""Pixel values by band added to these differences in galaxies. Matched: the mean colour of galaxies."""
FAINT: Final = 0.05
BRIGHT: Final = 0.2
"""Parts of the way from the level of the sky to white between which the colours go from the sky's to the galaxies'."""
GRID: Final = 8
"""Pixels of a side of a block of JPEG."""


def arguments(images: Floats, noise: Floats) -> Floats:
    """Return the argument of the asinh: blurred fluxes (band, y, x) over the sky's noise (band,), times `SKY`."""
    blurred = ndimage.gaussian_filter(images, (0, BLUR, BLUR))
    return np.asarray(SKY * blurred / noise[:, None, None])


def values(argument: Floats) -> Floats:
    """Return the pixel values of the asinh's argument, neither rounded nor clipped: 0 is black and 255 white."""
    return np.asarray(255 * (np.arcsinh(argument) - BLACK) / (WHITE - BLACK))


def layered(images: Floats, noise: Floats) -> Floats:
    """Return the pixel values (band, y, x) of bands that are stretched one by one and laid over their mean.

    Parameters
    ----------
    images
        (band, y, x) fluxes, red, green, blue.
    noise
        (band,) standard deviations of the sky, in the same unit.
    """
    stretched = values(arguments(images, noise))
    grey = stretched.mean(axis=0)
    sky = values(np.zeros(()))
    share = np.clip(((grey - sky) / (255 - sky) - FAINT) / (BRIGHT - FAINT), 0, 1)
    colour = SKY_COLOUR + (COLOUR - SKY_COLOUR) * share
    return np.asarray(grey + colour * (stretched - grey + share * BALANCE))


def coloured(images: Floats, noise: Floats) -> Floats:
    """Return the pixel values (band, y, x) of a stretch of the bands' mean that keeps their ratios.

    References
    ----------
    Lupton et al. 2004, PASP 116, 133 (arXiv astro-ph/0312483), equation 2, over the same level of the sky.
    """
    argument = arguments(images, noise)
    mean = argument.mean(axis=0)
    safe = np.where(mean == 0, 1, mean)
    ratio = np.where(mean == 0, 1, np.arcsinh(safe) / safe)
    return np.asarray(255 * (argument * ratio - BLACK) / (WHITE - BLACK))


STRETCHES: Final = {"layered": layered, "coloured": coloured}


def rounded(pixel_values: Floats) -> npt.NDArray[np.uint8]:
    """Return pixel values as 8 bits."""
    return np.clip(np.rint(pixel_values), 0, 255).astype(np.uint8)


def compressed(pixels: npt.NDArray[np.uint8]) -> npt.NDArray[np.uint8]:
    """Return what JPEG leaves of pixels (band, y, x): the picture's quantisation tables, no chroma subsampling."""
    file = BytesIO()
    image = Image.fromarray(np.ascontiguousarray(pixels.transpose(1, 2, 0)))
    image.save(file, "JPEG", qtables=quantisation(), subsampling=0)
    with Image.open(file) as decoded:
        return np.asarray(decoded).transpose(2, 0, 1)
