"""Work done by several processes at a time, in its order, whatever their number."""

import os
import threading
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import BrokenExecutor, ProcessPoolExecutor
from contextlib import contextmanager
from multiprocessing import get_context, parent_process
from multiprocessing.connection import wait
from typing import TypeVar

from repshift.vocabulary import InputError

Item = TypeVar("Item")
Made = TypeVar("Made")


@contextmanager
def mapped(
    job: Callable[[Item], Made], items: Sequence[Item], processes: int, *, at_once: int = 1
) -> Iterator[Iterator[Made]]:
    """Yield what a job makes of each item, in their order, made by several processes at a time.

    A process takes `at_once` items at a time. One process is this one; others are new, and get job and items pickled.

    Raises
    ------
    InputError
        If one of the others ends before its work is done.
    """
    if processes == 1:
        yield map(job, items)
        return
    with ProcessPoolExecutor(processes, mp_context=get_context("spawn"), initializer=_end_with_parent) as pool:
        try:
            yield pool.map(job, items, chunksize=at_once)
        except BrokenExecutor as error:
            raise InputError(
                f"One of {processes} processes ended before its work was done: it was killed, as where memory is "
                "short, or code of your own ended it."
            ) from error
        finally:
            pool.shutdown(cancel_futures=True)


def _end_with_parent() -> None:
    """End this process when the one that started it is gone, however it went."""
    parent = parent_process()

    def watch() -> None:
        if parent is not None:
            wait([parent.sentinel])
            os._exit(1)

    threading.Thread(target=watch, daemon=True).start()
