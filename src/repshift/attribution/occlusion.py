"""Attribution by hiding squares of the map."""

from torch import Tensor

from repshift.attribution.explained import Explained
from repshift.attribution.method import Attribution


def occlusion(explained: Explained, maps: Tensor, *, fill: Tensor, window: int, stride: int) -> Attribution:
    """Return by how much each output falls when squares of maps are hidden by a fill, both (n_maps, channels, y, x)."""
    raise NotImplementedError
