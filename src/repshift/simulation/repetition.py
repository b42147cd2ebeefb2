"""Whether a generator of maps is a function of its arguments alone: one that is not makes other maps on each run."""

import random
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Final

import numpy as np

from repshift.simulation.objects import Maps, Objects
from repshift.vocabulary import InputError

TRIALS: Final = 3
"""Objects that are made to see that a generator repeats itself."""


def require_repeatable(objects: Objects, set_name: str, *, index: int = 0, other: int = 0) -> Maps:
    """Return the maps of an object, made twice: before and after another, and under other global random numbers.

    Raises
    ------
    InputError
        If they differ.
    """
    with _global_numbers(1):
        first = objects.maps(set_name, index)
        objects.maps(set_name, other)
    with _global_numbers(2):
        require_same(objects, first, objects.maps(set_name, index), set_name, index=index)
    return first


def require_same(objects: Objects, first: Maps, again: Maps, set_name: str, *, index: int) -> None:
    """Refuse maps of an object that differ between two calls.

    Raises
    ------
    InputError
        With the object.
    """
    if first.tobytes() != again.tobytes():
        raise InputError(
            f"'{objects.name}' made two different maps of object {index} of set '{set_name}', from the same parameters "
            "and random numbers. Draw from rng alone, not from numpy.random or random, and keep nothing between calls."
        )


@contextmanager
def _global_numbers(seed: int) -> Iterator[None]:
    """Seed the global random numbers of numpy and of Python; afterwards they are as they were."""
    held, plain = np.random.get_state(), random.getstate()  # noqa: NPY002 - these are what is tried
    np.random.seed(seed)  # noqa: NPY002
    random.seed(seed)
    try:
        yield
    finally:
        np.random.set_state(held)  # noqa: NPY002
        random.setstate(plain)
