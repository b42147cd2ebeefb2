"""Which calls of torch are linear in what depends on the maps, and which of the others have slopes of their own."""

from typing import Final, Literal

from torch import Tensor

from repshift.attribution.rules import Call
from repshift.recording.layers import FUNCTIONS

Treatment = Literal["as it is", "constant", "slope", "maximum", "path", "refused"]
"""What DeepLIFT does with a call."""

_LINEAR: Final = frozenset({
    "add", "sub", "subtract", "__rsub__", "rsub", "neg", "negative", "positive", "cat", "concat", "concatenate",
    "stack", "hstack", "vstack", "dstack", "__getitem__", "__setitem__", "select", "index_select", "narrow", "gather",
    "take_along_dim", "where", "masked_fill", "chunk", "split", "tensor_split", "unbind", "mean", "sum", "cumsum",
    "diff", "flatten", "ravel", "unflatten", "reshape", "reshape_as", "view", "view_as", "permute", "transpose",
    "swapaxes", "swapdims", "movedim", "moveaxis", "t", "T", "mT", "squeeze", "unsqueeze", "expand", "expand_as",
    "broadcast_to", "repeat", "tile", "contiguous", "clone", "to", "float", "double", "type", "type_as", "pad",
    "roll", "flip", "rot90", "tril", "triu", "unfold", "fold", "avg_pool1d", "avg_pool2d", "avg_pool3d",
    "adaptive_avg_pool1d", "adaptive_avg_pool2d", "adaptive_avg_pool3d", "interpolate", "upsample", "pixel_shuffle",
    "pixel_unshuffle", "channel_shuffle", "requires_grad",
})  # fmt: skip
"""Functions that are linear, or linear and a constant, in all their tensors at once."""

_LINEAR_IN_ONE: Final = frozenset({
    "mul", "multiply", "matmul", "__rmatmul__", "mm", "bmm", "mv", "dot", "einsum", "tensordot", "bilinear", "linear",
    "conv1d", "conv2d", "conv3d", "conv_transpose1d", "conv_transpose2d", "conv_transpose3d", "batch_norm", "div",
    "divide", "true_divide",
})  # fmt: skip
"""Functions that are linear, or linear and a constant, where one of their tensors alone depends on the maps."""

_TRAINING: Final = frozenset({
    "batch_norm", "dropout", "dropout1d", "dropout2d", "dropout3d", "alpha_dropout", "feature_alpha_dropout",
})  # fmt: skip
"""Functions that are linear in evaluation mode alone."""

_ELEMENTWISE: Final = frozenset({
    "square", "pow", "__rpow__", "sqrt", "rsqrt", "exp", "exp2", "expm1", "log", "log2", "log10", "log1p", "abs",
    "clamp", "clamp_min", "clamp_max", "clip", "minimum", "maximum", "reciprocal", "__rdiv__", "sin", "cos", "atan",
    "arctan", "erf", "hypot", "logit", "sinh", "asinh", "arcsinh",
}) | (set(FUNCTIONS) - {"glu", "conv1d", "conv2d", "conv3d", "linear"})  # fmt: skip
"""Functions of one unit each."""

MAXIMA: Final = frozenset(f"{kind}max_pool{axes}d" for kind in ("", "adaptive_") for axes in (1, 2, 3)) | {"amax"}
"""Functions that choose the largest of some units."""

_SMOOTH: Final = frozenset({"softmax", "log_softmax", "logsumexp"})
"""Functions of several units, whose slopes are mean gradients between the baseline and the map."""

_SHAPES: Final = frozenset({
    "shape", "size", "dim", "ndim", "ndimension", "__len__", "numel", "nelement", "device", "dtype", "layout",
    "stride", "is_contiguous", "is_floating_point", "is_complex", "is_cuda", "is_sparse", "is_quantized", "is_nested",
    "is_meta", "get_device", "element_size", "is_leaf", "zeros_like", "ones_like",
    "empty_like", "full_like", "new_zeros", "new_ones", "new_full", "new_empty", "itemsize", "nbytes",
})  # fmt: skip
"""What only reads the shape and the kind of a tensor."""

_OF_OUTPUTS: Final = frozenset({"eq", "__eq__"})
"""What `repshift.attribution.output_choice` asks of answers, outside the network: whether a standard deviation is 0."""


def treatment_of(call: Call) -> Treatment:
    """Return what DeepLIFT does with a call of which a tensor depends on the maps."""
    found = _by_name(call.name)
    one = len(call.dependent) == 1
    if call.where is None and call.name in _OF_OUTPUTS:
        return "constant"
    if call.name in _TRAINING and call.named.get("training") is not False:
        return "refused"
    if call.name in _LINEAR_IN_ONE:
        denominator = call.given[1] if call.name in ("div", "divide", "true_divide") and len(call.given) > 1 else None
        return "as it is" if one and not (isinstance(denominator, Tensor) and denominator.requires_grad) else "refused"
    return found if one or found in ("as it is", "constant") else "refused"


def _by_name(name: str) -> Treatment:
    if name in _SHAPES:
        return "constant"
    if name in _LINEAR or name in _TRAINING:
        return "as it is"
    if name in _ELEMENTWISE:
        return "slope"
    if name in MAXIMA:
        return "maximum"
    return "path" if name in _SMOOTH else "refused"
