r"""Gradients whose way back through rectifiers is changed: guided backpropagation and deconvolution.

A rectifier is an activation that passes positive inputs and stops or damps negative ones (`RECTIFIERS`). With its input
:math:`x`, its derivative :math:`f'` and the gradient :math:`g` by its output, the gradient by its input is

.. math::

    \text{plain:} \; f'(x) \, g, \qquad
    \text{guided:} \; f'(x) \max(g, 0) \, [x > 0], \qquad
    \text{deconvolution:} \; \max(g, 0).

Of a LeakyReLU the negative side passes nothing by the guided rule and everything by the other, as of a ReLU: its slope
there does not count. Every other function keeps its derivative.

References
----------
Springenberg et al. 2015, "Striving for simplicity", arXiv 1412.6806. Zeiler & Fergus 2014, arXiv 1311.2901. Both write
of ReLU alone.
"""

from collections.abc import Callable
from dataclasses import replace
from typing import Any, Final

from torch import Tensor

from repshift.attribution.method import Attribution
from repshift.attribution.network_outputs import NetworkOutputs
from repshift.attribution.rules import Call, Change, Compute, ruling, slope_of
from repshift.recording.layers import FUNCTIONS
from repshift.vocabulary import InputError, in_short

RECTIFIERS: Final = (
    "relu", "leaky_relu", "prelu", "rrelu", "relu6", "elu", "selu", "celu", "gelu", "silu", "mish", "hardswish",
)  # fmt: skip
"""Activations whose gradients are changed, by their names in `repshift.recording.layers.FUNCTIONS`."""

_WITH_FLOOR: Final = ("hardtanh", "clamp", "clamp_min")
"""Functions that are rectifiers where they cut at 0: of ``nn.ReLU6``, torch calls ``hardtanh``."""


def guided_backpropagation(explained: NetworkOutputs, maps: Tensor) -> Attribution:
    """Return gradients that pass a rectifier where both they and its input are positive.

    Parameters
    ----------
    explained
        The network, and what of it is attributed.
    maps
        (n_maps, channels, y, x), as the network reads them.

    Returns
    -------
    Attribution
        (n_outputs, n_maps, channels, y, x), in the unit of the output per unit of pixel, without a completeness error.

    Raises
    ------
    InputError
        If the network calls no rectifier, so that the method would return the plain gradient.
    """
    return _changed(explained, maps, _guided, "Guided backpropagation")


def deconvolution(explained: NetworkOutputs, maps: Tensor) -> Attribution:
    """Return gradients that pass a rectifier where they are positive, whatever its input.

    Arguments, shape and errors are those of `guided_backpropagation`.
    """
    return _changed(explained, maps, _deconvolved, "Deconvolution")


def _changed(
    explained: NetworkOutputs, maps: Tensor, compute_of: Callable[[Call], Compute], method: str
) -> Attribution:
    rectifiers = _Rectifiers(compute_of)
    with ruling(explained.network, rectifiers):
        _values, gradients = replace(explained, fast=None).gradients(maps)
    if rectifiers.n_calls == 0:
        raise InputError(
            f"{method} would be the plain gradient: it changes how gradients pass rectifiers, and the network calls "
            f"none of {', '.join(RECTIFIERS)}. Its activations are {in_short(sorted(rectifiers.others)) or 'none'}."
        )
    return Attribution(gradients)


class _Rectifiers:
    """Answers the calls of rectifiers, and counts them."""

    def __init__(self, compute_of: Callable[[Call], Compute]) -> None:
        self.compute_of, self.n_calls = compute_of, 0
        self.others: set[str] = set()

    def __call__(self, call: Call) -> Any:  # noqa: ANN401 - whatever the function returns
        if not call.dependent:
            return call.output()
        if _is_rectifier(call):
            self.n_calls += 1
            return call.answered(self.compute_of(call))
        if call.name in FUNCTIONS and not call.name.startswith(("conv", "linear")):
            self.others.add(call.name)
        return call.output()


def _is_rectifier(call: Call) -> bool:
    if call.name not in _WITH_FLOOR:
        return call.name in RECTIFIERS
    second = call.given[1] if len(call.given) > 1 else None
    floor: object = call.named.get("min_val", call.named.get("min", second))
    return isinstance(floor, int | float) and floor == 0


def _guided(call: Call) -> Compute:
    def compute(value: Tensor) -> tuple[Tensor, Change]:
        slope = slope_of(call, value).where(value > 0, 0.0)
        return call.of(value), lambda gradient: gradient.clamp(min=0) * slope

    return compute


def _deconvolved(call: Call) -> Compute:
    def compute(value: Tensor) -> tuple[Tensor, Change]:
        return call.of(value), lambda gradient: gradient.clamp(min=0)

    return compute
