"""How large CMD's network is, from its width and the side of its maps alone, where torch is not installed."""

from dataclasses import dataclass
from functools import cache

_ANSWERS = 12
_KERNEL = 9
_HALVING = 4
_LAST_KERNEL = 16
_NORM = 4


@dataclass(frozen=True)
class Architecture:
    """A network in numbers.

    Attributes
    ----------
    layers
        Representations compared: outputs of the activations.
    units
        Numbers in them, of one map.
    multiplications
        In one forward pass of one map.
    parameters
        Numbers in the state dict, except the counters of the batch norms.
    """

    layers: int
    units: int
    multiplications: int
    parameters: int


@cache
def architecture_of(hidden: int, size: int) -> Architecture:
    """Return the numbers of `repshift.networks.CMDNetwork` of one channel.

    Parameters
    ----------
    hidden
        Width.
    size
        Pixels along one side of a map, a power of two from 16 up; of another, the next lower one counts.

    Examples
    --------
    >>> architecture_of(2, 64).layers, architecture_of(2, 256).layers
    (14, 20)
    """
    blocks = size.bit_length() - 3
    units = multiplications = parameters = 0
    before, width = 1, 1
    for block in range(blocks):
        before, width = width, 2 ** (block + 1) * hidden
        pixels = 4 ** (blocks + 2 - block)
        weights = (_KERNEL * before * width, _KERNEL * width**2, _HALVING * width**2)
        units += 2 * width * pixels + width * pixels // 4
        multiplications += (weights[0] + weights[1]) * pixels + weights[2] * pixels // 4
        parameters += sum(weights) + 3 * width * (1 + _NORM)
    last, linear, answers = 2 * width**2 * _LAST_KERNEL, 2 * width**2, width * _ANSWERS
    return Architecture(
        layers=3 * blocks + 2,
        units=units + 2 * width + width,
        multiplications=multiplications + last + linear + answers,
        parameters=parameters + last + 2 * width * (1 + _NORM) + linear + width + answers + _ANSWERS,
    )


def layer_names(size: int) -> tuple[str, ...]:
    """Return the names of the layers of `repshift.networks.CMDNetwork`, of maps of `size` pixels a side.

    Examples
    --------
    >>> layer_names(32)[-3:], len(layer_names(64))
    (('C23', 'C31', 'FC1'), 14)
    """
    blocks = size.bit_length() - 3
    return (*(f"C{block}{number}" for block in range(blocks) for number in (1, 2, 3)), f"C{blocks}1", "FC1")
