"""The fast path for one call: taken where it pays, checked on the maps of the call, remembered for the next."""

import copy
import zlib
from collections.abc import Hashable, Mapping, MutableMapping, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any, Final
from weakref import WeakKeyDictionary

import numpy as np
import torch
from torch import Tensor, nn

from repshift.recording.devices import choose_device
from repshift.recording.fast import Acceleration, changed_forward, checked, first_check, first_line, without_hooks
from repshift.recording.fusion import FusedNetwork, fuse_network
from repshift.recording.layers import Rule, choose_layers
from repshift.recording.maps import batch_of

_FEWEST_MAPS: Final = 16
_FEWEST_PIXELS: Final = 1 << 20
"""Maps, and pixels of all of them, from which the fast path saves more than its check takes."""

_PLAIN: Final = (bool, int, float, complex, str, bytes, type(None), torch.dtype, torch.device)
"""Attributes of a module that what it computes may follow, beside its tensors and modules."""

_MOST_KNOWN: Final = 16
"""Calls that are remembered of a network."""


@dataclass(frozen=True)
class _Known:
    """What a check found.

    Attributes
    ----------
    calls, code
        The calls of the layers and the rewritten forward pass as code; none where the network was not rewritten.
    difference, note
        As in `repshift.recording.fast.Acceleration`.
    """

    calls: Mapping[str, str] | None
    code: str
    difference: float
    note: str


_KNOWN: Final[MutableMapping[nn.Module, dict[Hashable, _Known]]] = WeakKeyDictionary()
"""Networks that were checked, as long as they live, and what was found in which state, on which maps."""


def for_one_call(
    network: nn.Module,
    maps: Any,  # noqa: ANN401 - what gives a batch for a slice
    *,
    layers: Sequence[Rule] | None,
    device: str | torch.device,
) -> Acceleration:
    """Return what `repshift.accelerate` does, for a network that is recorded once, where that pays.

    Parameters
    ----------
    network, layers, device
        As there. The network is moved to the device, as recording does.
    maps
        All maps that are recorded, as `repshift.recording.maps.readable` returns them. The faintest and the brightest
        check the path: one map has no representation without its offset.

    Returns
    -------
    Acceleration
        Whose network shares its parameters with the one given, and holds few of them twice. It is made for each call,
        so it never holds weights of before. The check is spared where the same maps were recorded by the same network
        before, as far as its modules, their plain attributes, the versions of its tensors and the code of its forward
        pass tell. Networks without a convolution take the plain path, and so do fewer than `_FEWEST_MAPS` maps or
        `_FEWEST_PIXELS` pixels, for which the check takes longer than it saves; `note` says so.

    Raises
    ------
    InputError
        As recording does.
    """
    if not any(type(module) is nn.Conv2d for module in network.modules()):
        return Acceleration(network, 0, 0.0, layers, "The plain path is used: the network has no convolution.")
    first = batch_of(network, maps, slice(1), torch.device("cpu"))
    if len(maps) < _FEWEST_MAPS or len(maps) * first.numel() < _FEWEST_PIXELS:
        return Acceleration(network, 0, 0.0, layers, f"The plain path is used: it is faster for {len(maps)} such maps.")
    changed = changed_forward(network)
    if changed is not None:
        return Acceleration(network, 0, 0.0, layers, changed)
    network.to(choose_device(device))
    some = _extremes(network, maps)
    seen = (_choice_of(network, layers), zlib.crc32(some.view(torch.uint8).numpy().tobytes()), some.shape)
    known = _KNOWN.get(network, {}).get((_state_of(network), *seen))
    if known is not None and known.calls is None:
        return Acceleration(network, 0, 0.0, layers, known.note)
    fused = _as_before(network, known)
    if known is not None and fused is not None:
        return Acceleration(fused, fused.fused, known.difference, None, known.note)
    found, calls = _checked_on(network, some, layers, device)
    code = found.network.code if isinstance(found.network, FusedNetwork) else ""
    # the state after the check, whose trial runs put buffers back where they were
    _remember(network, (_state_of(network), *seen), _Known(calls, code, found.difference, found.note))
    return found


