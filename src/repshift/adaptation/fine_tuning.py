"""Training that goes on with labels of the target."""

from torch import nn

from repshift.adaptation.repair import Material, Options


def fine_tuning(network: nn.Module, material: Material, options: Options) -> nn.Module:
    """Make the repair of this name."""
    raise NotImplementedError
