"""Stage maps: simulate a mock suite, convert and change maps, and measure a file of them. Rules of ``maps.smk``.

Outputs: ``Maps_{field}_{suite}_{set}_z=0.00.npy`` (n_maps, size, size) float32 for the fields Mtot and T,
``params_{set}_{suite}.txt`` (one row a simulation), and beside each file of maps a ``.json``: mean and standard
deviation after the preprocessing, shape and SHA-256. Maps made from others are in `repshift.stages.deriving`, downloads
in `repshift.stages.fetching`, what is read on a server in `repshift.stages.slices`.
"""

import argparse
import logging
import os
import threading
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from contextlib import ExitStack, contextmanager
from functools import partial
from multiprocessing import get_context, parent_process
from multiprocessing.connection import wait
from pathlib import Path

import numpy as np
import numpy.typing as npt

from repshift.networks.preprocessing import Monopole, Preprocessing, log_moments
from repshift.simulation.feedback import Channel, Feedback
from repshift.simulation.hypercube import draw_parameters
from repshift.simulation.seeds import entropy_of
from repshift.simulation.suite import simulate_maps
from repshift.stages.arguments import add_preprocessing, at_least
from repshift.stages.conversion import add_convert
from repshift.stages.deriving import add_derive
from repshift.stages.fetching import add_download, require_recorded
from repshift.stages.progress import progress
from repshift.stages.slices import add_sample, add_slice
from repshift.storage.files import sha256
from repshift.storage.maps import chunks_of, open_maps, write_parameters, writing_maps
from repshift.storage.measured import Measured, write_measured
from repshift.vocabulary import MAPS_PER_SIMULATION, Field, InputError, require_field

logger = logging.getLogger(__name__)

_PARAMETERS, _PHASES = 0, 1
"""What is drawn: the parameters of a set, or the phases of one of its simulations."""

_CHANNEL = ("EFFICIENCY", "SECOND_ENERGY_EXPONENT", "AMBIENT_OVERDENSITY", "SECOND_RADIUS_EXPONENT")


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the actions of the stage, those of conversion, downloads and slices beside them."""
    actions = parser.add_subparsers(required=True, metavar="ACTION")
    simulator = actions.add_parser("simulate", help="simulate one set of a mock suite, in both fields")
    simulator.set_defaults(run=simulate)
    simulator.add_argument("--suite", required=True, help="name of the suite")
    simulator.add_argument("--set", required=True, help="name of the set")
    simulator.add_argument("--supernova", type=float, nargs=4, metavar=_CHANNEL, required=True, help="stellar feedback")
    simulator.add_argument("--agn", type=float, nargs=4, metavar=_CHANNEL, required=True, help="black-hole feedback")
    simulator.add_argument("--simulations", type=int, required=True, help="number of simulations")
    simulator.add_argument("--size", type=int, required=True, help="pixels along one side of a map")
    simulator.add_argument("--particles", type=int, required=True, help="particles along one side, at most the pixels")
    simulator.add_argument("--box", type=float, required=True, help="side of the box [Mpc/h]")
    simulator.add_argument("--seed", type=at_least(0), required=True, help="with suite and set, draws everything")
    simulator.add_argument("--processes", type=int, required=True, help="simulations at a time; changes no byte")
    simulator.add_argument("--output-mtot", type=Path, required=True, help=".npy of total matter maps")
    simulator.add_argument("--output-t", type=Path, required=True, help=".npy of temperature maps")
    simulator.add_argument("--output-parameters", type=Path, required=True, help=".txt of parameters")
    measurer = actions.add_parser("measure", help="moments of a file of maps after the logarithm, and its checksum")
    measurer.set_defaults(run=measure)
    measurer.add_argument("--maps", type=Path, required=True, help=".npy of maps")
    measurer.add_argument("--field", required=True, help="name of the field")
    measurer.add_argument("--quantity", nargs=2, metavar=("LONG_NAME", "UNITS"), help="of a field that CMD has not")
    measurer.add_argument("--maps-per-simulation", type=int, default=MAPS_PER_SIMULATION, help="consecutive maps")
    add_preprocessing(measurer)
    measurer.add_argument("--directory", type=Path, help="where the file was fetched to: SHA256SUMS there must agree")
    measurer.add_argument("--output", type=Path, required=True, help=".json to write")
    add_convert(actions.add_parser("convert", help="maps in FITS to one file of maps"))
    add_derive(actions.add_parser("derive", help="the maps of a suite made from those of another"))
    add_download(actions.add_parser("download", help="find a file of CMD on this machine, or fetch it"))
    add_sample(actions.add_parser("sample", help="moments of a file of maps on a server, of a sample or of all"))
    add_slice(actions.add_parser("slice", help="fetch the maps of a split out of a file on a server"))


def simulate(
    *,
    suite: str,
    set: str,  # noqa: A002 - the word of CMD
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
    entropy = entropy_of(seed, suite, set)
    parameters = draw_parameters(simulations, seed=[*entropy, _PARAMETERS])
    feedback = Feedback(supernova=Channel(*supernova), agn=Channel(*agn))
    job = partial(
        _simulate_one,
        parameters=parameters,
        feedback=feedback,
        entropy=entropy,
        size=size,
        particles=particles,
        box=box,
    )
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


def measure(
    *,
    maps: Path,
    field: str,
    smoothing: float,
    monopole: Monopole,
    output: Path,
    logarithm: bool = True,
    quantity: Sequence[str] | None = None,
    maps_per_simulation: int = MAPS_PER_SIMULATION,
    directory: Path | None = None,
) -> None:
    """Measure a file of maps, one piece in memory at a time: once for the checksum, once for the moments."""
    described = Field(quantity[0], quantity[1]) if quantity else None
    if described is None:
        require_field(field)
    preprocessing, digest = Preprocessing(smoothing, monopole, logarithm), sha256(maps)
    if directory is not None:
        require_recorded(maps, digest, directory=directory)
    n_maps, size, _ = open_maps(maps, maps_per_simulation=maps_per_simulation).shape
    try:
        moments = log_moments(chunks_of(maps), field, preprocessing=preprocessing)
    except InputError as error:
        raise InputError(f"{maps}: {error}") from error
    measured = Measured(
        field,
        moments,
        n_maps,
        size,
        digest,
        preprocessing=preprocessing,
        maps_per_simulation=maps_per_simulation,
        quantity=described,
    )
    write_measured(measured, output)
    logger.info("%s: %s is %.3f +- %.3f after preprocessing", output, field, moments.mean, moments.std)


def _simulate_one(
    index: int,
    *,
    parameters: npt.NDArray[np.float64],
    feedback: Feedback,
    entropy: list[int],
    size: int,
    particles: int,
    box: float,
) -> dict[str, npt.NDArray[np.float32]]:
    seed = [*entropy, _PHASES, index]
    return simulate_maps(parameters[index], feedback=feedback, seed=seed, size=size, particles=particles, box=box)


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