def _checked_on(
    network: nn.Module, some: Tensor, layers: Sequence[Rule] | None, device: str | torch.device
) -> tuple[Acceleration, Mapping[str, str] | None]:
    """Check a network on some maps; return what became of it, and the calls of its layers where it was rewritten.

    Neither random numbers nor buffers are as if it had run before. What cannot be run on so few maps is not rewritten:
    recording says what is wrong with it, if anything is.
    """
    buffers = [(buffer, buffer.clone()) for buffer in network.buffers()]
    try:
        with torch.random.fork_rng():
            expected = first_check(network, some, layers, device)
            if isinstance(expected, str):
                return Acceleration(network, 0, 0.0, layers, expected), None
            rewritten = partial(_sharing, network, expected.calls)
            found = checked(network, rewritten, expected, some, layers, device)
    except Exception as error:  # whatever the code of a network raises
        note = f"The plain path is used: the network does not run on {len(some)} maps ({first_line(error)})."
        return Acceleration(network, 0, 0.0, layers, note), None
    finally:
        for buffer, before in buffers:
            if not torch.equal(buffer, before):
                buffer.copy_(before)
    return found, expected.calls if found.fused else None


def _as_before(network: nn.Module, known: _Known | None) -> FusedNetwork | None:
    """Return the network rewritten as it was when it was checked; None where its forward pass is another now."""
    if known is None or known.calls is None:
        return None
    try:
        fused = _sharing(network, known.calls)
    except Exception:
        return None
    return fused if fused.code == known.code else None


def forget() -> None:
    """Forget which networks were checked: each is checked again when it is next recorded."""
    _KNOWN.clear()


def _remember(network: nn.Module, key: Hashable, known: _Known) -> None:
    of_network = _KNOWN.setdefault(network, {})
    if len(of_network) >= _MOST_KNOWN:
        of_network.clear()
    of_network[key] = known


def _choice_of(network: nn.Module, layers: Sequence[Rule] | None) -> Hashable:
    """Return which layers are asked for, by what they are."""
    choice = choose_layers(network, layers)
    return tuple(choice.named.items()), choice.rules, choice.convention, choice.excluded


def _state_of(network: nn.Module) -> Hashable:
    """Return what a network is: its modules, their plain attributes and hooks, and the versions of its tensors."""
    return tuple(
        (
            path,
            id(module),
            bool(module._forward_hooks or module._forward_pre_hooks),
            tuple((name, _plain(value)) for name, value in vars(module).items()),
            tuple((name, id(one), _version_of(one), one.dtype, one.device) for name, one in _tensors_of(module)),
        )
        for path, module in network.named_modules()
    )


def _plain(value: object) -> Hashable:
    """Return a plain attribute, or a collection of such, as it is, and of any other the type alone."""
    if isinstance(value, tuple | list):
        return tuple(_plain(one) for one in value)
    if isinstance(value, dict):
        return tuple((str(name), _plain(one)) for name, one in value.items())
    return repr(value) if isinstance(value, _PLAIN) else type(value).__qualname__


def _version_of(tensor: Tensor) -> int:
    """Return how often torch saw a tensor change; it does not count where the tensor is for inference alone."""
    return -1 if tensor.is_inference() else tensor._version


def _tensors_of(module: nn.Module) -> list[tuple[str, Tensor]]:
    return [*module.named_parameters(recurse=False), *module.named_buffers(recurse=False)]


def _sharing(network: nn.Module, calls: Mapping[str, str]) -> FusedNetwork:
    """Rewrite a copy of a network that shares its parameters; tracing may leave its marks on a copy alone."""
    shared: dict[int, Any] = {id(parameter): parameter for parameter in network.parameters()}
    copied = copy.deepcopy(network, shared).eval()
    without_hooks(copied)
    return fuse_network(copied, calls, kept=False)


def _extremes(network: nn.Module, maps: Any) -> Tensor:  # noqa: ANN401 - what gives a batch for a slice
    """Return the faintest and the brightest map, or where maps are only read by slices the first and the last."""
    places = [0, len(maps) - 1]
    if isinstance(maps, np.ndarray | Tensor):
        rows = [maps[one].reshape(-1) * 1.0 for one in range(len(maps))]
        sizes = [float(row @ row) for row in rows]
        faintest, brightest = int(np.argmin(sizes)), int(np.argmax(sizes))
        places = [faintest, brightest if brightest != faintest else len(maps) - 1]
    here = torch.device("cpu")
    return torch.cat([batch_of(network, maps, slice(one, one + 1), here).detach() for one in places])
