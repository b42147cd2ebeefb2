r"""What is attributed: a parameter, the root of a predicted standard deviation, the log odds of a class, an answer.

Of answers :math:`a` of a network a parameter is :math:`a_i`. A predicted standard deviation is taken by its root,
:math:`\sqrt{a_i}`, for many networks predict it as a square, whose gradient is 0 where the deviation is. A class of
logits :math:`z` is taken by its log odds,

.. math:: z_c - \log \sum_{k \ne c} e^{z_k}.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Final, Literal

import torch
from torch import Tensor

from repshift.networks.classes import Classes, OutputScale
from repshift.recording.differentiation import logits_of
from repshift.vocabulary import InputError, in_short

Kind = Literal["answer", "root", "log_odds"]
"""What is made from an answer of the network."""

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
        What is made from each answer.
    scale
        Of a classifier, what its outputs are; else None.
    """

    names: tuple[str, ...]
    places: tuple[int, ...]
    kinds: tuple[Kind, ...]
    scale: OutputScale | None = None

    def values(self, answers: Tensor) -> Tensor:
        """Return what is attributed, (n_maps, n_outputs), of answers (n_maps, n_answers); differentiable."""
        numbers = answers if self.scale is None else logits_of(answers, self.scale)
        found = [_FUNCTIONS[kind](numbers, place) for kind, place in zip(self.kinds, self.places, strict=True)]
        return torch.stack(found, dim=1)

    def require_fitting(self, n_answers: int) -> None:
        """Refuse a network without one of the outputs.

        Raises
        ------
        InputError
            How many numbers the network returns.
        """
        n_columns = 2 if self.scale is not None and n_answers == 1 else n_answers
        missing = [name for name, place in zip(self.names, self.places, strict=True) if place >= n_columns]
        if missing:
            raise InputError(f"The network returns {n_answers} numbers a map: there is no output {in_short(missing)}.")


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
        Numbers that the network returns for each map.
    asked
        Names of parameters, of predicted standard deviations (``Omega_m_std``), or of classes; or their places among
        the answers, or among the classes, from 0. Answers without names are taken as they are. None: the first two
        parameters, of two classes the second, else all classes; of answers without names the first two.
    names
        Of the parameters that the network infers, distinct, in the order of its outputs: one for each answer, or for
        half of them, where the others are the standard deviations. Empty where they have none.
    classes
        Of a classifier; `names` do not count then.

    Raises
    ------
    InputError
        If an output does not exist, stands twice, or the names do not fit the answers.
    """
    if classes is not None:
        return _chosen_classes(n_answers, asked, classes)
    known = _known_outputs(n_answers, names)
    wanted = list(range(min(_FEW, len(names) or n_answers))) if asked is None else list(asked)
    places = _places(wanted, list(known))
    chosen = [list(known)[place] for place in places]
    return ChosenOutputs(tuple(chosen), tuple(places), tuple(known[name] for name in chosen))


def _chosen_classes(n_answers: int, asked: Sequence[int | str] | None, classes: Classes) -> ChosenOutputs:
    """Return the log odds of some classes."""
    if not classes.fit((1, n_answers)):
        raise InputError(
            f"The network returns {n_answers} numbers a map, which fit no {len(classes.names)} classes. Expected "
            f"{classes.expected}."
        )
    names = list(classes.names)
    default = [1] if len(names) == _FEW else range(len(names))
    places = _places(list(default if asked is None else asked), names)
    kinds: list[Kind] = ["log_odds"] * len(places)
    return ChosenOutputs(tuple(names[place] for place in places), tuple(places), tuple(kinds), classes.output_scale)


def _known_outputs(n_answers: int, names: Sequence[str]) -> dict[str, Kind]:
    """Return what is made from each answer, by the name of the output, in the order of the outputs."""
    if not names:
        return {str(place): "answer" for place in range(n_answers)}
    if n_answers not in (len(names), 2 * len(names)):
        raise InputError(
            f"The network returns {n_answers} numbers a map, which fit no {len(names)} parameters "
            f"({in_short(names)}). Expected one for each, or also its standard deviation."
        )
    deviations = [f"{name}{_DEVIATION}" for name in names] if n_answers > len(names) else []
    found: dict[str, Kind] = {**dict.fromkeys(names, "answer"), **dict.fromkeys(deviations, "root")}
    if len(found) < n_answers:
        raise InputError(f"Names of outputs stand twice among {in_short([*names, *deviations])}. Expected each once.")
    return found


def _places(asked: Sequence[int | str], names: Sequence[str]) -> list[int]:
    """Return the place of each output that is asked for; refuse what does not exist, or stands twice."""
    if not asked:
        raise InputError("No output is asked for. Expected one or more.")
    found: list[int] = []
    for one in asked:
        place = one if isinstance(one, int) else names.index(one) if one in names else -1
        if not 0 <= place < len(names):
            raise InputError(f"There is no output '{one}'. There are {in_short(names)}, by name or from 0 up.")
        if place in found:
            raise InputError(f"Output '{one}' is asked for twice. Expected each once.")
        found.append(place)
    return found


def _answer(answers: Tensor, place: int) -> Tensor:
    return answers[:, place]


def _root(answers: Tensor, place: int) -> Tensor:
    """Return the root of an answer; where that is 0, its gradient is 0 too."""
    answer = answers[:, place]
    is_zero = answer == 0
    return torch.where(is_zero, torch.zeros_like(answer), torch.where(is_zero, 1, answer).sqrt())


def _log_odds(logits: Tensor, place: int) -> Tensor:
    others = torch.cat([logits[:, :place], logits[:, place + 1 :]], dim=1)
    return logits[:, place] - others.logsumexp(dim=1)


_FUNCTIONS: Final[dict[Kind, Callable[[Tensor, int], Tensor]]] = {
    "answer": _answer,
    "root": _root,
    "log_odds": _log_odds,
}
"""What is made from answers (n_maps, n_answers), or of logits, at a place: (n_maps,)."""
