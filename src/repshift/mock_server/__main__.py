"""The command line of the mock server: ``make`` a small CMD, ``serve`` it with the faults of a bad connection."""

import argparse
import logging
import os
import shutil
import sys
from dataclasses import astuple
from pathlib import Path
from typing import Any, Final, NamedTuple

from repshift.cli.exits import exit_status
from repshift.mock_server.content import expand, search
from repshift.mock_server.faults import Faults
from repshift.mock_server.server import serve as serve_directory
from repshift.simulation.feedback import Channel
from repshift.stages.maps.measure import run as measure
from repshift.stages.maps.simulate import run as simulate
from repshift.storage.files import replacing

logger = logging.getLogger("repshift.mock_server")


class _Suite(NamedTuple):
    """A mock suite under the name of one of CMD's, and the field that networks are trained on."""

    name: str
    field: str
    supernova: Channel
    agn: Channel


_SUITES: Final = (
    _Suite("IllustrisTNG", "T", Channel(0.1, 0.0, 100.0, 0.5), Channel(2.0e-3, 0.0, 100.0, 0.5)),
    _Suite("SIMBA", "Mtot", Channel(0.1, 2.0, 10.0, 0.0), Channel(3.0e-2, 1.0, 1.0, 0.0)),
)
_FIELDS: Final = ("Mtot", "T")
_SET: Final = "LH"
_COPIES: Final = 51
"""The fewest whose test split has the four simulations that a debiased CKA needs."""


def main(arguments: list[str] | None = None) -> int:
    """Run one action and return the exit status."""
    parsed = vars(_parser().parse_args(arguments))
    work = parsed.pop("run")
    return exit_status(lambda: work(**parsed))


def make(
    *,
    directory: Path,
    simulations: int,
    copies: int,
    size: int,
    particles: int,
    trials: int,
    epochs: int,
    hidden: tuple[int, int],
    seed: int,
    processes: int,
) -> None:
    """Write a CMD of two suites with two fields, and a search for each suite; what is there already is kept.

    ``{directory}/nested`` and ``{directory}/flat`` are the roots of the same copy in CMD's two layouts.
    """
    for suite in _SUITES:
        made = directory / "made" / suite.name
        _simulate(suite, made / "few", simulations, size=size, particles=particles, seed=seed, processes=processes)
        for field in _FIELDS:
            maps, parameters = made / _maps(suite, field), made / _parameters(suite)
            few = made / "few" / maps.name, made / "few" / parameters.name
            if not maps.exists():
                expand(
                    maps=few[0],
                    parameters=few[1],
                    simulations=copies,
                    seed=seed,
                    output_maps=maps,
                    output_parameters=parameters,
                )
        _search(suite, made, trials, epochs=epochs, hidden=hidden, seed=seed, threads=processes)
        _lay_out(suite, made, directory, trials)
    logger.info("%s: serve %s or %s", directory, directory / "nested", directory / "flat")


def serve(*, directory: Path, port: int, **faults: Any) -> None:  # noqa: ANN401 - the fields of Faults
    """Serve a copy of CMD until interrupted."""
    logger.info("maps.cmd.addresses: [http://127.0.0.1:%d]; Ctrl-C ends", port)
    serve_directory(directory, port=port, faults=Faults(**faults))


def _simulate(
    suite: _Suite, folder: Path, simulations: int, *, size: int, particles: int, seed: int, processes: int
) -> None:
    """Simulate a few simulations of a suite, in a box as large as CMD's."""
    if (folder / _parameters(suite)).exists():
        return
    simulate(
        suite=suite.name,
        set=_SET,
        supernova=list(astuple(suite.supernova)),
        agn=list(astuple(suite.agn)),
        simulations=simulations,
        size=size,
        particles=particles,
        box=25.0,
        seed=seed,
        processes=processes,
        output_mtot=folder / _maps(suite, "Mtot"),
        output_t=folder / _maps(suite, "T"),
        output_parameters=folder / _parameters(suite),
    )


def _search(
    suite: _Suite, made: Path, trials: int, *, epochs: int, hidden: tuple[int, int], seed: int, threads: int
) -> None:
    """Search for the hyper-parameters of the suite's networks."""
    maps, study = made / _maps(suite, suite.field), made / _study(suite)
    if study.exists():
        return
    measured = maps.with_suffix(".json")
    measure(maps=maps, field=suite.field, output=measured)
    search(
        maps=maps,
        parameters=made / _parameters(suite),
        measured=measured,
        suite=suite.name,
        field=suite.field,
        study="wd_dr_hidden_lr_o3",
        trials=trials,
        epochs=epochs,
        batch_size=16,
        hidden=hidden,
        seed=seed,
        threads=threads,
        output_study=study,
        output_weights=str(made / _weights(suite, "{trial}")),
    )


