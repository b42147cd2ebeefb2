"""Training with a term that makes two domains alike."""

from torch import nn

from repshift.adaptation.repair import Material, Options


def mmd(network: nn.Module, material: Material, options: Options) -> nn.Module:
    """Make the repair of this name."""
    raise NotImplementedError


def coral(network: nn.Module, material: Material, options: Options) -> nn.Module:
    """Make the repair of this name."""
    raise NotImplementedError


def dann(network: nn.Module, material: Material, options: Options) -> nn.Module:
    """Make the repair of this name."""
    raise NotImplementedError


def sinkhorn(network: nn.Module, material: Material, options: Options) -> nn.Module:
    """Make the repair of this name."""
    raise NotImplementedError


def cka(network: nn.Module, material: Material, options: Options) -> nn.Module:
    """Make the repair of this name."""
    raise NotImplementedError


def cka_off_diagonal(network: nn.Module, material: Material, options: Options) -> nn.Module:
    """Make the repair of this name."""
    raise NotImplementedError
