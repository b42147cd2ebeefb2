"""What becomes of every layer where maps are perturbed: Gram matrices and distances from the unperturbed maps.

The representations of the unperturbed maps are held; those of a level are used as they come where its maps are one
batch, and held as well until the last batch where they are several.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor, nn

from repshift.recording.batches import Forward, held_maps
from repshift.recording.devices import choose_device
from repshift.recording.layers import Rule
from repshift.recording.memory import BatchSize
from repshift.recording.passes import answer_of, features_of, record_layers
from repshift.recording.resolution import spread_of, unresolved, working_type
from repshift.similarity.gram import linear_gram, linear_product

Values = npt.NDArray[np.float64]

_AT_ONCE = 1 << 13
"""Features of which differences are held at a time: few enough for the cache."""

_FAR = 10.0
"""Squared size of the mean map over the scatter of the maps up to which products are made with it."""


@dataclass(frozen=True)
class LayersAtZero:
    """The layers of the unperturbed maps.

    Attributes
    ----------
    held
        Each layer, (n_maps, n_units), on the device.
    grams
        (layers, n_maps, n_maps) float64; with or without the offset of the maps.
    resolved
        (layers,): whether single precision resolves the maps of a layer.
    answers
        (n_maps, n_answers), on the host.
    """

    held: dict[str, Tensor]
    grams: Values
    resolved: npt.NDArray[np.bool_]
    answers: Tensor

    @property
    def layers(self) -> tuple[str, ...]:
        """Names of the layers, in the order of their calls."""
        return tuple(self.held)

    @property
    def unresolved(self) -> tuple[str, ...]:
        """Names of the layers that single precision does not resolve."""
        return tuple(name for name, is_so in zip(self.layers, self.resolved, strict=True) if not is_so)

    @property
    def last(self) -> Tensor:
        """Representation of the last layer."""
        return self.held[self.layers[-1]]


@dataclass(frozen=True)
class Drift:
    """The layers of perturbed maps beside those of the unperturbed ones.

    Attributes
    ----------
    grams
        (layers, n_maps, n_maps) float64; with or without the offset of the maps.
    squares
        (layers, n_maps): squared distance of each map from itself unperturbed.
    pooled
        (n_maps + n_own, n_maps + n_own): Gram matrix of the last layer, over these maps and then those of the model's
        own domain.
    answers
        (n_maps, n_answers), on the host.
    """

    grams: Values
    squares: Values
    pooled: Values
    answers: Tensor


def record_unperturbed(network: nn.Module, maps: Any, **how: Any) -> LayersAtZero:  # noqa: ANN401 - of `_record`
    """Record the layers of the unperturbed maps, and hold them.

    Parameters
    ----------
    network, maps
        As in `repshift.recording.passes.run_network`.
    how
        ``batch_size``, ``layers``, ``device`` as there, ``forward`` as in `repshift.recording.passes.record_layers`.

    Raises
    ------
    InputError
        As there, or if a value is not finite.
    """
    found: dict[str, Tensor] = {}

    def hold(name: str, features: Tensor) -> None:
        found[name] = features.clone()

    answers = _record(network, maps, hold, found.clear, **how)
    kind = working_type(network, "float32")
    weak = unresolved({name: [spread_of(one)] for name, one in found.items()}, kind, maps=spread_of(maps))
    return LayersAtZero(
        held=found,
        grams=np.stack([_compared(one, one)[0] for one in found.values()]),
        resolved=np.array([name not in weak for name in found]),
        answers=answers,
    )


def record_drift(
    network: nn.Module,
    maps: Any,  # noqa: ANN401 - as in run_network
    unperturbed: LayersAtZero,
    *,
    rows: npt.NDArray[np.int64],
    own: Tensor,
    **how: Any,  # noqa: ANN401 - of `_record`
) -> Drift:
    """Record the layers of perturbed maps beside those of the unperturbed ones; nothing is held.

    Parameters
    ----------
    network, maps, how
        As in `record_unperturbed`.
    unperturbed
        Of that.
    rows
        (n_maps,): which of the unperturbed maps these are.
    own
        (n_own, n_units): the last layer of maps of the model's own domain.

    Raises
    ------
    InputError
        As in `record_unperturbed`.
    """
    grams: dict[str, Values] = {}
    squares: dict[str, Values] = {}
    pooled: list[Values] = []
    every, index = len(rows) == len(unperturbed.grams[0]), torch.from_numpy(rows)

    def compare(name: str, features: Tensor) -> None:
        before = unperturbed.held[name]
        grams[name], squares[name] = _compared(features, before if every else before[index.to(before.device)])
        if name == unperturbed.layers[-1]:
            pooled[:] = [pooled_gram(features, own)]

    answers = _record(network, maps, compare, grams.clear, **how)
    order = unperturbed.layers
    return Drift(np.stack([grams[one] for one in order]), np.stack([squares[one] for one in order]), pooled[0], answers)


def pooled_gram(features: Tensor, own: Tensor) -> Values:
    """Return the Gram matrix over some maps and then those of the own domain, of (n, n_units) each."""
    return np.asarray(linear_gram(torch.cat([features, own])).cpu().numpy())


def _record(
    network: nn.Module,
    maps: Any,  # noqa: ANN401 - as in run_network
    take: Callable[[str, Tensor], None],
    again: Callable[[], None],
    *,
    batch_size: BatchSize,
    layers: Sequence[Rule] | None,
    device: str | torch.device,
    forward: Forward | None = None,
) -> Tensor:
    """Run maps, hand each layer over whole, and return the answers; `again` is called where memory was short."""
    held = held_maps(maps, forward)

    def attempt(size: int) -> Tensor:
        again()
        answers: list[Tensor] = []
        parts: dict[str, list[Tensor]] = {}

        def consume(name: str, output: Tensor) -> None:
            features = features_of(output.detach())
            features = features.float() if features.dtype.itemsize < 4 else features
            if len(features) < len(held):
                before = parts.setdefault(name, [])
                before.append(features.clone())
                if sum(map(len, before)) < len(held):
                    return
                features = torch.cat(parts.pop(name))
            take(name, features)

        how: dict[str, Any] = {"batch_size": size, "layers": layers, "device": device, "forward": forward}
        record_layers(network, held, consume=consume, keep=lambda one: answers.append(answer_of(one)), **how)
        return torch.cat(answers)

    return batch_size.fit(attempt, device=choose_device(device))


def _compared(features: Tensor, before: Tensor) -> tuple[Values, Values]:
    """Return the Gram matrix of a layer, and the squared distance of each map from itself unperturbed.

    On the CPU both in one pass over pieces that fit the cache, summed in double precision, with the offset of the maps;
    where single precision does not hold what is left without it, by `linear_product`, as on other devices.
    """
    if features.device.type != "cpu":
        difference = features - before
        squares = torch.linalg.vecdot(difference, difference).cpu().double().numpy()
        return linear_product(features).gram, np.asarray(squares)
    gram, squares = _in_pieces(features.numpy(), before.numpy())
    offset = len(gram) * gram.mean()
    if not offset <= _FAR * (np.trace(gram) - offset):  # also where it is no number, which linear_product refuses
        gram = linear_product(features).gram
    return gram, squares


def _in_pieces(values: npt.NDArray[np.floating], others: npt.NDArray[np.floating]) -> tuple[Values, Values]:
    """Return the products (n, n) of rows, and the squared distance of each from another (n,), of (n, n_units)."""
    n, n_units = values.shape
    gram, squares = np.zeros((n, n)), np.zeros(n)
    memory = np.empty(n * min(_AT_ONCE, n_units), dtype=values.dtype)
    for start in range(0, n_units, _AT_ONCE):
        part, other = values[:, start : start + _AT_ONCE], others[:, start : start + _AT_ONCE]
        difference = np.subtract(part, other, out=memory[: part.size].reshape(part.shape))
        gram += part @ part.T
        squares += np.einsum("ij,ij->i", difference, difference)
    return gram, squares
