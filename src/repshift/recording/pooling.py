"""The output of a layer pooled over positions, so that a representation is a vector of channels or of a token."""

from typing import Final, Literal, get_args

from torch import Tensor

from repshift.vocabulary import InputError

Pool = Literal["mean", "token"]
"""``mean``: over the positions of a layer. ``token``: its first token."""

_TOKENS: Final = 3
"""Axes of an output of tokens, (n_maps, tokens, width); images, and cubes, have more."""


def require_pool(pool: str | None) -> None:
    """Refuse an unknown way to pool.

    Raises
    ------
    InputError
        With the name.
    """
    if pool is not None and pool not in get_args(Pool):
        raise InputError(f"Unknown pool '{pool}'. Choose None, 'mean' or 'token'.")


def pooled(name: str, output: Tensor, pool: Pool | None) -> Tensor:
    """Return the output of a layer, pooled.

    Parameters
    ----------
    name
        Of the layer, for the message.
    output
        (n_maps, units) and (n_maps,), which have no positions and stay as they are; (n_maps, tokens, width);
        (n_maps, channels, y, x) or (n_maps, channels, z, y, x).
    pool
        None: the output as it is. ``"mean"``: the mean over tokens, or over y and x (and z). ``"token"``: the first
        token, which many transformers add as that of the class.

    Returns
    -------
    (n_maps, width) or (n_maps, channels), single precision of half precision.

    Raises
    ------
    InputError
        If the output has other axes: with ``"token"`` more than three, with ``"mean"`` more than five.
    """
    if pool is None or output.ndim < _TOKENS:
        return output
    wide = output.float() if output.dtype.itemsize < 4 else output
    if output.ndim == _TOKENS:
        return wide.mean(1) if pool == "mean" else wide[:, 0]
    if pool == "mean" and output.ndim <= 5:
        return wide.flatten(2).mean(2)
    expected = "(n_maps, tokens, width)" if pool == "token" else "at most five axes, the channels second"
    raise InputError(
        f"Layer '{name}' returns shape {tuple(output.shape)}, which pool='{pool}' does not take: expected {expected}. "
        f'Leave it out, as "!{name}", or choose another pool.'
    )
