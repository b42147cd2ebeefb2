"""The fast path: the same network, rewritten so that its forward pass takes half the time, and checked before use."""

import copy
import io
from collections.abc import Callable, Hashable, Iterator, Mapping, MutableMapping, Sequence
from contextlib import redirect_stderr
from dataclasses import dataclass
from functools import partial
from typing import Any, Final
from weakref import WeakKeyDictionary

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor, nn

from repshift.recording.fusion import FusedNetwork, fuse_network
from repshift.recording.layers import Rule, choose_layers
from repshift.recording.maps import Maps, readable
from repshift.recording.memory import is_shortage, release
from repshift.recording.passes import record_layers
from repshift.similarity.gram import FEATURE_CHUNK
from repshift.vocabulary import InputError

TOLERANCE = 1e-4
"""Largest difference of a layer, as it is and offset-free, or of the answer, relative, at which the path is used."""

_ROUNDING = 16 * float(np.finfo(np.float32).eps)
"""Norm, relative to that with the offset, below which nothing but the rounding of single precision is left."""

_ANSWER = "the answer"

_FEWEST_MAPS: Final = 16
_FEWEST_PIXELS: Final = 1 << 20
"""Maps, and pixels of all of them, from which the fast path saves more than its check takes."""

_PLAIN: Final = (bool, int, float, complex, str, bytes, type(None), torch.dtype, torch.device)
"""Attributes of a module that what it computes may follow, beside its tensors and modules."""


@dataclass(frozen=True)
class Acceleration:
    """What became of a network.

    Attributes
    ----------
    network
        To be recorded instead: the rewritten copy, or the network as it was given.
    fused
        Convolutions rewritten; 0 where the network is as it was given.
    difference
        The largest over its layers found by the check, relative; 0 where the network is as it was given.
    layers
        What `repshift.record_grams` and its like take as the layers of that network.
    note
        One sentence for the log: what was done, or why not.
    """

    network: nn.Module
    fused: int
    difference: float
    layers: Sequence[Rule] | None
    note: str


def accelerate(
    network: nn.Module,
    maps: Maps,
    *,
    layers: Sequence[Rule] | None = None,
    device: str | torch.device = "cpu",
) -> Acceleration:
    """Rewrite a network for recording, and check every layer against the network itself on a few maps.

    Parameters
    ----------
    network
        Moved to the device and run in evaluation mode, as recording does; its weights are not changed, and a later
        change of them does not reach the rewritten copy.
    maps
        (n_maps, channels, size, size), two at least, that differ, preprocessed as the network expects; two do.
    layers
        As in `repshift.record_grams`; the rewritten network has these layers, under the same names, and no others.
    device
        Where the check runs, as in `repshift.record_grams`.

    Returns
    -------
    Acceleration
        With the network to record: as it was given where it has a hook, cannot be traced, has nothing to rewrite, or a
        layer or the answer differs by more than `TOLERANCE`; `note` says which. A rewritten one serves inference in
        evaluation mode alone, in one thread at a time: its convolutions share a workspace.

    Raises
    ------
    InputError
        If there are fewer than two maps, or recording the network itself fails.

    Notes
    -----
    Batch norms are folded into the convolutions before them, so results differ by rounding: 1e-6 of a CKA.

    Examples
    --------
    >>> import torch
    >>> network = nn.Sequential(nn.Conv2d(1, 4, 3), nn.BatchNorm2d(4), nn.ReLU())
    >>> accelerate(network, torch.rand(2, 1, 8, 8)).fused
    1
    """
    held = readable(maps)
    if len(held) < 2:
        raise InputError(f"{len(held)} maps to check the fast path on: at least two are needed.")
    found = _first_check(network, held, layers, device)
    if isinstance(found, str):
        return Acceleration(network, 0, 0.0, layers, found)

    def rewritten() -> FusedNetwork:
        copied = copy.deepcopy(network).eval()
        _without_hooks(copied)
        return fuse_network(copied, found.calls)

    return _checked(network, rewritten, found, held, layers, device)


