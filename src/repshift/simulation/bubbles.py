"""Bubbles: the blasts of all haloes heat the gas around them and carry gas out of the haloes.

Blasts are gathered in a few radii; all bubbles of one radius are one convolution with a soft ball.
"""

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

from repshift.simulation.constants import (
    BARYON_DENSITY_CGS,
    BOLTZMANN,
    CENTIMETRES_PER_MPC,
    HUBBLE,
    MEAN_MOLECULAR_WEIGHT,
    PROTON_MASS,
)
from repshift.simulation.cosmology import Cosmology
from repshift.simulation.feedback import Blast, PerHalo, binding_energy
from repshift.simulation.gas import pressure_radius
from repshift.simulation.haloes import Haloes
from repshift.simulation.mesh import Mesh, to_mesh, to_spectrum
from repshift.simulation.smoothing import smooth, soft_ball

RADII = np.geomspace(0.25, 10.0, 11)
"""Radii of the bubbles, Mpc/h."""
_LARGEST_EJECTED_SHARE = 0.8


def nearest_radius(radius: PerHalo) -> npt.NDArray[np.int64]:
    """Index of the one of `RADII` nearest to each blast radius (Mpc/h) in the logarithm."""
    edges = np.sqrt(RADII[:-1] * RADII[1:])
    return np.searchsorted(edges, radius).astype(np.int64)


def fill_bubbles(
    amounts: npt.NDArray[np.float64], cell: npt.NDArray[np.int64], radius: PerHalo, *, size: int, box: float
) -> Mesh:
    """Spread amounts evenly over balls.

    Parameters
    ----------
    amounts
        (n_amounts, n_bubbles), any units.
    cell
        (n_bubbles,), flat index of each centre.
    radius
        (n_bubbles,), Mpc/h, taken as the nearest of `RADII`.

    Returns
    -------
        (n_amounts, size, size, size), the amount in each cell, not below 0; the sums are those of `amounts`.
    """
    bins = nearest_radius(radius)
    spectrum = np.zeros((len(amounts), size, size, size // 2 + 1), np.complex128)
    for number in np.unique(bins):
        chosen = bins == number
        centres = np.stack([_place(amount[chosen], cell[chosen], size) for amount in amounts])
        spectrum += to_spectrum(centres) * to_spectrum(soft_ball(RADII[number], size=size, box=box))
    return np.asarray(np.maximum(to_mesh(spectrum, size), 0.0))


def heating(energy: Mesh, gas: Mesh, *, box: float) -> Mesh:
    """Rise in temperature of gas that takes up energy, K, (size, size, size).

    Parameters
    ----------
    energy
        (size, size, size), erg in each cell.
    gas
        (size, size, size), density in units of its mean.
    box
        Mpc/h.

    Notes
    -----
    Delta T = (2/3) e mu m_p / (rho_g k_B), with e the energy density.
    """
    cell_volume = (box / gas.shape[0] / HUBBLE * CENTIMETRES_PER_MPC) ** 3
    kelvin = 2.0 / 3.0 * MEAN_MOLECULAR_WEIGHT * PROTON_MASS / (BOLTZMANN * BARYON_DENSITY_CGS * cell_volume)
    return np.asarray(kelvin * energy / gas)


def blow(gas: Mesh, haloes: Haloes, blasts: Sequence[Blast], *, cosmology: Cosmology, box: float) -> tuple[Mesh, Mesh]:
    """Let the blasts move and heat the gas.

    Parameters
    ----------
    gas
        (size, size, size), density before feedback in units of its mean.
    blasts
        One for each channel, for the same haloes.
    cosmology
        Its baryon fraction f_b and mean density.
    box
        Mpc/h.

    Returns
    -------
        Density after feedback in units of its mean, its sum unchanged, and rise in temperature in K, each
        (size, size, size).

    Notes
    -----
    A halo loses the share E / (E + E_bind) of its gas f_b M_200, with E the energy of all channels; each channel
    carries gas in proportion to its energy, into its own bubble. The loss is a Gaussian of deviation R_P about the
    centre, limited to 0.8 of the gas in any cell; what the limit keeps back is missing from the same halo's bubbles.
    The energy heats the gas that is there after the move, so that the heat of the box is the energy of its blasts.
    """
    size = gas.shape[0]
    energy = np.stack([blast.energy for blast in blasts])
    share = energy / (energy.sum(axis=0) + binding_energy(haloes, cosmology.baryon_fraction))
    ejected = share * haloes.mass / (cosmology.mean_density * (box / size) ** 3)
    loss, kept = _eject(gas, haloes, ejected.sum(axis=0), box=box)
    amounts = np.stack([energy.ravel(), (ejected * kept).ravel()])
    cell, radius = np.tile(haloes.cell, len(blasts)), np.concatenate([blast.radius for blast in blasts])
    heat, gain = fill_bubbles(amounts, cell, radius, size=size, box=box)
    blown = gas - loss + gain
    return blown, heating(heat, blown, box=box)


def _eject(gas: Mesh, haloes: Haloes, ejected: PerHalo, *, box: float) -> tuple[Mesh, PerHalo]:
    """Gas lost by each cell, and the share of its ejected gas (cells of mean density) that each halo truly loses.

    The loss is limited by a factor c(x). A halo that asks for m with kernel g loses m times the integral of g c, which
    is c smoothed with g at the halo: so the shares add up to the loss exactly.
    """
    size = gas.shape[0]
    radius = pressure_radius(size, box)
    asked = smooth(_place(ejected, haloes.cell, size), radius, box)
    limit = np.divide(_LARGEST_EJECTED_SHARE * gas, asked, out=np.ones_like(gas), where=asked > 0.0)
    limit = np.minimum(limit, 1.0)
    return asked * limit, smooth(limit, radius, box).ravel()[haloes.cell]


def _place(amount: PerHalo, cell: npt.NDArray[np.int64], size: int) -> Mesh:
    """Put amounts (n,) at their cells, (size, size, size)."""
    mesh = np.zeros(size**3)
    np.add.at(mesh, cell, amount)
    return mesh.reshape(size, size, size)
