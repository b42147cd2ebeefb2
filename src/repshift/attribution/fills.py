"""What stands where nothing is to be seen: the baselines that paths start from, and the fills of hidden pixels."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

import numpy as np
import numpy.typing as npt

from repshift.vocabulary import InputError


@dataclass(frozen=True)
class Fill:
    """Maps that stand for others.

    Attributes
    ----------
    name, label
        In the configuration and in figures.
    description
        What they are, in one sentence.
    function
        Of maps (n_maps, channels, y, x), whether they are periodic, and the simulation of each, (n_maps,).
    is_baseline
        Whether paths may start from it.
    """

    name: str
    label: str
    description: str
    function: Callable[[npt.NDArray[np.floating], bool, npt.NDArray[np.integer]], npt.NDArray[np.floating]]
    is_baseline: bool


FILLS: Final[dict[str, Fill]] = {}
"""All fills, by their names in the configuration: mean, blur, donor."""


def filled(
    name: str,
    maps: npt.NDArray[np.floating],
    *,
    is_periodic: bool = True,
    simulations: npt.NDArray[np.integer] | None = None,
) -> npt.NDArray[np.floating]:
    """Return maps that stand for others, of their shape and type.

    Parameters
    ----------
    name
        One of `FILLS`.
    maps
        (n_maps, channels, y, x), as the network reads them: standardised, so that 0 is the mean of the training maps.
    is_periodic
        Whether the maps wrap around.
    simulations
        (n_maps,): of each map; None: each is of another.

    Raises
    ------
    InputError
        If there is no such fill, or a donor is asked for where all maps are of one simulation.
    """
    raise InputError(name)
