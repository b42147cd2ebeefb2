"""Work done by several processes at a time, in its order, whatever their number."""

import os
import threading
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from contextlib import contextmanager
from multiprocessing import get_context, parent_process
from multiprocessing.connection import wait
from typing import TypeVar

Item = TypeVar("Item")
Made = TypeVar("Made")


@contextmanager
def mapped(
    job: Callable[[Item], Made], items: Sequence[Item], processes: int, *, at_once: int = 1
) -> Iterator[Iterator[Made]]:
    """Yield what a job makes of each item, in their order, made by several processes at a time.

    A process takes `at_once` items at a time. One process is this one; others are new, and get job and items pickled.
    """
    if processes == 1:
        yield map(job, items)
        return
    with ProcessPoolExecutor(processes, mp_context=get_context("spawn"), initializer=_end_with_parent) as pool:
        try:
            yield pool.map(job, items, chunksize=at_once)
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
