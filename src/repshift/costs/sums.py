"""Tables of costs: a row a stage, the dearest first, and one of the total."""

from collections.abc import Iterable
from dataclasses import replace
from typing import Final

import pandas as pd

from repshift.costs.bills import Bill
from repshift.costs.jobs import Job
from repshift.costs.prices import Cost, Prices
from repshift.storage.benchmarks import START
from repshift.vocabulary import about

Row = dict[str, str | float]

OTHER: Final = "of another configuration"
TOTAL: Final = "total"

COLUMNS: Final = {
    "stage": about("stage and action; start: before the first stage of a job; total: all"),
    "jobs": about("jobs that ran the stage"),
    "earlier_jobs": about("of these, those that ended before the last run began"),
    "wall_seconds": about("time on the clock", "s"),
    "cpu_seconds": about("CPU time, child processes among it", "s"),
    "mean_load": about("CPU time over time on the clock"),
    "largest_megabytes": about(
        "largest memory of a process until the stage ended, or that Snakemake saw of the job", "MB"
    ),
    "bytes_kept": about("files of the stage that are there", "B"),
}
"""Columns of the costs of finished jobs, and what they are."""


def table_of_bills(bills: Iterable[Bill], *, since: float) -> pd.DataFrame:
    """Return what each stage of finished jobs took; those that ended before `since` [s] are earlier jobs."""
    stages: list[Row] = []
    jobs: list[Row] = []
    for bill in bills:
        said: Row = {"jobs": 1, "earlier_jobs": int(bill.whole.ended < since)}
        took = bill.whole
        whole = said | _taken(took.wall, took.seconds, took.megabytes, sum(bill.kept.values()))
        jobs.append({"stage": TOTAL, **whole})
        calls = bill.by_kind()
        if bill.job is None or not calls:
            stages.append({"stage": bill.job.rule if bill.job else OTHER, **whole})
        for kind, of_kind in calls.items() if bill.job else ():
            wall, seconds = (sum(getattr(call, name) for call in of_kind) for name in ("wall", "seconds"))
            largest = max(call.megabytes for call in of_kind)
            stages.append({"stage": kind, **said, **_taken(wall, seconds, largest, bill.kept_of(kind))})
    table = _summed(stages, jobs)
    return table.assign(mean_load=(table["cpu_seconds"] / table["wall_seconds"]).round(2))[list(COLUMNS)]


def _taken(wall: float, seconds: float, megabytes: float, kept: float) -> Row:
    return {"wall_seconds": wall, "cpu_seconds": seconds, "largest_megabytes": megabytes, "bytes_kept": kept}


def table_of_costs(jobs: Iterable[Job], prices: Prices, *, rate: float) -> pd.DataFrame:
    """Return what each stage of jobs that have not run should cost, where files come at `rate` [bytes/s]."""
    stages: list[Row] = []
    whole: list[Row] = []
    for job in (job for job in jobs if job.benchmark):
        cost = prices.costs([job], rate=rate)[job.number]
        whole.append({"stage": TOTAL, **_expected(cost, temporary=cost.temporary)})
        parts = [prices.cost_of(kind, sizes, threads=job.threads, rate=rate) for kind, sizes in job.parts]
        loaded = cost.megabytes - max((part.megabytes for part in parts), default=0.0)
        stages.append({"stage": START, **_expected(Cost(cost.start, cost.start, loaded), temporary=0.0)})
        for (kind, _), part in zip(job.parts, parts, strict=True):
            part = replace(part, megabytes=loaded + part.megabytes)
            stages.append({"stage": kind, **_expected(part, temporary=part.bytes if job.loses(kind) else 0.0)})
    return _summed(stages, whole)


def _expected(cost: Cost, *, temporary: float) -> Row:
    return {
        "jobs": 1,
        "cpu_seconds": cost.seconds,
        "largest_megabytes": cost.megabytes,
        "bytes_kept": cost.bytes - temporary,
        "bytes_temporary": temporary,
        "bytes_fetched": cost.fetched,
    }


def _summed(stages: list[Row], jobs: list[Row]) -> pd.DataFrame:
    """Return the sums of rows of the same stage, and of the jobs."""
    how: dict[str, str] = dict.fromkeys(list(jobs[0])[1:], "sum") | {"largest_megabytes": "max"}
    rows = [
        pd.DataFrame(one).groupby("stage").agg(how).sort_values("cpu_seconds", ascending=False).reset_index()
        for one in (stages, jobs)
    ]
    table = pd.concat(rows, ignore_index=True)
    whole = [name for name in how if not name.endswith("seconds")]
    return table.round(dict.fromkeys(how, 0) | {"wall_seconds": 1, "cpu_seconds": 1}).astype(dict.fromkeys(whole, int))
