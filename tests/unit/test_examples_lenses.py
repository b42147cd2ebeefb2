"""The lens finder's example: the lens equation, the cut-outs, the network and how it was trained."""

import sys
from pathlib import Path

import numpy as np
import pytest
from scipy.ndimage import label

from repshift.vocabulary import InputError

EXAMPLES = Path(__file__).parents[2] / "examples"
sys.path.append(str(EXAMPLES))

# ruff: noqa: E402 - the examples are no installed package
from lenses import sie
from lenses.sie import Ellipsoid

LENSES = [Ellipsoid(1.3), Ellipsoid(1.3, 0.8, 0.3), Ellipsoid(0.9, 0.4, 2.0)]
each_lens = pytest.mark.parametrize("lens", LENSES)


def circle(radius, n_points=20000):
    angle = 2 * np.pi * (np.arange(n_points) + 0.5) / n_points
    return radius * np.cos(angle), radius * np.sin(angle)


def gradient(lens, x, y, step=1e-5):
    """Return the derivatives of the deflection, [component][direction], by differences."""
    along = [np.subtract(sie.deflection(lens, x + step, y), sie.deflection(lens, x - step, y)) / (2 * step)]
    along.append(np.subtract(sie.deflection(lens, x, y + step), sie.deflection(lens, x, y - step)) / (2 * step))
    return np.swapaxes(along, 0, 1)


def test_a_sphere_deflects_by_its_einstein_radius(rng):
    x, y = rng.normal(size=(2, 50))
    deflection = sie.deflection(Ellipsoid(1.3), x, y)
    assert np.allclose(deflection, 1.3 * np.stack((x, y)) / np.hypot(x, y), rtol=1e-14)


def test_an_ellipsoid_becomes_the_sphere(rng):
    x, y = rng.normal(size=(2, 50))
    sphere = np.asarray(sie.deflection(Ellipsoid(1.3), x, y))
    away = [abs(sie.deflection(Ellipsoid(1.3, 1 - e, 0.4), x, y) - sphere).max() for e in (1e-2, 1e-4, 1e-8, 1e-15)]
    assert away[0] > 1e-3
    assert all(distance < 2 * e for distance, e in zip(away, (1e-2, 1e-4, 1e-8, 1e-14), strict=True))


@each_lens
def test_the_divergence_of_the_deflection_is_the_mass(lens, rng):
    x, y = rng.normal(size=(2, 50))
    (xx, xy), (yx, yy) = gradient(lens, x, y)
    assert np.allclose(xx + yy, 2 * sie.convergence(lens, x, y), rtol=1e-6)
    assert np.allclose(xy, yx, atol=1e-6 * abs(xy).max())


@each_lens
def test_outside_of_a_circle_its_mass_acts_as_a_point(lens):
    radius = 2.0
    x, y = circle(radius)
    inward = np.sum(np.asarray(sie.deflection(lens, x, y)) * (x, y), axis=0) / radius
    mean_convergence = 2 * np.mean(sie.convergence(lens, *circle(1.0))) / radius
    mass = mean_convergence * radius**2  # in units of pi times the critical density
    assert np.mean(inward) == pytest.approx(mass / radius, rel=1e-9)  # the deflection by a point mass


@each_lens
def test_the_mass_in_the_critical_curve_is_that_of_a_point(lens):
    x, y = sie.critical_curve(lens, 20000)
    area = 0.5 * np.sum(x * np.roll(y, -1) - y * np.roll(x, -1))
    assert area == pytest.approx(np.pi * lens.einstein_radius**2, rel=1e-6)
    # Gauss: the flux out of a curve is 2 pi times the mass; a point of mass t^2 has a ring of radius t.
    deflection_x, deflection_y = sie.deflection(lens, x, y)
    step_x, step_y = (np.roll(axis, -1) - np.roll(axis, 1) for axis in (x, y))
    flux = np.sum(deflection_x * step_y - deflection_y * step_x) / 2
    assert flux / (2 * np.pi) == pytest.approx(lens.einstein_radius**2, rel=1e-6)


@each_lens
def test_the_magnification_is_the_change_of_area(lens, rng):
    x, y = rng.normal(size=(2, 50))
    (xx, xy), (yx, yy) = gradient(lens, x, y)
    determinant = (1 - xx) * (1 - yy) - xy * yx
    assert np.allclose(1 / sie.magnification(lens, x, y), determinant, atol=1e-5)
    assert np.allclose(1 / sie.magnification(lens, *sie.critical_curve(lens)), 0, atol=1e-12)


def test_the_caustic_of_a_sphere_is_a_point():
    assert np.allclose(sie.caustic(Ellipsoid(1.3)), 0, atol=1e-12)
    assert np.allclose(np.hypot(*sie.cut(Ellipsoid(1.3))), 1.3)


@pytest.mark.parametrize(("source", "images"), [((0.02, 0.03), 4), ((0.4, 0.3), 2), ((1.4, 0.9), 1)])
def test_a_source_has_as_many_images_as_curves_say(source, images):
    lens = Ellipsoid(1.2, 0.7, 0.5)
    axis = (np.arange(1200) + 0.5) / 200 - 3
    x, y = np.meshgrid(axis, axis)
    inside = np.hypot(*np.subtract(sie.shoot(lens, x, y), np.reshape(source, (2, 1, 1)))) < 0.03
    inside &= np.hypot(x, y) > 0.05  # the singular centre has no image of its own
    assert label(inside, np.ones((3, 3)))[1] == images


def test_a_lens_that_cannot_be_is_refused():
    with pytest.raises(InputError, match="axis ratio of the lens is 1.2. It must be above 0 and at most 1"):
        sie.deflection(Ellipsoid(1, 1.2), np.ones(1), np.ones(1))
    with pytest.raises(InputError, match="Einstein radius is -1 arcsec. It must be 0 or more"):
        sie.convergence(Ellipsoid(-1), np.ones(1), np.ones(1))
