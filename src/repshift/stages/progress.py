"""How far a stage has come: a bar on a terminal, at most fifty lines in a log. No stage."""

import logging
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from tqdm import tqdm

logger = logging.getLogger(__name__)

_LINES = 50


@contextmanager
def progress(total: int, what: str, *, done: int = 0) -> Iterator[Callable[..., None]]:
    """Yield a function to call after each of `total` steps, `done` of them done before; it takes words to add."""
    every = -(-total // _LINES)
    with tqdm(total=total, initial=done, desc=what, unit="", disable=None) as bar:

        def advance(words: str = "") -> None:
            bar.update()
            bar.set_postfix_str(words)
            nonlocal done
            done += 1
            if bar.disable and (done % every == 0 or done == total):
                logger.info("%s: %d of %d%s", what, done, total, words and f", {words}")

        yield advance
