"""Layers whose maps differ by less than a forward pass rounds: found by their spread, recorded again in double.

What such a layer tells of the maps is rounding, and a CKA of it is noise that looks like a number. The relative spread
is known where the layer is recorded alone: a Gram matrix has lost the offset.
"""

from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from typing import Any, Final, TypeVar

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor, nn
from torch.overrides import TorchFunctionMode

from repshift.recording.layers import Rule
from repshift.recording.memory import is_shortage
from repshift.recording.passes import Precision, in_double
from repshift.recording.representations import record_representations
from repshift.similarity.gram import Product, linear_product
from repshift.similarity.spread import Spread
from repshift.vocabulary import InputError

Result = TypeVar("Result")

RESOLVED: Final[Mapping[torch.dtype, float]] = {
    torch.float64: 1e-12,
    torch.float32: 1e-4,
    torch.float16: 8e-3,
    torch.bfloat16: 6e-2,
}
"""Relative spread above which a layer is resolved by a forward pass of a type.

In single precision the error of CKA was 3e-4 at a relative spread of 1e-5, 0.016 at 1e-6 and 0.5 at 1e-7
(tests/unit/test_recording_resolution.py has the network); at 1e-4 it is below 1e-5. That is 840 units in the last
place; the bound of double precision is five times as strict. Half precision is held to eight units, for two digits.
"""

_NARROW: Final = (torch.float32, torch.float16, torch.bfloat16, torch.complex64)


def working_type(network: nn.Module, precision: Precision) -> torch.dtype:
    """Return the type in which a network computes: of its first parameter of real numbers, or what is asked for."""
    if precision != "float32":
        return {"bfloat16": torch.bfloat16, "float64": torch.float64}[precision]
    kinds = (parameter.dtype for parameter in network.parameters() if parameter.is_floating_point())
    found = next(kinds, torch.float32)
    return found if found in RESOLVED else torch.float32


def is_resolved(spread: Spread, kind: torch.dtype) -> bool:
    """Say whether a layer is more than rounding; zeros have nothing to resolve, nor has what is not finite."""
    return not min(spread.relative, spread.typical) < RESOLVED[kind] or not (spread.scatter or spread.offset)


def unresolved(spreads: Mapping[str, Sequence[Spread]], kind: torch.dtype, *, maps: Spread) -> list[str]:
    """Return the layers that a forward pass does not resolve: from the first that is rounding, all that follow.

    A normalisation makes a layer vary again whose input was rounding, so what a later layer looks like says nothing.

    Parameters
    ----------
    spreads
        Of every layer, batch after batch, in the order of their calls.
    maps
        Of what the network is given, which all layers follow.
    """
    names = list(spreads)
    if not is_resolved(maps, kind):
        return names
    weak = [number for number, name in enumerate(names) if not all(is_resolved(one, kind) for one in spreads[name])]
    return names[weak[0] :] if weak else []


def spread_of(values: Any) -> Spread:  # noqa: ANN401 - a representation, or what gives a batch of maps for a slice
    """Return the spread of a representation or of maps; NaN, which is no rounding, where it is not known.

    That is where values are not finite, which others refuse, and of maps that are read a batch at a time.
    """
    if isinstance(values, Tensor | np.ndarray):
        with suppress(InputError):
            return linear_product(values).spread
    return Spread(np.nan, np.nan, np.nan)


def settled(product: Product) -> Product:
    """Return the product of a layer recorded in double; of what is rounding still, zeros, as of a constant."""
    spread = product.spread
    if is_resolved(replace(spread, typical=spread.relative), torch.float64):
        return product
    return Product(np.zeros_like(product.gram), product.spread)


def again_in_double(
    network: nn.Module, layers: Sequence[str], spread: float, record: Callable[[nn.Module], Result]
) -> Result:
    """Return what `record` makes of a copy of a network in double precision.

    Parameters
    ----------
    network
        Whose forward pass does not resolve some layers.
    layers, spread
        Their names, and the smallest of their relative spreads, for the message.

    Raises
    ------
    InputError
        If the network does not run in double precision, or rounds to less on the way.
    """
    try:
        with _Doubles():
            return record(in_double(network))
    except Exception as error:  # whatever the code of a network raises in a precision that it was not written for
        if _is_of_memory(error):
            raise
        reason = next(iter(str(error).splitlines()), type(error).__name__)[:200].rstrip(".")
        raise InputError(
            f"Layers {list(layers)} differ between the maps by {spread:.0e} of their size, which the forward pass "
            f"rounds away, and the network does not run in double precision: {reason}. Leave these layers out."
        ) from error


def _is_of_memory(error: Exception) -> bool:
    """Say whether memory was short, as torch says it or as it was refused in a sentence."""
    first = error.__cause__ or error
    return isinstance(first, MemoryError) or (isinstance(first, RuntimeError) and is_shortage(first))


@dataclass(frozen=True)
class Recording:
    """The representations of a network, those in double precision that single precision does not resolve.

    Attributes
    ----------
    representations
        (n_maps, n_units) of every layer.
    spreads
        The relative spread of every layer.
    in_double
        Layers that were recorded again.
    """

    representations: dict[str, npt.NDArray[np.floating]]
    spreads: dict[str, float]
    in_double: tuple[str, ...]


def record_resolved(
    network: nn.Module,
    maps: npt.NDArray[np.float32],
    *,
    plain: nn.Module,
    layers: Sequence[Rule] | None,
    precision: Precision,
    **how: Any,  # noqa: ANN401 - of record_representations
) -> Recording:
    """Record a network, and again in double precision the layers that it does not resolve.

    Parameters
    ----------
    network, maps, layers, precision, how
        As in `repshift.recording.representations.record_representations`.
    plain
        The network as it was given, which is recorded again.

    Raises
    ------
    InputError
        As there and in `again_in_double`.
    """
    found = record_representations(network, maps, layers=layers, precision=precision, **how)
    kind = working_type(plain, precision)
    spreads = {name: spread_of(representation) for name, representation in found.items()}
    weak = unresolved({name: [spread] for name, spread in spreads.items()}, kind, maps=spread_of(maps))
    if kind == torch.float64 or not weak:
        return Recording(found, {name: spread.relative for name, spread in spreads.items()}, ())
    least = min(min(spreads[name].relative, spreads[name].typical) for name in weak)
    again = again_in_double(plain, weak, least, lambda copied: record_representations(copied, maps, layers=weak, **how))
    spreads |= {name: spread_of(representation) for name, representation in again.items()}
    return Recording(found | again, {name: spread.relative for name, spread in spreads.items()}, tuple(weak))


class _Doubles(TorchFunctionMode):
    """Refuses what rounds double precision to less."""

    def __torch_function__(
        self,
        func: Any,  # noqa: ANN401 - torch's own signature
        types: object,
        args: tuple[Any, ...] = (),
        kwargs: dict[str, Any] | None = None,
    ) -> Any:  # noqa: ANN401
        output = func(*args, **(kwargs or {}))
        given = (*args, *(kwargs or {}).values())
        is_double = any(isinstance(one, Tensor) and one.dtype == torch.float64 for one in given)
        if is_double and isinstance(output, Tensor) and output.dtype in _NARROW:
            raise InputError(f"'{getattr(func, '__name__', func)}' rounds to {output.dtype}")
        return output
