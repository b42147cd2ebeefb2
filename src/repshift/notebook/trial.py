"""A few maps of each domain through a network before all are recorded: whether they fit, and give the same again."""

import re
from collections.abc import Mapping, Sequence
from typing import Any, Final

import numpy as np
import torch
from torch import Tensor, nn

from repshift.notebook.domains import DOMAINS, TwoDomains
from repshift.recording.batches import Forward, LoaderBatches, batch_at, maps_alone, tensors_of
from repshift.recording.differences import ANSWER, difference_of
from repshift.recording.grams import RecordingSettings
from repshift.recording.memory import is_shortage
from repshift.recording.passes import answer_of, evaluating, record_layers, require_network
from repshift.vocabulary import InputError

_FEW: Final = 2
"""Maps of a domain that are tried: recording probes with no fewer."""

_SAME: Final = 1e-2
"""Difference of two passes, relative to what differs between maps: above rounding, as of another algorithm on a GPU in
half precision, and below what dropout or noise do."""

_OF_SHAPES: Final = re.compile(r"shape|size|dimension|channels|\dD\b", re.IGNORECASE)
"""What torch says of where maps do not fit a network."""


def require_fitting(network: nn.Module, domains: TwoDomains, settings: RecordingSettings) -> None:
    """Refuse maps that the network does not take, and a network that is another for the same maps shown again.

    Its layers and its answer are compared. The generators of torch are put back; those of numpy and of Python are not.
    Where memory is short, recording says so.

    Raises
    ------
    InputError
        With the domain, the shape of its maps and what torch says of it, or with the layer that differs; and as
        recording does.
    """
    require_network(network, settings.forward)
    batches = {f"the maps of domain '{name}'": _first_batch(network, domains, name, settings) for name in DOMAINS}
    _require_same(network, batches, settings)


def require_taken(network: nn.Module, maps: Any, settings: RecordingSettings) -> None:  # noqa: ANN401 - array or tensor
    """Refuse as `require_fitting` does, of maps (n_maps, channels, y, x) alone."""
    require_network(network, settings.forward)
    batch = batch_at(network, maps, slice(0, _FEW), torch.device("cpu"), settings.forward)
    _require_same(network, {"the maps": batch}, settings)


def require_answers(network: nn.Module, maps: Tensor, *, forward: Forward | None) -> None:
    """Refuse maps (n_maps, channels, y, x) that the network does not take, and one that answers the same otherwise.

    As `require_taken`, of a network whose layers nobody records, so that it needs none.
    """
    require_network(network, forward)
    batch = maps[:_FEW]
    try:
        with torch.random.fork_rng(), evaluating(network, None), torch.no_grad():
            first, again = (answer_of((forward or maps_alone)(network, batch.clone())) for _ in range(2))
    except RuntimeError as error:
        if is_shortage(error):
            return
        _refuse_shapes(error, "the maps", [tuple(batch.shape)])
        raise
    if first.ndim and first.is_floating_point() and first.isfinite().all():
        rows = (one.reshape(len(one), -1) for one in (again, first))
        _require_alike(difference_of(*rows, name=ANSWER), ANSWER)


def _require_same(network: nn.Module, batches: Mapping[str, Any], settings: RecordingSettings) -> None:
    """Refuse a network that does not take batches, by what they are, or makes another thing of the first again."""
    try:
        with torch.random.fork_rng():
            found = [_layers(network, batch, what, settings) for what, batch in batches.items()]
            what, batch = next(iter(batches.items()))
            first, again = found[0], _layers(network, batch, what, settings)
    except RuntimeError as error:
        if is_shortage(error):
            return
        raise
    for name in first:
        difference = difference_of(again[name], first[name], name=name) if name in again else float("inf")
        _require_alike(difference, name)


def _require_alike(difference: float, name: str) -> None:
    """Refuse a difference of two passes that is more than rounding."""
    if difference > _SAME:
        what = name.capitalize() if name == ANSWER else f"Layer '{name}'"
        raise InputError(
            f"{what} differs by {difference:.1e} of its spread when the network is shown the same maps "
            "again. Expected a network, and a forward=, without random numbers or memory of earlier maps."
        )


def _first_batch(network: nn.Module, domains: TwoDomains, name: str, settings: RecordingSettings) -> Any:  # noqa: ANN401
    """Return some maps of a domain as the network gets them: the first of an array, the first batch of a loader."""
    start = int(np.flatnonzero(domains.domains == name)[0])
    if isinstance(domains.maps, LoaderBatches):
        return domains.maps.batches[np.cumsum([0, *domains.maps.sizes]).tolist().index(start)]
    which = slice(start, start + _FEW)
    return batch_at(network, domains.maps, which, torch.device("cpu"), settings.forward)


def _layers(network: nn.Module, batch: Any, what: str, settings: RecordingSettings) -> dict[str, Tensor]:  # noqa: ANN401
    """Return what each layer returns for the first maps of a batch, and the network itself, (maps, units)."""
    shapes = [tuple(one.shape) for one in tensors_of(batch) if one.ndim]
    found: dict[str, Tensor] = {}

    def keep(name: str, output: Tensor) -> None:
        found[name] = output[:_FEW].reshape(min(_FEW, len(output)), -1).clone()

    def keep_answer(answer: object) -> None:
        if isinstance(answer, Tensor) and answer.ndim and answer.is_floating_point() and answer.isfinite().all():
            keep(ANSWER, answer)

    how: dict[str, Any] = {"layers": settings.layers, "device": settings.device, "pool": settings.pool}
    held: Any = LoaderBatches([batch], [shapes[0][0]])
    try:
        how |= {"forward": settings.forward or maps_alone}
        record_layers(network, held, batch_size=1, consume=keep, keep=keep_answer, **how)
    except RuntimeError as error:
        if not is_shortage(error):
            _refuse_shapes(error, what, shapes)
        raise
    return found


def _refuse_shapes(error: RuntimeError, what: str, shapes: Sequence[tuple[int, ...]]) -> None:
    """Say that maps do not fit the network, where that is what torch complains of."""
    if _OF_SHAPES.search(str(error)):
        of_maps = " and ".join(str(shape[1:]) for shape in shapes)
        reason = str(error).splitlines()[0].rstrip(".")
        is_one = [shape[1:2] for shape in shapes] == [(1,)]
        several = " Several channels have an axis of their own: of one map (channels, y, x) give maps[None]."
        raise InputError(
            f"The network does not take {what}, each of shape {of_maps}: {reason}. Give maps as the network reads "
            f"them.{several if is_one else ''}"
        ) from error
