"""Whether each method of attribution can be used on a network, found on a few maps before a run."""

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor, nn

from repshift.attribution import Options, method_of
from repshift.attribution.network_outputs import explaining, n_answers_of
from repshift.attribution.output_choice import chosen_outputs
from repshift.inspection.networks import users_code
from repshift.study.configuration import Study


def require_attributable(study: Study, name: str, network: nn.Module, maps: npt.NDArray[np.float32]) -> None:
    """Refuse a network that a method of the section attribution cannot be used on, as the run would after hours.

    Parameters
    ----------
    study, name, network
        The model.
    maps
        (n_maps, channels, y, x), as the network reads them.

    Raises
    ------
    InputError
        With the layer that has no maps, or the call that stops a method.
    """
    if study.attribution is None or name not in study.attribution.cases:
        return
    shown = torch.from_numpy(np.ascontiguousarray(maps))
    options = _least(shown, study.attribution.layer)
    with users_code(name, f"shown maps of shape {maps.shape},"):
        outputs = chosen_outputs(n_answers_of(network, shown), [0])
        with explaining(network, shown, outputs, batch_size=len(maps)) as explained:
            for method in study.attribution.methods:
                method_of(method)(explained, shown, options)


def _least(maps: Tensor, layer: str | None) -> Options:
    """Return options with which methods take the fewest passes."""
    side, nothing = min(maps.shape[2:]), torch.zeros_like(maps)
    return Options(nothing, nothing, nodes=1, window=side, stride=side, draws=1, layer=layer)
