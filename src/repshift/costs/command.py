"""The command costs: what a run cost, and what one would cost; ``make costs``, ``make estimate``.

``sum`` adds up what was measured of each job of results/benchmarks, as ``costs.csv``, a row a stage, one of the start
of all processes and one of the total: jobs, of these earlier_jobs that ended before the last run began, wall_seconds,
cpu_seconds, mean_load (their ratio), largest_megabytes of a process until the stage ended, bytes_kept of files on disk.
``estimate`` says the same of the jobs that a dry run lists, before any has run. ``fit`` makes the constants that it
needs, of finished runs.
"""

import argparse
import logging
import sys
from pathlib import Path
from typing import Final

import pandas as pd

from repshift.cli.arguments import at_least
from repshift.costs.bills import Bill, benchmarks_of, read_bill
from repshift.costs.countdown import bytes_in_words, in_words
from repshift.costs.dimensions import ASSUMED_HIDDEN
from repshift.costs.fitting import fit_constants, fit_starts, samples_of
from repshift.costs.follower import RATE, began
from repshift.costs.jobs import Job
from repshift.costs.plan import Plan, read_plan
from repshift.costs.prices import read_prices
from repshift.costs.schedule import play
from repshift.costs.sums import table_of_bills, table_of_costs
from repshift.storage.files import write_json
from repshift.storage.tables import write_table
from repshift.vocabulary import InputError

logger = logging.getLogger(__name__)

