"""Training that goes on with labels of the source: the control, and bounds."""

from torch import nn

from repshift.adaptation.repair import Material, Options


def source_training(network: nn.Module, material: Material, options: Options) -> nn.Module:
    """Make the repair of this name."""
    raise NotImplementedError


def several_suites(network: nn.Module, material: Material, options: Options) -> nn.Module:
    """Make the repair of this name."""
    raise NotImplementedError


def augmentation(network: nn.Module, material: Material, options: Options) -> nn.Module:
    """Make the repair of this name."""
    raise NotImplementedError
