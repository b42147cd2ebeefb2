"""Initial conditions: a Gaussian field of fixed amplitudes, and its second-order Lagrangian displacement.

References
----------
Angulo & Pontzen 2016, MNRAS 462, L1 (fixed amplitudes).
Bouchet et al. 1995, A&A 296, 575, and Scoccimarro 1998, MNRAS 299, 1097, appendix D (2LPT).
"""

from itertools import combinations

import numpy as np
import numpy.typing as npt

from repshift.simulation.cosmology import Cosmology
from repshift.simulation.mesh import (
    Mesh,
    Spectrum,
    gradient_factors,
    inverse_laplacian,
    squared_wavenumber,
    to_mesh,
    to_spectrum,
    wavevector,
)


def linear_density(cosmology: Cosmology, rng: np.random.Generator, *, size: int, box: float) -> Spectrum:
    """Draw the linear overdensity at redshift 0 in Fourier space, (size, size, size // 2 + 1), unnormalised transform.

    Every mode has exactly the amplitude [P(k) / V]^(1/2) and a random phase; the phases are those of real white noise,
    so that the field is real. The mean is 0.
    """
    noise = to_spectrum(rng.standard_normal((size, size, size)))
    wavenumber = np.sqrt(squared_wavenumber(size, box))
    wavenumber[0, 0, 0] = np.inf
    amplitude = np.zeros_like(wavenumber)
    finite = np.isfinite(wavenumber)
    amplitude[finite] = np.sqrt(cosmology.power_spectrum(wavenumber[finite]) / box**3)
    return size**3 * amplitude * noise / np.abs(noise)


def gradient(potential: Spectrum, *, size: int, box: float) -> npt.NDArray[np.floating]:
    """Gradient of a potential given in Fourier space, (3, size, size, size), the potential's unit a Mpc/h."""
    return np.stack([to_mesh(factor * potential, size) for factor in gradient_factors(size, box)])


def second_order_source(potential: Spectrum, *, size: int, box: float) -> Mesh:
    """Source of the second-order potential: sum over i < j of phi_,ii phi_,jj - phi_,ij^2, (size, size, size).

    0 for a plane wave, whose second order vanishes.
    """
    k = wavevector(size, box)
    diagonal = [to_mesh(-(component**2) * potential, size) for component in k]
    source = np.zeros((size, size, size))
    for i, j in combinations(range(3), 2):
        source += diagonal[i] * diagonal[j] - to_mesh(-k[i] * k[j] * potential, size) ** 2
    return source


def displace(
    density: Spectrum, cosmology: Cosmology, *, a: float, size: int, box: float
) -> tuple[npt.NDArray[np.float32], npt.NDArray[np.float32]]:
    """Displace particles from their lattice to scale factor `a` by 2LPT.

    Parameters
    ----------
    density
        (size, size, size // 2 + 1), the linear overdensity at redshift 0 (`linear_density`).
    a
        Scale factor, early enough that displacements are small.
    size, box
        Particles a side, and Mpc/h.

    Returns
    -------
        Displacement x - q and momentum p = a^2 dx/dt / H_0, each (3, size, size, size) in Mpc/h.

    Notes
    -----
    x = q - D grad(phi_1) - (3/7) D^2 Omega_m(a)^(-1/143) grad(phi_2), with laplacian(phi_1) = delta, and
    laplacian(phi_2) from `second_order_source`. The second order grows at the rate 2 Omega_m(a)^(6/11) (Scoccimarro
    1998, appendix D).
    """
    inverse = inverse_laplacian(size, box)
    potential = inverse * density
    second = inverse * to_spectrum(second_order_source(potential, size=size, box=box))
    matter = cosmology.matter_density(a)
    first_order = -cosmology.growth(a) * gradient(potential, size=size, box=box)
    second_order = (
        -3.0 / 7.0 * cosmology.growth(a) ** 2 * matter ** (-1.0 / 143.0) * gradient(second, size=size, box=box)
    )
    rates = cosmology.growth_rate(a) * first_order + 2.0 * matter ** (6.0 / 11.0) * second_order
    momentum = a**2 * cosmology.expansion(a) * rates
    return (first_order + second_order).astype(np.float32), momentum.astype(np.float32)