_MEGABYTE: Final = 1e6
_OF_MAPS: Final = ("convert", "download_maps", "measured", "sample", "slice")


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the three actions."""
    actions = parser.add_subparsers(required=True, metavar="ACTION")
    summing = actions.add_parser("sum", help="sum up what the jobs of a run cost")
    summing.set_defaults(run=run)
    summing.add_argument("--plan", type=Path, required=True, help="jobs of the configuration, as a dry run wrote them")
    summing.add_argument("--benchmarks", type=Path, required=True, help="folder of what Snakemake measured")
    summing.add_argument("--progress", type=Path, required=True, help="log of the last run's progress")
    summing.add_argument("--output", type=Path, required=True, help=".csv to write")
    estimating = actions.add_parser("estimate", help="estimate what a run will cost")
    estimating.set_defaults(run=estimate)
    estimating.add_argument("--plan", type=Path, required=True, help="jobs that a dry run wrote")
    estimating.add_argument("--constants", type=Path, required=True, help=".json that 'costs fit' wrote")
    estimating.add_argument("--rate", type=float, default=RATE / _MEGABYTE, help="rate of a download [MB/s]")
    estimating.add_argument(
        "--downloads", type=at_least(1), default=2, help="number of jobs that fetch at the same time"
    )
    estimating.add_argument("--output", type=Path, help=".csv to write as well")
    fitting = actions.add_parser("fit", help="measure the constants of costs from finished runs")
    fitting.set_defaults(run=fit)
    fitting.add_argument(
        "--run",
        dest="runs",
        type=Path,
        nargs=2,
        action="append",
        required=True,
        metavar=("PLAN", "FOLDER"),
        help="jobs of a configuration, and the folder in which it ran",
    )
    fitting.add_argument("--about", required=True, help="what was measured, and on what machine")
    fitting.add_argument("--output", type=Path, required=True, help=".json to write")


def run(*, plan: Path, benchmarks: Path, progress: Path, output: Path) -> None:
    """Sum up what the jobs of the last run, and of those before it that are still there, took."""
    folder = benchmarks.parent.parent
    jobs = {folder / job.benchmark: job for job in read_plan(plan).jobs if job.benchmark}
    bills = [read_bill(path, jobs.get(path), folder=folder) for path in benchmarks_of(benchmarks)]
    if not bills:
        raise InputError(f"{benchmarks} holds no benchmark. Expected those of a run of the workflow.")
    table = table_of_bills(bills, since=began(progress))
    write_table(table, output)
    _show(table)
    earlier = int(table["earlier_jobs"].iloc[-1])
    if earlier:
        _say(f"{earlier} of these jobs are of an earlier run than the last and were not run again.")
    logger.info("%s: %d stages", output, len(table) - 1)


def estimate(*, plan: Path, constants: Path, rate: float, downloads: int, output: Path | None = None) -> None:
    """Say what the jobs of a dry run will cost: time, memory, disk and downloads."""
    if rate <= 0:
        raise InputError(f"--rate is {rate:g} MB/s. Expected a number above 0.")
    planned, prices = read_plan(plan), read_prices(constants)
    if not any(job.benchmark for job in planned.jobs):
        _say("Nothing to be done.")
        return
    table = table_of_costs(planned.jobs, prices, rate=rate * _MEGABYTE)
    if output is not None:
        write_table(table, output)
    _show(table)
    costs = prices.costs(planned.jobs, rate=rate * _MEGABYTE)
    played = play(planned.jobs, costs, cores=planned.cores, downloads=downloads, pause=prices.pause)
    fetched = table["bytes_fetched"].iloc[-1]
    _say(
        f"About {in_words(played.seconds)} on {planned.cores} cores; disk {bytes_in_words(played.kept)} at the end, "
        f"{bytes_in_words(played.peak)} at most."
    )
    if fetched:
        alone = in_words(fetched / (rate * _MEGABYTE))
        _say(f"{bytes_in_words(fetched)} to fetch: {alone} of it at {rate:g} MB/s, an assumption (--rate).")
    _say_assumptions(planned)


def _say_assumptions(planned: Plan) -> None:
    """Say what of the estimate is not known before the run."""
    parts = [(job.label.partition(" ")[2], kind, sizes) for job in planned.jobs for kind, sizes in job.parts]
    unknown = [(names, kind) for names, kind, sizes in parts if "pixels" in sizes and "hidden" not in sizes]
    networks = {names.split("/")[0] for names, kind in unknown if kind in ("trial", "models")}
    if networks:
        _say(f"{len(networks)} networks are not known beforehand: counted as CMD's of width {ASSUMED_HIDDEN}.")
    assumed = [names for names, kind, sizes in parts if sizes.get("assumed") and kind in _OF_MAPS]
    named = sorted({" ".join(names.split("/")[:3]) for names in assumed})
    if named:
        _say(f"Not known beforehand, and counted as CMD's LH, also of FITS files: the size of {', '.join(named)}.")
    _say("On the CPU; measured on the machine that the constants name. A GPU is faster where rules ask for one.")


def fit(*, runs: list[list[Path]], about: str, output: Path) -> None:
    """Fit the constants of costs to the jobs of finished runs, and write them."""
    measured: list[Bill] = []
    pauses = []
    for path, folder in runs:
        planned = read_plan(path)
        bills = [read_bill(folder / job.benchmark, job, folder=folder) for job in _measured_jobs(planned, folder)]
        if not bills:
            raise InputError(f"{folder} holds no benchmark of the jobs of {path}. Expected a finished run.")
        measured += bills
        pauses.append(_pause(bills, planned.cores))
        logger.info("%s: %d of %d jobs measured", folder, len(bills), len(planned.jobs))
    starts = fit_starts(measured)
    parts = fit_constants(sample for bill in measured for sample in samples_of(bill, starts))
    constants = {"about": about, "jobs": len(measured), "pause": round(min(pauses), 2), "start": starts, "parts": parts}
    write_json(constants, output)
    logger.info("%s: %d kinds of parts", output, len(parts))


def _measured_jobs(planned: Plan, folder: Path) -> list[Job]:
    return [job for job in planned.jobs if job.benchmark and (folder / job.benchmark).is_file()]


def _pause(bills: list[Bill], cores: int) -> float:
    """Return the seconds of a core a job that no command used: of Snakemake, of waiting."""
    jobs = [bill.whole for bill in bills]
    whole = max(one.ended for one in jobs) - min(one.ended - one.wall for one in jobs)
    return max(cores * whole - sum(one.seconds for one in jobs), 0.0) / len(jobs)


def _show(table: pd.DataFrame) -> None:
    """Write a table for reading: megabytes, not bytes."""
    shown = table.copy()
    for name in [str(name) for name in table if str(name).startswith("bytes")]:
        shown[name] = (table[name] / _MEGABYTE).map("{:.1f}".format)
    _say(shown.rename(columns=lambda name: _heading(str(name))).to_string(index=False))


def _heading(name: str) -> str:
    """Return the heading of a column: of bytes, megabytes."""
    return name.replace("bytes_", "MB_", 1) if name.startswith("bytes_") else name


def _say(words: str) -> None:
    sys.stdout.write(f"{words}\n")
