"""Affine maps by channel that a repair puts into a network: at its input, after a call of a module, at its outputs.

They are buffers of a submodule, so that copies and the state dict have them, and take effect by hooks, so that names,
types and calls of the network's own modules stay as they were. Whoever records a layer with an insertion records what
comes after it.
"""

from collections import Counter
from typing import Any, Final, Literal, cast

import torch
from torch import Tensor, nn

from repshift.vocabulary import InputError

NAME: Final = "insertions"
"""Of the submodule that holds them."""

INPUT: Final = "input"
OUTPUTS: Final = "outputs"
"""Places that are no call of a module."""

Kind = Literal["affine", "log_probabilities"]
"""What is mapped: the values, or the logarithms of probabilities, which are probabilities again."""


class Insertion(nn.Module):
    r"""An affine map by channel.

    Parameters
    ----------
    place
        `INPUT`, `OUTPUTS`, or the call of a module, ``LeakyReLU:12``.
    channels
        Along the second axis of what it maps.
    kind
        What is mapped.

    Notes
    -----
    Of values :math:`x` of channel :math:`c` it makes :math:`a_c x + b_c`. Of probabilities :math:`p`

    .. math:: p'_c = e^{a_c \log p_c + b_c} / \sum_k e^{a_k \log p_k + b_k},

    and of one column alone, the second class of two, :math:`\log (p' / (1 - p')) = a \log (p / (1 - p)) + b`.
    """

    scale: Tensor
    shift: Tensor

    def __init__(self, place: str, channels: int, kind: Kind = "affine") -> None:
        super().__init__()
        self.place, self.kind = place, kind
        self.register_buffer("scale", torch.ones(channels))
        self.register_buffer("shift", torch.zeros(channels))

    def forward(self, values: Tensor) -> Tensor:
        """Return values (n_maps, channels, ...) mapped; (n_maps,) where there is one channel."""
        self._require_fitting(values)
        if self.kind == "affine":
            return self._mapped(values)
        if self.scale.numel() == 1:
            return torch.sigmoid(self._mapped(torch.logit(values, eps=torch.finfo(values.dtype).tiny)))
        return torch.softmax(self._mapped(values.clamp_min(torch.finfo(values.dtype).tiny).log()), dim=1)

    def _mapped(self, values: Tensor) -> Tensor:
        shape = (1, -1, *[1] * (values.ndim - 2)) if values.ndim > 1 else (-1,)
        return values * self.scale.view(shape) + self.shift.view(shape)

    def _require_fitting(self, values: Tensor) -> None:
        """Refuse values that have other channels: they would be mapped by the wrong ones, or not at all."""
        found = values.shape[1] if values.ndim > 1 else 1
        if found != self.scale.numel():
            raise InputError(
                f"The insertion at '{self.place}' is of {self.scale.numel()} channels, but finds {found} in the shape "
                f"{tuple(values.shape)}. Expected the network as it was repaired."
            )

    @property
    def record(self) -> dict[str, Any]:
        """What the description of a model file says of it."""
        return {"place": self.place, "channels": self.scale.numel(), "kind": self.kind}


class _Pass:
    """Which calls one forward pass has made so far; no attribute of a module, for it is no part of a network."""

    def __init__(self) -> None:
        self.counts: Counter[str] = Counter()
        self.applied: set[str] = set()


class Insertions(nn.ModuleList):
    """The insertions of a network, in the order in which repairs put them there."""

    def __init__(self) -> None:
        super().__init__()
        self.running = _Pass()

    def forward(self, values: Any) -> Any:  # noqa: ANN401 - whatever a chain of modules hands on
        """Return values as they are: a network that calls all its modules in turn calls this one, too."""
        return values

    @property
    def held(self) -> list[Insertion]:
        """The insertions."""
        return [cast(Insertion, one) for one in self]

    def at(self, place: str) -> list[Insertion]:
        """Return those at one place, in the order in which they are applied: at the input the last comes first."""
        found = [one for one in self.held if one.place == place]
        return found[::-1] if place == INPUT else found

    def start(self) -> None:
        """Begin a forward pass."""
        self.running = _Pass()

    def counted(self, path: str) -> str:
        """Return the name of the next call of a module."""
        call = f"{path}:{self.running.counts[path]}"
        self.running.counts[path] += 1
        return call

    def require_applied(self) -> None:
        """Refuse a forward pass in which an insertion had no effect.

        Raises
        ------
        InputError
            With its place.
        """
        missing = [one.place for one in self.held if one.place not in self.running.applied]
        if missing:
            raise InputError(f"The forward pass never made the call '{missing[0]}', where an insertion is.")

    def applied(self, place: str, values: object) -> Any:  # noqa: ANN401 - what a module returns
        """Return what a module returned, mapped by the insertions at a place; as it is where there are none."""
        found = self.at(place)
        if not found:
            return values
        if not isinstance(values, Tensor):
            raise InputError(
                f"There is a {type(values).__name__} at '{place}', where an insertion is. Expected a tensor, "
                "(n_maps, channels, ...), as its first argument or what it returns."
            )
        self.running.applied.add(place)
        for one in found:
            values = one.forward(values)  # not a call of its own: it is part of the layer
        return values
