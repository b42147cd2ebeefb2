"""Means and standard deviations of the target made those of the source."""

from torch import nn

from repshift.adaptation.repair import Material, Options


def pixel_moments(network: nn.Module, material: Material, options: Options) -> nn.Module:
    """Make the repair of this name."""
    raise NotImplementedError


def feature_moments(network: nn.Module, material: Material, options: Options) -> nn.Module:
    """Make the repair of this name."""
    raise NotImplementedError
