"""Constants of nature and of the recipe, in float64, with their units in the name or beside them.

References
----------
CODATA 2018 and IAU 2015 values; the cosmology is that of CAMELS (Villaescusa-Navarro et al. 2021, ApJ 915, 71).
"""

from typing import Final

HUBBLE: Final = 0.6711
"""h, the Hubble constant in 100 km/s/Mpc; dimensionless."""
SPECTRAL_INDEX: Final = 0.9624
"""n_s, the slope of the primordial power spectrum; dimensionless."""
OMEGA_B: Final = 0.049
"""Baryon density today in critical densities; dimensionless."""
CMB_TEMPERATURE: Final = 2.7255
"""Temperature of the microwave background today, K."""
MEAN_MOLECULAR_WEIGHT: Final = 0.59
"""mu of fully ionised primordial gas; dimensionless."""

CRITICAL_DENSITY: Final = 2.77536627e11
"""Critical density today, (Msun/h) / (Mpc/h)^3."""

CENTIMETRES_PER_MPC: Final = 3.0856775814913673e24
GRAMS_PER_SOLAR_MASS: Final = 1.98840987e33
SECONDS_PER_GYR: Final = 3.15576e16
BOLTZMANN: Final = 1.380649e-16
"""k_B, erg/K."""
PROTON_MASS: Final = 1.67262192369e-24
"""m_p, g."""
LIGHT_SPEED: Final = 2.99792458e10
"""c, cm/s."""
GRAVITATION: Final = 6.6743e-8
"""G, cm^3 / g / s^2."""

BARYON_DENSITY_CGS: Final = OMEGA_B * CRITICAL_DENSITY * HUBBLE**2 * GRAMS_PER_SOLAR_MASS / CENTIMETRES_PER_MPC**3
"""Mean density of baryons today, g/cm^3."""
KELVIN_PER_KMS_SQUARED: Final = MEAN_MOLECULAR_WEIGHT * PROTON_MASS * 1e10 / BOLTZMANN
"""mu m_p / k_B: the temperature of a one-dimensional velocity dispersion of 1 km/s, K / (km/s)^2."""
