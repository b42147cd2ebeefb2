"""The fast path: the same network, rewritten so that its forward pass takes half the time, and checked before use."""

import copy
import io
from collections.abc import Callable, Sequence
from contextlib import redirect_stderr
from dataclasses import dataclass
from functools import partial
from typing import Any, Final

import torch
from torch import Tensor, nn
from torch.nn.modules import module as torch_module

from repshift.networks.insertion_places import has_other_hooks
from repshift.recording.differences import ANSWER, difference_of
from repshift.recording.fusion import FusedNetwork, fuse_network
from repshift.recording.layers import Rule, choose_layers
from repshift.recording.maps import Maps, readable
from repshift.recording.memory import is_shortage, release
from repshift.recording.passes import record_layers
from repshift.vocabulary import InputError

TOLERANCE = 1e-4
"""Largest difference of a layer, as it is and offset-free, or of the answer, relative, at which the path is used."""


_FORWARD: Final = {kind: kind.forward for kind in (nn.Conv2d, nn.BatchNorm2d, nn.LeakyReLU, nn.ReLU)}
"""Forward passes of the modules that are rewritten, as torch has them."""


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
        (n_maps, channels, y, x), two at least, that differ, preprocessed as the network expects; two do.
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
    found = changed_forward(network) or first_check(network, held, layers, device)
    if isinstance(found, str):
        return Acceleration(network, 0, 0.0, layers, found)

    def rewritten() -> FusedNetwork:
        copied = copy.deepcopy(network).eval()
        without_hooks(copied)
        return fuse_network(copied, found.calls)

    return checked(network, rewritten, found, held, layers, device)


@dataclass(frozen=True)
class Expected:
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


def first_check(
    network: nn.Module,
    maps: Any,  # noqa: ANN401 - what gives a batch for a slice
    layers: Sequence[Rule] | None,
    device: str | torch.device,
) -> Expected | str:
    """Return what the network itself makes of some maps, or in a sentence that memory is short for them."""
    found: dict[str, Tensor] = {}
    try:
        _run(network, maps, layers, device, lambda name, output: found.update({name: output.detach().clone()}))
    except RuntimeError as error:
        if not is_shortage(error):
            raise
        release()
        return f"The plain path is used: memory is short for the {len(maps)} maps that check the other."
    calls = {name: call for call, name in choose_layers(network, layers).named.items()}
    return Expected(found, {name: calls.get(name, name) for name in found if name != ANSWER})


def checked(
    network: nn.Module,
    rewritten: Callable[[], FusedNetwork],
    expected: Expected,
    maps: Any,  # noqa: ANN401 - what gives a batch for a slice
    layers: Sequence[Rule] | None,
    device: str | torch.device,
) -> Acceleration:
    """Rewrite a network, and compare every layer of it with what was expected."""
    differences: dict[str, float] = {}

    def compare(name: str, output: Tensor) -> None:
        # as it comes, and what was expected is done with
        differences[name] = difference_of(output.detach(), expected.values.pop(name), name=name)

    try:
        fast = rewritten()
        with redirect_stderr(io.StringIO()):  # torch.fx prints its generated code where that raises
            _run(fast, maps, None, device, compare)
        if expected.values:
            raise InputError(f"'{next(iter(expected.values))}' is missing")
    except Exception as error:  # whatever the code of a network raises under tracing: said in the note
        return Acceleration(network, 0, 0.0, layers, f"The plain path is used: {first_line(error)}.")
    worst, difference = max(differences.items(), key=lambda pair: pair[1])
    what = worst if worst == ANSWER else f"layer '{worst}'"
    if difference > TOLERANCE:
        note = f"The plain path is used: {what} differs by {difference:.1e}, more than {TOLERANCE:.0e}."
        return Acceleration(network, 0, 0.0, layers, note)
    note = (
        f"The fast path is used: {fast.fused} convolutions rewritten; checked on {len(maps)} maps, the largest "
        f"difference is {difference:.1e}, in {what}."
    )
    return Acceleration(fast, fast.fused, difference, None, note)


def changed_forward(network: nn.Module) -> str | None:
    """Return in a sentence what of a forward pass is not in the code of its modules; None where there is nothing."""
    why = None
    if torch_module._global_forward_hooks or torch_module._global_forward_pre_hooks:
        why = "there is a hook of all modules, which would not see those that are rewritten"
    for kind, forward in _FORWARD.items():
        if kind.forward is not forward:
            why = f"'{kind.__name__}.forward' is not torch's own"
    for path, module in network.named_modules():
        where = f"module '{path}'" if path else "the network"
        if has_other_hooks(module):
            why = f"{where} has a hook, which a copy would keep when it is removed here"
        elif "forward" in vars(module):
            why = f"{where} has a forward pass of its own, which tracing does not see"
    return None if why is None else f"The plain path is used: {why}."


def without_hooks(network: nn.Module) -> None:
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
    record_layers(network, maps, **how, consume=keep, keep=partial(keep, ANSWER))


def first_line(error: Exception) -> str:
    """Return the first line of what an error says, with its type."""
    return f"{type(error).__name__}: {error}".splitlines()[0].removeprefix("InputError: ").rstrip(".")
