"""What Snakemake knows of a finished run, and figures drawn by it."""

import csv
import os
import re
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

from repshift.vocabulary import InputError

_SAID = 400
"""Characters of Snakemake's own words in a sentence of ours."""


@dataclass(frozen=True)
class Row:
    """What Snakemake says of a result: what made it of which files, and whether that is still so."""

    path: str
    rule: str
    command: str
    inputs: tuple[str, ...]
    status: str
    pending: bool

    @property
    def kept(self) -> bool:
        """Whether the configuration keeps it."""
        return self.status != "removed temp file"


def finished_results(root: Path, *, configuration: Path, options: list[str]) -> list[Row]:
    """Return every result of a configuration, sorted by path.

    Raises
    ------
    InputError
        If one is missing or would be made again, or if Snakemake has no record of how it was made.
    """
    words = ["--configfile", str(configuration), "--cores", "1", *options, "--detailed-summary"]
    answer = _snakemake(words, root=root, text=True, capture_output=True)
    if answer.returncode:
        said = " ".join(answer.stderr.split())[-_SAID:]
        raise InputError(f"Snakemake cannot say what the results of {configuration} are made from: {said}")
    rows = sorted(_rows(answer.stdout), key=_path_of)
    _require_complete(rows, configuration)
    for row in rows:
        _require_record(row, root=root, known={row.path for row in rows})
    return rows


def draw_again(root: Path, *, cores: int, options: list[str]) -> None:
    """Draw every figure of an archive, whatever there is.

    Raises
    ------
    InputError
        If Snakemake fails; it says why itself.
    """
    answer = _snakemake(["--cores", str(cores), "--forceall", *options], root=root)
    if answer.returncode:
        raise InputError("The figures were not all drawn; what failed stands above.")


def _path_of(row: Row) -> str:
    return row.path


def _snakemake(words: list[str], *, root: Path, **how: bool) -> "subprocess.CompletedProcess[str]":
    """Run Snakemake of this interpreter, without this package's path, which would leak into the jobs."""
    environment = {name: value for name, value in os.environ.items() if name != "PYTHONPATH"}
    command = [sys.executable, "-m", "snakemake", *words]
    return subprocess.run(command, cwd=root, env=environment, check=False, **how)  # type: ignore[call-overload, no-any-return]


def _rows(text: str) -> list[Row]:
    table = csv.DictReader(text.splitlines(), delimiter="\t", quoting=csv.QUOTE_NONE)
    return [
        Row(
            path=line["output_file"],
            rule=line["rule"],
            command=re.sub(" {2,}", " ", line["shellcmd"]),
            inputs=tuple(sorted(filter(None, line["input-file(s)"].split(",")))),
            status=line["status"],
            pending=line["plan"] != "no update",
        )
        for line in table
    ]


def _require_complete(rows: list[Row], configuration: Path) -> None:
    """Refuse results that Snakemake would make, or would not because all that was made from them is there."""
    waiting = [row for row in rows if row.pending or row.status == "missing"]
    if waiting:
        first = next((row for row in waiting if row.status == "missing"), waiting[0])
        raise InputError(
            f"The results of {configuration} are not complete: {len(waiting)} of {len(rows)} files are missing or out "
            f"of date, the first '{first.path}' ({first.status}). Run the workflow first, 'make figures'; "
            "what it does not make again by itself, 'snakemake' followed by the name of the file does."
        )


def _require_record(row: Row, *, root: Path, known: set[str]) -> None:
    """Refuse a result of which Snakemake has forgotten how it was made, or names files that are not there."""
    lost = row.command == "-" or not all(path in known or (root / path).exists() for path in row.inputs)
    if lost:
        raise InputError(
            f"Snakemake has no whole record of how '{row.path}' was made (found '{row.command:.40}' and files "
            f"'{', '.join(row.inputs):.200}'): .snakemake/metadata is not that of the run, or the name of a file has a "
            f"comma. Make it again: 'snakemake --forcerun {row.rule}'."
        )
