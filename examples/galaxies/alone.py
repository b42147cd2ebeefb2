"""Cut-outs of the real galaxies without what else is in them: the control that says what the neighbours do.

The pixels of other objects are replaced by pixels of the picture's sky, from elsewhere in the picture, with their own
noise and JPEG. What is fainter than `THRESHOLD` stays.
"""

from collections.abc import Mapping
from functools import cache
from typing import Final

import numpy as np
import numpy.typing as npt
from scipy import ndimage

from galaxies.development import GRID
from galaxies.hubble import SIZE, SMOOTHING, cutout, picture, sky
from galaxies.hubble import THRESHOLD as BRIGHT
from repshift.vocabulary import InputError

THRESHOLD: Final = 4.0  # standard deviations of the smoothed sky, above which a pixel belongs to an object
MARGIN: Final = 1  # pixels about an object that go with it
TRIES: Final = 1000
TOUCHING: Final = np.ones((3, 3), dtype=bool)  # by a corner too

Labels = npt.NDArray[np.signedinteger]


@cache
def object_numbers() -> Labels:
    """Return which object each pixel of the picture belongs to, (y, x), from 1; 0 is sky.

    Where objects of the catalogue's threshold grow together above this one, a pixel belongs to the nearest of them.
    """
    smooth = ndimage.gaussian_filter(picture().mean(axis=0), SMOOTHING)
    level, noise = sky(smooth)
    bright, n_bright = ndimage.label(smooth > level + BRIGHT * noise, structure=TOUCHING)
    faint, n_faint = ndimage.label(smooth > level + THRESHOLD * noise, structure=TOUCHING)
    nearest = ndimage.distance_transform_edt(bright == 0, return_distances=False, return_indices=True)
    has_bright = ndimage.maximum(bright, faint, range(n_faint + 1)) > 0
    numbers = np.where(has_bright[faint], bright[tuple(nearest)], n_bright + faint)
    return np.where(faint > 0, numbers, 0)


def other_objects(x: int, y: int) -> npt.NDArray[np.bool_]:
    """Return which pixels of the cut-out about (x, y) belong to other objects than that in its centre, (32, 32)."""
    half = SIZE // 2
    numbers = object_numbers()[y - half : y + half, x - half : x + half]
    own = numbers == numbers[half, half]
    others = ndimage.binary_dilation((numbers != 0) & ~own, TOUCHING, iterations=MARGIN)
    return np.asarray(others & ~own)


def cutout_alone(parameters: Mapping[str, float], rng: np.random.Generator) -> npt.NDArray[np.float32]:
    """Return the cut-out of `galaxies.hubble.cutout` with sky in the place of the other objects.

    Parameters
    ----------
    parameters
        ``x`` and ``y``, pixels of the picture; others are not read.
    rng
        Draws where the sky is taken from: whole blocks of JPEG away, so that its grid goes on.

    Returns
    -------
    npt.NDArray[np.float32]
        (band, y, x), (3, 32, 32), pixel values 0 to 255.

    Raises
    ------
    InputError
        The cut-out reaches over the picture's edge, or no sky is found for a pixel.
    """
    image = cutout(parameters, rng)
    missing = other_objects(round(parameters["x"]), round(parameters["y"]))
    rows, columns = (at - SIZE // 2 for at in (round(parameters["y"]), round(parameters["x"])))
    _, height, width = picture().shape
    for _ in range(TRIES):
        down, right = (GRID * int(rng.integers((n - SIZE) // GRID)) for n in (height, width))
        window = (
            slice(down + rows % GRID, down + rows % GRID + SIZE),
            slice(right + columns % GRID, right + columns % GRID + SIZE),
        )
        filled = missing & (object_numbers()[window] == 0)
        image[:, filled] = picture()[:, *window][:, filled]
        missing &= ~filled
        if not missing.any():
            return image
    raise InputError(
        f"After {TRIES} draws {missing.sum()} pixels of the cut-out about x = {parameters['x']:g}, y = "
        f"{parameters['y']:g} have no sky in their place. Expected sky elsewhere in the picture."
    )
