"""Gravity: forces of waves, no self-force, and linear growth that the particle mesh must reproduce."""

import numpy as np
import pytest

from repshift.simulation.cosmology import Cosmology
from repshift.simulation.gravity import acceleration, evolve, lattice_positions
from repshift.simulation.initial import linear_density
from repshift.simulation.mesh import gradient_factors, squared_wavenumber, to_spectrum

SIZE, BOX = 32, 75.0


def overdensity_of(vector):
    """Minus the divergence of a vector field, in Fourier space."""
    slopes = zip(gradient_factors(SIZE, BOX), vector.astype(float), strict=True)
    return -sum(factor * to_spectrum(component) for factor, component in slopes)


def response(evolved, start):
    """Fit the factor between two sets of modes."""
    return np.sum(evolved * start.conj()).real / np.sum(np.abs(start) ** 2)


def test_undisplaced_particles_sit_on_mesh_points():
    positions = lattice_positions(np.zeros((3, 4, 4, 4), np.float32), BOX)
    assert np.array_equal(positions.reshape(3, 4, 4, 4), np.indices((4, 4, 4)))


def test_displacement_is_counted_in_cells():
    positions = lattice_positions(np.full((3, 4, 4, 4), 0.5, np.float32), 2.0)
    assert np.array_equal(positions[:, 0], [1.0, 1.0, 1.0])


@pytest.mark.parametrize("number", [1, 2, 5])
@pytest.mark.parametrize("axis", [0, 1, 2])
def test_pull_of_a_wave_is_its_displacement(axis, number):
    # delta = -psi' and phi'' = delta, so that -phi' = psi. Half way between mesh points the shares are linear in psi:
    # deposition multiplies by sinc, the window divides by sinc^2, interpolation multiplies by cos, of half a cell
    index = np.indices((SIZE,) * 3)[axis]
    wave = np.zeros((3, *index.shape), np.float32)
    wave[axis] = 0.02 * np.sin(2.0 * np.pi * number * (index + 0.5) / SIZE)
    half_cell = np.zeros((3, 1, 1, 1), np.float32)
    half_cell[axis] = 0.5 * BOX / SIZE
    expected = np.cos(np.pi * number / SIZE) / np.sinc(number / SIZE) * wave
    assert np.abs(acceleration(wave + half_cell, BOX) - expected).max() < 0.01 * 0.02  # second order in psi


def test_uniform_lattice_feels_nothing():
    assert np.abs(acceleration(np.zeros((3, 16, 16, 16), np.float32), BOX)).max() < 1e-6


def test_forces_sum_to_zero(rng):
    displacement = rng.normal(scale=5.0, size=(3, 16, 16, 16)).astype(np.float32)
    pull = acceleration(displacement, BOX).astype(float)
    assert np.abs(pull.mean(axis=(1, 2, 3))).max() < 1e-4 * pull.std()


@pytest.mark.parametrize("omega_m", [0.1, 0.3, 0.5])
def test_large_scales_grow_linearly(omega_m):
    faint = Cosmology(omega_m, 0.02)
    start = linear_density(faint, np.random.default_rng(0), size=SIZE, box=BOX)
    displacement, velocity = evolve(faint, np.random.default_rng(0), size=SIZE, box=BOX)
    large = squared_wavenumber(SIZE, BOX) < (2.0 * np.pi / BOX * 2.5) ** 2
    # six steps, and a lattice that such faint displacements do not leave
    assert response(overdensity_of(displacement)[large], start[large]) == pytest.approx(1.0, abs=0.02)
    speed = 100.0 * faint.growth_rate(1.0)
    assert response(overdensity_of(velocity)[large], start[large]) == pytest.approx(speed, rel=0.03)


def test_evolution_repeats_bit_by_bit():
    first, second = (evolve(Cosmology(0.3, 0.8), np.random.default_rng(5), size=16, box=BOX) for _ in range(2))
    assert np.array_equal(first, second)


def test_more_clustering_displaces_further():
    low, high = (evolve(Cosmology(0.3, s), np.random.default_rng(5), size=16, box=BOX)[0].std() for s in (0.6, 1.0))
    assert high > 1.3 * low
