"""Real galaxies: cut-outs of the Hubble eXtreme Deep Field, as the picture that scikit-image ships.

The file is a press picture (STScI-2012-37): images of several filters through an asinh stretch, coloured and layered by
hand, reduced to 1000 x 872 pixels of 8 bits and compressed as JPEG. Its pixel values are no fluxes. `catalogue` finds
the galaxies that stand alone; ``python examples/galaxies/hubble.py`` writes them to ``hubble.csv``; `cutout` is the
generator of a suite of provider ``function`` whose parameters are the columns of that table.
"""

import csv
from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass, fields
from functools import cache
from hashlib import sha256
from importlib.util import find_spec
from io import BytesIO
from pathlib import Path
from typing import Final

import numpy as np
import numpy.typing as npt
from PIL import Image
from scipy import ndimage

from repshift.vocabulary import InputError

CATALOGUE: Final = Path(__file__).with_suffix(".csv")
SHA256: Final = "3a19c5dd8a927a9334bb1229a6d63711b1c0c767fb27e2286e7c84a3e2c2f5f4"
SIZE: Final = 32  # pixels of a cut-out

# What counts as a galaxy that stands alone. Lengths are pixels, thresholds standard deviations of the smoothed sky.
SMOOTHING: Final = 1.0  # standard deviation of the Gaussian in which objects are sought
THRESHOLD: Final = 8.0
NEIGHBOURS: Final = 8  # touching by a corner is touching
LEAST_AREA: Final = 30  # of the object, in pixels
LARGEST_EXTENT: Final = 30  # of the object, so that the cut-out holds it
LEAST_RADIUS: Final = 1.4  # half-light: below it a galaxy looks like a star
CLEAR_RADIUS: Final = 7  # no other object reaches this near to the centre
FOREIGN_LIGHT: Final = 0.5  # other objects in the cut-out have less than this part of its light
SECOND_PEAK: Final = 0.5  # another maximum above this part of the first is a blend
STARS: Final = ((753, 577), (254, 166), (549, 111), (405, 16))  # with diffraction spikes, found by eye
STAR_DISTANCE: Final = 3

Floats = npt.NDArray[np.float64]
Labels = npt.NDArray[np.signedinteger]


@dataclass(frozen=True)
class Galaxy:
    """An object of the catalogue: where its light has its centre, and how large it is in the picture."""

    x: int  # pixel, from the left
    y: int  # pixel, from the top
    area: int  # pixels above the threshold
    radius: float  # pixels, that hold half of what the pixel values are above the sky
    peak: float  # smoothed pixel value above the sky, mean of the bands


def picture_file() -> Path:
    """Return the path of the picture in the installed scikit-image.

    Raises
    ------
    InputError
        scikit-image is not installed.
    """
    package = find_spec("skimage")
    if package is None or package.origin is None:
        raise InputError("The picture of the Hubble Deep Field is in scikit-image, which is not installed: make setup.")
    return Path(package.origin).parent / "data" / "hubble_deep_field.jpg"


@cache
def picture_bytes() -> bytes:
    """Return the file of the picture, checked.

    Raises
    ------
    InputError
        It is another file than that of scikit-image 0.26.0.
    """
    content = picture_file().read_bytes()
    found = sha256(content).hexdigest()
    if found != SHA256:
        raise InputError(f"{picture_file()} has the SHA-256 {found}, expected {SHA256}, of scikit-image 0.26.0.")
    return content


@cache
def picture() -> npt.NDArray[np.uint8]:
    """Return the picture (band, y, x), bands red, green, blue, 8 bits, not to be written to."""
    with Image.open(BytesIO(picture_bytes())) as image:
        pixels = np.ascontiguousarray(np.asarray(image).transpose(2, 0, 1))
    pixels.setflags(write=False)
    return pixels


@cache
def quantisation() -> dict[int, list[int]]:
    """Return the quantisation tables of the picture by number, 64 values each, in Pillow's order.

    The picture has no chroma subsampling: a luma and two chroma planes of all its pixels.
    """
    with Image.open(BytesIO(picture_bytes())) as image:
        return {number: list(table) for number, table in image.quantization.items()}  # type: ignore[attr-defined]


def sky(image: Floats) -> tuple[float, float]:
    """Return the level and the standard deviation of the sky: the median, and 1.4826 median absolute deviations."""
    level = np.median(image)
    return float(level), float(1.4826 * np.median(np.abs(image - level)))


def half_light_radius(light: Floats, x: float, y: float) -> float:
    """Return the radius about (x, y) that holds half of the sum of `light` (y, x), in pixels, to a tenth of a pixel."""
    fine = 10
    rows, columns = ((np.arange(n * fine) + 0.5) / fine - 0.5 for n in light.shape)
    distance = np.hypot(rows[:, None] - y, columns - x).ravel()
    order = np.argsort(distance, kind="stable")
    growth = np.cumsum(np.kron(light, np.ones((fine, fine))).ravel()[order])
    return round(float(distance[order][np.searchsorted(growth, growth[-1] / 2)]), 1)


