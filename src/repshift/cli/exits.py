"""How a command ends: what the user can mend in one line and exit status 2, a bug with its traceback."""

import logging
import signal
import sys
import time
from collections.abc import Callable

from repshift.vocabulary import InputError

logger = logging.getLogger("repshift")


def exit_status(work: Callable[[], None]) -> int:
    """Set the log up, do the work, and return the exit status: 0, or 2 with one line that says what to mend."""
    logging.basicConfig(stream=sys.stderr, format="%(name)s: %(message)s")
    logger.setLevel(logging.INFO)
    logging.captureWarnings(True)
    signal.signal(signal.SIGTERM, _stop)
    start = time.perf_counter()
    try:
        work()
    except (InputError, FileNotFoundError) as error:
        return _refuse(str(error))
    except MemoryError as error:
        return _refuse(f"Memory is short: {error}. Show fewer maps (activations.n_maps), or give the job more memory.")
    logger.info("done in %.1f s", time.perf_counter() - start)
    return 0


def _refuse(sentence: str) -> int:
    """Say in one line what the user can mend, and return the exit status."""
    print(f"repshift: error: {sentence}", file=sys.stderr)  # noqa: T201 - the one line for the user
    return 2


def _stop(number: int, _frame: object) -> None:
    """End as after an error, so that no temporary file is left."""
    sys.exit(128 + number)
