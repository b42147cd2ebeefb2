"""How a command ends: what the user can mend in one line and exit status 2, a bug with its traceback."""

import errno
import logging
import signal
import sys
import time
from collections.abc import Callable
from typing import Final

from repshift.vocabulary import InputError

logger = logging.getLogger("repshift")

_MACHINE: Final = {
    errno.ENOSPC: "The disk is full",
    errno.EDQUOT: "The quota of the disk is used up",
    errno.EACCES: "Permission is denied",
    errno.EPERM: "Permission is denied",
    errno.EROFS: "The disk is read-only",
    errno.EISDIR: "A file was expected, and a directory found",
    errno.EEXIST: "A directory was expected, and a file found",
    errno.ENOTDIR: "A directory was expected, and a file found",
    errno.ENAMETOOLONG: "A name is too long for the disk",
    errno.ELOOP: "Links lead in a circle",
    errno.EIO: "The disk cannot be read or written",
    errno.EMFILE: "Too many files are open",
    errno.ENFILE: "Too many files are open",
}
"""Errors of the machine that no code here can mend, in words."""


def exit_status(work: Callable[[], None]) -> int:
    """Set the log up, do the work, and return the exit status: 0, or 2 with a line for each thing to mend."""
    logging.basicConfig(stream=sys.stderr, format="%(name)s: %(message)s")
    logger.setLevel(logging.INFO)
    logging.captureWarnings(True)
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, _stop)
    start = time.perf_counter()
    try:
        work()
    except (InputError, FileNotFoundError) as error:
        return _refuse(_words(error))
    except ExceptionGroup as group:
        return _refuse_all(group)
    except OSError as error:
        if error.errno not in _MACHINE:
            raise
        return _refuse(f"{_MACHINE[error.errno]}: {error.filename or error}.")
    except RuntimeError as error:
        if not str(error).startswith("NetCDF:"):
            raise
        return _refuse(f"A netCDF file cannot be read: {error}. Make it again.")
    except MemoryError as error:
        return _refuse(f"Memory is short: {error}. Show fewer maps (activations.n_maps), or give the job more memory.")
    logger.info("done in %.1f s", time.perf_counter() - start)
    return 0


def _refuse_all(group: ExceptionGroup[Exception]) -> int:
    """Say in a line each what the user can mend, and return the exit status; a bug among them keeps its traceback."""
    if not all(isinstance(error, InputError | FileNotFoundError) for error in group.exceptions):
        raise group
    return max(_refuse(_words(error)) for error in group.exceptions)


def _words(error: Exception) -> str:
    """Return what an error says; of the system's own about a missing file, which file that is."""
    if isinstance(error, FileNotFoundError) and error.filename is not None:
        return f"No such file: {error.filename}"
    return str(error)


def _refuse(sentence: str) -> int:
    """Say in one line what the user can mend, and return the exit status."""
    print(f"repshift: error: {printable(sentence)}", file=sys.stderr)  # noqa: T201 - the one line for the user
    return 2


def printable(text: str) -> str:
    r"""Return text in one line, with what would steer a terminal written out: files of strangers are quoted in it.

    Examples
    --------
    >>> printable("name\x1b[31m")
    'name\\x1b[31m'
    """
    return "".join(one if one.isprintable() else one.encode("unicode_escape").decode("ascii") for one in text)


def _stop(number: int, _frame: object) -> None:
    """End as after an error, so that no temporary file is left."""
    sys.exit(128 + number)
