"""What Snakemake measured of a job: a table of one row, of tab-separated values."""

from dataclasses import dataclass
from math import floor
from pathlib import Path

import pandas as pd

from repshift.vocabulary import InputError

_COLUMNS = ("s", "max_rss", "io_out", "cpu_time")
_MEBIBYTE = 2**20
_MEGABYTE = 1e6
_OFTEN, _EVERY, _SELDOM = 15.5, 0.5, 30.0
_NONE = "NA"


@dataclass(frozen=True)
class Measured:
    """What a job took: seconds on the clock, CPU seconds, largest memory [MB], bytes written, and when it ended [s]."""

    wall: float
    seconds: float
    megabytes: float
    written: float
    ended: float


def read_benchmark(path: Path) -> Measured:
    """Read what was measured of a job.

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
    try:
        table = pd.read_csv(path, sep="\t", dtype=str, keep_default_na=False)
    except (pd.errors.ParserError, pd.errors.EmptyDataError, UnicodeDecodeError) as error:
        raise InputError(f"{path} is not a benchmark of Snakemake's: {error}.") from error
    missing = [name for name in _COLUMNS if name not in table]
    if missing or len(table) != 1:
        raise InputError(
            f"{path} is not a benchmark of Snakemake's: found {len(table)} rows that lack {missing}, expected one row "
            f"with {', '.join(_COLUMNS)}."
        )
    wall, memory, written, seconds = (_number(table[name][0], name, path) for name in _COLUMNS)
    if wall is None:
        raise InputError(f"{path} is not a benchmark of Snakemake's: s is '{_NONE}', expected a number.")
    seen = wall if seconds is None else seconds * wall / _watched(wall)
    memory, written = (memory or 0.0) * _MEBIBYTE / _MEGABYTE, (written or 0.0) * _MEBIBYTE
    return Measured(wall, seen, memory, written, path.stat().st_mtime)


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
