"""Gradients whose way back through rectifiers is changed: guided backpropagation and deconvolution."""

from torch import Tensor

from repshift.attribution.explained import Explained
from repshift.attribution.method import Attribution


def guided_backpropagation(explained: Explained, maps: Tensor) -> Attribution:
    """Return gradients that pass rectifiers where both they and the input are positive."""
    raise NotImplementedError


def deconvolution(explained: Explained, maps: Tensor) -> Attribution:
    """Return gradients that pass rectifiers where they are positive."""
    raise NotImplementedError
