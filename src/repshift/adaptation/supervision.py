"""Training that goes on with labels of the source: the control, and bounds."""

from torch import nn

from repshift.adaptation.loop import trained
from repshift.adaptation.repair import Material, Options


def source_training(network: nn.Module, material: Material, options: Options) -> nn.Module:
    """Make the repair of this name."""
    return trained(network, [material.source], options, task=material.task)
