"""The fast path: the same network, rewritten so that its forward pass takes half the time, and checked before use."""

import copy
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from torch import Tensor, nn

from repshift.recording.fusion import fuse_network
from repshift.recording.layers import Rule, choose_layers
from repshift.recording.passes import record_layers, representation_of
from repshift.vocabulary import InputError

TOLERANCE = 1e-4
"""Largest difference of a layer's offset-free representation, relative to its norm, at which the fast path is used."""

_ROUNDING = 16 * float(np.finfo(np.float32).eps)
"""Norm, relative to that with the offset, below which nothing but the rounding of single precision is left."""


@dataclass(frozen=True)
class Accelerated:
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
    maps: npt.NDArray[np.float32] | Tensor,
    *,
    layers: Sequence[Rule] | None = None,
    device: str = "cpu",
) -> Accelerated:
    """Rewrite a network for recording, and check every layer against the network itself on a few maps.

    Parameters
    ----------
    network
        Not changed; a later change of its weights does not reach the rewritten copy.
    maps
        (n_maps, channels, size, size), two at least, preprocessed as the network expects; two do.
    layers
        As in `repshift.record_grams`; the rewritten network has these layers, under the same names, and no others.
    device
        Where the check runs: ``cpu``, ``cuda`` or ``auto``.

    Returns
    -------
    Accelerated
        With the network to record: as it was given where it cannot be traced, has nothing to rewrite, or a layer
        differs by more than `TOLERANCE`; `note` says which. A rewritten one serves inference in evaluation mode alone.

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
    if len(maps) < 2:
        raise InputError(f"{len(maps)} maps to check the fast path on: at least two are needed.")
    expected = _representations(network, maps, layers, device)
    named = choose_layers(network, layers).named
    calls = {name: call for call, name in named.items()}
    try:
        copied = copy.deepcopy(network).eval()
        fast = fuse_network(copied, {name: calls.get(name, name) for name in expected})
        found = _representations(fast, maps, None, device)
    except Exception as error:  # whatever the code of a network raises under tracing: said in the note
        return Accelerated(network, 0, 0.0, layers, f"The plain path is used: {_first_line(error)}.")
    differences = {name: _difference(found[name], expected[name]) for name in expected}
    worst = max(differences, key=differences.__getitem__)
    if not differences[worst] <= TOLERANCE:
        note = (
            f"The plain path is used: layer '{worst}' differs by {differences[worst]:.1e}, more than {TOLERANCE:.0e}."
        )
        return Accelerated(network, 0, 0.0, layers, note)
    note = (
        f"The fast path is used: {fast.fused} convolutions rewritten; checked on {len(maps)} maps, layers differ by "
        f"{differences[worst]:.1e} at most ('{worst}')."
    )
    return Accelerated(fast, fast.fused, differences[worst], None, note)


def _representations(
    network: nn.Module, maps: npt.NDArray[np.float32] | Tensor, layers: Sequence[Rule] | None, device: str
) -> dict[str, npt.NDArray[np.float64]]:
    """Return every layer, (n_maps, n_units), its units in the order of the tensor."""
    found: dict[str, npt.NDArray[np.float64]] = {}

    def collect(name: str, output: Tensor) -> None:
        found[name] = representation_of(output).astype(np.float64)

    record_layers(network, maps, batch_size=len(maps), device=device, layers=layers, consume=collect)
    return found


def _difference(found: npt.NDArray[np.float64], expected: npt.NDArray[np.float64]) -> float:
    """Return the norm of the offset-free difference over that of the offset-free representation; 0 if both vanish.

    Infinite where a value is not finite.
    """
    if not (np.isfinite(found).all() and np.isfinite(expected).all()):
        return float("inf")
    difference = found - expected
    apart, spread = (float(np.linalg.norm(each - each.mean(0))) for each in (difference, expected))
    if max(apart, spread) <= _ROUNDING * np.linalg.norm(expected):
        return 0.0
    return apart / spread if spread > 0 else float("inf")


def _first_line(error: Exception) -> str:
    return f"{type(error).__name__}: {error}".splitlines()[0].removeprefix("InputError: ").rstrip(".")
