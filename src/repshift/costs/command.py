"""The command costs: what a run cost, and what one would cost; ``make costs``, ``make estimate``.

``sum`` adds up what Snakemake measured of each job of results/benchmarks, as ``costs.csv``, a row a rule and one of the
total: jobs, of these earlier_jobs that ended before the last run began, wall_seconds, cpu_seconds, mean_load (their
ratio), largest_megabytes of a job's memory, bytes_written as the system saw them, bytes_kept of its files on disk.
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
from repshift.costs.fitting import fit_constants
from repshift.costs.follower import RATE, began
from repshift.costs.jobs import Job
from repshift.costs.plan import Plan, read_plan
from repshift.costs.prices import Quantity, read_prices
from repshift.costs.remaining import in_words
from repshift.costs.schedule import play
from repshift.costs.terms import ASSUMED_HIDDEN
from repshift.storage.benchmarks import Measured, read_benchmark
from repshift.storage.files import write_json
from repshift.storage.tables import write_table
from repshift.vocabulary import InputError

logger = logging.getLogger(__name__)

_MEGABYTE: Final = 1e6
_OF_MAPS: Final = ("convert", "download_maps", "measured", "sample", "slice")
_OTHER: Final = "of another configuration"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the three actions."""
    actions = parser.add_subparsers(required=True, metavar="ACTION")
    summing = actions.add_parser("sum", help="what the jobs of results/benchmarks cost")
    summing.set_defaults(run=run)
    summing.add_argument("--plan", type=Path, required=True, help="jobs of the configuration, as a dry run wrote them")
    summing.add_argument("--benchmarks", type=Path, required=True, help="folder of what Snakemake measured")
    summing.add_argument("--progress", type=Path, required=True, help="log of the last run's progress")
    summing.add_argument("--output", type=Path, required=True, help=".csv to write")
    estimating = actions.add_parser("estimate", help="what a run would cost")
    estimating.set_defaults(run=estimate)
    estimating.add_argument("--plan", type=Path, required=True, help="jobs that a dry run wrote")
    estimating.add_argument("--constants", type=Path, required=True, help=".json that 'costs fit' wrote")
    estimating.add_argument("--rate", type=float, default=RATE / _MEGABYTE, help="of a download [MB/s]")
    estimating.add_argument("--downloads", type=at_least(1), default=2, help="jobs that fetch at the same time")
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
    folder = _root_of(benchmarks)
    jobs = {folder / job.benchmark: job for job in read_plan(plan).jobs if job.benchmark}
    since = began(progress)
    rows = [
        _row(jobs.get(path), read_benchmark(path), folder=folder, since=since)
        for path in sorted(benchmarks.rglob("*.tsv"))
    ]
    if not rows:
        raise InputError(f"{benchmarks} holds no benchmark. Expected those of a run of the workflow.")
    table = _summed(pd.DataFrame(rows))
    write_table(table, output)
    _show(table)
    earlier = int(table["earlier_jobs"].iloc[-1])
    if earlier:
        _say(f"{earlier} of these jobs are of an earlier run than the last and were not run again.")
    logger.info("%s: %d rules", output, len(table) - 1)


def _root_of(benchmarks: Path) -> Path:
    """Return the folder in which the workflow ran."""
    return benchmarks.parent.parent


def _row(job: Job | None, measured: Measured, *, folder: Path, since: float) -> dict[str, str | float]:
    """Return what one job cost."""
    return {
        "rule": job.rule if job else _OTHER,
        "jobs": 1,
        "earlier_jobs": int(measured.ended < since),
        "wall_seconds": measured.wall,
        "cpu_seconds": measured.seconds,
        "largest_megabytes": measured.megabytes,
        "bytes_written": measured.written,
        "bytes_kept": _size_of(job, folder) if job else 0,
    }


def _size_of(job: Job, folder: Path) -> int:
    """Return the bytes of a job's files that are there; what a link points to is not the job's."""
    paths = (folder / output for output in job.outputs)
    return sum(path.lstat().st_size for path in paths if path.is_file())


def _summed(rows: pd.DataFrame) -> pd.DataFrame:
    """Return what each rule cost, and their ratio of CPU to clock."""
    table = _by_rule(rows)
    table.insert(5, "mean_load", (table["cpu_seconds"] / table["wall_seconds"]).round(2))
    return table


def _by_rule(rows: pd.DataFrame) -> pd.DataFrame:
    """Return a row a rule, the dearest first, and one of the total."""
    how: dict[str, str] = dict.fromkeys(rows.columns.drop("rule"), "sum") | {"largest_megabytes": "max"}
    rules = rows.groupby("rule").agg(how).sort_values("cpu_seconds", ascending=False).reset_index()
    total = pd.DataFrame([{"rule": "total"} | {name: rules[name].agg(one) for name, one in how.items()}])
    table = pd.concat([rules, total], ignore_index=True)[list(rows.columns)]
    measured = {"wall_seconds": 1, "cpu_seconds": 1, "largest_megabytes": 0}
    whole = [name for name in how if name not in measured]
    return table.round(measured).astype(dict.fromkeys(whole, int))


