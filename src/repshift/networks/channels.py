"""What a network reads: its channels, and how the maps of each are prepared."""

from collections.abc import Callable
from dataclasses import asdict, dataclass
from typing import Any, Literal, get_args

import numpy as np
import numpy.typing as npt

from repshift.vocabulary import InputError

Monopole = Literal["kept", "removed"]
"""What becomes of the mean of each map's logarithm."""


@dataclass(frozen=True)
class Moments:
    """Mean and standard deviation of all pixels after the preprocessing, in dex; they standardise a map.

    Where no logarithm is taken they are in the unit of the field. Mean 0 and standard deviation 1 leave a map as it is.

    Raises
    ------
    InputError
        If one is not finite, or the standard deviation not above 0.
    """

    mean: float
    std: float

    def __post_init__(self) -> None:
        if not (np.isfinite(self.mean) and 0 < self.std < np.inf):
            raise InputError(
                f"The moments are mean {self.mean} and standard deviation {self.std}. Expected finite numbers, the "
                "standard deviation above 0."
            )


MapFunction = Callable[[npt.NDArray[np.float64]], Any]
"""A function of the user's own of maps (n_maps, y, x), as they are in their file, that returns as many of that size."""


@dataclass(frozen=True)
class Preprocessing:
    r"""What happens to the maps of one channel before they are standardised.

    In this order: function, smoothing, clip, scale, then the logarithm or the arcsinh, then the monopole.

    Attributes
    ----------
    smoothing
        Standard deviation of the Gaussian that smooths the raw map, in pixels; 0: none.
    monopole
        Whether the mean of each map is ``kept`` or ``removed``, at the end.
    logarithm
        Whether log10 is taken; without it, maps may hold zeros and negative values.
    arcsinh
        Softening :math:`a` of the stretch :math:`\operatorname{arcsinh}(x / a)`, in the unit of the maps once they are
        divided by `scale`: linear below it, logarithmic above. None: no such stretch.
    clip
        Smallest and largest value, in the unit of the maps, that others are set to; None for no bound.
    scale
        What maps are divided by after clipping, before a stretch.
    function
        Name, package.module:function, of a `MapFunction` that comes before all else; empty: none.

    Raises
    ------
    InputError
        If a number is out of its range, `monopole` is another word, or both stretches are asked for.
    """

    smoothing: float = 0.0
    monopole: Monopole = "kept"
    logarithm: bool = True
    arcsinh: float | None = None
    clip: tuple[float | None, float | None] | None = None
    scale: float = 1.0
    function: str = ""

    def __post_init__(self) -> None:
        if not 0 <= self.smoothing < np.inf:
            raise InputError(f"The smoothing is {self.smoothing} pixels. Expected a finite width, 0 or more.")
        if self.monopole not in get_args(Monopole):
            raise InputError(f"The monopole is '{self.monopole}'. Expected one of {', '.join(get_args(Monopole))}.")
        for name, value in (("softening of the arcsinh", self.arcsinh), ("scale", self.scale)):
            if value is not None and not 0 < value < np.inf:
                raise InputError(f"The {name} is {value}. Expected a finite number above 0.")
        if self.arcsinh is not None and self.logarithm:
            raise InputError("Both the logarithm and the arcsinh are asked for. Leave one of the two stretches out.")
        low, high = self.bounds
        if not low < high:
            raise InputError(f"Maps are clipped to {low:g} to {high:g}. Expected a lower bound below the upper one.")

    @property
    def bounds(self) -> tuple[float, float]:
        """Smallest and largest value that maps are clipped to; infinite where there is no bound."""
        low, high = self.clip or (None, None)
        return -np.inf if low is None else low, np.inf if high is None else high

    @property
    def record(self) -> dict[str, Any]:
        """What a file says of it: all but what is left at a default that older files do not know."""
        values = asdict(self)
        return {name: values[name] for name in values if name in _ALWAYS or values[name] != getattr(UNCHANGED, name)}

    @property
    def words(self) -> str:
        """What it is, for a message."""
        said = [f"smoothing {self.smoothing:g} and monopole {self.monopole}"]
        said += [] if self.logarithm else ["without the logarithm"]
        said += [] if self.arcsinh is None else [f"arcsinh of softening {self.arcsinh:g}"]
        said += [] if self.clip is None else ["clipped to {:g} to {:g}".format(*self.bounds)]
        said += [] if self.scale == 1 else [f"divided by {self.scale:g}"]
        return ", ".join(said + ([f"the function {self.function}"] if self.function else []))


_ALWAYS = ("smoothing", "monopole", "logarithm")

UNCHANGED = Preprocessing()
"""Neither smoothed nor without its monopole: the logarithm alone."""


@dataclass(frozen=True)
class Channel:
    """A channel of a network.

    Attributes
    ----------
    field
        Field whose maps it reads; of images with bands the field and the band, as ``image-g``.
    moments
        What standardises the maps: of the training maps, unless they were given.
    preprocessing
        What happens to the maps before they are standardised.
    """

    field: str
    moments: Moments
    preprocessing: Preprocessing = UNCHANGED
