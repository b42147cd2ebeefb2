"""Gas before feedback: smoothed matter, heated by photons and by shocks.

References
----------
Hui & Gnedin 1997, MNRAS 292, 27 (temperature-density relation of the intergalactic medium).
"""

import numpy as np
import numpy.typing as npt

from repshift.simulation.constants import KELVIN_PER_KMS_SQUARED
from repshift.simulation.mesh import Mesh
from repshift.simulation.sheet import Moments
from repshift.simulation.smoothing import smooth

_PRESSURE_RADIUS = 0.3
_PRESSURE_CELLS = 0.75
_MEAN_TEMPERATURE = 5e3
_PHOTOHEATED_SLOPE = 0.6
_PHOTOHEATED_OVERDENSITY = 10.0


def pressure_radius(size: int, box: float) -> float:
    """R_P, the deviation in Mpc/h of the Gaussian that turns matter into gas: 0.3, or 0.75 cells where that is more."""
    return max(_PRESSURE_RADIUS, _PRESSURE_CELLS * box / size)


def gas_density(matter: Mesh, box: float) -> Mesh:
    """Gas density in units of its mean: matter in units of its mean, smoothed, (size, size, size)."""
    return smooth(matter, pressure_radius(matter.shape[0], box), box)


def temperature(gas: Mesh, moments: Moments, box: float) -> Mesh:
    """Temperature of the gas before feedback, K, (size, size, size).

    Parameters
    ----------
    gas
        (size, size, size), density in units of its mean.
    moments
        Velocity moments of matter on the same mesh.
    box
        Mpc/h.

    Notes
    -----
    T = T_0 min(Delta, 10)^0.6 + mu m_p sigma^2 / k_B: photoheated gas, and shocks that turn streams into heat.
    """
    photoheated = _MEAN_TEMPERATURE * np.minimum(gas, _PHOTOHEATED_OVERDENSITY) ** _PHOTOHEATED_SLOPE
    return np.asarray(photoheated + KELVIN_PER_KMS_SQUARED * dispersion(moments, box))


def dispersion(moments: Moments, box: float) -> Mesh:
    """Squared one-dimensional velocity dispersion of the streams, (km/s)^2, (size, size, size), not below 0.

    Notes
    -----
    sigma^2 = (1/3) [<v^2> - <v>^2 - (R_P^2 + cell^2 / 6) |grad u|^2] with u = <v>, averages weighted by mass. A single
    stream with a velocity gradient has a dispersion inside the smoothing kernel, which is no heat: the last term.
    R_P^2 + cell^2 / 6 is the variance an axis of that kernel, the Gaussian after the cloud-in-cell.
    """
    size = moments.density.shape[0]
    radius = pressure_radius(size, box)
    density = smooth(moments.density, radius, box)
    mean = np.stack([smooth(mesh, radius, box) for mesh in moments.momentum]) / density
    mean_square = smooth(moments.square, radius, box) / density
    variance = radius**2 + (box / size) ** 2 / 6.0
    streams = mean_square - np.sum(mean**2, axis=0) - variance * _squared_gradient(mean, box / size)
    return np.asarray(np.maximum(streams, 0.0) / 3.0)


def _squared_gradient(vector: npt.NDArray[np.float64], cell: float) -> Mesh:
    """Sum over i, j of (d_i u_j)^2 by central differences, of (3, size, size, size)."""
    total = np.zeros(vector.shape[1:])
    for axis in (1, 2, 3):
        difference = (np.roll(vector, -1, axis) - np.roll(vector, 1, axis)) / (2.0 * cell)
        total += np.sum(difference**2, axis=0)
    return total
