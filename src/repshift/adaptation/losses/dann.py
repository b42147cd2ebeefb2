"""A discriminator of domains, against which the network is trained.

References
----------
Ganin et al. 2016, "Domain-Adversarial Training of Neural Networks", JMLR 17, 59 (arXiv 1505.07818), section 4.2.
"""

from typing import Any, Final

import torch
from torch import Tensor, nn
from torch.nn import functional

from repshift.adaptation.losses.term import Features, Term, on_one_scale

HIDDEN: Final = 64
"""Units of its hidden layer."""


class Discriminator(Term):
    """Cross entropy of telling domains apart by a layer's features, whose gradient reaches the network reversed.

    Parameters
    ----------
    seed
        Of the discriminators' first weights.
    """

    def __init__(self, seed: int) -> None:
        super().__init__()
        self.seed = seed
        self.of_layer = nn.ModuleList()

    def prepare(self, features: Features) -> None:
        """Make a discriminator for each layer, on its device."""
        with torch.random.fork_rng(devices=[]):
            torch.manual_seed(self.seed)
            for values in features.values():
                self.of_layer.append(_discriminator(values.shape[1]).to(values))

    def forward(self, source: Features, target: Features) -> Tensor:
        """Return the mean cross entropy, summed over layers."""
        losses = [
            domain_loss(discriminator, *on_one_scale(source[layer], target[layer]))
            for layer, discriminator in zip(source, self.of_layer, strict=True)
        ]
        return torch.stack(losses).sum()


def domain_loss(discriminator: nn.Module, source: Tensor, target: Tensor) -> Tensor:
    r"""Return the cross entropy of a discriminator that reads reversed features.

    Parameters
    ----------
    discriminator
        Takes rows and returns a logit for each, (n_maps, 1), of being of the target.
    source, target
        (n_maps, n_units) and (n_maps_target, n_units).

    Notes
    -----
    .. math:: L = -\frac{1}{2 n_s} \sum_{x \in s} \log(1 - p(x)) - \frac{1}{2 n_t} \sum_{x \in t} \log p(x)

    The gradient by the discriminator is that of L; the gradient by the features is that of -L.
    """
    of_source, of_target = discriminator(reversed_gradient(source)), discriminator(reversed_gradient(target))
    return (functional.softplus(of_source).mean() + functional.softplus(-of_target).mean()) / 2


def reversed_gradient(features: Tensor) -> Tensor:
    """Return features as they are; a gradient that passes back through them changes its sign."""
    reverse: Any = _Reversal.apply
    reversed_features: Tensor = reverse(features)
    return reversed_features


class _Reversal(torch.autograd.Function):
    @staticmethod
    def forward(_context: Any, features: Tensor) -> Tensor:  # noqa: ANN401 - torch's own signature
        return features.view_as(features)

    @staticmethod
    def backward(_context: Any, gradient: Tensor) -> Tensor:  # noqa: ANN401 - torch's own signature
        return -gradient


def _discriminator(n_units: int) -> nn.Module:
    return nn.Sequential(nn.Linear(n_units, HIDDEN), nn.ReLU(), nn.Linear(HIDDEN, 1))
