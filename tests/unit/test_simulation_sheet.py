"""The Lagrangian sheet: exact on the lattice, against general interpolation, in any number of planes."""

from functools import cache

import numpy as np
import pytest
from scipy.ndimage import map_coordinates

from repshift.simulation.sheet import moments, refine, refined_positions

SIZE, BOX = 16, 40.0


@pytest.fixture
def displacement(rng):
    return rng.normal(scale=2.0, size=(3, SIZE, SIZE, SIZE)).astype(np.float32)


@pytest.fixture
def velocity(rng):
    return rng.normal(scale=100.0, size=(3, SIZE, SIZE, SIZE)).astype(np.float32)


def test_refined_sheet_at_rest_is_the_finer_lattice():
    positions = refined_positions(np.zeros((3, SIZE, SIZE, SIZE), np.float32), BOX, first=0, last=SIZE)
    assert np.array_equal(positions.reshape(3, *(2 * SIZE,) * 3), np.indices((2 * SIZE,) * 3) / 2)


def test_sheet_at_rest_has_density_1_everywhere():
    still = np.zeros((3, SIZE, SIZE, SIZE), np.float32)
    assert np.array_equal(moments(still, still, box=BOX).density, np.ones((SIZE,) * 3))


def test_refinement_equals_trilinear_interpolation(displacement):
    points = np.indices((2 * SIZE,) * 3) / 2
    expected = [map_coordinates(component, points, order=1, mode="grid-wrap") for component in displacement]
    assert refine(displacement, first=0, last=SIZE) == pytest.approx(np.stack(expected), abs=1e-5)


def test_refinement_keeps_the_values_of_the_lattice(displacement):
    assert np.array_equal(refine(displacement, first=0, last=SIZE)[:, ::2, ::2, ::2], displacement)


@pytest.mark.parametrize("planes", [2, 5, SIZE])
def test_planes_at_once_change_nothing(displacement, velocity, planes):
    one, many = (moments(displacement, velocity, box=BOX, planes=number) for number in (1, planes))
    assert many.density == pytest.approx(one.density, abs=1e-10)
    assert many.momentum == pytest.approx(one.momentum, abs=1e-7)
    assert many.square == pytest.approx(one.square, rel=1e-10)


def test_sheet_conserves_mass(displacement, velocity):
    # weights are float32: 1e-7 each
    assert moments(displacement, velocity, box=BOX).density.mean() == pytest.approx(1.0, abs=1e-6)


def test_common_velocity_multiplies_the_density(displacement):
    common = np.broadcast_to(np.float32([3, -4, 12])[:, None, None, None], displacement.shape)
    flow = moments(displacement, common, box=BOX)
    assert flow.momentum == pytest.approx(flow.density * np.array([3, -4, 12])[:, None, None, None], abs=1e-4)
    assert flow.square == pytest.approx(flow.density * 169, abs=1e-3)


def test_stretched_void_has_no_hole():
    # particles 3 cells apart leave gaps, the refined sheet does not
    x = np.indices((SIZE,) * 3) * 2.0 * np.pi / SIZE
    displacement = (0.3 * BOX / (2 * np.pi) * np.sin(x)).astype(np.float32) * 2
    assert moments(displacement, 0 * displacement, box=BOX).density.min() > 0


# more cells than particles


@pytest.mark.parametrize("factor", [2, 4, 8])
def test_sheet_at_rest_fills_every_cell_of_a_finer_mesh_alike(factor):
    still = np.zeros((3, 8, 8, 8), np.float32)
    assert np.array_equal(moments(still, still, box=BOX, cells=8 * factor).density, np.ones((8 * factor,) * 3))


@pytest.mark.parametrize("cells", [SIZE, 2 * SIZE, 4 * SIZE])
def test_a_finer_mesh_holds_the_same_mass_and_momentum(displacement, velocity, cells):
    flow = moments(displacement, velocity, box=BOX, cells=cells)
    assert flow.density.mean() == pytest.approx(1.0, abs=1e-6)
    assert flow.momentum.mean(axis=(1, 2, 3)) == pytest.approx(velocity.mean(axis=(1, 2, 3)), abs=1e-3)


def test_as_many_cells_as_particles_is_the_default_to_the_bit(displacement, velocity):
    default, given = moments(displacement, velocity, box=BOX), moments(displacement, velocity, box=BOX, cells=SIZE)
    assert all(
        np.array_equal(getattr(default, name), getattr(given, name)) for name in ("density", "momentum", "square")
    )


def plane_wave(size, axis):
    """Displace particles by a wave along an axis; it crosses itself nowhere."""
    x = np.indices((size,) * 3)[axis] * 2.0 * np.pi / size
    displacement = np.zeros((3, size, size, size), np.float32)
    displacement[axis] = 0.4 * BOX / (2 * np.pi) * np.sin(x)
    return displacement


@cache
def density_of_a_wave():
    """Return the density of 128 cells, averaged over the triangle of a cloud: 1 / (1 + a cos q) at x = q + a sin q."""
    q = np.linspace(0, 2 * np.pi, 128 * 400, endpoint=False)
    cell = (q + 0.4 * np.sin(q)) * 128 / (2 * np.pi)
    distance = np.abs((np.arange(128)[:, None] - cell + 64) % 128 - 64)
    return np.clip(1 - distance, 0, None).sum(axis=1) / 400


@pytest.mark.parametrize("axis", [0, 1, 2])
def test_a_displaced_wave_has_its_exact_density_on_a_finer_mesh(axis):
    displacement = plane_wave(64, axis)
    found = np.moveaxis(moments(displacement, 0 * displacement, box=BOX, cells=128).density, axis, 0)
    # a point a cell is uneven by 28 % where points are 1.4 cells apart, but its mass is in the right place
    blocks = found.mean(axis=(1, 2)).reshape(-1, 16).mean(axis=1)
    assert blocks == pytest.approx(density_of_a_wave().reshape(-1, 16).mean(axis=1), rel=0.03)
