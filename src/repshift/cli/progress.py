"""How far a stage has come: a bar on a terminal, at most fifty lines in a log."""

import logging
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from repshift.recording.progress_bar import new_bar

logger = logging.getLogger(__name__)

_LINES = 50
_SECONDS = 1.0
_MEGABYTE = 1e6


@contextmanager
def progress(total: int, what: str, *, done: int = 0) -> Iterator[Callable[..., None]]:
    """Yield a function to call after each of `total` steps, `done` of them done before; it takes words to add."""
    every = -(-total // _LINES)
    with new_bar(total=total, initial=done, desc=what, unit="") as bar:

        def advance(words: str = "") -> None:
            bar.update()
            bar.set_postfix_str(words)
            nonlocal done
            done += 1
            if bar.disable and (done % every == 0 or done == total):
                logger.info("%s: %d of %d%s", what, done, total, words and f", {words}")

        yield advance


@contextmanager
def transfer(what: str) -> Iterator[Callable[[int, int], None]]:
    """Yield a function to call as bytes arrive, with how many there are and will be; it shows rate and time left."""
    lines, said = 0, 0.0
    start: tuple[int, float] | None = None
    with new_bar(desc=what, unit="B", unit_scale=True) as bar:

        def watch(done: int, total: int) -> None:
            nonlocal lines, said, start
            now = time.monotonic()
            if start is None or done < start[0]:
                start, lines, bar.initial = (done, now), 0, done
            if not bar.disable:
                bar.total = total
                bar.update(done - bar.n)
            elif done == total or (done * _LINES >= lines * total and now - said >= _SECONDS):
                lines, said = done * _LINES // max(total, 1) + 1, now
                logger.info("%s", _words(what, done, total, start))

        yield watch


def _words(what: str, done: int, total: int, start: tuple[int, float]) -> str:
    """Say how much has come, how fast, and how long the rest will take."""
    words = f"{what}: {done / _MEGABYTE:.1f} of {total / _MEGABYTE:.1f} MB"
    seconds = time.monotonic() - start[1]
    if done == start[0] or seconds == 0:
        return words
    rate = (done - start[0]) / seconds
    return f"{words}, {rate / _MEGABYTE:.1f} MB/s, {(total - done) / rate:.0f} s left"