def stands_alone(labels: Labels, number: int, x: int, y: int) -> bool:
    """Say whether no other object of `labels` (y, x) reaches to `CLEAR_RADIUS` pixels of the centre."""
    reach = CLEAR_RADIUS
    near = labels[y - reach : y + reach + 1, x - reach : x + reach + 1]
    offsets = np.arange(-reach, reach + 1)
    inside = np.hypot(offsets[:, None], offsets) <= reach
    return not np.any(inside & (near != 0) & (near != number))


def dominates(image: Floats, labels: Labels, number: int, x: int, y: int) -> bool:
    """Say whether the other objects of a cut-out have less than `FOREIGN_LIGHT` of the light of the object.

    `image` and `labels` are (y, x), the image above the sky; light is the sum of its pixels.
    """
    half = SIZE // 2
    window = (slice(y - half, y + half), slice(x - half, x + half))
    light, owner = image[window], labels[window]
    foreign = light[(owner != 0) & (owner != number)].sum()
    return bool(foreign < FOREIGN_LIGHT * light[owner == number].sum())


def is_blend(smooth: Floats, inside: npt.NDArray[np.bool_], level: float) -> bool:
    """Say whether an object has a second maximum above `SECOND_PEAK` of its first, over the sky's `level`."""
    heights = smooth - level
    maxima = inside & (ndimage.maximum_filter(smooth, 3) == smooth)
    return int(np.sum(maxima & (heights > SECOND_PEAK * heights[inside].max()))) > 1


def is_star(x: int, y: int) -> bool:
    """Say whether (x, y) is one of the stars with diffraction spikes."""
    return any(np.hypot(x - star_x, y - star_y) <= STAR_DISTANCE for star_x, star_y in STARS)


def objects(image: Floats) -> Iterator[tuple[Galaxy, bool]]:
    """Yield each object of an image (y, x) whose cut-out lies in it, and whether it is a galaxy that stands alone."""
    smooth = ndimage.gaussian_filter(image, SMOOTHING)
    level, noise = sky(smooth)
    labels, _ = ndimage.label(smooth > level + THRESHOLD * noise, structure=np.ones((3, 3)))
    for number, window in enumerate(ndimage.find_objects(labels), start=1):
        inside = labels[window] == number
        light = np.where(inside, (image[window] - level).clip(min=0), 0)
        row, column = ndimage.center_of_mass(light)
        y, x = round(window[0].start + row), round(window[1].start + column)
        if not all(SIZE // 2 <= at <= n - SIZE // 2 for at, n in zip((y, x), image.shape, strict=True)):
            continue
        peak = float(round(smooth[window][inside].max() - level, 1))
        galaxy = Galaxy(x, y, int(inside.sum()), half_light_radius(light, column, row), peak)
        extended = galaxy.radius >= LEAST_RADIUS and not is_star(x, y)
        fits = galaxy.area >= LEAST_AREA and max(inside.shape) <= LARGEST_EXTENT
        alone = stands_alone(labels, number, x, y) and dominates(image - level, labels, number, x, y)
        yield galaxy, extended and fits and alone and not is_blend(smooth[window], inside, level)


def catalogue() -> list[Galaxy]:
    """Return the galaxies of the picture that stand alone, from top to bottom, found in the mean of its bands."""
    found = [galaxy for galaxy, is_chosen in objects(picture().mean(axis=0)) if is_chosen]
    return sorted(found, key=lambda galaxy: (galaxy.y, galaxy.x))


def write_catalogue(path: Path = CATALOGUE) -> None:
    """Write the catalogue as a table with a header and a row a galaxy."""
    with path.open("w", newline="") as file:
        writer = csv.DictWriter(file, [field.name for field in fields(Galaxy)], lineterminator="\n")
        writer.writeheader()
        writer.writerows(asdict(galaxy) for galaxy in catalogue())


def cutout(parameters: Mapping[str, float], rng: np.random.Generator) -> npt.NDArray[np.float32]:
    """Return the cut-out about a galaxy of the picture; there is nothing to draw, so `rng` is not used.

    Parameters
    ----------
    parameters
        ``x`` and ``y``, pixels of the picture; others are not read.

    Returns
    -------
    npt.NDArray[np.float32]
        (band, y, x), (3, 32, 32), pixel values 0 to 255; the galaxy is at pixel (16, 16).

    Raises
    ------
    InputError
        The cut-out reaches over the picture's edge.
    """
    x, y = (round(parameters[name]) - SIZE // 2 for name in ("x", "y"))
    _, height, width = picture().shape
    if not (0 <= x <= width - SIZE and 0 <= y <= height - SIZE):
        raise InputError(
            f"A cut-out of {SIZE} pixels about x = {parameters['x']:g}, y = {parameters['y']:g} reaches over the edge "
            f"of the picture, which has {width} x {height} pixels."
        )
    return picture()[:, y : y + SIZE, x : x + SIZE].astype(np.float32)


if __name__ == "__main__":
    write_catalogue()
