"""What a network looks at in maps, map by map, with the error of each attribution, in one call."""

from collections.abc import Sequence
from typing import Any, Final

import numpy as np
import numpy.typing as npt
import torch
import xarray as xr
from torch import Tensor, nn

from repshift.attribution import Attribution, Method, Options, method_of
from repshift.attribution.network_outputs import explaining
from repshift.attribution.output_choice import ChosenOutputs
from repshift.notebook.attribution_arguments import (
    StandIn,
    asked_outputs,
    outputs_of,
    require_layer,
    require_text,
    standing_in,
)
from repshift.notebook.compare import SEED, device_of, require_whole
from repshift.notebook.domains import read_simulations, read_stack
from repshift.notebook.trial import require_answers
from repshift.recording.batches import Forward, batch_at
from repshift.recording.maps import Maps
from repshift.recording.memory import BatchSize
from repshift.recording.passes import require_network
from repshift.vocabulary import InputError, about

_RANGES: Final = {
    "nodes": (1, 100_000, False),
    "window": (1, 100_000, False),
    "stride": (1, 100_000, False),
    "draws": (1, 100_000, False),
    "batch_size": (1, 1_000_000, False),
    "seed": SEED,
}

_DIMENSIONS: Final = ("output", "map", "channel", "y", "x")
_OF_MAPS: Final = ("input", "baseline")
"""Variables that are of no output."""

_TENSORS: Final = ("baseline", "fill")
"""Options that are maps, which no attribute holds."""

_UNIT: Final = "unit of the output"
_WORDS: Final = {
    "attribution": ("contribution to the output", _UNIT),
    "completeness_error": ("sum of the contributions, less the change of the output from the baseline", _UNIT),
    "value": ("output of the map", _UNIT),
    "baseline_value": ("output of the baseline", _UNIT),
    "input": ("map as the network reads it", "unit of the maps"),
    "baseline": ("map that contributions are counted from", "unit of the maps"),
}
_SENSITIVITY: Final = ("change of the output per unit of the pixel", "unit of the output / unit of the maps")


