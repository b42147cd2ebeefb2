"""What a gradient by the pixels of maps needs: outputs as rows, logits, and a gradient that is there."""

from collections.abc import Iterator
from contextlib import contextmanager

import torch
from torch import Tensor

from repshift.networks.classes import OutputScale
from repshift.recording.memory import is_shortage
from repshift.vocabulary import InputError


def rows_of(answers: object) -> Tensor:
    """Return answers of a network as (n_maps, n_answers).

    Raises
    ------
    InputError
        If they are no tensor of real numbers.
    """
    if not (isinstance(answers, Tensor) and answers.is_floating_point() and answers.ndim > 0):
        kind = str(answers.dtype) if isinstance(answers, Tensor) else type(answers).__name__
        raise InputError(f"The network returns a {kind}. Expected a tensor of real numbers, (n_maps, n_answers).")
    return answers.reshape(len(answers), -1)


def gradient_of(values: Tensor, leaf: Tensor, *, kept: bool = True) -> Tensor:
    """Return the gradient of the sum of values (n_maps,) by a leaf (n_maps, channels, y, x) that they depend on.

    `kept` keeps the graph for another gradient.

    Raises
    ------
    InputError
        If the values do not depend on the leaf by anything that can be differentiated, or torch refuses.
    """
    found = None
    if values.requires_grad:
        with _naming_the_cause():
            (found,) = torch.autograd.grad(values.sum(), leaf, retain_graph=kept, allow_unused=True)
    if found is None:
        raise InputError(
            "The outputs of the network have no gradient by the pixels of its maps. Expected a network that torch can "
            "differentiate."
        )
    return found


@contextmanager
def _naming_the_cause() -> Iterator[None]:
    """Say what torch says where it cannot differentiate."""
    try:
        yield
    except RuntimeError as error:
        if is_shortage(error):
            raise
        raise InputError(f"torch cannot differentiate the network: {str(error).splitlines()[0]:.200}") from error


def require_finite(answers: Tensor) -> None:
    """Refuse answers (n_maps, n_answers) of which one is not finite.

    Raises
    ------
    InputError
        With the first map.
    """
    if not torch.isfinite(answers).all():
        first = int(torch.nonzero(~torch.isfinite(answers))[0][0])
        raise InputError(f"The network returns a number that is not finite for map {first}.")


def logits_of(answers: Tensor, scale: OutputScale) -> Tensor:
    """Return logits (n_maps, n_classes) of answers, of which a single one is of the second class of two.

    A probability of 0 counts as the smallest number above it.
    """
    if scale == "probabilities":
        both = torch.cat([1 - answers, answers], dim=1) if answers.shape[1] == 1 else answers
        return both.clamp(min=torch.finfo(answers.dtype).tiny).log()
    return torch.cat([torch.zeros_like(answers), answers], dim=1) if answers.shape[1] == 1 else answers
