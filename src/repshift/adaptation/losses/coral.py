"""Correlation alignment as a term of the loss.

References
----------
Sun & Saenko 2016, "Deep CORAL: Correlation Alignment for Deep Domain Adaptation", arXiv 1607.01719, eq. 1.
"""

import torch
from torch import Tensor

from repshift.adaptation.losses.term import Features, Term, on_one_scale


class CorrelationAlignment(Term):
    """Squared distance of the covariances of each layer, summed over layers."""

    def forward(self, source: Features, target: Features) -> Tensor:
        """Return a scalar, 0 or more."""
        pairs = [on_one_scale(source[layer], target[layer]) for layer in source]
        return torch.stack([covariance_distance(one, other) for one, other in pairs]).sum()


def covariance_distance(source: Tensor, target: Tensor) -> Tensor:
    r"""Return the squared distance of two covariances.

    Parameters
    ----------
    source, target
        (n_maps, n_units) and (n_maps_target, n_units), two maps or more each.

    Returns
    -------
    A scalar, 0 or more; the means of the two samples do not matter.

    Notes
    -----
    .. math:: \frac{1}{4 d^2} \left\| C_s - C_t \right\|_F^2

    It is computed from the Gram matrices of the maps, for a layer may have many more units than a batch has maps:
    :math:`\mathrm{tr}(C_s C_t) = \| X_s X_t^T \|_F^2 / ((n_s - 1)(n_t - 1))` of centred rows.
    """
    one = (source - source.mean(0)) / (len(source) - 1) ** 0.5
    other = (target - target.mean(0)) / (len(target) - 1) ** 0.5
    squares: Tensor = (
        (one @ one.T).square().sum() + (other @ other.T).square().sum() - 2 * (one @ other.T).square().sum()
    )
    return squares / (4 * source.shape[1] ** 2)
