"""What to do where the memory of a device is short: run fewer maps at a time, or say what to lower."""

import gc
import re
import warnings
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TypeVar

import torch

from repshift.recording.devices import describe
from repshift.vocabulary import InputError

Result = TypeVar("Result")

_SHORTAGES = (
    "CUDA out of memory",
    "CUDA error: out of memory",
    "CUBLAS_STATUS_ALLOC_FAILED",
    "CUDNN_STATUS_ALLOC_FAILED",
    "std::bad_alloc",
    "DefaultCPUAllocator: can't allocate memory",
)
"""What torch says where memory is short, beside raising ``torch.OutOfMemoryError``."""

_SIZES = (r"[Tt]ried to allocate [\d.]+ \w+", r"total capacity of [\d.]+ \w+ of which [\d.]+ \w+ is free")
"""What of its words is kept."""


@dataclass
class BatchSize:
    """Maps of one forward pass in evaluation mode: halved where memory is short, and no larger again afterwards.

    What is recorded depends on it by rounding alone, and where dropout is drawn by the draws.

    Attributes
    ----------
    maps
        How many, at least 1.
    say
        Called with one line when they are halved.
    """

    maps: int
    say: Callable[[str], None] = warnings.warn

    def fit(self, attempt: Callable[[int], Result], *, device: torch.device) -> Result:
        """Return what `attempt` returns of a batch size; where memory is short, start it again with half of it.

        Raises
        ------
        InputError
            If memory is short for one map.
        """
        while True:
            try:
                return attempt(self.maps)
            except RuntimeError as error:
                shortage = _shortage(error)
                if self.maps < 2:
                    raise InputError(
                        f"One map at a time is too much for the memory of {describe(device)}: {shortage}."
                    ) from error
            # The traceback held the tensors of the failed attempt: free them once it is gone.
            release()
            before, self.maps = self.maps, self.maps // 2
            self.say(f"Out of memory with {before} maps a forward pass: starts again with {self.maps} ({shortage}).")


@contextmanager
def refusing_shortage(advice: str, *, device: torch.device) -> Iterator[None]:
    """Refuse a shortage of memory, with the `advice`, where the batch is part of the result: it is not halved.

    Raises
    ------
    InputError
        If memory is short.
    """
    try:
        yield
    except RuntimeError as error:
        raise InputError(f"Out of memory on {describe(device)}: {_shortage(error)}. {advice}") from error


def release() -> None:
    """Give back what torch keeps of freed memory."""
    gc.collect()
    torch.cuda.empty_cache()


def is_shortage(error: RuntimeError) -> bool:
    """Say whether an error is that memory is short."""
    return isinstance(error, torch.OutOfMemoryError) or any(text in str(error) for text in _SHORTAGES)


def _shortage(error: RuntimeError) -> str:
    """Return what was short, and after which layer where that is known; raise any other error again."""
    if not is_shortage(error):
        raise error
    text = " ".join(str(error).split())
    sizes = [found.group() for pattern in _SIZES if (found := re.search(pattern, text))]
    return ", ".join([*sizes, *getattr(error, "__notes__", [])]) or text.split(". ")[0].rstrip(".")
