"""Where insertions stand in a network: the hooks by which they take effect, and what a model file says of them."""

from collections.abc import Mapping, Sequence
from typing import Any, Final, cast, get_args

import torch
from torch import Tensor, nn

from repshift.networks.insertions import INPUT, NAME, OUTPUTS, Insertion, Insertions, Kind
from repshift.vocabulary import InputError

_MOST: Final = 100
_LARGEST: Final = 1_000_000
"""Insertions of a network, and channels of one, that a description may ask for."""


def insertions_of(network: nn.Module) -> Insertions:
    """Return the insertions of a network; none where no repair put one there."""
    found = getattr(network, NAME, None)
    return found if isinstance(found, Insertions) else Insertions()


def insert(network: nn.Module, place: str, scale: Tensor, shift: Tensor, *, kind: Kind = "affine") -> None:
    """Put an affine map into a network, in place.

    Parameters
    ----------
    network
        Whose state dict and copies have the map from then on.
    place
        `INPUT`, `OUTPUTS`, or the call of a module, ``LeakyReLU:12``, as `repshift.recording.layers` counts them.
    scale, shift
        (channels,), finite.
    kind
        What is mapped.

    Raises
    ------
    InputError
        If a number is not finite, there is no such module, or the network's own ``insertions`` is in the way.
    """
    precision = _like(network).dtype
    if not all(values.to(precision).isfinite().all() for values in (scale, shift)):
        raise InputError(f"An affine map at '{place}' has a number that is not finite, in {precision}.")
    inserted = _placed(network, place, len(scale), kind)
    inserted.scale.copy_(scale)
    inserted.shift.copy_(shift)


def rebuild(network: nn.Module, records: Sequence[Mapping[str, Any]]) -> None:
    """Put insertions into a network as it was built, in place, so that a state dict with their values fits it.

    Parameters
    ----------
    records
        `Insertion.record` of each, in their order.

    Raises
    ------
    InputError
        If a record is none, or there is no such module.
    """
    if len(records) > _MOST:
        raise InputError(f"The network has {len(records)} insertions. Expected {_MOST} at most.")
    for record in records:
        _require_record(record)
        _placed(network, record["place"], record["channels"], record["kind"])


def without_hooks_of_insertions(network: nn.Module) -> None:
    """Take the hooks of insertions from a copy whose forward pass is written otherwise."""
    for module in network.modules():
        for hooks in (module._forward_hooks, module._forward_pre_hooks):
            for number in [number for number, hook in hooks.items() if isinstance(hook, _Hook)]:
                del hooks[number]


def has_other_hooks(module: nn.Module) -> bool:
    """Say whether a module has hooks of its forward pass beside those of insertions."""
    hooks = [*module._forward_hooks.values(), *module._forward_pre_hooks.values()]
    return any(not isinstance(hook, _Hook) for hook in hooks)


class _Hook:
    """A hook of insertions; a copy of a network holds a copy of it, with the insertions of the copy."""

    def __init__(self, insertions: Insertions, path: str = "") -> None:
        self.insertions, self.path = insertions, path


class _Entering(_Hook):
    """Before the network runs: the input."""

    def __call__(self, _network: nn.Module, given: tuple[Any, ...]) -> tuple[Any, ...]:
        self.insertions.start()
        if not self.insertions.at(INPUT):
            return given
        return (self.insertions.applied(INPUT, given[0] if given else None), *given[1:])


class _Calling(_Hook):
    """After a module was called."""

    def __call__(self, _module: nn.Module, _given: object, output: object) -> Any:  # noqa: ANN401
        return self.insertions.applied(self.insertions.counted(self.path), output)


class _Leaving(_Hook):
    """After the network has run: the outputs, and whether all that is inserted took effect."""

    def __call__(self, _network: nn.Module, _given: object, output: object) -> Any:  # noqa: ANN401
        answer = self.insertions.applied(OUTPUTS, output)
        self.insertions.require_applied()
        return answer


def _like(network: nn.Module) -> Tensor:
    """Return a tensor of the device and the precision that insertions of a network have."""
    return next((one for one in network.parameters() if one.is_floating_point()), torch.empty(0))


def _placed(network: nn.Module, place: str, channels: int, kind: Kind) -> Insertion:
    """Return an insertion that changes nothing yet, put into a network."""
    inserted = Insertion(place, channels, kind).to(_like(network))
    insertions = _held(network)
    path = place.partition(":")[0]
    if place not in (INPUT, OUTPUTS):
        modules = dict(network.named_modules())
        if not path or path not in modules or place.count(":") != 1:
            raise InputError(
                f"An affine map cannot be put at '{place}'. Expected '{INPUT}', '{OUTPUTS}' or a call of a module, "
                f"'module:0'; the modules are {sorted(filter(None, modules))}."
            )
        if not any(isinstance(hook, _Hook) for hook in modules[path]._forward_hooks.values()):
            modules[path].register_forward_hook(_Calling(insertions, path))
    insertions.append(inserted)
    return inserted


def _held(network: nn.Module) -> Insertions:
    """Return the insertions of a network, which has the hooks of them from then on."""
    found = getattr(network, NAME, None)
    if found is None:
        network.add_module(NAME, Insertions())
        found = insertions_of(network)
        network.register_forward_pre_hook(_Entering(found))
        network.register_forward_hook(_Leaving(found))
    if not isinstance(found, Insertions):
        raise InputError(f"The network has an attribute '{NAME}' of its own, where a repair puts its affine maps.")
    return found


def _require_record(record: Mapping[str, Any]) -> None:
    """Refuse what is no record of an insertion."""
    kinds = get_args(Kind)
    known = isinstance(record, Mapping) and record.keys() == {"place", "channels", "kind"}
    fits = known and isinstance(record["place"], str) and record["kind"] in kinds and type(record["channels"]) is int
    if not fits or not 1 <= cast(int, record["channels"]) <= _LARGEST:
        raise InputError(
            f"An insertion is {record!r:.100}. Expected a place, channels (1 to {_LARGEST}) and a kind "
            f"({' or '.join(kinds)})."
        )
