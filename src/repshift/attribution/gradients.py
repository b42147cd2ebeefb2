"""Attribution by the gradient at the map itself: plain, times the map, and averaged over noise."""

from torch import Tensor

from repshift.attribution.explained import Explained
from repshift.attribution.method import Attribution


def gradient(explained: Explained, maps: Tensor) -> Attribution:
    """Return the gradient of each output by the pixels of maps (n_maps, channels, y, x)."""
    raise NotImplementedError


def input_x_gradient(explained: Explained, maps: Tensor, *, baseline: Tensor) -> Attribution:
    """Return the gradient of each output times the map less its baseline, both (n_maps, channels, y, x)."""
    raise NotImplementedError


def smoothgrad(explained: Explained, maps: Tensor, *, noise: float, draws: int, seed: int) -> Attribution:
    """Return the gradient of each output, the mean over draws of noise added to maps (n_maps, channels, y, x)."""
    raise NotImplementedError
