"""Where a repair is made: its function is handed what its needs name, and nothing else."""

import copy
from dataclasses import replace
from typing import Final

import torch
from torch import nn
from torch.nn.modules.batchnorm import _BatchNorm

from repshift.adaptation import REPAIRS
from repshift.adaptation.repair import Material, Need, Options, Repair
from repshift.adaptation.sample import Sample
from repshift.vocabulary import InputError

_WORDS: Final[dict[Need, str]] = {
    "source_maps": "maps of the network's own domain",
    "source_labels": "labels of the network's own domain",
    "target_maps": "maps of the target",
    "target_labels": "labels of the target",
    "third_maps": "maps of other domains",
    "third_labels": "labels of other domains",
    "perturbed_maps": "perturbed maps",
}


def repaired(network: nn.Module, repair: Repair, material: Material, options: Options) -> nn.Module:
    """Return a repaired copy of a network, in evaluation mode, on its device.

    Parameters
    ----------
    network
        Not changed.
    repair
        Which repair.
    material
        What there is. Samples and labels that the repair's needs do not name are taken out before its function is
        called.
    options
        As the repair takes them.

    Raises
    ------
    InputError
        If something is missing that the repair needs, the network is made by torch.jit, or torch is in inference mode;
        else as its function does.
    """
    given = admitted(material, repair)
    _require_changeable(network)
    _require(network, repair, given)
    return repair.function(copy.deepcopy(network).eval(), given, options).eval()


def admitted(material: Material, repair: Repair) -> Material:
    """Return what of the material a repair may see."""
    third = tuple(_seen(one, repair, "third_maps", "third_labels") for one in material.third)
    perturbed = material.perturbed if "perturbed_maps" in repair.needs else None
    return replace(
        material,
        source=_seen(material.source, repair, "source_maps", "source_labels"),
        target=_seen(material.target, repair, "target_maps", "target_labels"),
        third=tuple(one for one in third if one is not None),
        perturbed=None if perturbed is None else perturbed.unlabelled(),
    )


def batch_norms(network: nn.Module) -> list[_BatchNorm]:
    """Return the batch norms of a network that keep statistics, in the order in which it holds them."""
    held = [module for module in network.modules() if isinstance(module, _BatchNorm)]
    return [norm for norm in held if norm.running_mean is not None]


def _seen(sample: Sample | None, repair: Repair, maps: Need, labels: Need) -> Sample | None:
    """Return a sample as a repair may see it."""
    if sample is None or labels in repair.needs:
        return sample
    return sample.unlabelled() if maps in repair.needs else None


def _require_changeable(network: nn.Module) -> None:
    """Refuse a network that no repair can change, and tensors that no gradient can pass."""
    if any(isinstance(module, torch.jit.ScriptModule) for module in network.modules()):
        raise InputError(
            "The network is scripted or traced by torch.jit, so no repair can change it. Give it as it was before that."
        )
    if torch.is_inference_mode_enabled():
        raise InputError("A repair makes a network that may be trained. Call it outside of torch.inference_mode.")


def _require(network: nn.Module, repair: Repair, given: Material) -> None:
    """Refuse a repair without what it needs."""
    third = given.third[0] if given.third else None
    samples = {"source": given.source, "target": given.target, "third": third, "perturbed": given.perturbed}
    for need in sorted(repair.needs - {"batch_norm"}):
        domain, what = need.split("_")
        sample = samples[domain]
        if sample is None or (what == "labels" and sample.labels is None):
            raise InputError(f"The repair '{repair.name}' needs {_WORDS[need]}, and there are none.")
    if repair.sees_labels and given.task is None:
        raise InputError(f"The repair '{repair.name}' needs to know what the network infers. Give its task.")
    if "batch_norm" in repair.needs and not batch_norms(network):
        others = [one.name for one in REPAIRS.values() if "batch_norm" not in one.needs and not one.is_bound]
        raise InputError(
            f"The repair '{repair.name}' needs batch norms, and the network has none that keep statistics. "
            f"What remains possible: {', '.join(others)}."
        )
