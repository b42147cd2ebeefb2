r"""What is attributed: a parameter, the root of a predicted standard deviation, the log odds of a class, an answer.

Of answers :math:`a` of a network a parameter is :math:`a_i`. A predicted standard deviation is taken by its root,
:math:`\sqrt{a_i}`, for many networks predict it as a square, whose gradient is 0 where the deviation is. A class of
logits :math:`z` is taken by its log odds,

.. math:: z_c - \log \sum_{k \ne c} e^{z_k}.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final, Literal

import torch
from torch import Tensor

from repshift.networks.classes import Classes, OutputScale
from repshift.recording.differentiation import logits_of
from repshift.vocabulary import InputError, in_short

Kind = Literal["answer", "root", "log_odds"]
"""What is made of an answer of the network."""

_DEVIATION: Final = "_std"
_FEW: Final = 2


@dataclass(frozen=True)
class ChosenOutputs:
    """Outputs that are attributed.

    Attributes
    ----------
    names
        Of each.
    places
        Of each among the answers of the network or, of a class, among the classes.
    kinds
        What is made of each answer.
    scale
        Of a classifier, what its answers are; else None.
    """

    names: tuple[str, ...]
    places: tuple[int, ...]
    kinds: tuple[Kind, ...]
    scale: OutputScale | None = None

    def values(self, answers: Tensor) -> Tensor:
        """Return what is attributed, (n_maps, n_outputs), of answers (n_maps, n_answers); differentiable."""
        raise NotImplementedError


def chosen_outputs(
    n_answers: int,
    asked: Sequence[int | str] | None,
    names: Sequence[str] = (),
    *,
    classes: Classes | None = None,
) -> ChosenOutputs:
    """Return outputs of a network, chosen by name or by place.

    Parameters
    ----------
    n_answers
        Numbers that the network answers with for each map.
    asked
        Names of parameters, of predicted standard deviations (``Omega_m_std``), or of classes; or places among the
        answers, from 0, taken as they are (of a classifier, places of classes). None: the first two parameters, of two
        classes the second, else all classes; of answers without names the first two.
    names
        Of the parameters that the network infers, in the order of its answers: one for each answer, or for half of
        them, where the others are the standard deviations. Empty where they have none.
    classes
        Of a classifier; `names` do not count then.

    Raises
    ------
    InputError
        If an output does not exist, stands twice, or the names do not fit the answers.
    """
    raise NotImplementedError


__all__ = ["ChosenOutputs", "Kind", "chosen_outputs", "in_short", "InputError", "torch", "logits_of"]
