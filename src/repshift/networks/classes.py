"""The classes of a classifier, and the probabilities that its outputs stand for."""

from dataclasses import dataclass
from typing import Final, Literal, get_args
from unicodedata import normalize

import numpy as np
import numpy.typing as npt

from repshift.vocabulary import InputError, in_short

OutputScale = Literal["logits", "probabilities"]
"""What the outputs of a classifier are."""

SUM_TOLERANCE: Final = 0.01
"""How far the probabilities of a map may sum to another number than 1.

A softmax in bfloat16, the coarsest type in use, rounds each probability by up to 1 part in 512, so their sum by 0.002;
where its own sum is rounded too, by a few times that. Logits that happen to sum to 1 so closely at every map, none of
them negative, are no accident.
"""

_NO_ACCIDENT: Final = 10
"""Maps at all of which logits do not look like probabilities by chance."""

_ROUNDING: Final = 1e-6
"""How far below 0 a probability may be: ``1 - p`` in single precision, where p is 1."""


@dataclass(frozen=True)
class Classes:
    """The classes of a classifier, in the order of its outputs.

    Attributes
    ----------
    names
        Two or more, distinct; those that are numbers are the numbers that they say: ``1`` and ``1.0`` are one class.
    output_scale
        What its outputs are.

    Raises
    ------
    InputError
        If there are fewer than two, one stands twice, or the outputs are something else.
    """

    names: tuple[str, ...]
    output_scale: OutputScale = "logits"

    def __post_init__(self) -> None:
        """Refuse what names no classes."""
        keys = [class_key(name) for name in self.names]
        if len(keys) < 2:
            raise InputError(f"The classes are {', '.join(self.names) or 'none'}. Expected two or more.")
        twice = [name for name, key in zip(self.names, keys, strict=True) if keys.count(key) > 1]
        if twice:
            raise InputError(f"The classes {' and '.join(twice)} are one and the same. Expected each once.")
        if self.output_scale not in get_args(OutputScale):
            raise InputError(
                f"The outputs of a classifier are '{self.output_scale}'. Expected {' or '.join(get_args(OutputScale))}."
            )

    def index_of(self, label: str) -> int | None:
        """Return the place of the class that a label names, with spaces around it or not; None if it names none.

        Examples
        --------
        >>> Classes(("0", "1")).index_of(" 1.0")
        1
        """
        keys = [class_key(name) for name in self.names]
        key = class_key(label)
        return keys.index(key) if key in keys else None

    def fit(self, shape: tuple[int, ...]) -> bool:
        """Return whether outputs of a shape may be of these classes: a column each or, of two classes, one alone."""
        n_classes = len(self.names)
        return shape[1:] == (n_classes,) or (n_classes == 2 and shape[1:] in ((), (1,)))

    @property
    def expected(self) -> str:
        """What shape its outputs have, in words."""
        columns = f"{len(self.names)} columns of {self.output_scale}"
        return columns if len(self.names) > 2 else f"{columns}, or one column of the second class"


def class_key(label: str) -> str | float:
    """Return what two labels of one class have in common: the number that they say, else the text without spaces.

    An accent may be a character of its own or a part of its letter: both are one text (NFC, Unicode annex 15).
    """
    text = normalize("NFC", label.strip())
    try:
        number = float(text)
    except ValueError:
        return text
    return number if np.isfinite(number) else text


def class_probabilities(
    outputs: npt.NDArray[np.float64], classes: Classes, *, positions: npt.NDArray[np.int64] | None = None
) -> npt.NDArray[np.float64]:
    r"""Return the probability of each class.

    Parameters
    ----------
    outputs
        (n_maps, n_classes), or of two classes (n_maps, 1) or (n_maps,), the second class: logits of any size, or
        probabilities; finite.
    classes
        What they are of.
    positions
        (n_maps,): what errors call the maps; None: they are counted from 0.

    Returns
    -------
    (n_maps, n_classes), dimensionless, in [0, 1]; rows sum to 1 to rounding, also where given probabilities do so less
    well.

    Raises
    ------
    InputError
        If the shape fits no such classes, what is said to be probabilities is none, or what is said to be logits is
        probabilities at ten maps or more.

    Notes
    -----
    .. math:: p_k = e^{z_k} / \sum_j e^{z_j}, \qquad p_2 = 1 / (1 + e^{-z}) \text{ of one logit } z.
    """
    if not classes.fit(outputs.shape):
        raise InputError(
            f"Outputs of shape {outputs.shape} fit no {len(classes.names)} classes, {in_short(classes.names)}. "
            f"Expected {classes.expected}."
        )
    columns = outputs.reshape(len(outputs), -1)
    if classes.output_scale == "probabilities":
        both = np.hstack([1 - columns, columns]) if columns.shape[1] == 1 else columns
        _require_probabilities(both, np.arange(len(both)) if positions is None else positions)
        clipped = np.clip(both, 0, None)
        return np.asarray(clipped / clipped.sum(axis=1, keepdims=True))
    if len(columns) >= _NO_ACCIDENT and sum_to_one(columns):
        raise InputError(
            f"What is said to be logits is from 0 to 1 and sums to 1 at each of {len(columns)} maps. Expected logits. "
            "Are they probabilities?"
        )
    logits = np.hstack([np.zeros_like(columns), columns]) if columns.shape[1] == 1 else columns
    powers = np.exp(logits - logits.max(axis=1, keepdims=True))
    return np.asarray(powers / powers.sum(axis=1, keepdims=True))


def sum_to_one(outputs: npt.NDArray[np.float64]) -> bool:
    """Return whether outputs (n_maps, n_classes) of two or more classes may be probabilities: shares of 1, each map."""
    return outputs.shape[1] > 1 and not _is_no_share(outputs).any()


def _is_no_share(found: npt.NDArray[np.float64]) -> npt.NDArray[np.bool_]:
    """Return which rows are no probabilities; what is not finite is left to others."""
    wrong = (found < -_ROUNDING).any(axis=1) | (np.abs(found.sum(axis=1) - 1) > SUM_TOLERANCE)
    return np.asarray(wrong)


def _require_probabilities(found: npt.NDArray[np.float64], positions: npt.NDArray[np.int64]) -> None:
    """Refuse rows that are no probabilities; what is not finite is left to others."""
    wrong = np.flatnonzero(_is_no_share(found))
    if len(wrong):
        first = int(wrong[0])
        row, name = found[first], positions[first]
        raise InputError(
            f"What is said to be probabilities is not, at {len(wrong)} of {len(found)} maps: those of map {name} "
            f"are {row.min():.3g} to {row.max():.3g} and sum to {row.sum():.3g}. Expected 0 to 1 "
            "and a sum of 1. Are they logits?"
        )
