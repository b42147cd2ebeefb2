r"""The singular isothermal ellipsoid in closed form, and the image of a source behind it.

Of a lens with its major axis on x, Einstein radius t and axis ratio q, the convergence is

.. math:: \kappa(x, y) = \frac{t \sqrt{q}}{2 \sqrt{q^2 x^2 + y^2}}

The ellipse on which it is 1/2 has the semi-axes t / sqrt(q) and t sqrt(q), so the area of a circle of radius t, and its
mean convergence is 1. It is the critical curve: images there are magnified without limit. With q = 1 it is the ring.

References
----------
Kormann, Schneider & Bartelmann 1994, A&A 284, 285: surface density (21), deflection (27a); their major axis is x2.
"""

from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from repshift.vocabulary import InputError

Floats = npt.NDArray[np.float64]


class Ellipsoid(NamedTuple):
    """A singular isothermal ellipsoid about the origin: Einstein radius [arcsec], axis ratio, angle of the major axis.

    The angle is in radians, from x to y.
    """

    einstein_radius: float
    axis_ratio: float = 1.0
    angle: float = 0.0


def deflection(lens: Ellipsoid, x: Floats, y: Floats) -> tuple[Floats, Floats]:
    r"""Return the angle [arcsec] by which light that arrives at (x, y) was deflected.

    Parameters
    ----------
    lens
        The ellipsoid; its axis ratio is above 0 and at most 1.
    x, y
        Positions on the sky [arcsec], of one shape.

    Returns
    -------
    x, y
        Of the same shape; 0 at the centre, where no direction is the right one.

    Raises
    ------
    InputError
        If the Einstein radius is negative or the axis ratio outside of 0 to 1.

    Notes
    -----
    On the axes of the lens, with the polar angle phi from the major axis:

    .. math:: \alpha_x = \frac{t \sqrt{q}}{q'} \arcsin(q' \cos\varphi), \quad
              \alpha_y = \frac{t \sqrt{q}}{q'} \mathrm{arsinh}\left(\frac{q'}{q} \sin\varphi\right), \quad
              q'^2 = 1 - q^2

    It depends on the direction alone, not on the distance. With q = 1 it is t everywhere.
    """
    check(lens)
    major, minor = rotate(x, y, -lens.angle)
    radius = np.hypot(major, minor)
    along, across = (np.divide(axis, radius, out=np.zeros_like(radius), where=radius > 0) for axis in (major, minor))
    q = lens.axis_ratio
    if q < 1:
        flattening = np.sqrt((1 - q) * (1 + q))
        along = np.sqrt(q) / flattening * np.arcsin(flattening * along)
        across = np.sqrt(q) / flattening * np.arcsinh(flattening / q * across)
    return rotate(lens.einstein_radius * along, lens.einstein_radius * across, lens.angle)


def shoot(lens: Ellipsoid, x: Floats, y: Floats) -> tuple[Floats, Floats]:
    """Return where in the source plane [arcsec] the light comes from that arrives at (x, y): the lens equation."""
    deflection_x, deflection_y = deflection(lens, x, y)
    return x - deflection_x, y - deflection_y


def convergence(lens: Ellipsoid, x: Floats, y: Floats) -> Floats:
    """Return the surface mass density over the critical one, infinite at the centre; arguments as of `deflection`."""
    check(lens)
    major, minor = rotate(x, y, -lens.angle)
    elliptical = np.hypot(lens.axis_ratio * major, minor)
    strength = lens.einstein_radius * np.sqrt(lens.axis_ratio) / 2
    density: Floats = np.divide(strength, elliptical, out=np.full_like(elliptical, np.inf), where=elliptical > 0)
    return density


def magnification(lens: Ellipsoid, x: Floats, y: Floats) -> Floats:
    r"""Return the magnification of an image at (x, y), negative where the image is mirrored.

    .. math:: \mu = \frac{1}{1 - 2 \kappa}
    """
    with np.errstate(divide="ignore"):
        return 1 / (1 - 2 * convergence(lens, x, y))


def critical_curve(lens: Ellipsoid, n_points: int = 400) -> tuple[Floats, Floats]:
    """Return points (n_points,) [arcsec] of the ellipse on which images are magnified without limit."""
    check(lens)
    parameter = np.linspace(0, 2 * np.pi, n_points, endpoint=False)
    major = lens.einstein_radius / np.sqrt(lens.axis_ratio) * np.cos(parameter)
    minor = lens.einstein_radius * np.sqrt(lens.axis_ratio) * np.sin(parameter)
    return rotate(major, minor, lens.angle)


def caustic(lens: Ellipsoid, n_points: int = 400) -> tuple[Floats, Floats]:
    """Return points (n_points,) [arcsec] of the source plane that the critical curve comes from: four images inside."""
    return shoot(lens, *critical_curve(lens, n_points))


def cut(lens: Ellipsoid, n_points: int = 400) -> tuple[Floats, Floats]:
    """Return points (n_points,) [arcsec] of the curve in the source plane outside of which a point has one image."""
    direction = np.linspace(0, 2 * np.pi, n_points, endpoint=False)
    deflection_x, deflection_y = deflection(lens, np.cos(direction), np.sin(direction))
    return -deflection_x, -deflection_y


def rotate(x: Floats, y: Floats, angle: float) -> tuple[Floats, Floats]:
    """Return the points (x, y) turned by an angle [radians] about the origin, from x to y."""
    cosine, sine = np.cos(angle), np.sin(angle)
    return cosine * x - sine * y, sine * x + cosine * y


def check(lens: Ellipsoid) -> None:
    """Refuse an ellipsoid that there is not."""
    if not lens.einstein_radius >= 0:
        raise InputError(f"The Einstein radius is {lens.einstein_radius} arcsec. It must be 0 or more.")
    if not 0 < lens.axis_ratio <= 1:
        raise InputError(f"The axis ratio of the lens is {lens.axis_ratio}. It must be above 0 and at most 1.")
