"""Flat LambdaCDM: the linear power spectrum at redshift 0 and the growth of structure.

References
----------
Eisenstein & Hu 1998, ApJ 496, 605 (EH98), equations 26 and 28-31.
Feng et al. 2016, MNRAS 463, 2273 (FastPM), section 2.
"""

from dataclasses import dataclass
from functools import cached_property

import numpy as np
import numpy.typing as npt
from scipy.special import hyp2f1

from repshift.simulation.constants import CMB_TEMPERATURE, CRITICAL_DENSITY, HUBBLE, OMEGA_B, SPECTRAL_INDEX

_SIGMA_RADIUS = 8.0
_SIGMA_WAVENUMBERS = np.geomspace(1e-4, 1e2, 4096)


@dataclass(frozen=True)
class Cosmology:
    """A flat LambdaCDM universe: matter density today (0 < omega_m <= 1) and sigma_8, both dimensionless."""

    omega_m: float
    sigma_8: float

    @property
    def baryon_fraction(self) -> float:
        """Omega_b / Omega_m, dimensionless."""
        return OMEGA_B / self.omega_m

    @property
    def mean_density(self) -> float:
        """Mean density of matter today, (Msun/h) / (Mpc/h)^3."""
        return self.omega_m * CRITICAL_DENSITY

    @cached_property
    def amplitude(self) -> float:
        """Factor that gives `shape` the variance sigma_8^2 in spheres of 8 Mpc/h."""
        return (self.sigma_8 / top_hat_deviation(_SIGMA_WAVENUMBERS, shape(_SIGMA_WAVENUMBERS, self.omega_m))) ** 2

    def power_spectrum(self, wavenumber: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
        """Linear power spectrum at redshift 0, (Mpc/h)^3, of `wavenumber` > 0 in h/Mpc, any shape."""
        return self.amplitude * shape(wavenumber, self.omega_m)

    def expansion(self, a: float) -> float:
        """E(a) = H(a) / H_0 at scale factor `a`, dimensionless."""
        return float(np.sqrt(self.omega_m / a**3 + 1.0 - self.omega_m))

    def matter_density(self, a: float) -> float:
        """Omega_m(a), the matter density in units of the critical density at scale factor `a`."""
        return self.omega_m / a**3 / self.expansion(a) ** 2

    def growth(self, a: float) -> float:
        """D(a), the growing mode, 1 at a = 1."""
        return _growing_mode(a, self.omega_m) / _growing_mode(1.0, self.omega_m)

    def growth_rate(self, a: float) -> float:
        """Growth rate f = d ln D / d ln a, exact in flat LambdaCDM."""
        return self.matter_density(a) * (2.5 * a / _growing_mode(a, self.omega_m) - 1.5)

    def momentum_growth(self, a: float) -> float:
        """G(a) = a^3 E dD/da, the growth of linear momenta (FastPM); dimensionless."""
        return a**2 * self.expansion(a) * self.growth_rate(a) * self.growth(a)


def sound_horizon(omega_m: float) -> float:
    """Sound horizon at the drag epoch in Mpc (EH98 equation 26)."""
    matter, baryons = omega_m * HUBBLE**2, OMEGA_B * HUBBLE**2
    return float(44.5 * np.log(9.83 / matter) / np.sqrt(1.0 + 10.0 * baryons**0.75))


def transfer(wavenumber: npt.NDArray[np.float64], omega_m: float) -> npt.NDArray[np.float64]:
    """Transfer function without baryon wiggles (EH98 equations 28-31), 1 at small `wavenumber` (h/Mpc, any shape)."""
    matter, fraction = omega_m * HUBBLE**2, OMEGA_B / omega_m
    suppression = 1.0 - 0.328 * np.log(431.0 * matter) * fraction + 0.38 * np.log(22.3 * matter) * fraction**2
    scale = 0.43 * wavenumber * HUBBLE * sound_horizon(omega_m)
    effective = omega_m * HUBBLE * (suppression + (1.0 - suppression) / (1.0 + scale**4))
    q = wavenumber * (CMB_TEMPERATURE / 2.7) ** 2 / effective
    logarithm = np.log(2.0 * np.e + 1.8 * q)
    return np.asarray(logarithm / (logarithm + (14.2 + 731.0 / (1.0 + 62.5 * q)) * q**2))


def shape(wavenumber: npt.NDArray[np.float64], omega_m: float) -> npt.NDArray[np.float64]:
    """Linear power spectrum up to its amplitude, k^n_s T(k)^2, of `wavenumber` > 0 in h/Mpc, any shape."""
    return wavenumber**SPECTRAL_INDEX * transfer(wavenumber, omega_m) ** 2


def top_hat_deviation(wavenumber: npt.NDArray[np.float64], power: npt.NDArray[np.float64]) -> float:
    """Deviation of the overdensity in spheres of 8 Mpc/h, dimensionless.

    Parameters
    ----------
    wavenumber
        (n,), rising, h/Mpc; must span the scales that matter (1e-4 to 1e2 does).
    power
        (n,), (Mpc/h)^3.

    Returns
    -------
        sigma_8 = [integral dln k k^3 P(k) W(8 k)^2 / (2 pi^2)]^(1/2), by the trapezium rule in ln k.
    """
    x = wavenumber * _SIGMA_RADIUS
    window = 3.0 * (np.sin(x) - x * np.cos(x)) / x**3
    variance = np.trapezoid(wavenumber**3 * power * window**2 / (2.0 * np.pi**2), np.log(wavenumber))
    return float(np.sqrt(variance))


def _growing_mode(a: float, omega_m: float) -> float:
    """Growing mode of flat LambdaCDM, a at early times: a 2F1(1/3, 1; 11/6; -(1 - Omega_m) a^3 / Omega_m)."""
    return float(a * hyp2f1(1.0 / 3.0, 1.0, 11.0 / 6.0, -(1.0 - omega_m) / omega_m * a**3))
