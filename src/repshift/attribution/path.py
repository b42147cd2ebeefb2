"""Attribution by the gradient along the straight path from a baseline to the map."""

from torch import Tensor

from repshift.attribution.explained import Explained
from repshift.attribution.method import Attribution


def integrated_gradients(explained: Explained, maps: Tensor, *, baseline: Tensor, nodes: int) -> Attribution:
    """Return integrated gradients of each output, from a baseline to maps, both (n_maps, channels, y, x)."""
    raise NotImplementedError
