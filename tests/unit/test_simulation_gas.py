"""Gas: the temperature-density relation, heat from crossing streams, none from a single one."""

import numpy as np
import pytest

from repshift.simulation.gas import dispersion, gas_density, pressure_radius, temperature
from repshift.simulation.sheet import Moments, moments

SIZE, BOX = 32, 75.0
ONE = np.ones((SIZE,) * 3)


def at_rest(density=ONE):
    return Moments(density, np.zeros((3, *density.shape)), np.zeros_like(density))


def test_pressure_radius_follows_the_cell_where_cells_are_large():
    assert pressure_radius(64, 75.0) == pytest.approx(0.75 * 75.0 / 64, abs=1e-12)
    assert pressure_radius(256, 25.0) == 0.3


def test_gas_keeps_the_mean_density(rng):
    assert gas_density(rng.exponential(size=(SIZE,) * 3), BOX).mean() == pytest.approx(1.0, abs=0.02)


@pytest.mark.parametrize(("overdensity", "kelvin"), [(1.0, 5e3), (0.1, 5e3 * 0.1**0.6), (10.0, 5e3 * 10**0.6)])
def test_resting_gas_follows_the_temperature_density_relation(overdensity, kelvin):
    assert temperature(overdensity * ONE, at_rest(), BOX) == pytest.approx(kelvin * ONE, rel=1e-12)


def test_photoheating_stops_rising_at_ten_times_the_mean():
    assert np.array_equal(temperature(50 * ONE, at_rest(), BOX), temperature(10 * ONE, at_rest(), BOX))


def test_two_equal_streams_heat_by_their_dispersion():
    crossing = Moments(ONE, np.zeros((3, *ONE.shape)), 300.0**2 * ONE)
    assert dispersion(crossing, BOX) == pytest.approx(300.0**2 / 3 * ONE, rel=1e-12)
    # mu m_p / k_B = 71.5 K / (km/s)^2 for mu = 0.59
    heated = temperature(ONE, crossing, BOX) - 5e3
    assert heated == pytest.approx(71.5 * 3e4 * ONE, rel=2e-3)


def test_common_motion_is_no_heat(rng):
    density = rng.uniform(0.5, 2.0, size=(SIZE,) * 3)
    moving = Moments(density, np.stack([density * 300.0] * 3), density * 3 * 300.0**2)
    assert np.abs(dispersion(moving, BOX)).max() < 1e-6 * 300.0**2


@pytest.mark.parametrize("axis", [0, 1, 2])
def test_single_stream_with_a_velocity_gradient_stays_cold(axis):
    x = np.indices((SIZE,) * 3)[axis] * 2.0 * np.pi / SIZE
    velocity = np.zeros((3, *x.shape), np.float32)
    velocity[0] = 300.0 * np.sin(x)
    stream = moments(np.zeros_like(velocity), velocity, box=BOX)
    inside_the_kernel = (pressure_radius(SIZE, BOX) * 300.0 * 2.0 * np.pi / BOX) ** 2 / 3
    assert dispersion(stream, BOX).max() < 0.2 * inside_the_kernel
