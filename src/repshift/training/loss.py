"""The loss that makes a network's outputs the first two moments of the posterior.

References
----------
Jeffrey & Wandelt 2020, "Solving high-dimensional parameter inference", arXiv 2011.05991, eqs 8-9 (moment networks).
Villaescusa-Navarro et al. 2022, ApJS 259, 61 (arXiv 2109.10915), eq. 8: the logarithm of each term.
"""

import torch
from torch import Tensor


def moment_loss(answer: Tensor, truth: Tensor) -> Tensor:
    """Return the mean over parameters of log mean (y - mu)^2 + log mean ((y - mu)^2 - sigma^2)^2.

    Parameters
    ----------
    answer
        (n_maps, 2 n_parameters): means mu, then standard deviations sigma, of scaled parameters.
    truth
        (n_maps, n_parameters): y, scaled to [0, 1].

    Returns
    -------
    A scalar; lower is better, negative for any useful network.
    """
    mean, std = answer.chunk(2, dim=1)
    squared = (truth - mean).square()
    variance_error = (squared - std.square()).square()
    return (torch.log(squared.mean(0)) + torch.log(variance_error.mean(0))).mean()
