"""Feedback: what stars and black holes release in a halo, how far the blast gets, how much gas it takes along.

References
----------
Moster, Naab & White 2013, MNRAS 428, 3121 (stellar mass, equation 2 and table 1 at redshift 0).
Bandara, Crampton & Simard 2009, ApJ 704, 1135 (black-hole mass).
Sedov 1959 (blast radius).
"""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from repshift.simulation.constants import (
    BARYON_DENSITY_CGS,
    CENTIMETRES_PER_MPC,
    GRAMS_PER_SOLAR_MASS,
    GRAVITATION,
    HUBBLE,
    LIGHT_SPEED,
    SECONDS_PER_GYR,
)
from repshift.simulation.haloes import Haloes

PerHalo = npt.NDArray[np.float64]
"""One number a halo, (n_haloes,)."""

_SUPERNOVA_ERG = 1e51
_SOLAR_MASSES_PER_SUPERNOVA = 100.0
_BLAST_SECONDS = 3.0 * SECONDS_PER_GYR


@dataclass(frozen=True)
class Channel:
    """One way of feedback, of supernovae or of active nuclei.

    Of the channel's two parameters, A_1 multiplies the energy and A_2 acts through the two exponents.
    """

    efficiency: float
    """Share of the energy that reaches the gas, dimensionless."""
    second_energy_exponent: float
    """The energy is multiplied by A_2 to this power."""
    ambient_overdensity: float
    """Density of the gas that the blast runs into, in units of the mean baryon density."""
    second_radius_exponent: float
    """The blast radius is multiplied by A_2 to this power."""


@dataclass(frozen=True)
class Feedback:
    """The feedback of a suite."""

    supernova: Channel
    agn: Channel


@dataclass(frozen=True)
class Blast:
    """What one channel does in every halo."""

    energy: PerHalo
    """erg."""
    radius: PerHalo
    """Mpc/h."""


def stellar_mass(mass: PerHalo) -> PerHalo:
    """Stellar mass of a halo, both in Msun (not Msun/h)."""
    ratio = mass / 10.0**11.590
    return np.asarray(mass * 2.0 * 0.0351 / (ratio**-1.376 + ratio**0.608))


def black_hole_mass(mass: PerHalo) -> PerHalo:
    """Mass of the central black hole of a halo, both in Msun (not Msun/h)."""
    return np.asarray(10.0**8.18 * (mass / 1e13) ** 1.55)


def supernova_blast(haloes: Haloes, channel: Channel, *, first: float, second: float) -> Blast:
    """Blast of the stars of each halo: efficiency x 1e51 erg per 100 Msun; `first` is A_SN1, `second` A_SN2."""
    released = stellar_mass(haloes.mass / HUBBLE) / _SOLAR_MASSES_PER_SUPERNOVA * _SUPERNOVA_ERG
    return _blast(released, channel, first=first, second=second)


def agn_blast(haloes: Haloes, channel: Channel, *, first: float, second: float) -> Blast:
    """Blast of the black hole of each halo: efficiency x M_BH c^2; `first` is A_AGN1, `second` A_AGN2."""
    released = black_hole_mass(haloes.mass / HUBBLE) * GRAMS_PER_SOLAR_MASS * LIGHT_SPEED**2
    return _blast(released, channel, first=first, second=second)


def binding_energy(haloes: Haloes, baryon_fraction: float) -> PerHalo:
    """Energy that holds the gas of each halo, f_b M G M / r_200, erg."""
    mass = haloes.mass / HUBBLE * GRAMS_PER_SOLAR_MASS
    return np.asarray(baryon_fraction * GRAVITATION * mass**2 / (haloes.radius / HUBBLE * CENTIMETRES_PER_MPC))


def blast_radius(energy: PerHalo, ambient_overdensity: float) -> PerHalo:
    """Sedov radius after 3 Gyr, (E t^2 / rho)^(1/5), Mpc/h, of energies in erg."""
    ambient = ambient_overdensity * BARYON_DENSITY_CGS
    return np.asarray((energy * _BLAST_SECONDS**2 / ambient) ** 0.2 * (HUBBLE / CENTIMETRES_PER_MPC))


def _blast(released: PerHalo, channel: Channel, *, first: float, second: float) -> Blast:
    """Blast of the `released` energy, erg, of which efficiency x A_1 x A_2^exponent reaches the gas."""
    energy = released * (channel.efficiency * first * second**channel.second_energy_exponent)
    radius = blast_radius(energy, channel.ambient_overdensity) * second**channel.second_radius_exponent
    return Blast(energy, radius)
