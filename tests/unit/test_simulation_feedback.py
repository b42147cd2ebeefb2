"""Feedback: golden values of the relations, and how energies and radii answer to the parameters."""

import numpy as np
import pytest

from repshift.simulation.constants import BARYON_DENSITY_CGS, HUBBLE
from repshift.simulation.feedback import (
    Channel,
    agn_blast,
    binding_energy,
    black_hole_mass,
    blast_radius,
    stellar_mass,
    supernova_blast,
)
from repshift.simulation.haloes import Haloes

HALOES = Haloes(np.array([0, 1]), np.array([1e12, 1e13]) * HUBBLE, np.array([0.3, 0.65]))
CHANNEL = Channel(0.1, second_energy_exponent=2, ambient_overdensity=10, second_radius_exponent=0.5)


def test_stellar_mass_is_normalised_at_the_characteristic_mass():
    # Moster et al. 2013, table 1: N = 0.0351 at log M_1 = 11.590
    assert stellar_mass(np.array([10**11.59])) == pytest.approx([0.0351 * 10**11.59], rel=1e-12)


def test_stellar_mass_of_the_milky_way_halo():
    # Moster et al. 2013, figure 4: log m = 10.5 at log M = 12, to 0.1
    assert np.log10(stellar_mass(np.array([1e12]))) == pytest.approx([10.5], abs=0.1)


def test_black_hole_mass_at_the_pivot():
    assert np.log10(black_hole_mass(np.array([1e13, 1e14]))) == pytest.approx([8.18, 9.73], abs=1e-12)


def test_sedov_radius_of_a_quasar():
    # (1e61 erg x (3 Gyr)^2 / (100 x 4.15e-31 g/cm^3))^(1/5) = 4.64e24 cm = 1.50 Mpc = 1.01 Mpc/h
    assert pytest.approx(4.15e-31, rel=0.01) == BARYON_DENSITY_CGS
    assert blast_radius(np.array([1e61]), 100.0) == pytest.approx([1.01], abs=0.01)


def test_supernovae_give_a_tenth_of_1e51_erg_for_100_suns():
    blast = supernova_blast(HALOES, CHANNEL, first=1.0, second=1.0)
    assert blast.energy == pytest.approx(stellar_mass(np.array([1e12, 1e13])) * 1e48, rel=1e-12)


def test_agn_gives_a_share_of_the_rest_energy():
    blast = agn_blast(HALOES, CHANNEL, first=1.0, second=1.0)
    # Msun c^2 = 1.787e54 erg
    assert blast.energy[1] == pytest.approx(0.1 * 10**8.18 * 1.787e54, rel=1e-3)


@pytest.mark.parametrize("make", [supernova_blast, agn_blast])
def test_parameters_act_through_their_exponents(make):
    plain, strong = make(HALOES, CHANNEL, first=1.0, second=1.0), make(HALOES, CHANNEL, first=3.0, second=2.0)
    assert strong.energy == pytest.approx(3.0 * 2.0**2 * plain.energy, rel=1e-12)
    assert strong.radius == pytest.approx(12.0**0.2 * 2.0**0.5 * plain.radius, rel=1e-12)


def test_binding_energy_of_a_group():
    # 0.16 G (1e13 Msun)^2 / 0.97 Mpc = 1.4e60 erg
    assert binding_energy(HALOES, 0.16)[1] == pytest.approx(1.4e60, rel=0.03)
