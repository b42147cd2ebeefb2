"""Action of the stage maps: ``simulate`` one set of a mock suite, in both fields. Rule ``maps``.

Outputs: ``Maps_{field}_{suite}_{set}_z=0.00.npy`` (n_maps, size, size) float32 for the fields Mtot and T, and
``params_{set}_{suite}.txt`` (one row a simulation).
"""

import argparse
import logging
from contextlib import ExitStack
from functools import partial
from pathlib import Path

import numpy as np
import numpy.typing as npt

from repshift.cli.arguments import at_least
from repshift.cli.processes import mapped
from repshift.cli.progress import progress
from repshift.simulation.feedback import Channel, Feedback
from repshift.simulation.hypercube import draw_parameters
from repshift.simulation.one_at_a_time import (
    ONE_AT_A_TIME,
    ONE_COSMOLOGY,
    fiducial_parameters,
    realisation_of,
    vary_parameters,
)
from repshift.simulation.seeds import entropy_of
from repshift.simulation.suite import simulate_maps
from repshift.storage.maps import write_parameters, writing_maps
from repshift.vocabulary import MAPS_PER_SIMULATION, InputError

logger = logging.getLogger(__name__)

_PARAMETERS, _PHASES = 0, 1
"""What is drawn: the parameters of a set, or the phases of one of its simulations."""

_CHANNEL = ("EFFICIENCY", "SECOND_ENERGY_EXPONENT", "AMBIENT_OVERDENSITY", "SECOND_RADIUS_EXPONENT")


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the arguments of `run`."""
    parser.set_defaults(run=run)
    parser.add_argument("--suite", required=True, help="name of the suite")
    parser.add_argument("--set", required=True, help="name of the set")
    parser.add_argument("--seeds", help="suite whose parameters and initial conditions are taken; by default its own")
    parser.add_argument("--supernova", type=float, nargs=4, metavar=_CHANNEL, required=True, help="stellar feedback")
    parser.add_argument("--agn", type=float, nargs=4, metavar=_CHANNEL, required=True, help="black-hole feedback")
    parser.add_argument("--simulations", type=int, required=True, help="number of simulations")
    parser.add_argument("--size", type=int, required=True, help="number of pixels along one side of a map")
    parser.add_argument(
        "--particles", type=int, required=True, help="number of particles along one side, at most that of pixels"
    )
    parser.add_argument("--box", type=float, required=True, help="side of the box [Mpc/h]")
    parser.add_argument(
        "--seed",
        type=at_least(0),
        required=True,
        help="random seed: with suite and set, draws parameters and initial conditions",
    )
    parser.add_argument(
        "--processes", type=int, required=True, help="number of simulations at a time; changes no result"
    )
    parser.add_argument("--output-mtot", type=Path, required=True, help=".npy of total matter maps")
    parser.add_argument("--output-t", type=Path, required=True, help=".npy of temperature maps")
    parser.add_argument("--output-parameters", type=Path, required=True, help=".txt of parameters")


def run(
    *,
    suite: str,
    set: str,  # noqa: A002 - the word of CMD
    seeds: str | None = None,
    supernova: list[float],
    agn: list[float],
    simulations: int,
    size: int,
    particles: int,
    box: float,
    seed: int,
    processes: int,
    output_mtot: Path,
    output_t: Path,
    output_parameters: Path,
) -> None:
    """Simulate one set of a mock suite; every simulation depends on its own seed alone, not on `processes`."""
    if simulations < 1 or processes < 1:
        raise InputError(f"{simulations} simulations in {processes} processes: at least one of each is needed.")
    entropy, varies_one = entropy_of(seed, seeds or suite, set), set == ONE_AT_A_TIME
    parameters = _parameters_of(set, simulations, seed=[*entropy, _PARAMETERS])
    feedback = Feedback(supernova=Channel(*supernova), agn=Channel(*agn))
    job = partial(
        _simulate_one,
        parameters=parameters,
        feedback=feedback,
        seeds=[[*entropy, _PHASES, realisation_of(index) if varies_one else index] for index in range(simulations)],
        size=size,
        particles=particles,
        box=box,
    )
    paths = {"Mtot": output_mtot, "T": output_t}
    with ExitStack() as stack:
        append = {
            field: stack.enter_context(writing_maps(path, n_simulations=simulations, size=(size, size)))
            for field, path in paths.items()
        }
        done = stack.enter_context(mapped(job, range(simulations), processes))
        advance = stack.enter_context(progress(simulations, f"simulations of {suite} {set}"))
        for maps in done:
            for field in paths:
                append[field](maps[field])
            advance()
    write_parameters(parameters, output_parameters)
    logger.info("%d maps a field: %s, %s", simulations * MAPS_PER_SIMULATION, output_mtot, output_t)


def _parameters_of(set_name: str, simulations: int, *, seed: list[int]) -> npt.NDArray[np.float64]:
    """Return the parameters of a set: drawn; of 1P, in which one varies at a time; of CV, in which none do."""
    if set_name == ONE_AT_A_TIME:
        return vary_parameters(simulations)
    return fiducial_parameters(simulations) if set_name == ONE_COSMOLOGY else draw_parameters(simulations, seed=seed)


def _simulate_one(
    index: int,
    *,
    parameters: npt.NDArray[np.float64],
    feedback: Feedback,
    seeds: list[list[int]],
    size: int,
    particles: int,
    box: float,
) -> dict[str, npt.NDArray[np.float32]]:
    return simulate_maps(
        parameters[index], feedback=feedback, seed=seeds[index], size=size, particles=particles, box=box
    )
