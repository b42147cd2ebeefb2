"""What stands where nothing is to be seen: the baselines that paths start from, and the fills of hidden pixels."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

import numpy as np
import numpy.typing as npt

from repshift.declarations import require
from repshift.perturbation.beam import beamed
from repshift.vocabulary import InputError

Values = npt.NDArray[np.floating]

BLUR: Final = 8.0
"""Full width at half maximum of the beam that blurs maps [pixels]."""


@dataclass(frozen=True)
class Scene:
    """Maps, and what is known of them.

    Attributes
    ----------
    maps
        (n_maps, channels, y, x), as the network reads them.
    simulations
        (n_maps,): of each.
    is_periodic
        Whether they wrap around.
    """

    maps: Values
    simulations: npt.NDArray[np.integer]
    is_periodic: bool


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
        Of maps, returns others of their shape.
    is_baseline
        Whether a path may start from it: it says nothing of its own.
    """

    name: str
    label: str
    description: str
    function: Callable[[Scene], Values]
    is_baseline: bool


def _mean(scene: Scene) -> Values:
    return np.zeros_like(scene.maps)


def _blurred(scene: Scene) -> Values:
    return beamed(scene.maps, fwhm=BLUR, is_periodic=scene.is_periodic)


def _donors(scene: Scene) -> Values:
    """Return for each map the next of another simulation, from the first again after the last."""
    n_maps, found = len(scene.maps), []
    for place, own in enumerate(scene.simulations):
        others = ((place + step) % n_maps for step in range(1, n_maps))
        donor = next((other for other in others if scene.simulations[other] != own), None)
        if donor is None:
            raise InputError(
                f"All {n_maps} maps are of simulation {own}, so that none has a donor. Expected two or more."
            )
        found.append(donor)
    return scene.maps[found]


FILLS: Final[dict[str, Fill]] = {
    fill.name: fill
    for fill in (
        Fill("mean", "mean", "The mean of the training maps, which is 0 once they are standardised.", _mean, True),
        Fill("blur", "blurred map", f"The map itself, seen with a beam of {BLUR:g} pixels.", _blurred, True),
        Fill("donor", "donor map", "The next map of another simulation.", _donors, False),
    )
}
"""All fills, by their names in the configuration."""


def filled(
    name: str, maps: Values, *, is_periodic: bool = True, simulations: npt.NDArray[np.integer] | None = None
) -> Values:
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
    fill = require(name, FILLS, what="fill")
    of_each = np.arange(len(maps)) if simulations is None else np.asarray(simulations)
    return fill.function(Scene(maps, of_each, is_periodic)).astype(maps.dtype, copy=False)
