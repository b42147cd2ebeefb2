r"""Sinkhorn divergence of two domains as a term of the loss, with a weight that is learned.

References
----------
Feydy et al. 2019, "Interpolating between Optimal Transport and MMD using Sinkhorn Divergences", AISTATS
(arXiv 1810.08278), eqs 3 and 9-11: the divergence, and its gradient from the last update of the potentials.
Pandya et al. 2025, "SIDDA: SInkhorn Dynamic Domain Adaptation", arXiv 2501.14048: the blur and the learned weight.
Kendall, Gal & Cipolla 2018, "Multi-Task Learning Using Uncertainty to Weigh Losses", arXiv 1705.07115, eq. 7.
"""

import math
from typing import Final

import torch
from torch import Tensor, nn

from repshift.adaptation.losses.term import Features, Term, on_one_scale

BLUR: Final = 0.05
"""Length of the regularisation over the largest distance of two maps of different domains."""

_FALL: Final = 12
"""Lengths at which potentials are updated once, from the largest distance down to the blur."""

_LAST: Final = 20
"""Updates of the potentials at the blur.

With both, the divergence of 24 and 24 maps at layer C41 of T-MockTNG came within 0.03 % of its limit, and the cosine
of its gradient with that of the limit was 0.999.
"""


class SinkhornDivergence(Term):
    r"""Divergence of the features of each layer, summed over layers, balanced against the loss of labels.

    Notes
    -----
    SIDDA weighs the loss of labels :math:`L` and the divergence :math:`S` by learned variances,

    .. math:: e^{-u} L / 2 + e^{-v} S / 2 + (u + v) / 2,

    so that the divergence is weighed :math:`e^{u - v}` times as much as labels. Here the network's loss is
    :math:`L + w e^{u - v} S` with the weight w, which leaves the size of the gradient to the learning rate; u and v
    follow the line above. A loss below 0 is a logarithm already, as the moment loss is: u is then 0.
    """

    learning_rate = 0.05

    def __init__(self) -> None:
        super().__init__()
        self.log_variances = nn.Parameter(torch.zeros(2))

    def prepare(self, features: Features) -> None:
        """Put the weights where the features are."""
        self.to(next(iter(features.values())))

    def forward(self, source: Features, target: Features) -> Tensor:
        """Return a scalar, 0 or more apart from rounding and what the iterations leave."""
        pairs = [on_one_scale(source[layer], target[layer]) for layer in source]
        return torch.stack([sinkhorn_divergence(one, other) for one, other in pairs]).sum()

    def added(self, loss: Tensor, term: Tensor, *, weight: float) -> Tensor:
        """Return the loss with the term at its present weight, and with what teaches that weight."""
        of_labels, of_term = self.log_variances
        if loss.detach() <= 0:
            of_labels = of_labels.detach() * 0
        ratio = (of_labels - of_term).exp().detach()
        taught = (-of_labels).exp() * loss.detach().clamp(min=0) + (-of_term).exp() * term.detach()
        total: Tensor = loss + weight * ratio * term + (taught + of_labels + of_term) / 2
        return total


def sinkhorn_divergence(source: Tensor, target: Tensor) -> Tensor:
    r"""Return the Sinkhorn divergence of two samples, for half the squared distance as cost.

    Parameters
    ----------
    source, target
        (n_maps, n_units) and (n_maps_target, n_units).

    Returns
    -------
    A scalar in the unit of squared features, divided by the number of units: 0 where both samples are the same.

    Notes
    -----
    .. math:: S = W(x, y) - W(x, x) / 2 - W(y, y) / 2, \qquad
        W(x, y) = \min_\pi \langle \pi, C \rangle + \epsilon \, \mathrm{KL}(\pi \,|\, \mu \otimes \nu)

    with :math:`\epsilon` the square of 0.05 times the largest distance between the domains. Potentials are found in
    the logarithm, without a gradient; the last update has one.
    """
    n_units = source.shape[1]
    across = _costs(source, target)
    largest = math.sqrt(2 * float(across.detach().max()))
    if largest == 0:
        return across.sum()
    transported = [_transport(costs, largest) for costs in (across, _costs(source, source), _costs(target, target))]
    return (transported[0] - transported[1] / 2 - transported[2] / 2) / n_units


def _costs(source: Tensor, target: Tensor) -> Tensor:
    """Return half the squared distances, (n_maps, n_maps_target)."""
    squares = source.square().sum(1)[:, None] + target.square().sum(1) - 2 * source @ target.T
    return squares.clamp(min=0) / 2


def _transport(costs: Tensor, largest: float) -> Tensor:
    """Return the regularised cost of transport of uniform weights, by updates of both potentials at once."""
    first, second = costs.new_zeros(costs.shape[0]), costs.new_zeros(costs.shape[1])
    lengths = torch.logspace(0, math.log10(BLUR), _FALL).tolist() + [BLUR] * _LAST
    for length in lengths:
        strength = (length * largest) ** 2
        with torch.no_grad():
            of_first = (first + _softened(costs, second, strength)) / 2
            first, second = of_first, (second + _softened(costs.T, first, strength)) / 2
    strength = (BLUR * largest) ** 2
    total = _softened(costs, second, strength).mean() + _softened(costs.T, first, strength).mean()
    return (total + total.detach()) / 2  # either potential has the gradient of the whole


def _softened(costs: Tensor, potential: Tensor, strength: float) -> Tensor:
    """Return the soft minimum over columns of costs less their potential, (rows,)."""
    logarithms = (potential - costs) / strength - math.log(costs.shape[1])
    return -strength * logarithms.logsumexp(1)
