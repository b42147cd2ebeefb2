"""Cosmology: the spectrum's normalisation, the transfer function's limits, growth against integrals."""

import numpy as np
import pytest
from scipy.integrate import quad

from repshift.simulation.cosmology import Cosmology, sound_horizon, transfer

COSMOLOGIES = [Cosmology(0.1, 1.0), Cosmology(0.3, 0.8), Cosmology(0.5, 0.6)]


def slow_growth(cosmology, a):
    """Growing mode E(a) times the integral of da / (a E)^3, not normalised (Heath 1977)."""
    return cosmology.expansion(a) * quad(lambda x: (x * cosmology.expansion(x)) ** -3, 1e-8, a)[0]


@pytest.mark.parametrize("cosmology", COSMOLOGIES)
def test_spectrum_has_the_sigma_8_asked_for(cosmology):
    def integrand(logarithm):
        k = np.exp(logarithm)
        x = 8.0 * k
        window = 3.0 * (np.sin(x) / x - np.cos(x)) / x**2
        return k**3 * cosmology.power_spectrum(np.array(k)) * window**2 / (2.0 * np.pi**2)

    variance = quad(integrand, np.log(1e-4), np.log(30.0), limit=500)[0]
    assert np.sqrt(variance) == pytest.approx(cosmology.sigma_8, abs=1e-4)


@pytest.mark.parametrize("omega_m", [0.1, 0.3, 0.5])
def test_transfer_is_1_on_large_scales_and_falls(omega_m):
    values = transfer(np.geomspace(1e-6, 1e2, 200), omega_m)
    assert values[0] == pytest.approx(1.0, abs=1e-3)
    assert np.all(np.diff(values) < 0)


def test_small_scales_have_the_slope_of_cold_matter():
    k = np.array([1e4, 2e4])
    slope = np.diff(np.log(transfer(k, 0.3))) / np.log(2.0)
    assert slope[0] == pytest.approx(-2.0, abs=0.15)  # ln(k) / k^2


def test_sound_horizon_of_the_fiducial_universe_is_150_mpc():
    # 150 Mpc at Omega_m h^2 = 0.135, Omega_b h^2 = 0.022: Eisenstein & Hu 1998, figure 2; the fit is good to 2 %
    assert sound_horizon(0.3) == pytest.approx(150.0, abs=3.0)


@pytest.mark.parametrize("a", [0.1, 0.5, 1.0])
def test_growth_in_an_einstein_de_sitter_universe_is_a(a):
    universe = Cosmology(1.0, 0.8)
    assert universe.growth(a) == pytest.approx(a, abs=1e-12)
    assert universe.growth_rate(a) == pytest.approx(1.0, abs=1e-12)


@pytest.mark.parametrize("cosmology", COSMOLOGIES)
@pytest.mark.parametrize("a", [0.1, 0.4, 0.8])
def test_growth_equals_its_integral(cosmology, a):
    assert cosmology.growth(a) == pytest.approx(slow_growth(cosmology, a) / slow_growth(cosmology, 1.0), abs=1e-6)


@pytest.mark.parametrize("cosmology", COSMOLOGIES)
@pytest.mark.parametrize("a", [0.1, 0.9])
def test_growth_rate_is_the_derivative(cosmology, a):
    step = 1e-5
    slope = (cosmology.growth(a + step) - cosmology.growth(a - step)) / (2.0 * step)
    assert cosmology.growth_rate(a) == pytest.approx(a * slope / cosmology.growth(a), abs=1e-6)
    assert cosmology.momentum_growth(a) == pytest.approx(a**3 * cosmology.expansion(a) * slope, abs=1e-6)


@pytest.mark.parametrize("a", [0.2, 0.7])
def test_momentum_grows_by_the_force(a):
    universe, step = Cosmology(0.3, 0.8), 1e-5
    slope = (universe.momentum_growth(a + step) - universe.momentum_growth(a - step)) / (2.0 * step)
    force = 1.5 * universe.omega_m * universe.growth(a) / (a**2 * universe.expansion(a))
    assert slope == pytest.approx(force, abs=1e-5)
