"""Follows a run of the workflow: a line a job, on the terminal and in a log. Needs no package.

Snakemake hands over its records (`Follower.take`); their events are those of
``snakemake_interface_logger_plugins.common.LogEvent``.
"""

import atexit
import logging
import os
import shutil
import time
from collections.abc import Callable, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Final, TextIO

from repshift.costs.countdown import Countdown, Expectation, in_words
from repshift.costs.jobs import Job
from repshift.costs.prices import Prices
from repshift.storage.files import write_json

RATE: Final = 6e6
"""Bytes a second that files are assumed to come at: users of CMD's server report it; not measured."""

_ERASE: Final = "\r\x1b[K"
_STAMP: Final = "%Y-%m-%d %H:%M:%S"
_SHOWN: Final = 3
_NOTHING: Final = "Nothing to be done"
_CHATTER: Final = ("job_info", "group_info", "job_started", "job_finished", "progress", "shellcmd")
_CHATTER_TEXTS: Final = ("Select jobs to execute", "Removing temporary output")


class Follower:
    """Tells how far a run has come.

    Parameters
    ----------
    jobs
        Of the run.
    prices
        What they should cost.
    log
        File of the lines; that of the last run is written over.
    cores
        Cores of this machine; None where jobs run elsewhere.
    stream
        Where the lines are shown, one after the other, or one in the place of the other on a terminal; None shows none.
    clock
        Returns the time [s].
    """

    def __init__(
        self,
        jobs: Sequence[Job],
        prices: Prices,
        log: Path,
        *,
        cores: int | None,
        stream: TextIO | None,
        clock: Callable[[], float] = time.time,
    ) -> None:
        self.jobs = {job.number: job for job in jobs}
        self.log, self.stream, self.clock = log, stream, clock
        self.is_terminal = stream is not None and stream.isatty()
        self.state = Countdown(expected_of(jobs, prices, cores=cores), cores=cores, now=clock())
        self.line, self.closed = "", False
        self.log.parent.mkdir(parents=True, exist_ok=True)
        self.log.unlink(missing_ok=True)
        left = in_words(self.state.seconds(now=clock()))
        where = f"on {cores} cores" if cores else "one after the other, less as many run at the same time"
        self._tell(f"{len(jobs)} jobs, about {left} {where}; the same lines are in {log}")
        atexit.register(self.close)

    def take(self, record: logging.LogRecord) -> None:
        """Take a record of Snakemake's."""
        now, event = self.clock(), getattr(record, "event", None)
        if event == "job_started":
            for number in record.jobs:  # type: ignore[attr-defined]
                self.state.start([number], now=now)
        elif event == "group_info":
            self.state.start([job.jobid for job in record.jobs], now=now)  # type: ignore[attr-defined]
        elif event == "job_finished":
            self.state.finish(record.job_id, now=now)  # type: ignore[attr-defined]
            self._tell(self._words(now))
        elif event == "job_error":
            self._fail(record.jobid)  # type: ignore[attr-defined]
        if self.on_terminal:
            self.line = self._words(now)
            self._draw()

    @property
    def on_terminal(self) -> bool:
        """Whether the lines take each other's place."""
        return self.stream is not None and self.is_terminal

    def erase(self) -> None:
        """Take the line away, for another to be written."""
        if self.on_terminal and self.line:
            self._write(_ERASE)

    def close(self) -> None:
        """Leave the last line on the terminal; of a run that stopped, say so."""
        if self.closed:
            return
        self.closed = True
        done = len(self.state.finished)
        if done < len(self.jobs):
            self._tell(f"stopped with {done} of {len(self.jobs)} jobs done")
        if self.on_terminal:
            self._draw()
            self._write("\n")

    def _fail(self, number: int) -> None:
        self.state.stop(number)
        self._tell(f"failed: {self.jobs[number].label}")

    def _words(self, now: float) -> str:
        """Say how far the run has come."""
        state = self.state
        counted = f"{len(state.finished)} of {len(self.jobs)} jobs"
        if len(state.finished) == len(self.jobs):
            return f"{counted}, after {in_words(now - state.began)}; make costs says what each stage took"
        running = [self.jobs[number].label for number in state.running]
        others = f" and {len(running) - _SHOWN} others" if len(running) > _SHOWN else ""
        shown = f"; running: {', '.join(running[:_SHOWN])}{others}" if running else ""
        left = in_words(state.seconds(now=now))
        return f"{counted}, {100 * state.share(now=now):.0f} % of the work, about {left} still{shown}"

    def _tell(self, words: str) -> None:
        """Write a line."""
        stamp = time.strftime(_STAMP, time.localtime(self.clock()))
        with self.log.open("a") as file:
            file.write(f"{stamp} {words}\n")
        if not self.is_terminal:
            self._write(f"{stamp} {words}\n")
        self.line = words

    def _draw(self) -> None:
        """Put the line in the place of the last, cut to the width of the terminal."""
        self._write(f"{_ERASE}{self.line[: shutil.get_terminal_size().columns - 1]}")

    def _write(self, text: str) -> None:
        """Write on the stream; once it is gone, as a terminal that was closed, only the log is written."""
        if self.stream is not None:
            try:
                self.stream.write(text)
                self.stream.flush()
            except (OSError, ValueError):
                self.stream = None


def expected_of(jobs: Sequence[Job], prices: Prices, *, cores: int | None) -> dict[int, Expectation]:
    """Return what each job of a run should take, by the costs that were measured."""
    costs = prices.costs(jobs, rate=RATE)
    found = {}
    for job in jobs:
        cost = costs[job.number]
        seconds = cost.wall + cost.fetching + (prices.pause if job.benchmark else 0.0)
        found[job.number] = Expectation(job.rule, job.label, seconds, min(job.threads, cores or 1))
    return found


def began(log: Path) -> float:
    """Return when the run began [s] whose lines a log holds; 0 where there is no such log, or no line in it."""
    words = log.read_text(encoding="utf-8").split() if log.is_file() else []
    if not words:
        return 0.0
    return time.mktime(time.strptime(" ".join(words[:2]), _STAMP))


def is_told(record: logging.LogRecord) -> bool:
    """Return whether a record of Snakemake's is worth a line on the terminal beside those of a follower."""
    chatter = getattr(record, "event", None) in _CHATTER or str(record.msg).startswith(_CHATTER_TEXTS)
    return not chatter or record.levelno >= logging.WARNING


def is_planned(record: logging.LogRecord) -> bool:
    """Return whether a record of Snakemake's says that the jobs of the run, or that there are none, are known."""
    return getattr(record, "event", None) == "run_info" or str(record.msg).startswith(_NOTHING)


def asked_plan() -> Path | None:
    """Return the file in which a dry run is asked to list its jobs; None where it is not."""
    name = os.environ.get("REPSHIFT_PLAN")
    return Path(name) if name else None


def write_plan(jobs: Sequence[Job], path: Path, *, cores: int) -> None:
    """Write the jobs that a run would run, as JSON."""
    write_json({"cores": cores, "jobs": [asdict(job) for job in jobs]}, path)
