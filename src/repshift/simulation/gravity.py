"""Gravity: a particle mesh with kick-drift-kick steps that are exact for linear growth.

References
----------
Feng et al. 2016, MNRAS 463, 2273 (FastPM), sections 2.1-2.3.
"""

from itertools import pairwise

import numpy as np
import numpy.typing as npt

from repshift.simulation.clouds import deposit, interpolate
from repshift.simulation.cosmology import Cosmology
from repshift.simulation.initial import displace, linear_density
from repshift.simulation.mesh import cloud_window, gradient_factors, inverse_laplacian, to_mesh, to_spectrum

Particles = npt.NDArray[np.float32]
"""A vector a particle, on the Lagrangian lattice: (3, size, size, size)."""

FIRST_SCALE_FACTOR = 0.1
N_STEPS = 6
KMS_PER_MOMENTUM = 100.0
"""km/s in a momentum p of 1 Mpc/h at a = 1: H_0 in km/s / (Mpc/h)."""


def evolve(cosmology: Cosmology, rng: np.random.Generator, *, size: int, box: float) -> tuple[Particles, Particles]:
    """Evolve size^3 particles from 2LPT at a = 0.1 to redshift 0.

    Parameters
    ----------
    size
        Particles and cells a side, a power of two.
    box
        Side of the periodic box, Mpc/h.

    Returns
    -------
        Displacement from the lattice, Mpc/h, and peculiar velocity, km/s, each (3, size, size, size).
    """
    density = linear_density(cosmology, rng, size=size, box=box)
    displacement, momentum = displace(density, cosmology, a=FIRST_SCALE_FACTOR, size=size, box=box)
    times = np.linspace(FIRST_SCALE_FACTOR, 1.0, N_STEPS + 1)
    pull = acceleration(displacement, box)
    for start, end in pairwise(times.tolist()):
        middle = float(np.sqrt(start * end))
        momentum += pull * _kick(cosmology, start, middle, reference=start)
        displacement += momentum * _drift(cosmology, start, end, reference=middle)
        pull = acceleration(displacement, box)
        momentum += pull * _kick(cosmology, middle, end, reference=end)
    return displacement, np.float32(KMS_PER_MOMENTUM) * momentum


def lattice_positions(displacement: Particles, box: float) -> Particles:
    """Positions in cells, (3, size^3), of particles displaced (Mpc/h) from mesh points; not wrapped into the box."""
    size = displacement.shape[-1]
    index = np.arange(size, dtype=np.float32)
    positions = displacement * np.float32(size / box)
    positions += np.stack(np.meshgrid(index, index, index, indexing="ij"))
    return positions.reshape(3, -1)


def acceleration(displacement: Particles, box: float) -> Particles:
    """-grad(phi) at the particles, laplacian(phi) = delta, Mpc/h, (3, size, size, size).

    Derivatives are exact (i k), and the cloud-in-cell window of the deposited density is divided out: without that,
    linear growth is slow on scales of a few cells.
    """
    size = displacement.shape[-1]
    positions = lattice_positions(displacement, box)
    spectrum = to_spectrum(deposit(positions, size).astype(np.float32))
    spectrum *= (-inverse_laplacian(size, box) / cloud_window(size)).astype(np.float32)
    pull = np.stack([to_mesh(factor.astype(np.complex64) * spectrum, size) for factor in gradient_factors(size, box)])
    return interpolate(pull, positions).reshape(displacement.shape).astype(np.float32)


def _kick(cosmology: Cosmology, start: float, end: float, *, reference: float) -> np.float32:
    """Growth of momentum from `start` to `end` over the growth of the force at `reference`."""
    growth = cosmology.momentum_growth(end) - cosmology.momentum_growth(start)
    return np.float32(growth / cosmology.growth(reference))


def _drift(cosmology: Cosmology, start: float, end: float, *, reference: float) -> np.float32:
    """Growth of displacement from `start` to `end` over the growth of momentum at `reference`."""
    growth = cosmology.growth(end) - cosmology.growth(start)
    return np.float32(growth / cosmology.momentum_growth(reference))
