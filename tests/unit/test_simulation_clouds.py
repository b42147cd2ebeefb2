"""Cloud-in-cell: against a triple loop, conservation, and the adjointness that forbids self-forces."""

import numpy as np
import pytest

from repshift.simulation import clouds
from repshift.simulation.clouds import corners, deposit, deposit_values, interpolate

SIZE = 8


@pytest.fixture
def positions(rng):
    """Return forty particles, some of them outside the box on either side."""
    return rng.uniform(-SIZE, 2 * SIZE, size=(3, 40))


def slow_deposit(positions, values):
    """Share each particle among its cells, one at a time."""
    mesh = np.zeros((SIZE,) * 3)
    for (x, y, z), value in zip(positions.T, values, strict=True):
        for i in range(SIZE):
            for j in range(SIZE):
                for k in range(SIZE):
                    apart = [(p - q + SIZE / 2) % SIZE - SIZE / 2 for p, q in ((x, i), (y, j), (z, k))]
                    mesh[i, j, k] += value * np.prod([max(0.0, 1.0 - abs(distance)) for distance in apart])
    return mesh


def test_deposit_equals_a_triple_loop(rng, positions):
    values = rng.normal(size=40)
    assert deposit_values(positions, values[None], size=SIZE)[0] == pytest.approx(
        slow_deposit(positions, values), abs=1e-12
    )


def test_deposit_conserves_mass_and_every_value(rng, positions):
    values = rng.normal(size=(4, 40))
    assert deposit(positions, SIZE).sum() == pytest.approx(40, abs=1e-10)
    sums = deposit_values(positions, values, size=SIZE).sum(axis=(1, 2, 3))
    assert sums == pytest.approx(values.sum(axis=1), abs=1e-10)


def test_particle_on_a_mesh_point_stays_there():
    mesh = deposit(np.array([[3.0], [0.0], [7.0]]), SIZE)
    assert mesh[3, 0, 7] == 1.0


def test_deposit_is_periodic(positions):
    assert deposit(positions + SIZE, SIZE) == pytest.approx(deposit(positions, SIZE), abs=1e-12)


def test_weights_of_a_particle_sum_to_1(positions):
    _, weights = corners(positions, SIZE)
    assert weights.sum(axis=0) == pytest.approx(np.ones(40), abs=1e-14)


def test_interpolation_is_exact_for_a_linear_mesh(rng):
    positions = rng.uniform(0, SIZE - 1, size=(3, 40))
    mesh = np.einsum("i,ixyz->xyz", [1.0, -2.0, 0.5], np.indices((SIZE,) * 3))
    expected = np.array([1.0, -2.0, 0.5]) @ positions
    assert interpolate(mesh[None], positions)[0] == pytest.approx(expected, abs=1e-12)


def test_interpolation_is_the_adjoint_of_deposition(rng, positions):
    mesh, values = rng.normal(size=(SIZE,) * 3), rng.normal(size=40)
    on_the_mesh = np.sum(mesh * deposit_values(positions, values[None], size=SIZE)[0])
    assert on_the_mesh == pytest.approx(values @ interpolate(mesh[None], positions)[0], abs=1e-10)


def test_chunks_change_nothing(rng, positions, monkeypatch):
    mesh = rng.normal(size=(2, *(SIZE,) * 3))
    whole = deposit(positions, SIZE), interpolate(mesh, positions)
    monkeypatch.setattr(clouds, "_CHUNK", 7)
    assert deposit(positions, SIZE) == pytest.approx(whole[0], abs=1e-12)
    assert np.array_equal(interpolate(mesh, positions), whole[1])
