"""What was measured of a job, tab-separated: by Snakemake a row, by the process itself a row for each of its calls."""

import csv
from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass, fields
from math import floor
from pathlib import Path

from repshift.storage.files import write_text
from repshift.vocabulary import InputError

START = "start"
"""Words of what a process does before its first call."""

_COLUMNS = ("s", "max_rss", "cpu_time")
_MEBIBYTE = 2**20
_MEGABYTE = 1e6
_OFTEN, _EVERY, _SELDOM = 15.5, 0.5, 30.0
_NONE = "NA"


@dataclass(frozen=True)
class Benchmark:
    """What a job took: seconds on the clock, CPU seconds, largest memory [MB], and when it ended [s]."""

    wall: float
    seconds: float
    megabytes: float
    ended: float


@dataclass(frozen=True)
class Usage:
    """What a call of a process took: seconds on the clock, CPU seconds, largest memory until its end [MB].

    Its words are the stage and its action, or `START`.
    """

    words: str
    wall: float
    seconds: float
    megabytes: float


def usage_file(benchmark: Path) -> Path:
    """Return where the process of a job says what its calls took: beside its log, which is named as its benchmark.

    Examples
    --------
    >>> usage_file(Path("run/results/benchmarks/cka/T.tsv")).as_posix()
    'run/logs/cka/T.costs.tsv'
    """
    folder, _, name = benchmark.as_posix().rpartition("results/benchmarks/")
    return usage_beside(Path(folder, "logs", name))


def usage_beside(log: Path) -> Path:
    """Return the file beside a log that says what the calls of its process took."""
    return log.with_suffix(".costs.tsv")


def write_usage(calls: Iterable[Usage], path: Path) -> None:
    """Write what the calls of a process took, the start first."""
    names = [field.name for field in fields(Usage)]
    rows = [
        [f"{value:.3f}" if isinstance(value, float) else value for value in asdict(call).values()] for call in calls
    ]
    write_text("".join("\t".join(row) + "\n" for row in [names, *rows]), path)


def read_usage(path: Path) -> list[Usage]:
    """Read what the calls of a process took; nothing where there is no such file.

    Raises
    ------
    InputError
        If it holds something else.
    """
    if not path.is_file():
        return []
    rows = _rows(path, [field.name for field in fields(Usage)], "what a process wrote with --costs")
    try:
        return [Usage(row["words"], *(float(row[name]) for name in ("wall", "seconds", "megabytes"))) for row in rows]
    except ValueError as error:
        raise InputError(f"{path} is not what a process wrote with --costs: {error}.") from error


def read_benchmark(path: Path) -> Benchmark:
    """Read what Snakemake measured of a job.

    Raises
    ------
    FileNotFoundError
        If there is no such file.
    InputError
        If it is no benchmark of Snakemake's.

    Notes
    -----
    Snakemake looks at a job every half second for 15.5 s and then every 30 s; what the CPU did after the last look is
    missing. It is added here as if it had gone on so. A job that ended before the first look has no CPU time and no
    memory: it is taken as one that kept one core busy.
    """
    rows = _rows(path, _COLUMNS, "a benchmark of Snakemake's")
    if len(rows) != 1:
        raise InputError(f"{path} is not a benchmark of Snakemake's: found {len(rows)} rows, expected one.")
    wall, memory, seconds = (_number(rows[0][name], name, path) for name in _COLUMNS)
    if wall is None:
        raise InputError(f"{path} is not a benchmark of Snakemake's: s is '{_NONE}', expected a number.")
    seen = wall if seconds is None else seconds * wall / _watched(wall)
    return Benchmark(wall, seen, (memory or 0.0) * _MEBIBYTE / _MEGABYTE, path.stat().st_mtime)


def _rows(path: Path, names: Sequence[str], what: str) -> list[dict[str, str]]:
    """Read the rows of a table that has some columns, and refuse one that has not."""
    with path.open(newline="", errors="replace") as file:
        rows = list(csv.DictReader(file, delimiter="\t", restval=""))
    missing = [name for name in names if any(name not in row for row in rows)]
    if missing:
        raise InputError(f"{path} is not {what}: it lacks {missing}, expected {', '.join(names)}.")
    return rows


def _number(text: str, name: str, path: Path) -> float | None:
    """Return a number; None where Snakemake had none."""
    if text in (_NONE, "-"):
        return None
    try:
        return float(text)
    except ValueError as error:
        raise InputError(f"{path} is not a benchmark of Snakemake's: {name} is '{text}', expected a number.") from error


def _watched(wall: float) -> float:
    """Return the seconds until Snakemake's last look at a job; of half seconds, in the mean."""
    if wall < _OFTEN:
        return max(wall - _EVERY / 2, wall / 2)
    return _OFTEN + _SELDOM * floor((wall - _OFTEN) / _SELDOM)
