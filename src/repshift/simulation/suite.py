"""A simulation of a mock suite: from six parameters and a seed to the 15 maps of each field."""

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

from repshift.simulation.bubbles import blow
from repshift.simulation.cosmology import Cosmology
from repshift.simulation.feedback import Feedback, agn_blast, supernova_blast
from repshift.simulation.gas import gas_density, temperature
from repshift.simulation.gravity import evolve
from repshift.simulation.haloes import find_haloes
from repshift.simulation.mesh import Mesh
from repshift.simulation.projection import project
from repshift.simulation.sheet import moments
from repshift.vocabulary import PARAMETERS, InputError

Maps = npt.NDArray[np.float32]
"""Maps of one simulation, (15, size, size), in the order of `projection.project`."""

_SMALLEST_SIZE = 16


def simulate_maps(
    parameters: npt.NDArray[np.float64],
    *,
    feedback: Feedback,
    seed: Sequence[int],
    size: int = 64,
    particles: int | None = None,
    box: float = 75.0,
) -> dict[str, Maps]:
    """Simulate one box at redshift 0 and project it.

    Parameters
    ----------
    parameters
        (6,), dimensionless, in the order of `vocabulary.PARAMETERS`: Omega_m, sigma_8, A_SN1, A_AGN1, A_SN2, A_AGN2.
    feedback
        What makes the suite.
    seed
        Whole numbers for `numpy.random.SeedSequence`: the phases of the initial field, all that is random here.
    size
        Cells a side, a power of two, at least 16.
    particles
        Particles a side, a power of two, at least 16 and at most `size`; None: as many as cells. Forces act down to
        the spacing of the particles alone; between them matter is where the sheet is interpolated.
    box
        Side of the periodic box, Mpc/h.

    Returns
    -------
        "Mtot", the surface density of matter in (Msun/h)/(Mpc/h)^2, and "T", the mass-weighted temperature of gas in K;
        each float32 (15, size, size), above 0: five slabs along the first axis, five along the second, five along the
        third.

    Raises
    ------
    InputError
        If `size` or `particles` is no power of two or below 16, there are more particles than cells, or `parameters`
        are not six.
    """
    lattice = size if particles is None else particles
    _require_lattice(lattice, size)
    _require_six(parameters)
    omega_m, sigma_8, supernova_first, agn_first, supernova_second, agn_second = map(float, parameters)
    cosmology = Cosmology(omega_m, sigma_8)
    rng = np.random.default_rng(np.random.SeedSequence(seed))
    displacement, velocity = evolve(cosmology, rng, size=lattice, box=box)
    matter = moments(displacement, velocity, box=box, cells=size)
    gas = gas_density(matter.density, box)
    kelvin = temperature(gas, matter, box)
    haloes = find_haloes(matter.density, cosmology, box=box)
    blasts = (
        supernova_blast(haloes, feedback.supernova, first=supernova_first, second=supernova_second),
        agn_blast(haloes, feedback.agn, first=agn_first, second=agn_second),
    )
    gas, heat = blow(gas, haloes, blasts, cosmology=cosmology, box=box)
    return {
        "Mtot": surface_density(matter.density, gas, cosmology, box=box),
        "T": (project(gas * (kelvin + heat)) / project(gas)).astype(np.float32),
    }


def surface_density(matter: Mesh, gas: Mesh, cosmology: Cosmology, *, box: float) -> Maps:
    """Project all matter, (Msun/h)/(Mpc/h)^2, from matter and gas (size, size, size) in units of their means.

    Gas has the share f_b = Omega_b / Omega_m, and the rest follows `matter`: (1 - f_b) matter + f_b gas.
    """
    fraction = cosmology.baryon_fraction
    mean = cosmology.mean_density * box / matter.shape[0]
    return np.asarray(mean * project((1.0 - fraction) * matter + fraction * gas), np.float32)


def _require_lattice(particles: int, size: int) -> None:
    for name, number in (("size", size), ("number of particles a side", particles)):
        if number < _SMALLEST_SIZE or number & (number - 1):
            raise InputError(
                f"The {name} of a simulation is {number}. It must be a power of two, at least {_SMALLEST_SIZE}."
            )
    if particles > size:
        raise InputError(f"{particles} particles a side for maps of {size} pixels. Expected at most as many as pixels.")


def _require_six(parameters: npt.NDArray[np.float64]) -> None:
    if parameters.shape != (len(PARAMETERS),):
        names = ", ".join(PARAMETERS)
        raise InputError(f"Parameters have shape {parameters.shape}. A simulation takes ({len(PARAMETERS)},): {names}.")
