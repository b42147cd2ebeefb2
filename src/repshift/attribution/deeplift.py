r"""DeepLIFT by the rescale rule: contributions by the slopes of activations between a map and its baseline.

A gradient is passed back from the output to the pixels, but through each activation by its slope between baseline and
map (`repshift.attribution.slopes`). Linear calls, known by their names (`repshift.attribution.linearity`), pass it as
they are. Contributions then sum to the difference of the outputs exactly, apart from rounding.

References
----------
Shrikumar, Greenside & Kundaje 2017, "Learning important features through propagating activation differences",
arXiv 1704.02685, section 3.5.1.
"""

from collections.abc import Callable
from typing import Any, Final

import torch
from torch import Tensor

from repshift.attribution.linearity import Treatment, treatment_of
from repshift.attribution.method import Attribution
from repshift.attribution.network_outputs import NetworkOutputs
from repshift.attribution.rules import Call, Compute, ruling, tensors_of
from repshift.attribution.slopes import averaged, largest, rescaled
from repshift.recording.differentiation import gradient_of
from repshift.vocabulary import InputError

_COMPUTE: Final[dict[Treatment, Callable[[Call, Tensor], Compute]]] = {
    "slope": rescaled,
    "maximum": largest,
    "path": averaged,
}


def deeplift(explained: NetworkOutputs, maps: Tensor, *, baseline: Tensor) -> Attribution:
    """Return contributions of pixels to each output by the rescale rule.

    Parameters
    ----------
    explained
        The network, and what of it is attributed.
    maps, baseline
        (n_maps, channels, y, x), as the network reads them.

    Returns
    -------
    Attribution
        Contributions (n_outputs, n_maps, channels, y, x) in the unit of the output, with their completeness error.

    Raises
    ------
    InputError
        If maps and baseline disagree in shape, or the network calls a function that is not linear in what depends on
        the maps and has no rule: a product of two such tensors, a norm of the map itself. The error names the function
        and the module that calls it.
    """
    if baseline.shape != maps.shape:
        raise InputError(f"The baseline has shape {tuple(baseline.shape)}, the maps {tuple(maps.shape)}. Expected one.")
    parts = [
        _of_batch(explained, some, start)
        for some, start in zip(maps.split(explained.batch_size), baseline.split(explained.batch_size), strict=True)
    ]
    values, errors = zip(*parts, strict=True)
    return Attribution(torch.cat(values, dim=1), torch.cat(errors, dim=1))


def _of_batch(explained: NetworkOutputs, maps: Tensor, baseline: Tensor) -> tuple[Tensor, Tensor]:
    """Return contributions (n_outputs, n_maps, channels, y, x) and their errors (n_outputs, n_maps)."""
    noted = _Notes()
    before, _start = _run(explained, baseline, noted)
    values, leaf = _run(explained, maps, _SlopeRule(noted.calls))
    slopes = torch.stack([gradient_of(column, leaf) for column in values.unbind(dim=1)])
    contributions = slopes * (maps - baseline)
    change = (values - before).detach().T.to(contributions)
    return contributions, contributions.sum(dim=(2, 3, 4)) - change


def _run(explained: NetworkOutputs, maps: Tensor, rule: Callable[[Call], Any]) -> tuple[Tensor, Tensor]:
    """Return outputs (n_maps, n_outputs) of a network whose calls a rule answers, and the leaf they depend on."""
    leaf = maps.detach().clone().requires_grad_()
    with ruling(explained.network, rule), torch.enable_grad():
        values = explained.differentiable(leaf)
    return values, leaf


class _Notes:
    """Makes calls as they are, and notes the inputs of those that are not linear, in their order."""

    def __init__(self) -> None:
        self.calls: list[tuple[str, Tensor]] = []

    def __call__(self, call: Call) -> Any:  # noqa: ANN401 - whatever the function returns
        treatment = _treatment_of(call)
        if treatment in _COMPUTE:
            self.calls.append((call.name, call.dependent[0].detach().clone()))
        output = call.output()
        if treatment != "constant":
            _require_gradient(call, output)
        return output


class _SlopeRule:
    """Answers calls that are not linear by their slopes from the inputs that were noted."""

    def __init__(self, noted: list[tuple[str, Tensor]]) -> None:
        self.noted = iter(noted)

    def __call__(self, call: Call) -> Any:  # noqa: ANN401 - whatever the function returns
        compute = _COMPUTE.get(_treatment_of(call))
        if compute is None:
            return call.output()
        name, before = next(self.noted, ("no other call", torch.empty(0)))
        if name != call.name or before.shape != call.dependent[0].shape:
            raise InputError(
                f"The network makes other calls for a map than for its baseline: {call}, where that has '{name}' of "
                f"shape {tuple(before.shape)}. DeepLIFT compares them call by call."
            )
        return call.answered(compute(call, before))


def _require_gradient(call: Call, output: object) -> None:
    """Refuse a call whose output depends on the maps, but has no gradient: a whole number, or where none is kept."""
    tensors = list(tensors_of(output))
    if tensors and not any(tensor.requires_grad for tensor in tensors):
        raise InputError(f"What DeepLIFT passes back is lost at {call}: its output has no gradient.")


def _treatment_of(call: Call) -> Treatment:
    treatment = treatment_of(call) if call.dependent else "constant"
    if treatment == "refused":
        raise InputError(
            f"DeepLIFT has no rule for {call}: it is not known to be linear in what depends on the maps. Choose "
            "another method, integrated gradients for instance."
        )
    return treatment
