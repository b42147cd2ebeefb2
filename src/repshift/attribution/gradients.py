r"""Attribution by the gradient at the map itself: plain, times the map, and averaged over noise.

With an output :math:`F` of a map :math:`x`, its baseline :math:`b` and draws of noise :math:`n_j`, these are

.. math:: \frac{\partial F}{\partial x}, \qquad (x - b)\,\frac{\partial F}{\partial x}, \qquad
    \frac{1}{J} \sum_j \frac{\partial F}{\partial x}(x + n_j).

References
----------
Simonyan, Vedaldi & Zisserman 2013, arXiv 1312.6034. Shrikumar et al. 2016, arXiv 1605.01713. Smilkov et al. 2017,
"SmoothGrad: removing noise by adding noise", arXiv 1706.03825.
"""

import torch
from torch import Tensor

from repshift.attribution.method import Attribution
from repshift.attribution.network_outputs import NetworkOutputs
from repshift.perturbation.noise import noise_of_maps


def gradient(explained: NetworkOutputs, maps: Tensor) -> Attribution:
    """Return the gradient of each output by the pixels of maps (n_maps, channels, y, x)."""
    return Attribution(explained.gradients(maps)[1])


def input_x_gradient(explained: NetworkOutputs, maps: Tensor, *, baseline: Tensor) -> Attribution:
    """Return the gradient of each output times the map less its baseline, both (n_maps, channels, y, x)."""
    return Attribution(explained.gradients(maps)[1] * (maps - baseline))


def smoothgrad(explained: NetworkOutputs, maps: Tensor, *, noise: float, draws: int, seed: int) -> Attribution:
    """Return the gradient of each output, the mean over draws of noise added to maps (n_maps, channels, y, x).

    Parameters
    ----------
    noise
        Standard deviation of the noise, in the unit of the pixels.
    draws
        Draws of each map, 1 or more.
    seed
        0 or more. A map's noise depends on it and on the place of the map.
    """
    found = explained.zeros(maps)
    for draw in range(draws):
        found += explained.gradients(maps + noise * drawn_noise(maps, seed=seed, draw=draw))[1]
    return Attribution(found / draws)


def drawn_noise(maps: Tensor, *, seed: int, draw: int) -> Tensor:
    """Return a draw of standard normal noise for maps (n_maps, channels, y, x), of their shape."""
    entropy = [[seed, place] for place in range(len(maps))]
    return torch.from_numpy(noise_of_maps(tuple(maps.shape[1:]), entropy, draw=draw)).to(maps)
