"""The convolutional network that CMD published with its maps, called "o3_err" there.

References
----------
Villaescusa-Navarro et al. 2021, "Multifield Cosmology with Artificial Intelligence", arXiv 2109.09747.
"""

import torch
from torch import Tensor, nn

from repshift.vocabulary import PARAMETERS, InputError

_NEGATIVE_SLOPE = 0.2
_LAST_KERNEL = 4
_SMALLEST_SIZE = 16


class CMDNetwork(nn.Module):
    """Infer the posterior mean and standard deviation of six parameters from one map.

    The keys of the state dict are those of CMD's files when `size` is 256: blocks 0 to 5 of three convolutions, then
    ``C61``, ``FC1`` and ``FC2``. Smaller maps have fewer blocks, one for each halving down to 4 pixels.

    Parameters
    ----------
    hidden
        Width h: block k has ``2 ** (k + 1) * h`` channels.
    dropout
        Dropout rate before and after the first fully connected layer, in [0, 1).
    channels
        Fields a map holds.
    size
        Pixels along one side of a map, a power of two from 16 up.

    Raises
    ------
    InputError
        If an argument is out of its range.

    Notes
    -----
    Each convolution is followed by its batch norm and a LeakyReLU of slope 0.2. The first batch norm, ``B01``, is never
    used: its parameters exist in the published files and must load.

    Examples
    --------
    >>> len(CMDNetwork(2, size=64).layers), len(CMDNetwork(2).layers)
    (14, 20)
    """

    def __init__(self, hidden: int, dropout: float = 0.0, channels: int = 1, size: int = 256) -> None:
        super().__init__()
        _require_arguments(hidden, dropout, channels, size)
        self.blocks = size.bit_length() - 3
        width = channels
        for block in range(self.blocks):
            before, width = width, 2 ** (block + 1) * hidden
            self.add_module(f"C{block}1", _convolution(before, width))
            self.add_module(f"C{block}2", _convolution(width, width))
            self.add_module(f"C{block}3", nn.Conv2d(width, width, 2, stride=2))
            for index in (1, 2, 3):
                self.add_module(f"B{block}{index}", nn.BatchNorm2d(width))
        self.add_module(f"C{self.blocks}1", nn.Conv2d(width, 2 * width, _LAST_KERNEL))
        self.add_module(f"B{self.blocks}1", nn.BatchNorm2d(2 * width))
        self.FC1 = nn.Linear(2 * width, width)
        self.FC2 = nn.Linear(width, 2 * len(PARAMETERS))
        self.dropout = nn.Dropout(dropout)
        self.LeakyReLU = nn.LeakyReLU(_NEGATIVE_SLOPE)
        for module in self.modules():
            if isinstance(module, nn.Conv2d | nn.Linear):
                nn.init.kaiming_normal_(module.weight)

    @property
    def convolutions(self) -> tuple[str, ...]:
        """Names of the convolutions, in the order of the forward pass."""
        inner = [f"C{block}{index}" for block in range(self.blocks) for index in (1, 2, 3)]
        return (*inner, f"C{self.blocks}1")

    @property
    def layers(self) -> dict[str, str]:
        """The representations compared: the LeakyReLU calls, named after what feeds them, to the call recorded."""
        return {name: f"LeakyReLU:{call}" for call, name in enumerate((*self.convolutions, "FC1"))}

    def forward(self, maps: Tensor) -> Tensor:
        """Return posterior means and standard deviations in scaled parameters.

        Parameters
        ----------
        maps
            Standardised maps, (n_maps, channels, size, size).

        Returns
        -------
        Tensor
            (n_maps, 12): six means, then six standard deviations (not negative), both in parameters scaled to [0, 1].
        """
        features = maps
        for name in self.convolutions:
            features = self.get_submodule(name)(features)
            if name != "C01":
                features = self.get_submodule(name.replace("C", "B"))(features)
            features = self.LeakyReLU(features)
        features = self.dropout(features.flatten(1))
        features = self.dropout(self.LeakyReLU(self.FC1(features)))
        mean, root = self.FC2(features).chunk(2, dim=1)
        return torch.cat((mean, root.square()), dim=1)


def _convolution(before: int, after: int) -> nn.Conv2d:
    return nn.Conv2d(before, after, 3, padding=1, padding_mode="circular")


def _require_arguments(hidden: int, dropout: float, channels: int, size: int) -> None:
    if hidden < 1 or channels < 1:
        raise InputError(f"A network needs at least one hidden unit and one channel: found {hidden} and {channels}.")
    if not 0 <= dropout < 1:
        raise InputError(f"Dropout is {dropout}. It must be at least 0 and below 1.")
    if size < _SMALLEST_SIZE or size & (size - 1):
        raise InputError(f"Maps of {size} pixels do not fit the network. The side must be a power of two from 16 up.")