def _lay_out(suite: _Suite, made: Path, directory: Path, trials: int) -> None:
    """Put the files of a suite where the two layouts have them."""
    data = [_parameters(suite), *(_maps(suite, field) for field in _FIELDS)]
    weights = [_weights(suite, str(number)) for number in range(trials)]
    for layout, folder in {"nested": suite.name, "flat": "."}.items():
        root = directory / layout / "2D_maps"
        for name in data:
            _link(made / name, root / "data" / folder / name)
        _link(made / _study(suite), root / "inference/databases" / _study(suite))
        for name in weights:
            _link(made / name, root / "inference/weights" / name)


def _link(source: Path, target: Path) -> None:
    """Give a file another name: as a hard link, or as a copy where the disk knows none."""
    if target.exists():
        return
    with replacing(target) as temporary:
        temporary.unlink(missing_ok=True)
        try:
            os.link(source, temporary)
        except OSError:
            shutil.copyfile(source, temporary)


def _maps(suite: _Suite, field: str) -> str:
    return f"Maps_{field}_{suite.name}_{_SET}_z=0.00.npy"


def _parameters(suite: _Suite) -> str:
    return f"params_{_SET}_{suite.name}.txt"


def _study(suite: _Suite) -> str:
    return f"{suite.name}_o3_{suite.field}_all_steps_500_500_o3.db"


def _weights(suite: _Suite, trial: str) -> str:
    return f"weights_{suite.name}_{suite.field}_{trial}_all_steps_500_500_o3.pt"


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m repshift.mock_server",
        description="A mock server of CMD: make a small copy, and serve it, with faults where asked for.",
    )
    actions = parser.add_subparsers(required=True, metavar="ACTION")
    _add_make(actions.add_parser("make", help="a small CMD, from mock simulations"))
    _add_serve(actions.add_parser("serve", help="serve it, with a bad connection's faults if asked for"))
    return parser


def _add_make(parser: argparse.ArgumentParser) -> None:
    parser.set_defaults(run=make)
    parser.add_argument("--directory", type=Path, required=True, help="where to write; 1.1 GB as it stands")
    parser.add_argument("--simulations", type=int, default=4, help="number of simulations of a suite to make")
    parser.add_argument("--copies", type=int, default=_COPIES, help="number of simulations of a suite to serve")
    parser.add_argument("--size", type=int, default=256, help="number of pixels along one side of a map")
    parser.add_argument("--particles", type=int, default=128, help="number of particles along one side of the box")
    parser.add_argument("--trials", type=int, default=3, help="number of completed trials of each search")
    parser.add_argument("--epochs", type=int, default=2, help="number of passes over the training maps of a trial")
    parser.add_argument("--hidden", type=int, nargs=2, default=(2, 4), metavar=("LOW", "HIGH"), help="widths to try")
    parser.add_argument("--seed", type=int, default=1, help="random seed: draws the simulations and the networks")
    parser.add_argument(
        "--processes", type=int, default=2, help="number of simulations at a time, and of threads of training"
    )


def _add_serve(parser: argparse.ArgumentParser) -> None:
    parser.set_defaults(run=serve)
    parser.add_argument("--directory", type=Path, required=True, help="root of a copy: nested or flat of make")
    parser.add_argument("--port", type=int, default=8000, help="of 127.0.0.1; 0 takes a free one")
    faults = parser.add_argument_group("faults", "what the server does wrong; nothing, unless asked for")
    faults.add_argument("--cut", type=int, metavar="BYTES", help="close every connection after so many")
    faults.add_argument("--ignore-range", action="store_true", help="answer a range with the whole file")
    faults.add_argument("--change", action="store_true", help="replace the file after each request")
    faults.add_argument("--wrong", action="store_true", help="send other bytes")
    faults.add_argument("--stall", type=float, metavar="SECONDS", help="say nothing in the middle of a file")
    faults.add_argument("--status", type=int, help="answer with this status")
    faults.add_argument("--redirect", metavar="ADDRESS", help="send elsewhere, the path appended")
    faults.add_argument("--no-validator", action="store_true", help="send neither ETag nor Last-Modified")
    faults.add_argument("--match", default="", metavar="EXPRESSION", help="only paths in which this is found")
    faults.add_argument("--times", type=int, help="only so many first requests of each path")


if __name__ == "__main__":
    sys.exit(main())
