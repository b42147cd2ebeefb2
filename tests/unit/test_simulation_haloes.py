"""Haloes: found where they are, with the mass of an isothermal sphere."""

import numpy as np
import pytest

from repshift.simulation.cosmology import Cosmology
from repshift.simulation.haloes import find_haloes

UNIVERSE = Cosmology(0.3, 0.8)


def isothermal_sphere(*, radius, size, box, centre):
    """Density 200 / 3 (r_200 / r)^2 above the mean density, the centre's cell with the mass inside its sphere."""
    index = np.indices((size,) * 3)
    apart = [(index[i] - centre[i] + size // 2) % size - size // 2 for i in range(3)]
    cell = box / size
    distance = cell * np.sqrt(np.sum(np.square(apart), axis=0))
    inner = cell * (3.0 / (4.0 * np.pi)) ** (1.0 / 3.0)
    profile = 200.0 / 3.0 * (radius / np.where(distance > 0, distance, inner / np.sqrt(3.0))) ** 2
    return 1.0 + np.where(distance < 3 * radius, profile, 0.0)


def test_uniform_box_has_no_halo():
    assert len(find_haloes(np.ones((16,) * 3), UNIVERSE, box=20.0).mass) == 0


@pytest.mark.parametrize("centre", [(10, 20, 30), (0, 31, 0)])
@pytest.mark.parametrize("radius", [0.6, 1.2])
def test_isothermal_sphere_is_found_with_its_mass_and_radius(centre, radius):
    haloes = find_haloes(isothermal_sphere(radius=radius, size=32, box=8.0, centre=centre), UNIVERSE, box=8.0)
    assert np.array_equal(haloes.cell, [np.ravel_multi_index(centre, (32,) * 3)])
    # a ball of 33 cells: 5 % of its volume
    assert haloes.radius == pytest.approx([radius], rel=0.05)
    mass = 200.0 * UNIVERSE.mean_density * 4.0 / 3.0 * np.pi * haloes.radius**3
    assert haloes.mass == pytest.approx(mass, rel=1e-9)


def test_shallow_peak_is_no_halo():
    matter = np.ones((16,) * 3)
    matter[3, 3, 3] = 20.0
    assert len(find_haloes(matter, UNIVERSE, box=16 * 0.1).mass) == 0


def test_two_peaks_are_two_haloes():
    centres, radii = [(4, 4, 4), (20, 20, 30)], [1.0, 0.7]
    spheres = [isothermal_sphere(radius=r, size=32, box=8.0, centre=c) for c, r in zip(centres, radii, strict=True)]
    haloes = find_haloes(sum(spheres), UNIVERSE, box=8.0)
    assert np.array_equal(haloes.cell, np.ravel_multi_index(np.transpose(centres), (32,) * 3))
    assert haloes.mass[0] / haloes.mass[1] == pytest.approx((1.0 / 0.7) ** 3, rel=0.1)
