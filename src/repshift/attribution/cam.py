r"""Class activation maps: where the features of a layer are that an output depends on.

With the features :math:`A_{kp}` of channel :math:`k` at position :math:`p` of one map, and the gradients
:math:`g_{kp} = \partial F / \partial A_{kp}`, the maps are

.. math::

    \text{Grad-CAM:} \; \sum_k \bar g_k A_{kp}, \qquad \text{LayerCAM:} \; \sum_k g_{kp} A_{kp},

brought to the size of the map by bilinear interpolation. They keep their sign, and their unit: that of the output.
Published versions are of classes. They cut negative values (Grad-CAM) and negative gradients (LayerCAM) off, and scale
each map to [0, 1]. A parameter may fall, so here nothing is cut; LayerCAM without its cuts is HiResCAM.

References
----------
Selvaraju et al. 2017, "Grad-CAM", arXiv 1610.02391, eqs. 1 and 2. Jiang et al. 2021, "LayerCAM", IEEE TIP 30, 5875.
Draelos & Carin 2020, "HiResCAM", arXiv 2011.08891.
"""

from collections.abc import Callable, Mapping

import torch
from torch import Tensor
from torch.nn import functional

from repshift.attribution.layer_calls import layer_pass
from repshift.attribution.method import Attribution
from repshift.attribution.network_outputs import NetworkOutputs
from repshift.vocabulary import InputError, in_short

_Combine = Callable[[Tensor, Tensor], Tensor]
"""Takes features (n_maps, channels, y, x) and gradients (n_outputs, n_maps, channels, y, x) of a layer."""


def grad_cam(explained: NetworkOutputs, maps: Tensor, *, layer: str | None = None) -> Attribution:
    """Return the features of a layer, each channel weighted by its mean gradient.

    Parameters
    ----------
    explained
        The network, and what of it is attributed.
    maps
        (n_maps, channels, y, x), as the network reads them.
    layer
        As in `repshift.recording.layers.choose_layers`, for example ``C33`` or ``stages.3:0``. None: the last layer
        whose features are maps of more than one pixel.

    Returns
    -------
    Attribution
        (n_outputs, n_maps, 1, y, x) in the unit of the output, signed, without a completeness error.

    Raises
    ------
    InputError
        If the layer returns no maps of features of more than one pixel, or no layer does, or it is a module that is
        called several times.
    """
    return _at_layer(
        explained, maps, layer, lambda features, slopes: slopes.mean(dim=(-2, -1), keepdim=True) * features
    )


def layer_cam(explained: NetworkOutputs, maps: Tensor, *, layer: str | None = None) -> Attribution:
    """Return the features of a layer times their own gradients, summed over channels.

    Arguments, shape and errors are those of `grad_cam`.
    """
    return _at_layer(explained, maps, layer, lambda features, slopes: slopes * features)


def feature_layer(explained: NetworkOutputs, maps: Tensor, layer: str | None = None) -> str:
    """Return the name of the layer that `grad_cam` works at; arguments and errors as there."""
    if layer is not None:
        _require_one_call(explained, maps[:1], layer)
    found = layer_pass(explained, maps[:1], None if layer is None else [layer]).features
    shapes = {name: tuple(features.shape[1:]) for name, features in found.items()}
    fitting = [name for name, shape in shapes.items() if len(shape) == 3 and shape[1] * shape[2] > 1]
    if fitting and (layer is None or len(shapes) == 1):
        return fitting[-1]
    if layer is None:
        raise InputError(f"No layer of the network returns maps of features; their shapes are {_in_words(shapes)}.")
    if len(shapes) > 1:
        raise InputError(f"'{layer}' fits the layers {in_short(list(shapes))}. Name one of them.")
    raise InputError(
        f"Layer '{layer}' returns shape {shapes[next(iter(shapes))]} for a map, no maps of features of more than one "
        "pixel. Choose a convolution, or the activation after it."
    )


def _require_one_call(explained: NetworkOutputs, maps: Tensor, layer: str) -> None:
    """Refuse the name of a module, without the number of a call, that is called several times."""
    named = getattr(explained.network, "layers", None)
    is_named = isinstance(named, Mapping) and layer in named
    module = dict(explained.network.named_modules(remove_duplicate=False)).get(layer)
    if is_named or module is None:
        return
    calls: list[str] = []
    hook = module.register_forward_hook(lambda *_: calls.append(f"{layer}:{len(calls)}"))
    try:
        explained.differentiable(maps)
    finally:
        hook.remove()
    if len(calls) > 1:
        raise InputError(f"'{layer}' is called {len(calls)} times: {in_short(calls)}. Name one of these calls.")


def _at_layer(explained: NetworkOutputs, maps: Tensor, layer: str | None, combine: _Combine) -> Attribution:
    name = feature_layer(explained, maps, layer)
    return Attribution(
        torch.cat([_of_batch(explained, some, name, combine) for some in maps.split(explained.batch_size)], dim=1),
        layer=name,
    )


def _of_batch(explained: NetworkOutputs, maps: Tensor, name: str, combine: _Combine) -> Tensor:
    found = layer_pass(explained, maps, [name])
    coarse = combine(found.features[name], found.gradients()[name]).sum(dim=2)
    fine = functional.interpolate(coarse, size=maps.shape[-2:], mode="bilinear", align_corners=False)
    return fine.unsqueeze(2).to(maps.device)


def _in_words(shapes: dict[str, tuple[int, ...]]) -> str:
    return in_short([f"{shape} of '{name}'" for name, shape in shapes.items()], most=4)
