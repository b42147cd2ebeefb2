"""A bar that says how far something has come: on a terminal and in a notebook, nowhere else."""

import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from importlib.util import find_spec
from typing import Any

from tqdm import tqdm


def new_bar(**settings: Any) -> Any:  # noqa: ANN401 - tqdm's own, or its twin of a notebook
    """Return a bar of tqdm with some settings; its attribute ``disable`` says whether nobody watches.

    In a notebook standard error is no terminal, so tqdm alone would keep silent there. The bar is a widget where
    ipywidgets is installed, else text.
    """
    if not _in_notebook():
        return tqdm(**settings, disable=None)
    if find_spec("ipywidgets") is None:
        return tqdm(**settings, disable=False)
    from tqdm.notebook import tqdm as tqdm_of_notebook  # it loads IPython's display

    return tqdm_of_notebook(**settings, disable=False)


@contextmanager
def bar(total: int, what: str) -> Iterator[Callable[[], None]]:
    """Yield a function to call after each of `total` steps; of a single step there is no bar, nor one once all is done.

    Examples
    --------
    >>> with bar(2, "batches") as advance:
    ...     advance()
    """
    if total < 2:
        yield lambda: None
        return
    with new_bar(total=total, desc=what, unit="", leave=False) as shown:
        yield lambda: shown.update()


def _in_notebook() -> bool:
    """Say whether a kernel runs the code, without importing IPython."""
    shell = getattr(sys.modules.get("IPython"), "get_ipython", lambda: None)()
    return hasattr(shell, "kernel")
