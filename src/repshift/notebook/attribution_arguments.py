"""What a notebook says of an attribution: which outputs, which layer, and what stands where nothing is to be seen."""

from collections.abc import Sequence
from typing import Any

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor, nn

from repshift.attribution import METHODS, Method
from repshift.attribution.fills import FILLS, filled
from repshift.attribution.network_outputs import explaining, n_answers_of
from repshift.attribution.output_choice import ChosenOutputs, chosen_outputs
from repshift.networks.classes import Classes
from repshift.networks.cmd import CMDNetwork
from repshift.notebook.class_labels import scale_of_answers
from repshift.recording.batches import Forward
from repshift.similarity.arrays import array_of
from repshift.vocabulary import PARAMETERS, InputError

StandIn = float | str | npt.ArrayLike
"""A number, a name, or one map or a map for each."""


def asked_outputs(output: Any) -> list[int | str]:  # noqa: ANN401 - what a user gives
    """Return the outputs that are asked for, as a list.

    Raises
    ------
    InputError
        If there is none, or one is neither a place nor a name.
    """
    asked = list(output) if isinstance(output, list | tuple) else [output]
    wrong = [one for one in asked if isinstance(one, bool) or not isinstance(one, int | np.integer | str)]
    if wrong or not asked:
        found = f"{wrong[0]!r:.100}" if wrong else "an empty list"
        raise InputError(f"output is {found}. Expected a place among the outputs, a name, or a list of these.")
    return [one if isinstance(one, str) else int(one) for one in asked]


def require_layer(method: Method, layer: Any) -> None:  # noqa: ANN401 - what a user gives
    """Refuse a layer for a method that works at none, and what is no name.

    Raises
    ------
    InputError
        With the methods that work at a layer.
    """
    if layer is None:
        return
    if not method.needs_layer:
        takers = ", ".join(one.name for one in METHODS.values() if one.needs_layer)
        raise InputError(
            f"Method '{method.name}' works at no layer, but layer is {layer!r:.100}. Those that do: {takers}."
        )
    if not isinstance(layer, str):
        raise InputError(f"layer is {layer!r:.100}, of type '{type(layer).__name__}'. Expected the name of a layer.")


def outputs_of(
    network: nn.Module,
    maps: Tensor,
    asked: Sequence[int | str],
    *,
    names: Sequence[str] | None,
    classes: Sequence[str] | None,
    device: torch.device,
    forward: Forward | None,
) -> ChosenOutputs:
    """Return the outputs of a network that are attributed.

    Raises
    ------
    InputError
        If both names and classes are given, an output does not exist, or names do not fit the outputs.
    """
    if names is not None and classes is not None:
        raise InputError("Both names and classes are given. Expected names of parameters, or classes of a classifier.")
    n_answers = n_answers_of(network, maps, device=device, forward=forward)
    if classes is None:
        known = tuple(PARAMETERS) if names is None and isinstance(network, CMDNetwork) else tuple(map(str, names or ()))
        if not known:
            _require_places(asked, n_answers)
        return chosen_outputs(n_answers, asked, known)
    answers = chosen_outputs(n_answers, range(n_answers))
    with explaining(network, maps, answers, batch_size=32, device=device, forward=forward) as explained:
        scale = scale_of_answers(explained.values(maps).double().cpu().numpy())
    return chosen_outputs(n_answers, asked, classes=Classes(tuple(map(str, classes)), scale))


def _require_places(asked: Sequence[int | str], n_answers: int) -> None:
    """Refuse names of outputs that have none."""
    unknown = [one for one in asked if isinstance(one, str) and one not in map(str, range(n_answers))]
    if unknown:
        raise InputError(
            f"There is no output '{unknown[0]}': the outputs have no names. Give names= (or classes= of a classifier), "
            f"one for each in their order, or a place from 0 to {n_answers - 1}."
        )


def standing_in(
    given: Any,  # noqa: ANN401 - what a user gives
    maps: Tensor,
    *,
    what: str,
    periodic: bool,
    simulations: npt.NDArray[np.integer],
) -> Tensor:
    """Return what stands for maps where nothing is to be seen, a map for each.

    Parameters
    ----------
    given
        A number; a name of `repshift.attribution.fills.FILLS`; an array or a tensor of one map, (y, x) or (channels, y,
        x), or of as many maps as there are, (n, y, x) of one channel or (n, channels, y, x).
    maps
        (n, channels, y, x).
    what
        ``baseline`` or ``fill``, which errors say.
    periodic
        Whether maps wrap around.
    simulations
        (n,): of each map.

    Raises
    ------
    InputError
        If there is no such name, or the array has another shape or numbers that are not finite.
    """
    if isinstance(given, str):
        return _named(given, maps, what=what, periodic=periodic, simulations=simulations)
    values = array_of(given)
    if values.dtype.kind not in "fiu":
        raise InputError(f"{what} is of type '{values.dtype}'. Expected a number, a name, or an array of maps.")
    if not np.isfinite(values).all():
        raise InputError(f"{what} holds {int((~np.isfinite(values)).sum())} values that are not finite.")
    held = torch.from_numpy(np.array(values, dtype=np.float64, order="C")).to(device=maps.device, dtype=maps.dtype)
    return _placed(held, tuple(maps.shape), what).expand(maps.shape).contiguous()


def _named(name: str, maps: Tensor, *, what: str, periodic: bool, simulations: npt.NDArray[np.integer]) -> Tensor:
    """Return the fill of a name."""
    known = [one for one, fill in FILLS.items() if what == "fill" or fill.is_baseline]
    if name not in known:
        raise InputError(f"{what} is '{name}'. Expected a number, {', '.join(known)}, or an array of maps.")
    values = filled(name, array_of(maps), is_periodic=bool(periodic), simulations=simulations)
    return torch.from_numpy(np.ascontiguousarray(values)).to(device=maps.device, dtype=maps.dtype)


def _placed(values: Tensor, shape: tuple[int, ...], what: str) -> Tensor:
    """Return a number or maps with the axes of all maps, each as long as theirs or 1."""
    one, each = shape[1:], shape
    allowed = {(): (1, 1, 1, 1), one: (1, *one), each: each}
    if shape[1] == 1:
        allowed = {**allowed, one[1:]: (1, *one), (shape[0], *one[1:]): each}
    found = tuple(values.shape)
    if found not in allowed:
        raise InputError(
            f"{what} has the shape {found}. Expected a number, one map, {one}, or as many as there are, {each}."
        )
    return values.reshape(allowed[found])
