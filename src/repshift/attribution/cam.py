"""Class activation maps: where a layer's features are that an output depends on."""

from torch import Tensor

from repshift.attribution.explained import Explained
from repshift.attribution.method import Attribution


def grad_cam(explained: Explained, maps: Tensor, *, layer: str | None = None) -> Attribution:
    """Return features of a layer weighted by their mean gradients, (n_outputs, n_maps, 1, y, x), signed."""
    raise NotImplementedError


def layer_cam(explained: Explained, maps: Tensor, *, layer: str | None = None) -> Attribution:
    """Return features of a layer times their gradients, (n_outputs, n_maps, 1, y, x), signed."""
    raise NotImplementedError
