"""The jobs that a run would run, as a file."""

from dataclasses import dataclass
from pathlib import Path
from typing import Any

from repshift.costs.jobs import Job
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
    lists = {name: tuple(given[name]) for name in ("needs", "outputs", "temporary")}
    return Job(**given | lists | {"parts": tuple((kind, sizes) for kind, sizes in given["parts"])})
