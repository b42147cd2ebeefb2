"""Every method of attribution by its name: which pixels an output of a network depends on.

The names load no torch: a method loads its module when it is called.
"""

from types import ModuleType
from typing import Final

from repshift.attribution.method import Attribution, Method, Options
from repshift.declarations import require

__all__ = ["METHODS", "Attribution", "Method", "Options", "method_of"]


def _gradients() -> ModuleType:
    from repshift.attribution import gradients

    return gradients


def _path() -> ModuleType:
    from repshift.attribution import path

    return path


def _occlusion() -> ModuleType:
    from repshift.attribution import occlusion

    return occlusion


def _cam() -> ModuleType:
    from repshift.attribution import cam

    return cam


def _rectifiers() -> ModuleType:
    from repshift.attribution import rectifiers

    return rectifiers


def _deeplift() -> ModuleType:
    from repshift.attribution import deeplift

    return deeplift


_METHODS: Final = (
    Method(
        name="gradient",
        label="Gradient",
        description="Change of the output per unit of each pixel.",
        module=_gradients,
        is_sensitivity=True,
    ),
    Method(
        name="input_x_gradient",
        label=r"Gradient $\times$ input",
        description="Gradient times the map less its baseline.",
        module=_gradients,
        takes=("baseline",),
    ),
    Method(
        name="integrated_gradients",
        label="Integrated gradients",
        description="Mean gradient on the straight path from the baseline, times the map less its baseline.",
        module=_path,
        takes=("baseline", "nodes"),
        is_complete=True,
    ),
    Method(
        name="smoothgrad",
        label="SmoothGrad",
        description="Mean gradient over draws of noise that is added to the map.",
        module=_gradients,
        takes=("noise", "draws", "seed"),
        is_sensitivity=True,
    ),
    Method(
        name="occlusion",
        label="Occlusion",
        description="Fall of the output when a square of pixels is hidden, the mean over squares that cover a pixel.",
        module=_occlusion,
        takes=("fill", "window", "stride"),
    ),
    Method(
        name="grad_cam",
        label="Grad-CAM",
        description="Features of a layer, weighted by the mean gradient of each channel, with their sign.",
        module=_cam,
        takes=("layer",),
        needs_layer=True,
    ),
    Method(
        name="layer_cam",
        label="LayerCAM",
        description="Features of a layer times the gradient at each place, summed over channels, with their sign.",
        module=_cam,
        takes=("layer",),
        needs_layer=True,
    ),
    Method(
        name="guided_backpropagation",
        label="Guided backpropagation",
        description="Gradient that passes an activation where both it and the input are positive.",
        module=_rectifiers,
        is_sensitivity=True,
    ),
    Method(
        name="deconvolution",
        label="Deconvolution",
        description="Gradient that passes an activation where it is positive.",
        module=_rectifiers,
        is_sensitivity=True,
    ),
    Method(
        name="deeplift",
        label="DeepLIFT",
        description="Slope of each activation between the baseline and the map in place of its gradient, times the "
        "map less its baseline.",
        module=_deeplift,
        takes=("baseline",),
        is_complete=True,
    ),
)

METHODS: Final[dict[str, Method]] = {method.name: method for method in _METHODS}
"""All methods, by their names in the configuration."""


def method_of(name: str) -> Method:
    """Return the method called `name`.

    Raises
    ------
    InputError
        If there is none.
    """
    return require(name, METHODS, what="method of attribution")
