"""Whether the section attribution can be done on a network, found by a few maps before a run."""

import torch
from torch import Tensor, nn

from repshift.attribution import METHODS, Options
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
        If it has no such output, a layer that a method needs has no maps, or a call of it stops a method.
    """
    section, own = study.attribution, study.models[model].network
    if section is None or model not in section.cases:
        return
    shown, classes = torch.from_numpy(maps.copy()), None if own is None else own.known_classes
    options = _least(shown, section.layer)
    with users_code(model, f"shown maps of shape {maps.shape},"):
        outputs = chosen_outputs(
            n_answers_of(network, shown), list(outputs_of(study, model)), infers(study, model), classes=classes
        )
        with explaining(network, shown, outputs, batch_size=len(maps)) as explained:
            for method in section.methods:
                METHODS[method](explained, shown, options)


def _least(maps: Tensor, layer: str | None) -> Options:
    """Return options with which methods take the fewest passes."""
    side, nothing = min(maps.shape[2:]), torch.zeros_like(maps)
    return Options(nothing, nothing, nodes=1, window=side, stride=side, draws=1, layer=layer)
