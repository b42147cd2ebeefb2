"""DeepLIFT: contributions by the slopes between a map and its baseline."""

from torch import Tensor

from repshift.attribution.explained import Explained
from repshift.attribution.method import Attribution


def deeplift(explained: Explained, maps: Tensor, *, baseline: Tensor) -> Attribution:
    """Return contributions (n_outputs, n_maps, channels, y, x) by the rescale rule, complete."""
    raise NotImplementedError
