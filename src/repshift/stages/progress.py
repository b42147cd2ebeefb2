"""How far a stage has come: a bar on a terminal, a line a tenth in a log. No stage."""

import logging
import sys
from collections.abc import Iterable, Iterator
from typing import TypeVar

from tqdm import tqdm

Item = TypeVar("Item")

logger = logging.getLogger(__name__)


def progress(items: Iterable[Item], *, total: int, what: str) -> Iterator[Item]:
    """Yield `items`, `total` of them, saying how many of `what` are done."""
    if sys.stderr.isatty():
        yield from tqdm(items, total=total, desc=what, unit="")
        return
    for done, item in enumerate(items, start=1):
        yield item
        if done * 10 // total > (done - 1) * 10 // total:
            logger.info("%s: %d of %d", what, done, total)
