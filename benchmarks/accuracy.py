"""The slow twin: CKA in double precision from the definition, a pair of layers at a time.

Two truths, because two things are rounded. ``network``: forward pass and statistics in double precision, what the
network's CKA is. ``activations``: the very activations that the eager forward pass records in single precision, offset
included, compared in double precision. The difference from the second is the library's own; the first adds the rounding
of the forward pass and, at an offset of 1000, that of every activation to a multiple of 6e-5.
"""

import copy
from collections.abc import Callable
from typing import Literal

import numpy as np
import torch
from torch import Tensor, nn

from benchmarks.routes import Matrix, Reference
from benchmarks.workload import Workload

Truth = Literal["network", "activations"]


def reference_cka(grams: list[Matrix], reference: Reference, *, batch_size: int) -> Matrix:
    """Return the CKA of every pair of layers, in double precision throughout.

    Parameters
    ----------
    grams
        (n_maps, n_maps) of each layer, from `double_grams`.
    reference
        ``minibatch``: the three HSIC_1 terms summed over the batches; ``biased``: over all maps at once.
    batch_size
        Maps of a batch, 4 at least; it divides the number of maps.

    References
    ----------
    Kornblith et al. 2019, arXiv 1905.00414, eq. 3 (biased HSIC);
    Song et al. 2012, JMLR 13, 1393, eq. 5 (HSIC_1); Nguyen et al. 2021, arXiv 2010.15327, eq. 2 (mini-batch CKA).
    """
    n_maps = len(grams[0])
    size = batch_size if reference == "minibatch" else n_maps
    hsic = hsic_1 if reference == "minibatch" else biased_hsic
    blocks = [slice(start, start + size) for start in range(0, n_maps, size)]
    terms = np.array(
        [[sum(hsic(gram[b, b], other[b, b]) for b in blocks) for other in grams] for gram in grams], dtype=np.float64
    )
    own = np.diagonal(terms)
    return terms / np.sqrt(np.outer(own, own))


def hsic_1(gram: Matrix, other: Matrix) -> float:
    """Return HSIC_1 of two Gram matrices (n, n), as its definition reads."""
    n = len(gram)
    k, other_k = gram.copy(), other.copy()
    np.fill_diagonal(k, 0)
    np.fill_diagonal(other_k, 0)
    total = np.sum(k * other_k) + k.sum() * other_k.sum() / ((n - 1) * (n - 2)) - 2 / (n - 2) * np.sum(k @ other_k)
    return float(total / (n * (n - 3)))


def biased_hsic(gram: Matrix, other: Matrix) -> float:
    """Return tr(K H L H) / (n - 1)^2 of two Gram matrices (n, n)."""
    n = len(gram)
    centring = np.eye(n) - 1 / n
    return float(np.trace(gram @ centring @ other @ centring) / (n - 1) ** 2)


def double_grams(workload: Workload, truth: Truth) -> list[Matrix]:
    """Return the Gram matrix (n_maps, n_maps) of every layer of the first network, its mean map subtracted, in doubles.

    The tapped network is used, its offset included. Of the truth ``network`` neither the offset nor the batch size
    changes anything; of ``activations`` both do, by what single precision makes of them.
    """
    activations: dict[str, list[Tensor]] = {}
    network = copy.deepcopy(workload.tapped[0])
    network = network.double() if truth == "network" else network
    for name, tap in network.taps.items():
        tap.register_forward_hook(_collector(name, activations))
    with torch.inference_mode():
        for batch in workload.maps.split(workload.batch_size):
            network(batch.double() if truth == "network" else batch)
    grams = []
    for name in network.names:
        features = torch.cat(activations.pop(name)).double()
        features -= features.mean(0)
        grams.append((features @ features.T).numpy())
    return grams


def _collector(name: str, activations: dict[str, list[Tensor]]) -> Callable[[nn.Module, object, Tensor], None]:
    def collect(_module: nn.Module, _arguments: object, output: Tensor) -> None:
        activations.setdefault(name, []).append(output.flatten(1))

    return collect


def error_of(matrix: Matrix, truth: Matrix) -> float:
    """Return the largest absolute difference; NaN where the matrix holds one."""
    return float(np.abs(matrix - truth).max())
