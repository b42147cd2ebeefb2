"""Training that goes on with labels of the source: the control, and bounds that never see the target."""

from dataclasses import replace

from torch import nn

from repshift.adaptation.loop import trained
from repshift.adaptation.repair import Material, Options
from repshift.adaptation.sample import Sample
from repshift.adaptation.task import Task
from repshift.vocabulary import InputError


def source_training(network: nn.Module, material: Material, options: Options) -> nn.Module:
    """Train with labels of the source alone.

    It is the control of each repair that adds a term: with the same options it sees the same batches of the source.

    Raises
    ------
    InputError
        If labels are missing; else as `repshift.adaptation.loop.trained` does.
    """
    source, task = of_source(material)
    return trained(network, [source], options, task=task)


def several_suites(network: nn.Module, material: Material, options: Options) -> nn.Module:
    """Train with labels of the source and of other domains: the mean of their losses, a batch of each in a step.

    Raises
    ------
    InputError
        As `source_training` does, and if there is no other domain.
    """
    source, task = of_source(material)
    if not material.third:
        raise InputError("Training on several suites needs other domains with labels, and there are none.")
    return trained(network, [source, *material.third], options, task=task)


def augmentation(network: nn.Module, material: Material, options: Options) -> nn.Module:
    """Train with labels of the source on its maps and on perturbed ones: the mean of both losses.

    Raises
    ------
    InputError
        As `source_training` does, and if the perturbed maps are not those of the source.
    """
    source, task = of_source(material)
    perturbed = material.perturbed
    if perturbed is None or len(perturbed) != len(source) or (perturbed.simulations != source.simulations).any():
        raise InputError(
            f"There are {0 if perturbed is None else len(perturbed)} perturbed maps. Expected one for each of the "
            f"{len(source)} maps of the source, in the same order of simulations."
        )
    return trained(network, [source, replace(perturbed, labels=source.labels)], options, task=task)


def of_source(material: Material) -> tuple[Sample, Task]:
    """Return the labelled maps of the source and what the network infers.

    Raises
    ------
    InputError
        If either is missing.
    """
    if material.source is None or material.source.labels is None or material.task is None:
        raise InputError("Training needs labels of the source, and what the network infers.")
    return material.source, material.task