def estimate(*, plan: Path, constants: Path, rate: float, downloads: int, output: Path | None = None) -> None:
    """Say what the jobs of a dry run will cost: time, memory, disk and downloads."""
    if rate <= 0:
        raise InputError(f"--rate is {rate:g} MB/s. Expected a number above 0.")
    planned, prices = read_plan(plan), read_prices(constants)
    costs = prices.costs(planned.jobs, rate=rate * _MEGABYTE)
    rows = [
        {
            "rule": job.rule,
            "jobs": 1,
            "cpu_seconds": cost.seconds,
            "largest_megabytes": cost.megabytes,
            "bytes_kept": 0.0 if job.temporary else cost.bytes,
            "bytes_temporary": cost.bytes if job.temporary else 0.0,
            "bytes_fetched": cost.fetched,
        }
        for job, cost in ((job, costs[job.number]) for job in planned.jobs if job.benchmark)
    ]
    if not rows:
        _say("Nothing to be done.")
        return
    table = _by_rule(pd.DataFrame(rows))
    if output is not None:
        write_table(table, output)
    _show(table)
    played = play(planned.jobs, costs, cores=planned.cores, downloads=downloads, pause=prices.pause)
    total = table.iloc[-1]
    _say(
        f"About {in_words(played.seconds)} on {planned.cores} cores; disk {_words(played.kept)} at the end, "
        f"{_words(played.peak)} at most."
    )
    if total["bytes_fetched"]:
        alone = in_words(total["bytes_fetched"] / (rate * _MEGABYTE))
        _say(f"{_words(total['bytes_fetched'])} to fetch: {alone} of it at {rate:g} MB/s, an assumption (--rate).")
    _say_assumptions(planned)


def _say_assumptions(planned: Plan) -> None:
    """Say what of the estimate is not known before the run."""
    unknown = [job for job in planned.jobs if "pixels" in job.sizes and "hidden" not in job.sizes]
    networks = {job.wildcards.split("/")[0] for job in unknown if job.rule in ("trial", "network", "models")}
    if networks:
        _say(f"{len(networks)} networks are not known beforehand: counted as CMD's of width {ASSUMED_HIDDEN}.")
    assumed = [job for job in planned.jobs if job.sizes.get("assumed") and job.rule in _OF_MAPS]
    named = sorted({" ".join(job.wildcards.split("/")[:3]) for job in assumed})
    if named:
        _say(f"Not known beforehand, and counted as CMD's LH, also of FITS files: the size of {', '.join(named)}.")
    _say("On the CPU; measured on the machine that the constants name. A GPU is faster where rules ask for one.")


def fit(*, runs: list[list[Path]], about: str, output: Path) -> None:
    """Fit the constants of costs to the jobs of finished runs, and write them."""
    measured: list[tuple[Job, dict[Quantity, float]]] = []
    pauses = []
    for path, folder in runs:
        planned = read_plan(path)
        found = [(job, read_benchmark(folder / job.benchmark)) for job in _measured_jobs(planned, folder)]
        if not found:
            raise InputError(f"{folder} holds no benchmark of the jobs of {path}. Expected a finished run.")
        measured += [(job, _quantities(job, one, folder)) for job, one in found]
        pauses.append(_pause(found, planned.cores))
        logger.info("%s: %d of %d jobs measured", folder, len(found), len(planned.jobs))
    rules = fit_constants(measured)
    write_json({"about": about, "jobs": len(measured), "pause": round(min(pauses), 2), "rules": rules}, output)
    logger.info("%s: %d rules", output, len(rules))


def _measured_jobs(planned: Plan, folder: Path) -> list[Job]:
    return [job for job in planned.jobs if job.benchmark and (folder / job.benchmark).is_file()]


def _quantities(job: Job, measured: Measured, folder: Path) -> dict[Quantity, float]:
    return {"seconds": measured.seconds, "megabytes": measured.megabytes, "bytes": _size_of(job, folder)}


def _pause(found: list[tuple[Job, Measured]], cores: int) -> float:
    """Return the seconds of a core a job that no command used: of Snakemake, of waiting."""
    whole = max(one.ended for _, one in found) - min(one.ended - one.wall for _, one in found)
    return max(cores * whole - sum(one.seconds for _, one in found), 0.0) / len(found)


def _words(size: float) -> str:
    """Return a size in words."""
    return f"{size / 1e9:.1f} GB" if size >= 1e8 else f"{size / _MEGABYTE:.0f} MB"


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
