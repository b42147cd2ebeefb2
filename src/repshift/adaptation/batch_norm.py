"""Batch-norm statistics of the target."""

from torch import nn

from repshift.adaptation.repair import Material, Options


def batch_norm(network: nn.Module, material: Material, options: Options) -> nn.Module:
    """Make the repair of this name."""
    raise NotImplementedError


def batch_norm_mixed(network: nn.Module, material: Material, options: Options) -> nn.Module:
    """Make the repair of this name."""
    raise NotImplementedError
