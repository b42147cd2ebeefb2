"""Initial conditions: fixed amplitudes, real fields, and a second order that is known for waves."""

import numpy as np
import pytest

from repshift.simulation.cosmology import Cosmology
from repshift.simulation.initial import displace, gradient, linear_density, second_order_source
from repshift.simulation.mesh import inverse_laplacian, squared_wavenumber, to_mesh, to_spectrum

SIZE, BOX = 16, 50.0
UNIVERSE = Cosmology(0.3, 0.8)


def cosine(*numbers):
    """Cosine with whole numbers of periods along the axes."""
    return np.cos(2.0 * np.pi / SIZE * np.einsum("i,ixyz->xyz", numbers, np.indices((SIZE,) * 3)))


def test_every_mode_has_exactly_the_amplitude_of_the_spectrum(rng):
    density = linear_density(UNIVERSE, rng, size=SIZE, box=BOX)
    measured = np.abs(density) ** 2 * BOX**3 / SIZE**6
    wavenumber = np.sqrt(squared_wavenumber(SIZE, BOX)).ravel()[1:]
    assert measured.ravel()[1:] == pytest.approx(UNIVERSE.power_spectrum(wavenumber), rel=1e-12)
    assert density[0, 0, 0] == 0.0


def test_density_is_the_transform_of_a_real_field(rng):
    density = linear_density(UNIVERSE, rng, size=SIZE, box=BOX)
    assert to_spectrum(to_mesh(density, SIZE)) == pytest.approx(density, abs=1e-9)


def test_another_generator_gives_other_phases():
    first, second = (linear_density(UNIVERSE, np.random.default_rng(seed), size=SIZE, box=BOX) for seed in (1, 2))
    assert np.abs(np.angle(first) - np.angle(second)).mean() > 1.0


@pytest.mark.parametrize("numbers", [(1, 0, 0), (0, 3, 0), (1, 2, -1)])
def test_plane_wave_has_no_second_order(numbers):
    source = second_order_source(to_spectrum(cosine(*numbers)), size=SIZE, box=BOX)
    assert np.abs(source).max() < 1e-14


def test_crossed_waves_have_the_product_of_their_curvatures():
    source = second_order_source(to_spectrum(cosine(2, 0, 0) + cosine(0, 3, 0)), size=SIZE, box=BOX)
    curvatures = (2.0 * np.pi * 2 / BOX) ** 2 * (2.0 * np.pi * 3 / BOX) ** 2
    assert source == pytest.approx(curvatures * cosine(2, 0, 0) * cosine(0, 3, 0), abs=1e-12)


def test_early_displacement_diverges_as_the_density_falls(rng):
    faint = Cosmology(0.3, 1e-4)
    density = linear_density(faint, rng, size=SIZE, box=BOX)
    density[np.sqrt(squared_wavenumber(SIZE, BOX)) > 0.8 * np.pi * SIZE / BOX] = 0.0
    displacement, _ = displace(density, faint, a=0.1, size=SIZE, box=BOX)
    divergence = sum(gradient(to_spectrum(displacement[i]), size=SIZE, box=BOX)[i] for i in range(3))
    expected = -faint.growth(0.1) * to_mesh(density, SIZE)
    assert divergence == pytest.approx(expected, abs=1e-4 * np.abs(expected).max())


def test_a_plane_wave_moves_as_zeldovich_has_it():
    density = to_spectrum(0.3 * cosine(0, 1, 0))
    displacement, momentum = displace(density, UNIVERSE, a=0.1, size=SIZE, box=BOX)
    slope = gradient(inverse_laplacian(SIZE, BOX) * density, size=SIZE, box=BOX)
    assert displacement == pytest.approx(-UNIVERSE.growth(0.1) * slope, abs=1e-6)
    assert momentum == pytest.approx(-UNIVERSE.momentum_growth(0.1) * slope, abs=1e-6)


def test_second_order_grows_as_its_rate_says():
    density = to_spectrum(cosine(1, 0, 0) + cosine(0, 1, 0))
    late, early = (displace(density, UNIVERSE, a=a, size=SIZE, box=BOX)[0].astype(float) for a in (0.11, 0.1))
    middle, momentum = displace(density, UNIVERSE, a=0.105, size=SIZE, box=BOX)
    assert middle.dtype == np.float32
    rate = 0.105**3 * UNIVERSE.expansion(0.105) * (late - early) / 0.01
    # central difference over a tenth of a: 1 part in 1000
    assert momentum == pytest.approx(rate, abs=3e-3 * np.abs(rate).max())


def test_second_order_helps_collapse_as_in_spherical_theory():
    # divergence -(3/7) D^2 Omega_m(a)^(-1/143) times the source: with it a sphere collapses as delta + 17/21 delta^2
    density = to_spectrum(cosine(2, 0, 0) + cosine(0, 1, 0))
    displacement, _ = displace(density, UNIVERSE, a=0.1, size=SIZE, box=BOX)
    divergence = sum(gradient(to_spectrum(displacement[i]), size=SIZE, box=BOX)[i] for i in range(3))
    growth, matter = UNIVERSE.growth(0.1), UNIVERSE.matter_density(0.1)
    second = divergence + growth * to_mesh(density, SIZE)
    product = cosine(2, 0, 0) * cosine(0, 1, 0)
    assert second == pytest.approx(-3.0 / 7.0 * growth**2 * matter ** (-1.0 / 143.0) * product, abs=1e-5)
