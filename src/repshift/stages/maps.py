"""Stage maps: simulate a mock suite, and measure a file of maps. Rules ``maps`` and ``measured``.

Outputs: ``Maps_{field}_{suite}_{set}_z=0.00.npy`` (n_maps, size, size) float32 for the fields Mtot and T,
``params_{set}_{suite}.txt`` (one row a simulation), and beside each file of maps a ``.json``: mean and standard
deviation after the logarithm, shape and SHA-256.
"""

import argparse
import logging
import os
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import ProcessPoolExecutor
from contextlib import ExitStack, contextmanager
from functools import partial
from multiprocessing import get_context, parent_process
from multiprocessing.connection import wait
from pathlib import Path

import numpy as np
import numpy.typing as npt

from repshift.networks.preprocessing import log_moments
from repshift.simulation.feedback import Channel, Feedback
from repshift.simulation.hypercube import draw_parameters
from repshift.simulation.suite import simulate_maps
from repshift.stages.progress import progress
from repshift.storage.files import sha256
from repshift.storage.maps import Measured, chunks_of, open_maps, write_measured, write_parameters, writing_maps
from repshift.vocabulary import MAPS_PER_SIMULATION, InputError, require_field

logger = logging.getLogger(__name__)

_PARAMETERS, _PHASES = 0, 1
"""What is drawn: the parameters of a set, or the phases of one of its simulations."""

_CHANNEL = ("EFFICIENCY", "SECOND_ENERGY_EXPONENT", "AMBIENT_OVERDENSITY", "SECOND_RADIUS_EXPONENT")


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the two actions of the stage."""
    actions = parser.add_subparsers(required=True, metavar="ACTION")
    simulator = actions.add_parser("simulate", help="simulate one set of a mock suite, in both fields")
    simulator.set_defaults(run=simulate)
    simulator.add_argument("--suite", required=True, help="name of the suite")
    simulator.add_argument("--set", required=True, help="name of the set")
    simulator.add_argument("--supernova", type=float, nargs=4, metavar=_CHANNEL, required=True, help="stellar feedback")
    simulator.add_argument("--agn", type=float, nargs=4, metavar=_CHANNEL, required=True, help="black-hole feedback")
    simulator.add_argument("--simulations", type=int, required=True, help="number of simulations")
    simulator.add_argument("--size", type=int, required=True, help="pixels along one side of a map")
    simulator.add_argument("--box", type=float, required=True, help="side of the box [Mpc/h]")
    simulator.add_argument("--seed", type=int, required=True, help="with suite and set, draws everything")
    simulator.add_argument("--processes", type=int, required=True, help="simulations at a time; changes no byte")
    simulator.add_argument("--output-mtot", type=Path, required=True, help=".npy of total matter maps")
    simulator.add_argument("--output-t", type=Path, required=True, help=".npy of temperature maps")
    simulator.add_argument("--output-parameters", type=Path, required=True, help=".txt of parameters")
    measurer = actions.add_parser("measure", help="moments of a file of maps after the logarithm, and its checksum")
    measurer.set_defaults(run=measure)
    measurer.add_argument("--maps", type=Path, required=True, help=".npy of maps")
    measurer.add_argument("--field", required=True, help="name of the field")
    measurer.add_argument("--output", type=Path, required=True, help=".json to write")


def simulate(
    *,
    suite: str,
    set: str,  # noqa: A002 - the word of CMD
    supernova: list[float],
    agn: list[float],
    simulations: int,
    size: int,
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
    entropy = _entropy(seed, suite, set)
    parameters = draw_parameters(simulations, seed=[*entropy, _PARAMETERS])
    feedback = Feedback(supernova=Channel(*supernova), agn=Channel(*agn))
    job = partial(_simulate_one, parameters=parameters, feedback=feedback, entropy=entropy, size=size, box=box)
    paths = {"Mtot": output_mtot, "T": output_t}
    with ExitStack() as stack:
        append = {
            field: stack.enter_context(writing_maps(path, n_simulations=simulations, size=size))
            for field, path in paths.items()
        }
        done = stack.enter_context(_mapped(job, simulations, processes))
        advance = stack.enter_context(progress(simulations, f"simulations of {suite} {set}"))
        for maps in done:
            for field in paths:
                append[field](maps[field])
            advance()
    write_parameters(parameters, output_parameters)
    logger.info("%d maps a field: %s, %s", simulations * MAPS_PER_SIMULATION, output_mtot, output_t)


def measure(*, maps: Path, field: str, output: Path) -> None:
    """Measure a file of maps, one piece in memory at a time: once for the moments, once for the checksum."""
    require_field(field)
    opened = open_maps(maps)
    try:
        moments = log_moments(chunks_of(opened), field)
    except InputError as error:
        raise InputError(f"{maps}: {error}") from error
    measured = Measured(field=field, moments=moments, n_maps=len(opened), size=opened.shape[1], sha256=sha256(maps))
    write_measured(measured, output)
    logger.info("%s: log10 %s is %.3f +- %.3f", output, field, moments.mean, moments.std)


def _entropy(seed: int, *names: str) -> list[int]:
    """Return numbers that no other seed and names give, even with more numbers behind: each name after its length."""
    return [seed, *(number for name in names for number in (len(name.encode()), *name.encode()))]


def _simulate_one(
    index: int,
    *,
    parameters: npt.NDArray[np.float64],
    feedback: Feedback,
    entropy: list[int],
    size: int,
    box: float,
) -> dict[str, npt.NDArray[np.float32]]:
    return simulate_maps(parameters[index], feedback=feedback, seed=[*entropy, _PHASES, index], size=size, box=box)


def _end_with_parent() -> None:
    """End this process when the one that started it is gone, however it went."""
    parent = parent_process()

    def watch() -> None:
        if parent is not None:
            wait([parent.sentinel])
            os._exit(1)

    threading.Thread(target=watch, daemon=True).start()


@contextmanager
def _mapped(
    job: Callable[[int], dict[str, npt.NDArray[np.float32]]], n_simulations: int, processes: int
) -> Iterator[Iterator[dict[str, npt.NDArray[np.float32]]]]:
    """Yield the simulations in their order, made by several processes at a time."""
    if processes == 1:
        yield map(job, range(n_simulations))
        return
    with ProcessPoolExecutor(processes, mp_context=get_context("spawn"), initializer=_end_with_parent) as pool:
        try:
            yield pool.map(job, range(n_simulations))
        finally:
            pool.shutdown(cancel_futures=True)
