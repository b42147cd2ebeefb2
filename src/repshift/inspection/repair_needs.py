"""Whether the sections repair, pruning and trust can be done on a network, found by a few maps before a run."""

import torch
from torch import Tensor, nn

from repshift.adaptation import REPAIRS
from repshift.adaptation.barrier import batch_norms
from repshift.adaptation.freezing import frozen_below
from repshift.adaptation.last_layer import layers_before_outputs
from repshift.inspection.networks import Maps, users_code
from repshift.recording.layers import choose_layers
from repshift.study.configuration import Study
from repshift.vocabulary import InputError


def require_repairable(study: Study, model: str, network: nn.Module, maps: Maps) -> None:
    """Refuse a network that cannot be repaired or judged as the sections ask, by maps (n_maps, channels, y, x).

    Raises
    ------
    InputError
        If a layer is named that it does not have, or a repair or a score that it cannot have.
    """
    shown = torch.from_numpy(maps.copy())
    with users_code(model, f"shown maps of shape {maps.shape},"):
        if study.repair is not None and model in study.repair.cases:
            _require_repair(study, network, shown)
        if study.pruning is not None and model in study.pruning.cases and study.pruning.layers:
            choose_layers(network, study.pruning.layers)
        if study.trust is not None and model in study.trust.cases:
            _require_trust(study, network)


def _require_repair(study: Study, network: nn.Module, maps: Tensor) -> None:
    """Refuse layers that the network does not have, and batch norms that are asked for."""
    section = study.repair
    if section is None:
        return
    if section.layer is not None:
        known = layers_before_outputs(network, maps)
        if section.layer not in known:
            raise InputError(f"There is no layer '{section.layer}' before the outputs. There are {', '.join(known)}.")
    for layer in section.training.freeze if section.training else ():
        if layer is not None:
            frozen_below(network, layer, maps[:1])
    asked = [name for name in section.rungs or () if "batch_norm" in REPAIRS[name].needs]
    if asked and not batch_norms(network):
        others = [name for name, repair in REPAIRS.items() if "batch_norm" not in repair.needs and not repair.is_bound]
        raise InputError(
            f"repair.rungs has {', '.join(asked)}, but the network has no batch norms that keep statistics. What "
            f"remains possible: {', '.join(others)}."
        )


def _require_trust(study: Study, network: nn.Module) -> None:
    """Refuse layers that the network does not have, and dropout that it does not have or that is 0."""
    section = study.trust
    if section is None:
        return
    if section.layers:
        choose_layers(network, section.layers)
    rates = [float(one.p) for one in network.modules() if isinstance(one, nn.modules.dropout._DropoutNd)]
    if section.dropout_passes is not None and not any(rates):
        raise InputError(
            f"trust.dropout_passes is {section.dropout_passes}, but the network has "
            f"{'dropout 0' if rates else 'no dropout'}: all passes give the same. Leave it out."
        )
