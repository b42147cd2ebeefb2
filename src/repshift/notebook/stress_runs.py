"""Maps of a notebook at every strength of its axes, and what runs a network on them."""

from collections.abc import Sequence
from typing import Any

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor, nn

from repshift.networks.classes import OutputScale
from repshift.notebook.axis_arguments import AxisArgument
from repshift.notebook.class_labels import ClassLabels
from repshift.notebook.truth import Labels, posterior_of
from repshift.perturbation.axes import Sky, perturbed
from repshift.recording.batches import Forward
from repshift.recording.known import for_one_call
from repshift.recording.layers import Rule
from repshift.recording.level_maps import Inputs, Level, Outputs, Rows, Values
from repshift.similarity.arrays import array_of
from repshift.statistics.resampling import simulation_of


def sky_of(maps: Any, *, periodic: bool) -> Sky:  # noqa: ANN401 - an array or a tensor
    """Return what prepared maps are: no logarithm is to be taken, and their mean is 0."""
    n_channels = int(maps.shape[1])
    return Sky((False,) * n_channels, (0.0,) * n_channels, bool(periodic))


def recorded_maps(simulations: npt.NDArray[np.str_], n_recorded: int) -> Rows:
    """Return one map of each of some simulations: the first of the first, the second of the second, and so on."""
    index = simulation_of(simulations)
    maps = [np.flatnonzero(index == number) for number in range(min(n_recorded, int(index.max()) + 1))]
    return np.array([one[number % len(one)] for number, one in enumerate(maps)], dtype=np.int64)


def unperturbed(maps: Any) -> Inputs:  # noqa: ANN401 - an array or a tensor
    """Return what gives some maps as they are."""
    return lambda rows: (_some(maps, rows), np.zeros(len(rows), dtype=np.int64))


def _some(maps: Any, rows: Rows) -> Any:  # noqa: ANN401 - an array or a tensor
    """Return some maps as an array, in the precision that they have, single at least."""
    values = array_of(maps[torch.from_numpy(rows).to(maps.device)] if isinstance(maps, Tensor) else maps[rows])
    return values.astype(np.result_type(values.dtype, np.float32), copy=False)


def levels_of(axes: Sequence[AxisArgument], maps: Any, sky: Sky, seed: int) -> list[Level]:  # noqa: ANN401
    """Return every strength of every axis."""
    takes = np.ones(len(maps), dtype=bool)

    def inputs(one: AxisArgument, strength: float) -> Inputs:
        def changed(rows: Rows) -> Any:  # noqa: ANN401
            raw = _some(maps, rows)
            entropy = [(seed, int(row)) for row in rows]
            how: dict[str, Any] = {"sky": sky, "entropy": entropy, "arguments": one.arguments}
            values, floored = perturbed(one.axis, raw.astype(np.float64), strength, **how)
            return values.astype(raw.dtype), floored

        return changed

    return [
        Level(takes, None if strength == 0 else inputs(one, strength)) for one in axes for strength in one.strengths
    ]


def network_to_run(
    network: nn.Module,
    maps: Any,  # noqa: ANN401 - an array or a tensor
    *,
    layers: Sequence[Rule] | None,
    device: torch.device,
    forward: Forward | None,
) -> tuple[nn.Module, Sequence[Rule] | None]:
    """Return the network to run and its layers: rewritten where that pays and it is called with maps alone."""
    if forward is not None:
        return network, layers
    fast = for_one_call(network, maps, layers=layers, device=device)
    return fast.network, fast.layers


def outputs_of(truth: Labels | ClassLabels | None, scale: OutputScale | None) -> Outputs:
    """Return what tells scores of outputs what answers mean; classes are of a `scale`."""

    def outputs(answers: Values, _rows: Rows) -> dict[str, Values]:
        if isinstance(truth, ClassLabels):
            return {"probability": truth.probabilities(answers, scale)}
        std = np.empty((0, 0)) if truth is None else posterior_of(answers, truth)[1]
        return {"std": std} if std.size and np.isfinite(std).all() else {}

    return outputs
