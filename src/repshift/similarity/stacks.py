"""Stacks of Gram matrices: what no measure takes, whatever it computes."""

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, TypeAlias

import numpy as np
import numpy.typing as npt

from repshift.similarity.arrays import array_of, doubles_of, like, numbers_of
from repshift.similarity.gram import centre
from repshift.vocabulary import InputError

if TYPE_CHECKING:
    from torch import Tensor
    from xarray import DataArray

Grams: TypeAlias = "npt.NDArray[np.float64] | DataArray | Tensor"
"""A stack (layers, n_maps, n_maps); a DataArray may name layers and maps by the coordinates ``layer`` and ``map``."""

Names: TypeAlias = Sequence[str] | None
"""Of the layers of a stack, for messages; None: their positions, counted from 0."""

ROUNDING = 64 * np.finfo(np.float64).eps
"""What rounding may leave, over the largest entry and for each map, of a difference that is zero."""

_FAR = 200
"""Binary exponent of the largest entry of a matrix, either way, from which products of four may overflow or vanish."""

_ASYMMETRY = 1e-5
"""What rounding in single precision may leave, over the largest entry, between two entries that mirror each other."""


def checked_grams(grams: Any, *, fewest: int, names: Names = None, axes: int = 3) -> Any:  # noqa: ANN401 - array or tensor
    """Return Gram matrices in double precision, an array of an array and a tensor of a tensor.

    Parameters
    ----------
    grams
        (layers, n_maps, n_maps), or with `axes` 2 (n_maps, n_maps).
    fewest
        Smallest number of maps.
    names
        Of the layers, for the message; those of the coordinate ``layer`` where there is one.

    Raises
    ------
    InputError
        If the shape is another, there are fewer maps, values are masked or complex, or a matrix is not finite or not
        symmetric; names the layer.
    """
    what = "A Gram matrix" if axes == 2 else "A stack of Gram matrices"
    numbers = numbers_of(grams, what=what)
    values = doubles_of(numbers, what=what)
    _require_shape(tuple(values.shape), axes=axes, fewest=fewest)
    stack = array_of(values if axes == 3 else values[None])
    found = names_of(grams) if names is None else names
    finite = np.isfinite(stack)
    refuse_layers(found, np.any(~finite, axis=(-2, -1)), why="holds values that are not finite.")
    apart = np.abs(stack - stack.swapaxes(-1, -2)).max((-2, -1), initial=0)
    why = (
        "has a Gram matrix that is not symmetric. Give Gram matrices, as of repshift.linear_gram, not representations."
    )
    refuse_layers(found, apart > _asymmetry(str(numbers.dtype)) * np.abs(stack).max((-2, -1), initial=0), why=why)
    return values


def varying_grams(grams: Grams, *, fewest: int) -> npt.NDArray[np.float64]:
    """Return a stack of Gram matrices as an array, after refusing what has no similarity to anything.

    Raises
    ------
    InputError
        As in `checked_grams`, or if a layer is constant over the maps.
    """
    values = array_of(checked_grams(grams, fewest=fewest))
    left = np.sqrt(np.square(centre(values)).sum((-2, -1)))
    why = "is constant over the maps, so it has no similarity to any other. Leave it out."
    refuse_layers(names_of(grams), left <= rounding(values), why=why)
    return values


def rounding(grams: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
    """Return what is nothing but rounding beside the entries of each Gram matrix, (layers,)."""
    return np.asarray(grams.shape[-1] * ROUNDING * np.abs(grams).max((-2, -1)))


def scale_of(values: Any) -> npt.NDArray[np.float64]:  # noqa: ANN401 - an array or a tensor
    """Return a power of two for each layer, (layers, 1, 1), that brings it from where products overflow; else 1."""
    largest = np.abs(array_of(values)).max((-2, -1), keepdims=True)
    exponents = np.frexp(largest)[1]
    far = np.isfinite(largest) & (largest > 0) & (np.abs(exponents) > _FAR)
    return np.asarray(np.ldexp(1.0, np.where(far, -exponents, 0)))


def scaled(values: Any, *, by: npt.NDArray[np.float64]) -> Any:  # noqa: ANN401 - an array or a tensor
    """Return a stack of which each layer is multiplied by a number; no CKA changes with the scale of a layer."""
    return values if (by == 1).all() else values * like(by, values)


def names_of(grams: Any) -> Names:  # noqa: ANN401 - an array, or what has coordinates
    """Return the names of layers that a stack carries; None where it carries none."""
    if "layer" not in getattr(grams, "coords", ()) or np.ndim(grams["layer"]) != 1:
        return None
    return [str(name) for name in grams["layer"].to_numpy()]


def refuse_layers(names: Names, found: npt.NDArray[np.bool_], *, why: str) -> None:
    """Refuse the layers `found`, by their names, or by their positions from 0."""
    if np.any(found):
        layers = [position if names is None else names[position] for position in np.flatnonzero(found).tolist()]
        raise InputError(f"Layer {layers} {why}")


def _require_shape(shape: tuple[int, ...], *, axes: int, fewest: int) -> None:
    expected = ("layers", "n_maps", "n_maps")[3 - axes :]
    if len(shape) != axes or shape[-1] != shape[-2]:
        hint = {
            2: " One matrix is compared by repshift.cka, or as gram[None].",
            4: " Batches go to minibatch_cka_matrix.",
        }
        raise InputError(
            f"Expected {'Gram matrices' if axes == 3 else 'a Gram matrix'} of shape ({', '.join(expected)}); found "
            f"{shape}.{hint.get(len(shape), '') if axes == 3 else ''}"
        )
    if shape[-1] < fewest:
        raise InputError(f"{shape[-1]} maps are too few: this measure needs at least {fewest}.")
    if axes == 3 and not shape[0]:
        raise InputError(f"A stack of Gram matrices has one layer at least; found shape {shape}.")


def _asymmetry(kind: str) -> float:
    """Return what rounding may leave between mirrored entries: more where the numbers were of half precision."""
    return max(_ASYMMETRY, {"float16": 0.1, "bfloat16": 0.5}.get(kind.rpartition(".")[2], 0.0))
