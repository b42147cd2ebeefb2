"""The jobs that a run would run, and the measured constants of their costs, as files."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from repshift.costs.jobs import Job
from repshift.costs.prices import Cost, cost_of
from repshift.storage.files import read_json
from repshift.vocabulary import InputError


@dataclass(frozen=True)
class Plan:
    """The jobs of a run, and the cores that it was asked for."""

    cores: int
    jobs: tuple[Job, ...]


def read_plan(path: Path) -> Plan:
    """Read the jobs that a dry run wrote.

    Raises
    ------
    FileNotFoundError
        If there is no such file.
    InputError
        If it holds no jobs.
    """
    content = read_json(path)
    try:
        return Plan(content["cores"], tuple(_job(given) for given in content["jobs"]))
    except (KeyError, TypeError) as error:
        raise InputError(f"{path} is not a list of jobs that a dry run wrote: {error!r}.") from error


def _job(given: dict[str, Any]) -> Job:
    return Job(**given | {"needs": tuple(given["needs"]), "outputs": tuple(given["outputs"])})


@dataclass(frozen=True)
class Prices:
    """The measured constants, by rule and quantity, and the seconds that Snakemake takes itself for a job."""

    rules: dict[str, dict[str, list[float]]]
    pause: float

    def costs(self, jobs: Sequence[Job], *, rate: float) -> dict[int, Cost]:
        """Return what each job costs where files come at `rate` [bytes/s]."""
        return {job.number: cost_of(job, self.rules, rate=rate) for job in jobs}


def read_prices(path: Path) -> Prices:
    """Read the constants of costs.

    Raises
    ------
    FileNotFoundError
        If there is no such file.
    InputError
        If it holds none.
    """
    content = read_json(path)
    missing = [key for key in ("rules", "pause") if key not in content]
    if missing:
        raise InputError(f"{path} lacks {missing}. It was expected from 'python -m repshift costs fit'.")
    return Prices(content["rules"], content["pause"])
