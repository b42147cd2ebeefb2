"""Whether a network has the outputs and the layer that the section attribution names, found by a few maps."""

import torch
from torch import nn

from repshift.attribution import METHODS
from repshift.attribution.cam import feature_layer
from repshift.attribution.network_outputs import explaining, n_answers_of
from repshift.attribution.output_choice import chosen_outputs
from repshift.inspection.networks import Maps, users_code
from repshift.study.attribution_jobs import outputs_of
from repshift.study.cases import infers
from repshift.study.configuration import Study


def require_attributable(study: Study, model: str, network: nn.Module, maps: Maps) -> None:
    """Refuse a network that cannot be attributed as the section asks, by maps (n_maps, channels, y, x).

    Raises
    ------
    InputError
        If it has no such output, or a method that is asked for needs a layer that it has not.
    """
    section, own = study.attribution, study.models[model].network
    if section is None or model not in section.cases:
        return
    shown, classes = torch.from_numpy(maps[:1].copy()), None if own is None else own.known_classes
    with users_code(model, f"shown maps of shape {maps.shape},"):
        outputs = chosen_outputs(
            n_answers_of(network, shown), list(outputs_of(study, model)), infers(study, model), classes=classes
        )
        if any(METHODS[name].needs_layer for name in section.methods):
            with explaining(network, shown, outputs, batch_size=1) as explained:
                feature_layer(explained, shown, section.layer)