def for_one_call(
    network: nn.Module,
    maps: Any,  # noqa: ANN401 - what gives a batch for a slice
    *,
    layers: Sequence[Rule] | None,
    device: str | torch.device,
) -> Acceleration:
    """Return what `accelerate` does, for a network that is recorded once, where that pays.

    Parameters
    ----------
    maps
        All maps that are recorded, as `readable` returns them; the faintest and the brightest check the path.

    Returns
    -------
    Acceleration
        Whose network shares its modules with the one given, and holds few weights twice. It is rewritten for each call,
        so it never holds weights of before; the check is done again where the network, its weights included, is not
        what was checked. Networks without a convolution take the plain path, and so do fewer than `_FEWEST_MAPS` maps
        or `_FEWEST_PIXELS` pixels, for which the check takes longer than it saves; `note` says so.
    """
    if len(maps) < _FEWEST_MAPS or len(maps) * _size_of(maps) < _FEWEST_PIXELS:
        return Acceleration(network, 0, 0.0, layers, f"The plain path is used: it is faster for {len(maps)} such maps.")
    if not any(type(module) is nn.Conv2d for module in network.modules()):
        return Acceleration(network, 0, 0.0, layers, "The plain path is used: the network has no convolution.")
    state = (_state_of(network), None if layers is None else tuple(map(str, layers)), str(device))
    known = _KNOWN.get(network)
    if known is not None and known.state == state:
        if known.calls is None:
            return Acceleration(network, 0, 0.0, layers, known.note)
        fused = _sharing(network, known.calls)
        return Acceleration(fused, fused.fused, known.difference, None, known.note)
    some = _extremes(maps)
    found = _first_check(network, some, layers, device)
    if isinstance(found, str):
        checked = Acceleration(network, 0, 0.0, layers, found)
    else:
        checked = _checked(network, partial(_sharing, network, found.calls), found, some, layers, device)
    calls = found.calls if checked.fused and not isinstance(found, str) else None
    _KNOWN[network] = _Known(state, calls, checked.difference, checked.note)
    return checked


@dataclass(frozen=True)
class _Known:
    """What is known of a network: what it was then, the calls of its layers where it was rewritten, what to say."""

    state: Hashable
    calls: Mapping[str, str] | None
    difference: float
    note: str


_KNOWN: Final[MutableMapping[nn.Module, _Known]] = WeakKeyDictionary()
"""Networks that were checked, as long as they live."""


def forget() -> None:
    """Forget which networks were checked: each is checked again when it is next recorded."""
    _KNOWN.clear()


def _state_of(network: nn.Module) -> Hashable:
    """Return what a network is: its modules, their plain attributes and hooks, and the versions of its tensors."""
    return tuple(
        (
            path,
            id(module),
            bool(module._forward_hooks or module._forward_pre_hooks),
            tuple((name, _plain(value)) for name, value in vars(module).items()),
            tuple((name, id(one), one._version, one.dtype, one.device) for name, one in _tensors_of(module)),
        )
        for path, module in network.named_modules()
    )


def _plain(value: object) -> object:
    """Return a plain attribute, or a sequence of such, as it is, and of any other the type alone."""
    if isinstance(value, tuple | list):
        return tuple(_plain(one) for one in value)
    return value if isinstance(value, _PLAIN) else type(value)


def _tensors_of(module: nn.Module) -> list[tuple[str, Tensor]]:
    return [*module.named_parameters(recurse=False), *module.named_buffers(recurse=False)]


def _sharing(network: nn.Module, calls: Mapping[str, str]) -> FusedNetwork:
    """Rewrite a network that shares its modules with the one given, whose mode is what it was afterwards."""
    modes = {module: module.training for module in network.modules()}
    network.eval()
    try:
        return fuse_network(network, calls, kept=False)
    finally:
        for module, mode in modes.items():
            module.training = mode


def _size_of(maps: Any) -> int:  # noqa: ANN401 - what gives a batch for a slice
    """Return the pixels of one map."""
    return int(np.prod(maps[:1].shape[1:]))


def _extremes(maps: Any) -> Any:  # noqa: ANN401 - what gives a batch for a slice
    """Return the faintest and the brightest map: one has no representation without its offset; else two of them."""
    if not isinstance(maps, np.ndarray | Tensor):
        return torch.cat([torch.as_tensor(np.asarray(maps[one : one + 1])) for one in (0, len(maps) - 1)])
    sizes = [float((maps[one] * 1.0).reshape(-1) @ (maps[one] * 1.0).reshape(-1)) for one in range(len(maps))]
    faintest, brightest = int(np.argmin(sizes)), int(np.argmax(sizes))
    return maps[[faintest, brightest if brightest != faintest else len(maps) - 1]]


@dataclass(frozen=True)
class _Expected:
    """What the network itself makes of the maps that check the other.

    Attributes
    ----------
    values
        Of every layer, and last, where it is a tensor of real numbers, the answer.
    calls
        The call of each layer.
    """

    values: dict[str, Tensor]
    calls: dict[str, str]


def _first_check(
    network: nn.Module,
    maps: Any,  # noqa: ANN401 - what gives a batch for a slice
    layers: Sequence[Rule] | None,
    device: str | torch.device,
) -> _Expected | str:
    """Return what the network itself makes of some maps, or why it is not to be rewritten."""
    hooked = _hooked(network)
    if hooked is not None:
        return f"The plain path is used: {hooked} has a hook, which a copy would keep when it is removed here."
    found: dict[str, Tensor] = {}
    try:
        _run(network, maps, layers, device, lambda name, output: found.update({name: output.detach().clone()}))
    except RuntimeError as error:
        if not is_shortage(error):
            raise
        release()
        return f"The plain path is used: memory is short for the {len(maps)} maps that check the other."
    calls = {name: call for call, name in choose_layers(network, layers).named.items()}
    return _Expected(found, {name: calls.get(name, name) for name in found if name != _ANSWER})


