"""What optimised maps are held to: the mean and power spectrum of real maps, or their mean and size alone."""

from dataclasses import dataclass
from typing import Final, Protocol

import torch
from torch import Tensor

from repshift.statistics.pixels import wavenumbers
from repshift.vocabulary import InputError

CONSTRAINTS: Final = ("spectrum", "size")
"""What optimised maps share with real ones: mean and power spectrum; or mean and standard deviation of pixels alone."""


class Constraint(Protocol):
    """What a map, or what is added to one, is held to by projection."""

    def maps(self, maps: Tensor) -> Tensor:
        """Return maps (n_maps, channels, y, x) with the mean and the constrained power of real maps."""

    def added(self, added: Tensor, size: float) -> Tensor:
        """Return what is added to maps (n_maps, channels, y, x), of mean 0 and `size` standard deviations of pixels."""


@dataclass(frozen=True)
class Spectrum:
    r"""Mean and power spectrum of real maps, mode by mode.

    Attributes
    ----------
    mean
        (channels, 1, 1): of the pixels.
    directions
        (channels, direction, y, x): at each mode of `torch.fft.rfft2`, the uncorrelated combinations of channels.
    amplitude
        (direction, y, x): root of the mean power of each, over maps and modes of a wavenumber; 0 at wavenumber 0.

    Notes
    -----
    Of one channel, the modulus of each mode becomes the root of the power :math:`P(k)` of the maps at its wavenumber
    and its phase stays,

    .. math:: \hat x(\mathbf k) \to \sqrt{P(k)} \, \hat x(\mathbf k) / |\hat x(\mathbf k)|.

    Of several the same is done along the eigenvectors of their matrix of cross spectra at :math:`k`: the power summed
    over channels is exact, and channels go together as they do in the maps. A mode without power stays without.
    """

    mean: Tensor
    directions: Tensor
    amplitude: Tensor

    def maps(self, maps: Tensor) -> Tensor:
        """Return maps with the mean and spectrum of real ones."""
        return self.mean + self._projected(maps)

    def added(self, added: Tensor, size: float) -> Tensor:
        """Return what is added to maps, of mean 0 and the shape of the maps' spectrum, each mode `size` times its."""
        return size * self._projected(added)

    def _projected(self, maps: Tensor) -> Tensor:
        modes = torch.fft.rfft2(maps)
        directions = self.directions.to(modes.dtype)
        modes = torch.einsum("cdyx,ncyx->ndyx", directions, modes)
        modes = torch.sgn(modes) * self.amplitude
        modes = torch.einsum("cdyx,ndyx->ncyx", directions, modes)
        projected: Tensor = torch.fft.irfft2(modes, s=maps.shape[-2:])
        return projected


def spectrum_of(maps: Tensor) -> Spectrum:
    """Return the mean and power spectrum of maps (n_maps, channels, y, x), averaged over directions.

    Raises
    ------
    InputError
        If maps have another shape, or a channel is the same everywhere.
    """
    _require_maps(maps)
    height, width = maps.shape[-2:]
    waves = torch.from_numpy(wavenumbers((height, width)))
    values, vectors = torch.linalg.eigh(_cross_spectra(maps.cpu().double(), waves.flatten()))
    half = waves[:, : width // 2 + 1]
    amplitude, directions = values.clamp(min=0).sqrt()[half].permute(2, 0, 1), vectors[half].permute(2, 3, 0, 1)
    mean = maps.mean((0, 2, 3))[:, None, None]
    return Spectrum(mean, directions.contiguous().to(maps), amplitude.contiguous().to(maps))


def _cross_spectra(maps: Tensor, waves: Tensor) -> Tensor:
    """Return mean products of channels over maps and the modes of a wavenumber, (wavenumber, channel, channel)."""
    modes = torch.fft.fft2(maps)
    products = torch.einsum("ncyx,ndyx->yxcd", modes, modes.conj()).real.flatten(0, 1) / len(maps)
    sums = torch.zeros(int(waves.max()) + 1, *products.shape[1:], dtype=products.dtype).index_add_(0, waves, products)
    power = sums / torch.bincount(waves)[:, None, None]
    power[0] = 0
    return power


@dataclass(frozen=True)
class Size:
    """Mean and standard deviation of the pixels of real maps, whatever the spectrum.

    Attributes
    ----------
    mean, std
        (channels, 1, 1): of the pixels about the mean of each map.
    """

    mean: Tensor
    std: Tensor

    def maps(self, maps: Tensor) -> Tensor:
        """Return maps with the mean and standard deviation of real ones; a constant map stays constant."""
        return self.mean + self.added(maps, 1.0)

    def added(self, added: Tensor, size: float) -> Tensor:
        """Return what is added to maps, of mean 0 and `size` standard deviations."""
        centred = added - added.mean((2, 3), keepdim=True)
        found = centred.square().mean((2, 3), keepdim=True).sqrt()
        return centred * torch.where(found > 0, size * self.std / found, 0.0)


def size_of(maps: Tensor) -> Size:
    """Return the mean and standard deviation of maps (n_maps, channels, y, x); errors as `spectrum_of`."""
    _require_maps(maps)
    std = maps.var((2, 3), correction=0).mean(0).sqrt()
    return Size(maps.mean((0, 2, 3))[:, None, None], std[:, None, None])


def _require_maps(maps: Tensor) -> None:
    if maps.ndim != 4 or len(maps) == 0:
        raise InputError(f"Maps have the shape (n_maps, channels, y, x); found {tuple(maps.shape)}.")
    flat = (maps.amax((0, 2, 3)) == maps.amin((0, 2, 3))).nonzero().flatten().tolist()
    if flat:
        raise InputError(f"All pixels of channel {flat[0]} of the maps are equal, so optimised maps have no size.")
