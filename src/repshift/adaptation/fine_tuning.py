"""Training that goes on with labels of the target."""

from torch import nn

from repshift.adaptation.loop import trained
from repshift.adaptation.repair import Material, Options
from repshift.vocabulary import InputError


def fine_tuning(network: nn.Module, material: Material, options: Options) -> nn.Module:
    """Train with labels of the target alone, above a layer or everywhere.

    Where the target has fewer simulations than a batch has maps, a batch holds several maps of each.

    Raises
    ------
    InputError
        If labels are missing; else as `repshift.adaptation.loop.trained` does.
    """
    if material.target is None or material.target.labels is None or material.task is None:
        raise InputError("Fine-tuning needs labels of the target, and what the network infers.")
    return trained(network, [material.target], options, task=material.task)