def _checked(
    network: nn.Module,
    rewritten: Callable[[], FusedNetwork],
    expected: _Expected,
    maps: Any,  # noqa: ANN401 - what gives a batch for a slice
    layers: Sequence[Rule] | None,
    device: str | torch.device,
) -> Acceleration:
    """Rewrite a network, and compare every layer of it with what was expected."""
    differences: dict[str, float] = {}

    def compare(name: str, output: Tensor) -> None:
        # as it comes, and what was expected is done with
        differences[name] = _difference(output.detach(), expected.values.pop(name), name=name)

    try:
        fast = rewritten()
        with redirect_stderr(io.StringIO()):  # torch.fx prints its generated code where that raises
            _run(fast, maps, None, device, compare)
        if expected.values:
            raise InputError(f"'{next(iter(expected.values))}' is missing")
    except Exception as error:  # whatever the code of a network raises under tracing: said in the note
        return Acceleration(network, 0, 0.0, layers, f"The plain path is used: {_first_line(error)}.")
    worst, difference = max(differences.items(), key=lambda pair: pair[1])
    what = worst if worst == _ANSWER else f"layer '{worst}'"
    if difference > TOLERANCE:
        note = f"The plain path is used: {what} differs by {difference:.1e}, more than {TOLERANCE:.0e}."
        return Acceleration(network, 0, 0.0, layers, note)
    note = (
        f"The fast path is used: {fast.fused} convolutions rewritten; checked on {len(maps)} maps, the largest "
        f"difference is {difference:.1e}, in {what}."
    )
    return Acceleration(fast, fast.fused, difference, None, note)


def _hooked(network: nn.Module) -> str | None:
    """Return in words which module has a hook that the forward pass calls; None where there is none."""
    for path, module in network.named_modules():
        if module._forward_hooks or module._forward_pre_hooks:
            return f"module '{path}'" if path else "the network"
    return None


def _without_hooks(network: nn.Module) -> None:
    """Take the hooks of the backward pass from a copy, which has none."""
    for module in network.modules():
        module._backward_hooks.clear()
        module._backward_pre_hooks.clear()


def _run(
    network: nn.Module,
    maps: Any,  # noqa: ANN401 - what gives a batch for a slice
    layers: Sequence[Rule] | None,
    device: str | torch.device,
    consume: Callable[[str, Tensor], None],
) -> None:
    """Hand over every layer and last, where it is a tensor of real numbers, the answer."""

    def keep(name: str, output: object) -> None:
        if isinstance(output, Tensor) and output.is_floating_point():
            consume(name, output)

    how: dict[str, Any] = {"batch_size": len(maps), "device": device, "layers": layers}
    record_layers(network, maps, **how, consume=keep, keep=partial(keep, _ANSWER))


def _difference(found: Tensor, expected: Tensor, *, name: str) -> float:
    """Return the norm of the difference over that of the representation, as they are or offset-free: what is more.

    Offset-free representations that both vanish have no difference, and the answer is taken as it is; what is not
    finite is infinitely different.
    """
    n = len(expected)
    apart, size, apart_of_mean, size_of_mean = np.sum(list(_squares(found.flatten(1), expected.flatten(1))), axis=0)
    if not np.isfinite(apart + size):
        return float("inf")
    whole = _over(apart, size)
    spread, apart = max(size - n * size_of_mean, 0.0), max(apart - n * apart_of_mean, 0.0)
    rounding = max(apart, spread) <= _ROUNDING**2 * size
    return whole if rounding or name == _ANSWER else max(whole, _over(apart, spread))


def _squares(found: Tensor, expected: Tensor) -> Iterator[npt.NDArray[np.float64]]:
    """Yield squared norms of some features: of the difference, of what was expected, and of the mean map of each."""
    for start in range(0, expected.shape[1], FEATURE_CHUNK):
        values = expected[:, start : start + FEATURE_CHUNK].double()
        apart = found[:, start : start + FEATURE_CHUNK].double() - values
        numbers = [one.square().sum() for one in (apart, values, apart.mean(0), values.mean(0))]
        yield torch.stack(numbers).cpu().numpy()


def _over(apart: float, size: float) -> float:
    """Return the root of one squared norm over another; 0 where both vanish."""
    if not apart:
        return 0.0
    return float(np.sqrt(apart / size)) if size > 0 else float("inf")


def _first_line(error: Exception) -> str:
    return f"{type(error).__name__}: {error}".splitlines()[0].removeprefix("InputError: ").rstrip(".")
