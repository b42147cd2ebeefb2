"""Axes of geometry: shift by parts of a pixel, rotation, shear.

Maps are interpolated in what the network reads: where that is the logarithm, no pixel falls below 0.
"""

from typing import Final, Literal

import numpy as np
import numpy.typing as npt

from repshift.perturbation.axes.axis import PIXEL, Argument, Axis
from repshift.perturbation.axes.sky import Sky
from repshift.perturbation.change import Values


def with_shift(maps: Values, strength: float, *, sky: Sky, direction: float) -> Values:
    """Return maps moved by `strength` pixels, to the right at a direction of 0 degrees, up at 90.

    Notes
    -----
    The modes of a periodic map are multiplied by their phase, so that none loses power but the shortest along an axis.
    Images are interpolated by cubic splines.
    """
    angle = np.deg2rad(direction)
    steps = (strength * np.sin(angle), strength * np.cos(angle))
    values = sky.stretched(maps)
    if sky.is_periodic:
        return sky.unstretched(_phased(values, steps))
    places = _middle(values) + _offsets(values) - np.reshape(steps, (2, 1, 1))
    return sky.unstretched(interpolated(values, places, is_periodic=False))


def _phased(values: Values, steps: tuple[float, float]) -> Values:
    """Return periodic maps moved by steps (y, x), pixels."""
    from scipy.fft import irfft2, rfft2

    sizes = (values.shape[-2], values.shape[-1])
    modes = rfft2(values)
    for axis, (size, step) in enumerate(zip(sizes, steps, strict=True)):
        frequencies = np.fft.fftfreq(size) if axis == 0 else np.fft.rfftfreq(size)
        phases = np.exp(-2j * np.pi * frequencies * step)
        phases[np.abs(frequencies) == 0.5] = np.cos(np.pi * step)
        modes *= phases[:, None] if axis == 0 else phases
    return np.asarray(irfft2(modes, s=sizes))


def with_rotation(maps: Values, strength: float, *, sky: Sky) -> Values:
    """Return maps rotated about their middle by `strength` degrees, from x towards y.

    A periodic map shows its copies in its corners, and is no longer periodic.
    """
    angle = np.deg2rad(strength)
    back = [[np.cos(angle), -np.sin(angle)], [np.sin(angle), np.cos(angle)]]
    return _transformed(maps, np.array(back), sky)


def with_shear(maps: Values, strength: float, *, sky: Sky, direction: float) -> Values:
    r"""Return maps sheared about their middle: what is round has the axis ratio (1 - g) / (1 + g), g the strength.

    Notes
    -----
    The area stays. At a direction of 0 degrees what is round becomes longer along x. A point x of the new map shows

    .. math:: \frac{1}{\sqrt{1 - g^2}} \begin{pmatrix} 1 - g_1 & -g_2 \\ -g_2 & 1 + g_1 \end{pmatrix} x

    of the old one, with :math:`g_1 = g \cos 2 \phi` and :math:`g_2 = g \sin 2 \phi`. A periodic map shows its copies in
    its corners, and is no longer periodic.
    """
    angle = 2 * np.deg2rad(direction)
    along, across = strength * np.cos(angle), strength * np.sin(angle)
    back = np.array([[1 + along, -across], [-across, 1 - along]]) / np.sqrt(1 - strength**2)
    return _transformed(maps, back, sky)


def _transformed(maps: Values, back: npt.NDArray[np.float64], sky: Sky) -> Values:
    """Return maps whose pixel at an offset (y, x) from the middle shows that at `back` times the offset."""
    values = sky.stretched(maps)
    places = _middle(values) + np.einsum("ij,jyx->iyx", back, _offsets(values))
    return sky.unstretched(interpolated(values, places, is_periodic=sky.is_periodic))


def _middle(values: Values) -> Values:
    """Return the middle (2, 1, 1) of maps, pixels."""
    return (np.array(values.shape[-2:], dtype=np.float64).reshape(2, 1, 1) - 1) / 2


def _offsets(values: Values) -> Values:
    """Return the offset (2, y, x) of each pixel from the middle."""
    return np.indices(values.shape[-2:]) - _middle(values)


def interpolated(values: Values, places: Values, *, is_periodic: bool) -> Values:
    """Return maps (n_maps, n_channels, y, x) at places (2, y, x), pixels, by interpolating cubic splines.

    Maps that are not periodic go on as their mirror image. One sparse matrix does for all maps.
    """
    from scipy.ndimage import spline_filter1d
    from scipy.sparse import csr_array

    mode: Literal["grid-wrap", "reflect"] = "grid-wrap" if is_periodic else "reflect"
    splines = spline_filter1d(spline_filter1d(values, axis=-1, mode=mode), axis=-2, mode=mode)
    n_y, n_x = values.shape[-2:]
    (rows, row_weights), (columns, column_weights) = (
        _taps(places[axis].ravel(), size, is_periodic=is_periodic) for axis, size in enumerate((n_y, n_x))
    )
    weights = (row_weights[:, :, None] * column_weights[:, None, :]).reshape(-1)
    taken = (rows[:, :, None] * n_x + columns[:, None, :]).reshape(-1)
    ends = np.arange(0, len(taken) + 1, 16)
    matrix = csr_array((weights, taken, ends), shape=(n_y * n_x, n_y * n_x))
    return np.ascontiguousarray((matrix @ splines.reshape(-1, n_y * n_x).T).T).reshape(values.shape)


def _taps(places: Values, size: int, *, is_periodic: bool) -> tuple[npt.NDArray[np.int64], Values]:
    """Return the four pixels (places, 4) along an axis that a cubic spline takes at each place, and their weights."""
    first = np.floor(places).astype(np.int64)
    part = (places - first)[:, None]
    weights = np.concatenate(
        [(1 - part) ** 3, 4 - 6 * part**2 + 3 * part**3, 1 + 3 * part + 3 * part**2 - 3 * part**3, part**3], axis=1
    )
    taps = first[:, None] + np.arange(-1, 3)
    if is_periodic:
        return taps % size, weights / 6
    taps = taps % (2 * size)
    return np.where(taps < size, taps, 2 * size - 1 - taps), weights / 6


DIRECTION: Final = Argument(0.0, "from x towards y, degrees", minimum=-360.0, maximum=360.0)

SHIFT: Final = Axis(
    name="shift",
    label="shift",
    units=PIXEL,
    description="Moves the map, also by parts of a pixel.",
    function=with_shift,
    strengths=(0.0, 0.1, 0.2, 0.3, 0.5, 1.0, 2.0),
    needs=frozenset({"sky"}),
    arguments={"direction": DIRECTION},
    maximum=1e6,
)

ROTATION: Final = Axis(
    name="rotation",
    label="rotation",
    units="degree",
    description="Turns the map about its middle.",
    function=with_rotation,
    strengths=(0.0, 0.5, 1.0, 2.0, 5.0, 15.0, 45.0),
    needs=frozenset({"sky"}),
    minimum=-360.0,
    maximum=360.0,
)

SHEAR: Final = Axis(
    name="shear",
    label="shear",
    units="1",
    description="Makes what is round an ellipse, as weak gravitational lensing does.",
    function=with_shear,
    strengths=(0.0, 0.003, 0.01, 0.03, 0.1, 0.2, 0.3),
    needs=frozenset({"sky"}),
    arguments={"direction": DIRECTION},
    minimum=-0.9,
    maximum=0.9,
)
