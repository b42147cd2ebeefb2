"""Bubbles: energy and gas are conserved, the limit holds, and the fast fill equals a slow one."""

import numpy as np
import pytest

from repshift.simulation.bubbles import RADII, blow, fill_bubbles, heating, nearest_radius
from repshift.simulation.constants import BARYON_DENSITY_CGS, BOLTZMANN, CENTIMETRES_PER_MPC, HUBBLE, PROTON_MASS
from repshift.simulation.cosmology import Cosmology
from repshift.simulation.feedback import Blast, binding_energy
from repshift.simulation.haloes import Haloes
from repshift.simulation.smoothing import soft_ball

SIZE, BOX = 16, 20.0
UNIVERSE = Cosmology(0.3, 0.8)
HALOES = Haloes(np.array([5, 1000, 1001]), np.array([1e12, 1e13, 5e12]), np.array([0.3, 0.6, 0.5]))


@pytest.fixture
def gas(rng):
    return rng.exponential(size=(SIZE,) * 3) + 0.05


@pytest.fixture
def blasts(rng):
    """Return two channels of energies near the binding energies, small and large bubbles."""
    energies = binding_energy(HALOES, UNIVERSE.baryon_fraction) * rng.uniform(0.5, 5.0, size=(2, 3))
    return [Blast(energies[0], rng.uniform(0.3, 1.0, 3)), Blast(energies[1], rng.uniform(2.0, 8.0, 3))]


def slow_fill(amounts, cell, radius):
    """Add bubbles one at a time."""
    mesh = np.zeros((len(amounts), SIZE, SIZE, SIZE))
    for number, (where, extent) in enumerate(zip(cell, radius, strict=True)):
        rounded = min(RADII, key=lambda candidate: abs(np.log(candidate / extent)))
        ball = np.roll(soft_ball(rounded, size=SIZE, box=BOX), np.unravel_index(where, (SIZE,) * 3), axis=(0, 1, 2))
        mesh += amounts[:, number, None, None, None] * ball
    return mesh


def test_nearest_radius_is_nearest_in_the_logarithm():
    assert np.array_equal(nearest_radius(RADII * 1.15), np.arange(11))
    assert np.array_equal(nearest_radius(np.array([0.0, 1e-3, 99.0])), [0, 0, 10])


def test_fill_equals_bubbles_one_at_a_time(rng):
    amounts, radius = rng.uniform(size=(2, 3)), np.array([0.4, 3.0, 9.0])
    fast = fill_bubbles(amounts, HALOES.cell, radius, size=SIZE, box=BOX)
    assert fast == pytest.approx(slow_fill(amounts, HALOES.cell, radius), abs=1e-12)


def test_heat_of_a_cell_is_its_energy():
    energy, gas = np.full((SIZE,) * 3, 1e58), np.full((SIZE,) * 3, 3.0)
    cell_mass = 3.0 * BARYON_DENSITY_CGS * (BOX / SIZE / HUBBLE * CENTIMETRES_PER_MPC) ** 3
    thermal = 1.5 * cell_mass / (0.59 * PROTON_MASS) * BOLTZMANN * heating(energy, gas, box=BOX)
    assert thermal == pytest.approx(energy, rel=1e-12)


def test_gas_is_conserved_and_stays_positive(gas, blasts):
    blown, _ = blow(gas, HALOES, blasts, cosmology=UNIVERSE, box=BOX)
    assert blown.sum() == pytest.approx(gas.sum(), rel=1e-12)
    assert np.all(blown > 0.2 * gas * (1 - 1e-9))


def test_box_takes_up_the_energy_of_its_blasts(gas, blasts):
    blown, heat = blow(gas, HALOES, blasts, cosmology=UNIVERSE, box=BOX)
    cell_mass = blown * BARYON_DENSITY_CGS * (BOX / SIZE / HUBBLE * CENTIMETRES_PER_MPC) ** 3
    thermal = np.sum(1.5 * cell_mass / (0.59 * PROTON_MASS) * BOLTZMANN * heat)
    assert thermal == pytest.approx(sum(blast.energy.sum() for blast in blasts), rel=1e-9)


def test_halo_loses_the_share_that_its_binding_energy_allows():
    halo = Haloes(np.array([0]), np.array([1e12]), np.array([0.3]))
    blast = Blast(3.0 * binding_energy(halo, UNIVERSE.baryon_fraction), np.array([10.0]))
    gas = np.full((SIZE,) * 3, 100.0)
    far = gas - blow(gas, halo, [blast], cosmology=UNIVERSE, box=BOX)[0]
    bubble = soft_ball(10.0, size=SIZE, box=BOX)
    ejected = 0.75 * 1e12 / (UNIVERSE.mean_density * (BOX / SIZE) ** 3)
    assert far.sum() == pytest.approx(0.0, abs=1e-9)
    assert np.sum(far + ejected * bubble) == pytest.approx(ejected, rel=1e-9)
    assert far[10, 10, 10] == pytest.approx(-ejected * bubble[10, 10, 10], rel=1e-3)


def test_no_cell_loses_more_than_four_fifths(gas):
    strong = Blast(1e6 * binding_energy(HALOES, UNIVERSE.baryon_fraction), np.full(3, 10.0))
    thin = 1e-3 * gas
    blown, _ = blow(thin, HALOES, [strong], cosmology=UNIVERSE, box=BOX)
    assert np.min(blown / thin) >= 0.2 * (1 - 1e-9)
    assert blown.sum() == pytest.approx(thin.sum(), rel=1e-12)


def test_without_haloes_nothing_happens(gas):
    none = Haloes(np.array([], np.int64), np.array([]), np.array([]))
    blown, heat = blow(gas, none, [Blast(np.array([]), np.array([]))], cosmology=UNIVERSE, box=BOX)
    assert np.array_equal(blown, gas)
    assert np.array_equal(heat, np.zeros_like(gas))
