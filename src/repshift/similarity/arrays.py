"""What holds numbers, in double precision: arrays stay arrays of numpy, tensors stay tensors with gradient and device.

A mask or an imaginary part is no number that similarity could leave out without a word, so both are refused.
"""

import importlib
from typing import TYPE_CHECKING, Any, TypeAlias, TypeVar

import numpy as np
import numpy.typing as npt

from repshift.vocabulary import InputError

if TYPE_CHECKING:
    from torch import Tensor

Values: TypeAlias = "npt.NDArray[np.float64] | Tensor"
"""Numbers in double precision."""

Same = TypeVar("Same", bound=Values)
"""What comes out as it went in: an array of an array, a tensor of a tensor."""


def is_tensor(values: object) -> bool:
    """Say whether something is a tensor, without importing torch."""
    return hasattr(values, "detach")


def numbers_of(values: Any, *, what: str) -> Any:  # noqa: ANN401 - an array or a tensor
    """Return an array of real numbers in the byte order of this machine, or a tensor, in the type that it has.

    Parameters
    ----------
    values
        Array, masked array without a masked value, ``xarray.DataArray``, tensor, or a list or tuple of such.
    what
        What they are, for the message.

    Raises
    ------
    InputError
        If values are masked, complex or no numbers.
    """
    if isinstance(values, list | tuple) and values:
        values = _stacked(values, what)
    if is_tensor(values):
        _require_dense(values, what)
        return values
    array = values if isinstance(values, np.ndarray) else _array_of(values, what)
    if np.ma.is_masked(array):
        hidden = int(np.count_nonzero(np.ma.getmaskarray(array)))
        raise InputError(f"{what} has {hidden} masked values, and no number stands for them. Fill or leave them out.")
    array = np.asarray(array)
    if array.dtype.kind == "c":
        raise InputError(f"{what} holds complex numbers. Give the real and the imaginary part as features.")
    if array.dtype.kind not in "fiub":
        raise InputError(f"{what} holds values of type '{array.dtype}'. Numbers were expected.")
    if array.dtype.kind == "f" and array.dtype.itemsize > 8:
        return array.astype(np.float64)
    return array.astype(array.dtype.newbyteorder("="), copy=False)


def _stacked(values: Any, what: str) -> Any:  # noqa: ANN401 - a list of arrays or of tensors
    """Return what a list holds as one tensor, or one array with the masks of all."""
    try:
        if all(is_tensor(value) for value in values):
            return importlib.import_module("torch").stack(list(values))
        if any(is_tensor(value) for value in values):
            values = [array_of(value) for value in values]
        masked = any(isinstance(value, np.ma.MaskedArray) for value in values)
        return np.ma.stack(values) if masked else np.asanyarray(values)
    except (ValueError, RuntimeError, TypeError) as error:
        shapes = _shapes(values)
        other = next((place for place, shape in enumerate(shapes) if shape != shapes[0]), None)
        if other is not None:
            raise InputError(
                f"{what} is a list of what does not fit together: entry 0 has the shape {shapes[0]} and entry {other} "
                f"{shapes[other]}. Expected the same of all."
            ) from error
        first = str(error).splitlines()[0].rstrip(".")
        raise InputError(f"{what} is a list of what does not fit together: {first}.") from error


def _shapes(values: Any) -> list[tuple[int, ...]]:  # noqa: ANN401 - a list of arrays, tensors or lists
    """Return the shape of each entry of a list; none where one has no shape."""
    try:
        return [tuple(np.shape(value)) for value in values]
    except ValueError:
        return []


def _require_dense(tensor: Any, what: str) -> None:  # noqa: ANN401 - a tensor
    """Refuse a tensor that is complex, or whose numbers do not lie there one by one."""
    if tensor.is_complex():
        raise InputError(f"{what} holds complex numbers. Give the real and the imaginary part as features.")
    kinds = {"sparse": str(tensor.layout) != "torch.strided", "nested": tensor.is_nested}
    kinds |= {"quantised": tensor.is_quantized, "without numbers (on 'meta')": tensor.device.type == "meta"}
    found = [kind for kind, is_so in kinds.items() if is_so]
    if found:
        raise InputError(f"{what} is a tensor that is {found[0]}. A dense one was expected.")


def doubles_of(values: Any, *, what: str) -> Any:  # noqa: ANN401 - an array or a tensor
    """Return numbers in double precision; a tensor keeps its gradient and its device. Errors as `numbers_of`."""
    found = numbers_of(values, what=what)
    if not is_tensor(found):
        return np.asarray(found, dtype=np.float64)
    try:
        return found.double()
    except (TypeError, RuntimeError) as error:  # Apple's GPUs have no double precision
        raise InputError(
            f"{what} lies on '{found.device}', which has no double precision. Move it to 'cpu'."
        ) from error


def array_of(values: Any) -> npt.NDArray[np.float64]:  # noqa: ANN401 - an array or a tensor
    """Return numbers as an array, without the gradient of a tensor; of bfloat16, which numpy lacks, in float32."""
    if not is_tensor(values):
        return np.asarray(values)
    tensor = values.detach().cpu()
    return np.asarray((tensor.float() if str(tensor.dtype) == "torch.bfloat16" else tensor).numpy())


def like(values: npt.NDArray[np.float64], sample: Any) -> Any:  # noqa: ANN401 - an array or a tensor
    """Return an array as what `sample` is: itself, or a tensor of its type on its device."""
    return sample.new_tensor(values) if is_tensor(sample) else values


def zeros(shape: tuple[int, ...], *, like: Any) -> Any:  # noqa: ANN401 - an array or a tensor
    """Return zeros in double precision: an array where `like` is one, else a tensor on its device."""
    return like.new_zeros(shape) if is_tensor(like) else np.zeros(shape)


def empty(shape: tuple[int, ...], *, like: Any) -> Any:  # noqa: ANN401 - an array or a tensor
    """Return what `zeros` does, not filled."""
    return like.new_empty(shape) if is_tensor(like) else np.empty(shape)


def either(condition: Any, values: Any, others: Any) -> Any:  # noqa: ANN401 - arrays or tensors
    """Return values where a condition holds, and others elsewhere."""
    where = importlib.import_module("torch").where if is_tensor(values) else np.where
    return where(condition, values, others)


def root(values: Any) -> Any:  # noqa: ANN401 - an array or a tensor
    """Return the square root."""
    return values.sqrt() if is_tensor(values) else np.sqrt(values)


def _array_of(values: Any, what: str) -> npt.NDArray[Any]:  # noqa: ANN401 - whatever a user has
    """Return what numpy makes of something else: a list, or an ``xarray.DataArray``."""
    try:
        return np.ma.asanyarray(values) if hasattr(values, "mask") else np.asanyarray(values)
    except ValueError as error:
        raise InputError(f"{what} is no array: {error}.") from error
