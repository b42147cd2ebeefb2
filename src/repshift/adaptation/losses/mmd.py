"""Maximum mean discrepancy of two domains as a term of the loss.

References
----------
Gretton et al. 2012, "A Kernel Two-Sample Test", JMLR 13, 723, eq. 5 (biased MMD^2).
Long et al. 2015, "Learning Transferable Features with Deep Adaptation Networks", arXiv 1502.02791 (several kernels).
"""

from typing import Final

import torch
from torch import Tensor

from repshift.adaptation.losses.term import Features, Term, require_finite
from repshift.vocabulary import InputError

WIDTHS: Final = (0.25, 0.5, 1.0, 2.0, 4.0)
"""Of the Gaussians, in units of the mean squared distance of two maps."""


class MeanDiscrepancy(Term):
    """MMD^2 of the features of each layer, summed over layers."""

    def forward(self, source: Features, target: Features) -> Tensor:
        """Return a scalar, 0 or more."""
        return torch.stack([mean_discrepancy(source[layer], target[layer]) for layer in source]).sum()


def mean_discrepancy(source: Tensor, target: Tensor) -> Tensor:
    r"""Return the biased MMD^2 of two samples, summed over five Gaussian kernels.

    Parameters
    ----------
    source, target
        (n_maps, n_units) and (n_maps_target, n_units).

    Returns
    -------
    A scalar in [0, 10], 0 where both samples are the same, unchanged by the scale of all features together.

    Raises
    ------
    InputError
        If all maps of both have the same features, so that kernels have no width, or features are not finite.

    Notes
    -----
    .. math:: \sum_w \left( \overline{k_w(x, x')} + \overline{k_w(y, y')} - 2 \overline{k_w(x, y)} \right), \qquad
        k_w(x, y) = \exp\left( -\frac{|x - y|^2}{w D} \right)

    with the mean D of the squared distances of different maps of both samples, through which no gradient passes.
    """
    both = torch.cat([source, target])
    squares = squared_distances(both)
    n_maps = len(both)
    scale = squares.detach().sum() / (n_maps * (n_maps - 1))
    require_finite(scale)
    if scale == 0:
        raise InputError(
            f"All {n_maps} maps have the same features at the layer to be aligned. Choose another layer; where "
            "training made them so, a lower weight or learning rate."
        )
    kernels = torch.stack([torch.exp(-squares / (width * scale)) for width in WIDTHS]).sum(0)
    n_source = len(source)
    inside, outside = kernels[:n_source, :n_source].mean(), kernels[n_source:, n_source:].mean()
    return inside + outside - 2 * kernels[:n_source, n_source:].mean()


def squared_distances(features: Tensor) -> Tensor:
    """Return the squared distances of all rows (n_maps, n_units), (n_maps, n_maps), exactly 0 on the diagonal."""
    centred = features - features.detach().mean(0)
    gram = centred @ centred.T
    norms = gram.diagonal()
    return (norms[:, None] + norms - 2 * gram).clamp(min=0).fill_diagonal_(0)
