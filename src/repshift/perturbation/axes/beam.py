"""Axes of the point spread function: a Gaussian, a Moffat."""

from typing import Final

import numpy as np
import numpy.typing as npt

from repshift.perturbation.axes.axis import PIXEL, Argument, Axis
from repshift.perturbation.axes.sky import Sky
from repshift.perturbation.beam import beamed
from repshift.perturbation.change import Values

_NODES: Final = 12
"""Nodes of the integral over a pixel along a side."""


def with_gaussian(maps: Values, strength: float, *, sky: Sky) -> Values:
    """Return maps seen with a Gaussian beam of full width at half maximum `strength`, pixels, as `beamed`."""
    return beamed(maps, fwhm=strength, is_periodic=sky.is_periodic)


def with_moffat(maps: Values, strength: float, *, sky: Sky, beta: float) -> Values:
    """Return maps seen with a Moffat profile of full width at half maximum `strength`, pixels, integrated over pixels.

    Notes
    -----
    The profile ends half a map away, where it is normalised. The mean of each map stays, and no pixel leaves the range
    of the map's pixels. Maps that are not periodic go on as their mirror image.
    """
    reach = (maps.shape[-2] // 2, maps.shape[-1] // 2)
    seen = _convolved(maps, moffat_weights(strength, beta=beta, reach=reach), is_periodic=sky.is_periodic)
    ends = [end((-2, -1), keepdims=True) for end in (maps.min, maps.max)]
    return np.clip(seen, *ends, out=seen)


def moffat_weights(fwhm: float, *, beta: float, reach: tuple[int, int]) -> Values:
    r"""Return the share of light of the pixels (reach_y + 1, reach_x + 1) away from the middle one; all sum to 1.

    Notes
    -----
    The profile is :math:`(1 + r^2 / a^2)^{-\beta}`, with a the width that `fwhm` asks for. It is integrated by
    Gauss-Legendre nodes in :math:`u` with :math:`x = a \sinh u`, which narrow profiles need.
    """
    width = fwhm / 2 / np.sqrt(2 ** (1 / beta) - 1)
    (rows, row_weights), (columns, column_weights) = (_nodes(width, size) for size in reach)
    squared = rows[:, :, None, None] ** 2 + columns**2
    shares = np.einsum("in,injm,jm->ij", row_weights, (1 + squared) ** -beta, column_weights)
    return np.asarray(shares / (_sides(reach[0])[:, None] * _sides(reach[1]) * shares).sum())


def _nodes(width: float, reach: int) -> tuple[Values, Values]:
    """Return nodes (reach + 1, nodes) in units of the width and their weights, of pixels 0 to `reach` from the middle.

    Of the middle pixel one half is integrated, and counts twice.
    """
    nodes, weights = np.polynomial.legendre.leggauss(_NODES)
    ends = np.arcsinh(np.concatenate([[0.0], np.arange(reach + 1) + 0.5]) / width)
    half = np.diff(ends)[:, None] / 2
    places = ends[:-1, None] + half * (1 + nodes)
    counted = np.where(np.arange(reach + 1) == 0, 2.0, 1.0)[:, None]
    return np.sinh(places), counted * half * weights * np.cosh(places)


def _sides(reach: int) -> npt.NDArray[np.float64]:
    """Return how many pixels of a line are 0 to `reach` away from its middle one."""
    return np.where(np.arange(reach + 1) == 0, 1.0, 2.0)


def _convolved(maps: Values, weights: Values, *, is_periodic: bool) -> Values:
    """Return maps convolved with symmetric weights, of which one quarter is given.

    Symmetric weights multiply the modes of a periodic map, and the cosine modes of one that its mirror image continues.
    """
    from scipy.fft import dctn, idctn, irfft2, rfft2

    sizes = (maps.shape[-2], maps.shape[-1])
    waves = 2.0 if is_periodic else 1.0
    rows, columns = (
        np.cos(waves * np.pi * np.outer(np.arange(size), np.arange(count)) / size) * _sides(count - 1)
        for size, count in zip(sizes, weights.shape, strict=True)
    )
    factors = np.einsum("ki,ij,lj->kl", rows, weights, columns, optimize=True)
    if is_periodic:
        return np.asarray(irfft2(rfft2(maps) * factors[:, : sizes[1] // 2 + 1], s=sizes))
    return np.asarray(idctn(dctn(maps, axes=(-2, -1)) * factors, axes=(-2, -1)))


BEAM: Final = Axis(
    name="beam",
    label="Gaussian beam",
    units=PIXEL,
    description="Full width at half maximum of a Gaussian that smooths the map, integrated over pixels.",
    function=with_gaussian,
    strengths=(0.0, 0.5, 0.75, 1.0, 1.5, 2.0, 3.0),
    needs=frozenset({"sky"}),
    maximum=128.0,
)

MOFFAT: Final = Axis(
    name="moffat",
    label="Moffat beam",
    units=PIXEL,
    description="Full width at half maximum of a Moffat profile that smooths the map, integrated over pixels.",
    function=with_moffat,
    strengths=(0.0, 0.1, 0.2, 0.35, 0.5, 1.0, 2.0),
    needs=frozenset({"sky"}),
    arguments={"beta": Argument(2.5, "exponent of the wings", minimum=1.1, maximum=100.0)},
    maximum=128.0,
)
