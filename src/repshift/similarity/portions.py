"""How much is held at a time, and where: resamples, permutations and pairs of layers come in portions."""

import importlib
from collections.abc import Iterator
from dataclasses import dataclass, replace
from math import ceil
from typing import Any, Final

import numpy as np
import numpy.typing as npt

from repshift.similarity.arrays import is_tensor
from repshift.vocabulary import InputError

_DOUBLE: Final = 8e-6
"""MB of a number in double precision."""

_IN_CACHE: Final = 1 << 16
"""Numbers that are worked on fastest: 0.5 MiB."""


@dataclass(frozen=True)
class Resources:
    """What the arithmetic of many resamples may use.

    Attributes
    ----------
    memory
        MB held at a time, beside the Gram matrices and what comes out.
    device
        ``cpu``, for numpy, or a device of torch, as ``cuda``.
    share
        Part of the memory that is left to what uses these.
    """

    memory: float = 64.0
    device: str = "cpu"
    share: float = 1.0

    @property
    def numbers(self) -> int:
        """Numbers in double precision that the memory holds."""
        return int(self.share * self.memory / _DOUBLE)

    def part(self, share: float) -> "Resources":
        """Return a part of these."""
        return replace(self, share=self.share * share)

    def portions(self, n: int, *, each: int, what: str) -> Iterator[slice]:
        """Yield slices of n things, as many at a time as the memory holds.

        Parameters
        ----------
        each
            Numbers, in double precision, that one of them takes.
        what
            What one of them is, for the message.

        Raises
        ------
        InputError
            If one takes more than that; says how much.

        Examples
        --------
        >>> [(one.start, one.stop) for one in Resources(0.016).portions(5, each=1000, what="A row")]
        [(0, 2), (2, 4), (4, 5)]
        """
        step = self.numbers // max(each, 1)
        if step < 1:
            needed = each * _DOUBLE / self.share
            raise InputError(
                f"{what} takes {needed:.3g} MB at a time, and the memory setting is {self.memory:g} MB. Set "
                f"statistics.memory (--memory) to {ceil(needed)} or more."
            )
        return (slice(start, min(start + step, n)) for start in range(0, n, step))

    def placed(self, values: npt.NDArray[np.float64]) -> Any:  # noqa: ANN401 - an array, or a tensor of a device
        """Return an array where the arithmetic is done: itself, or a tensor on the device.

        Raises
        ------
        InputError
            If the device is not there.
        """
        if self.device == "cpu":
            return values
        try:
            torch = importlib.import_module("torch")
            return torch.as_tensor(values, dtype=torch.float64, device=self.device)
        except (ImportError, RuntimeError, AssertionError, TypeError) as error:
            first = str(error).splitlines()[0].rstrip(".")
            raise InputError(f"Device '{self.device}' cannot be used: {first}. Choose 'cpu'.") from error


def cached(n: int, *, each: int, like: Any, resources: Resources) -> Iterator[slice]:  # noqa: ANN401 - array or tensor
    """Yield slices of n things, as many as stay in the cache, on a device as the memory holds; at least one."""
    step = max(1, (resources.numbers if is_tensor(like) else _IN_CACHE) // max(each, 1))
    return (slice(start, min(start + step, n)) for start in range(0, n, step))
