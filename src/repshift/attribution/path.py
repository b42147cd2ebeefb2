r"""Attribution by the gradient along the straight path from a baseline to the map.

With an output :math:`F` of a map :math:`x` and its baseline :math:`b`, integrated gradients are

.. math:: (x - b) \int_0^1 \frac{\partial F}{\partial x}\bigl(b + t\,(x - b)\bigr)\,dt,

which sum to :math:`F(x) - F(b)`. The integral is a sum over Gauss-Legendre nodes; what it misses of that difference is
the error of completeness.

References
----------
Sundararajan, Taly & Yan 2017, "Axiomatic attribution for deep networks", arXiv 1703.01365, eq. 1.
"""

import torch
from torch import Tensor

from repshift.attribution.method import Attribution
from repshift.attribution.network_outputs import NetworkOutputs
from repshift.statistics.quadrature import gauss_legendre
from repshift.vocabulary import InputError


def integrated_gradients(explained: NetworkOutputs, maps: Tensor, *, baseline: Tensor, nodes: int) -> Attribution:
    """Return integrated gradients of each output, with their error of completeness.

    Parameters
    ----------
    maps, baseline
        (n_maps, channels, y, x): where the path ends and where it starts.
    nodes
        Of the path, 1 or more: gradients of each map.

    Raises
    ------
    InputError
        If the baseline has another shape than the maps.
    """
    values = mean_gradients(explained, maps, baseline=baseline, nodes=nodes) * (maps - baseline)
    change = (explained.values(maps) - explained.values(baseline)).T.double()
    return Attribution(values, values.flatten(2).sum(2, dtype=torch.float64) - change)


def mean_gradients(explained: NetworkOutputs, maps: Tensor, *, baseline: Tensor, nodes: int) -> Tensor:
    """Return the mean gradient of each output along the path, (n_outputs, n_maps, channels, y, x).

    Times the map less its baseline it is the integrated gradient; parameters as there.

    Notes
    -----
    Points of the path of several maps go through the network together, in batches; no more than one batch of gradients
    is held.
    """
    if baseline.shape != maps.shape:
        raise InputError(
            f"The baseline has shape {tuple(baseline.shape)}. Expected that of the maps, {tuple(maps.shape)}."
        )
    places, weights = gauss_legendre(nodes)
    found = explained.zeros(maps)
    at, weight = (torch.tensor(numbers, dtype=torch.float64).to(found) for numbers in (places, weights))
    pairs = torch.arange(len(maps) * nodes, device=maps.device)
    for part in pairs.split(explained.batch_size):
        which, node = part // nodes, part % nodes
        start, end = baseline[which], maps[which]
        _, gradients = explained.gradients(start + at[node, None, None, None] * (end - start))
        found.index_add_(1, which, gradients * weight[node, None, None, None])
    return found
