"""The fast path: the same network, rewritten so that its forward pass takes half the time, and checked before use."""

import copy
import io
from collections.abc import Sequence
from contextlib import redirect_stderr
from dataclasses import dataclass
from functools import partial
from typing import Any

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor, nn

from repshift.recording.fusion import fuse_network
from repshift.recording.layers import Rule, choose_layers
from repshift.recording.maps import Maps, readable
from repshift.recording.memory import is_shortage, release
from repshift.recording.passes import record_layers
from repshift.vocabulary import InputError

TOLERANCE = 1e-4
"""Largest difference of a layer, as it is and offset-free, or of the answer, relative, at which the path is used."""

_ROUNDING = 16 * float(np.finfo(np.float32).eps)
"""Norm, relative to that with the offset, below which nothing but the rounding of single precision is left."""

_ANSWER = "the answer"


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
    hooked = _hooked(network)
    if hooked is not None:
        note = f"The plain path is used: {hooked} has a hook, which a copy would keep when it is removed here."
        return Acceleration(network, 0, 0.0, layers, note)
    try:
        expected = _representations(network, held, layers, device)
    except RuntimeError as error:
        if not is_shortage(error):
            raise
        release()
        note = f"The plain path is used: memory is short for the {len(held)} maps that check the other."
        return Acceleration(network, 0, 0.0, layers, note)
    named = choose_layers(network, layers).named
    calls = {name: call for call, name in named.items()}
    try:
        copied = copy.deepcopy(network).eval()
        _without_hooks(copied)
        fast = fuse_network(copied, {name: calls.get(name, name) for name in expected if name != _ANSWER})
        with redirect_stderr(io.StringIO()):  # torch.fx prints its generated code where that raises
            found = _representations(fast, held, None, device)
    except Exception as error:  # whatever the code of a network raises under tracing: said in the note
        return Acceleration(network, 0, 0.0, layers, f"The plain path is used: {_first_line(error)}.")
    differences = {name: _difference(found[name], expected[name], name=name) for name in expected}
    worst, difference = max(differences.items(), key=lambda pair: pair[1])
    what = worst if worst == _ANSWER else f"layer '{worst}'"
    if difference > TOLERANCE:
        note = f"The plain path is used: {what} differs by {difference:.1e}, more than {TOLERANCE:.0e}."
        return Acceleration(network, 0, 0.0, layers, note)
    note = (
        f"The fast path is used: {fast.fused} convolutions rewritten; checked on {len(held)} maps, the largest "
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


def _representations(
    network: nn.Module,
    maps: Any,  # noqa: ANN401 - what gives a batch for a slice
    layers: Sequence[Rule] | None,
    device: str | torch.device,
) -> dict[str, npt.NDArray[np.float64]]:
    """Return every layer, (n_maps, ...), and last, where it is a tensor of real numbers, the answer."""
    found: dict[str, npt.NDArray[np.float64]] = {}

    def keep(name: str, output: object) -> None:
        if isinstance(output, Tensor) and output.is_floating_point():
            found[name] = np.array(output.detach().double().cpu().numpy())

    how: dict[str, Any] = {"batch_size": len(maps), "device": device, "layers": layers}
    record_layers(network, maps, **how, consume=keep, keep=partial(keep, _ANSWER))
    return found


def _difference(found: npt.NDArray[np.float64], expected: npt.NDArray[np.float64], *, name: str) -> float:
    """Return the norm of the difference over that of the representation, as they are or offset-free: what is more.

    Offset-free representations that both vanish have no difference, and the answer is taken as it is; what is not
    finite is infinitely different.
    """
    if not (np.isfinite(found).all() and np.isfinite(expected).all()):
        return float("inf")
    difference = found - expected
    whole = _over(difference, expected)
    apart, spread = difference - difference.mean(0), expected - expected.mean(0)
    rounding = max(np.linalg.norm(apart), np.linalg.norm(spread)) <= _ROUNDING * np.linalg.norm(expected)
    if rounding or name == _ANSWER:
        return whole
    return max(whole, _over(apart, spread))


def _over(difference: npt.NDArray[np.float64], whole: npt.NDArray[np.float64]) -> float:
    """Return the norm of the one over that of the other; 0 where both vanish."""
    apart, size = float(np.linalg.norm(difference)), float(np.linalg.norm(whole))
    if not apart:
        return 0.0
    return apart / size if size > 0 else float("inf")


def _first_line(error: Exception) -> str:
    return f"{type(error).__name__}: {error}".splitlines()[0].removeprefix("InputError: ").rstrip(".")
