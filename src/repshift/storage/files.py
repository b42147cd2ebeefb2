"""Whole files: written under a temporary name and renamed, named by their checksum."""

import contextlib
import glob
import hashlib
import json
import os
import re
import stat
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Final

from repshift.vocabulary import InputError

_FORGOTTEN: Final = 86_400
_QUIET: Final = 600
"""Seconds after which a half-written file is nobody's; and where no process of this machine has its number."""


@contextmanager
def replacing(path: Path) -> Iterator[Path]:
    """Yield a temporary path beside `path`; rename it to `path` at the end, or remove it after an error.

    `path` is whole or absent. A killed process leaves at most ``.{stem}.{process}.part{suffix}``, which goes when the
    file is written ten minutes later or more. The name is the process's own: one that nobody waits for any more may
    still write when its work is done again.

    Raises
    ------
    InputError
        If `path` is a directory, or a device or a pipe.
    """
    if path.exists() and not path.is_file():
        what = "a directory" if path.is_dir() else "no regular file"
        raise InputError(f"{path} is {what}. Expected a file that can be written.")
    path.parent.mkdir(parents=True, exist_ok=True)
    temporary = path.with_name(f".{path.stem}.{os.getpid()}.part{path.suffix}")
    _remove_left(path)
    try:
        yield temporary
        temporary.replace(path)
    finally:
        temporary.unlink(missing_ok=True)


def _remove_left(path: Path) -> None:
    """Remove what killed processes left of a file: of those that are gone here, or old."""
    form = re.compile(rf"\.{re.escape(path.stem)}\.(\d+)\.part{re.escape(path.suffix)}")
    for left in path.parent.glob(f".{glob.escape(path.stem)}.*.part{glob.escape(path.suffix)}"):
        found = form.fullmatch(left.name)
        with contextlib.suppress(FileNotFoundError):
            age = time.time() - left.lstat().st_mtime
            if found and age > (_QUIET if not Path("/proc", found[1]).exists() else _FORGOTTEN):
                left.unlink()


def require_file(path: Path) -> None:
    """Refuse what is there but is no file: to read a pipe would wait for ever.

    Raises
    ------
    InputError
        If it is a directory, a pipe or a device.
    """
    if not path.exists():
        return  # whoever opens it says so
    kind = path.stat().st_mode
    if not stat.S_ISREG(kind):
        what = "a directory" if stat.S_ISDIR(kind) else "a pipe" if stat.S_ISFIFO(kind) else "no file of a disk"
        raise InputError(f"{path} is {what}. Expected a file.")


def sha256(path: Path) -> str:
    """Return the SHA-256 of a file as 64 hexadecimal digits, reading it in pieces."""
    require_file(path)
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def write_json(content: dict[str, Any], path: Path) -> None:
    """Write a JSON object, indented, in the order of its keys.

    Raises
    ------
    InputError
        If a number is not finite: JSON has none such.
    """
    try:
        text = json.dumps(content, indent=2, allow_nan=False) + "\n"
    except ValueError as error:
        raise InputError(f"{path} would hold a number that is not finite, which JSON has not: {error}.") from error
    write_text(text, path)


def write_text(text: str, path: Path) -> None:
    """Write a file of text."""
    with replacing(path) as temporary:
        temporary.write_text(text, encoding="utf-8")


def read_json(path: Path) -> dict[str, Any]:
    """Read a JSON object.

    Raises
    ------
    FileNotFoundError
        If there is no such file.
    InputError
        If it is no JSON object.
    """
    require_file(path)
    try:
        content = json.loads(path.read_text(encoding="utf-8"))
    except ValueError as error:
        raise InputError(f"{path} is not JSON: {error}.") from error
    if not isinstance(content, dict):
        raise InputError(f"{path} holds a JSON {type(content).__name__}. An object was expected.")
    return content