def attribute(
    network: nn.Module,
    maps: Maps,
    *,
    method: str = "integrated_gradients",
    output: int | str | Sequence[int | str] = 0,
    baseline: StandIn | None = None,
    layer: str | None = None,
    names: Sequence[str] | None = None,
    classes: Sequence[str] | None = None,
    simulations: npt.ArrayLike | None = None,
    forward: Forward | None = None,
    periodic: bool = False,
    nodes: int = 20,
    window: int = 8,
    stride: int | None = None,
    fill: StandIn = "mean",
    noise: float = 0.1,
    draws: int = 20,
    batch_size: int = 32,
    seed: int = 0,
) -> xr.Dataset:
    """Attribute outputs of a network to the pixels of maps, with the error of each map's attribution.

    The numbers are those of the workflow's stage attribution, by the same functions, for maps that need no preparation.

    Parameters
    ----------
    network
        Not changed: it keeps its device, its mode, its weights, which of them have gradients, and these. It runs where
        its parameters are, in evaluation mode.
    maps
        As the network reads them, so already prepared: (n, channels, y, x), or (n, y, x) of one channel. An array, a
        tensor, a ``DataLoader`` of maps, or a list of arrays or tensors.
    method
        ``gradient``, ``input_x_gradient``, ``integrated_gradients``, ``smoothgrad``, ``occlusion``, ``grad_cam``,
        ``layer_cam``, ``guided_backpropagation``, ``deconvolution`` or ``deeplift``. docs/attribution.md says what each
        may be used for.
    output
        What is attributed: a place among the outputs, from 0; a name of `names`, or that name and ``_std`` for the root
        of what the network predicts as its standard deviation, which many networks square; a class, or its place, of
        which the log odds are attributed. Or a list of them.
    baseline
        Maps that contributions are counted from. None: 0, the mean of standardised maps. A number; ``"blur"``, the map
        under a Gaussian beam of 8 pixels; an array of one map, or of one for each.
    layer
        Of ``grad_cam`` and ``layer_cam``, named as `repshift.record_grams` names it: ``"LeakyReLU:11"`` is a call of an
        activation that is used again. None: the last layer whose maps have more than one pixel. The attribute ``layer``
        of the result names the one taken.
    names
        Of the parameters that the network infers, in the order of its outputs: one for each output, or for the first
        half, where the others are standard deviations. None: of a `repshift.networks.CMDNetwork` those of CMD.
    classes
        Of a classifier, in the order of its outputs, logits or probabilities.
    simulations
        (n,) labels: maps of one simulation, or of one object, share a label, and none is the donor of another.
    forward
        As in `repshift.record_grams`; called with maps alone.
    periodic
        Whether the right edge of a map goes on at the left one, for blurred maps.
    nodes
        Of integrated gradients: points of the path, of Gauss and Legendre. More make the error smaller.
    window, stride
        Of occlusion: side of the hidden square, and its step [pixel]. No stride: that of the window.
    fill
        Of occlusion: what hides, as `baseline`, and ``"mean"``, or ``"donor"``: the next map of another simulation.
    noise, draws, seed
        Of SmoothGrad: standard deviation of the noise in the unit of the pixels, how often it is drawn for each map,
        and what draws it.
    batch_size
        Maps of one forward pass; halved where memory is short.

    Returns
    -------
    A list of outputs adds a first dimension ``output`` to all but ``input`` and ``baseline``.

    - ``attribution`` (map, channel, y, x): contributions in the unit of the output, or for a sensitivity (the attribute
      ``sensitivity``, 1 or 0) the same per unit of pixel. Occlusion, and a method that works at a layer, share their
      map out evenly among channels.
    - ``completeness_error`` (map): the sum of the contributions, less the output of the map and plus that of the
      baseline. NaN where the method promises no such sum.
    - ``value``, ``baseline_value`` (map): the output of the map, and of its baseline
    - ``input``, ``baseline`` (map, channel, y, x)

    Raises
    ------
    InputError
        If maps are not finite or do not fit the network; the network draws random numbers, or returns numbers that
        are not finite; a method, an output or a layer does not exist, or the method cannot be used on this network;
        a baseline, a fill or a number of the method does not fit.

    Examples
    --------
    >>> import numpy as np
    >>> network = nn.Sequential(nn.Conv2d(1, 2, 3), nn.ReLU(), nn.Flatten(), nn.Linear(8, 2))
    >>> maps = np.random.default_rng(0).normal(size=(3, 4, 4))
    >>> dict(attribute(network, maps, output=[0, 1], nodes=50)["attribution"].sizes)
    {'output': 2, 'map': 3, 'channel': 1, 'y': 4, 'x': 4}
    """
    chosen_stride = window if stride is None else stride
    numbers: dict[str, Any] = {"nodes": nodes, "window": window, "stride": chosen_stride, "draws": draws, "seed": seed}
    require_whole(_RANGES, batch_size=batch_size, **numbers)
    require_network(network, forward)
    known = method_of(require_text(method, what="method"))
    require_layer(known, layer)
    asked = asked_outputs(output)
    held = read_stack(maps, forward, why="and not along a path")
    device = device_of(network)
    of_map = read_simulations(simulations, len(held), what="simulations")
    shown = batch_at(network, held, slice(0, len(held)), device, None).detach()
    require_answers(network, shown, forward=forward)
    outputs = outputs_of(network, shown, asked, names=names, classes=classes, device=device, forward=forward)
    group = np.unique(of_map, return_inverse=True)[1]
    reference, hidden = (
        standing_in(given, shown, what=what, periodic=periodic, simulations=group)
        for what, given in (("baseline", 0.0 if baseline is None else baseline), ("fill", fill))
    )
    options = Options(reference, hidden, noise=_noise(noise), layer=layer, **numbers)

    def attempt(size: int) -> tuple[Attribution, Tensor, Tensor]:
        with explaining(
            network, shown, outputs, batch_size=size, device=device, forward=forward, fast=forward is None
        ) as found:
            return known(found, shown, options), found.values(shown), found.values(reference)

    found = BatchSize(batch_size).fit(attempt, device=device)
    dataset = _dataset(known, outputs, options, shown, *found).assign_coords(
        map=np.arange(len(held)), simulation=("map", of_map.astype(object))
    )
    return dataset if isinstance(output, list | tuple) else dataset.isel(output=0)


def _noise(noise: Any) -> float:  # noqa: ANN401 - what a user gives
    if not isinstance(noise, int | float | np.number) or isinstance(noise, bool):
        raise InputError(f"noise is {noise!r:.100}. Expected a number above 0, in the unit of the pixels.")
    return float(noise)


def _dataset(
    method: Method,
    outputs: ChosenOutputs,
    options: Options,
    shown: Tensor,
    found: Attribution,
    values: Tensor,
    baseline_values: Tensor,
) -> xr.Dataset:
    """Return what a method finds, (output, map, ...), beside the maps."""
    error = torch.full_like(values.T, torch.nan) if found.error is None else found.error
    held = {
        "attribution": found.by_channel(shown.shape[1]),
        "completeness_error": error.double(),
        "value": values.T.double(),
        "baseline_value": baseline_values.T.double(),
        "input": shown,
        "baseline": options.baseline,
    }
    words = _WORDS | ({"attribution": _SENSITIVITY} if method.is_sensitivity else {})
    variables: dict[str, Any] = {
        name: (
            _DIMENSIONS[-one.ndim :] if name in _OF_MAPS else _DIMENSIONS[: one.ndim],
            _array(one),
            about(*words[name]),
        )
        for name, one in held.items()
    }
    taken = {name: getattr(options, name) for name in method.takes if name not in _TENSORS}
    attributes = {
        "method": method.name,
        "method_label": method.label,
        "sensitivity": int(method.is_sensitivity),
        **(taken if found.layer is None else taken | {"layer": found.layer}),
    }
    coords = {"output": list(outputs.names), "channel": np.arange(shown.shape[1])}
    return xr.Dataset(variables, coords, attributes)


def _array(values: Tensor) -> npt.NDArray[Any]:
    """Return a tensor as an array, in single precision at least."""
    held = values.detach().cpu()
    return np.asarray((held.float() if held.dtype in (torch.float16, torch.bfloat16) else held).numpy())
