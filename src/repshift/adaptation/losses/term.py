"""What all terms have in common: the features of layers of two domains, how they are weighed, and their scale."""

from abc import ABC, abstractmethod
from collections.abc import Mapping
from typing import TypeAlias

from torch import Tensor, nn

from repshift.vocabulary import InputError

Features: TypeAlias = Mapping[str, Tensor]
"""What is made from the output of each layer for the maps of a batch, by the name of the layer."""


class Term(nn.Module, ABC):
    """A term of the loss, of the features of both domains; its parameters, if any, are trained beside the network's."""

    learning_rate: float = 1e-3
    """Of its own parameters."""

    may_be_raised: bool = False
    """Whether a weight below 0, which raises the term, has a meaning."""

    def made_of(self, name: str, output: Tensor) -> Tensor:
        """Return what is kept of the output of the layer `name`, (n_maps, ...), in its call: by default rows.

        They are a copy, for an operation in place may follow.
        """
        return output.flatten(1).clone()

    def prepare(self, features: Features) -> None:
        """Make parameters that depend on how many features there are; called once, before training."""

    @abstractmethod
    def forward(self, source: Features, target: Features) -> Tensor:
        """Return a scalar with a gradient, of the features of either domain."""

    def added(self, loss: Tensor, term: Tensor, *, weight: float) -> Tensor:
        """Return the loss of the labels with the term added to it."""
        return loss + weight * term


def require_finite(scale: Tensor) -> None:
    """Refuse features whose scale () is not finite."""
    if not scale.isfinite():
        raise InputError(
            "The features at the layer to be aligned are not finite. Expected finite ones: lower the learning rate or "
            "the weight."
        )


def on_one_scale(source: Tensor, target: Tensor) -> tuple[Tensor, Tensor]:
    r"""Return rows of two domains, centred and divided so that the features of the source have a mean variance of 1.

    Parameters
    ----------
    source, target
        (n_maps, n_units) and (n_maps_target, n_units).

    Raises
    ------
    InputError
        If the features of the source are constant, so that they have no scale, or not finite.

    Notes
    -----
    .. math:: x \to (x - m) / s, \qquad s^2 = \frac{1}{n d} \sum_{ij} (x_{ij} - m_j)^2 \text{ of the source}

    with its mean m. No gradient passes through m and s, so that a network does not lower a term by its scale alone.
    """
    mean = source.detach().mean(0)
    scale = (source.detach() - mean).square().mean().sqrt()
    require_finite(scale)
    if scale == 0:
        raise InputError(
            f"The features of {len(source)} source maps are all equal at the layer to be aligned, so they have no "
            "scale. Choose another layer; where training made them so, a lower weight or learning rate."
        )
    return (source - mean) / scale, (target - mean) / scale
