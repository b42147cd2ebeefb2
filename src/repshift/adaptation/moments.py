r"""Means and standard deviations of the target made those of the source, by channel: of pixels, or of one layer.

Notes
-----
With mean :math:`\mu` and standard deviation :math:`\sigma` of a channel over the maps and pixels of source
:math:`S` and target :math:`T`, values :math:`x` become

.. math:: x' = \mu_S + \frac{\sigma_S}{\sigma_T} (x - \mu_T).

A channel that does not vary in the target is moved alone, :math:`x' = x + \mu_S - \mu_T`: no scale is known of it.
"""

from collections.abc import Callable
from typing import Any, Final

import torch
from torch import Tensor, nn

from repshift.adaptation.digest import digest_of
from repshift.adaptation.insertions import INPUT, call_of, insert
from repshift.adaptation.repair import Material, Options
from repshift.adaptation.sample import Sample
from repshift.recording.known import for_one_call
from repshift.recording.passes import record_layers
from repshift.vocabulary import InputError

_ROUNDING: Final = 1e-6
"""Standard deviation of a channel, relative to its mean, below which it does not vary: that of single precision."""


def moments_of_maps(values: Tensor) -> tuple[Tensor, Tensor, Tensor]:
    """Return the moments of each map by itself, in double precision.

    Parameters
    ----------
    values
        (n_maps, channels, ...).

    Returns
    -------
    (n_maps,) values of a channel, (n_maps, channels) their mean, and the sum of their squared differences from it.
    """
    rows = values.detach().double().reshape(*values.shape[:2], -1)
    means = rows.mean(dim=2)
    squares = (rows - means[:, :, None]).square().sum(dim=2)
    return torch.full((len(rows),), float(rows.shape[2]), dtype=rows.dtype, device=rows.device), means, squares


def joined_moments(counts: Tensor, means: Tensor, squares: Tensor) -> tuple[Tensor, Tensor]:
    """Return mean and standard deviation of each channel over maps, (channels,), the latter 0 where it is rounding.

    Parameters
    ----------
    counts, means, squares
        As `moments_of_maps` returns them.

    References
    ----------
    Chan, Golub & LeVeque 1983, The American Statistician 37, 242, eq. 2.1.
    """
    weights = counts[:, None] / counts.sum()
    mean = (weights * means).sum(dim=0)
    variance = squares.sum(dim=0) / counts.sum() + (weights * (means - mean).square()).sum(dim=0)
    std = variance.sqrt()
    return mean, torch.where(std > _ROUNDING * mean.abs(), std, 0)


def pixel_moments(network: nn.Module, material: Material, options: Options) -> nn.Module:
    """Put an affine map at the input, so that the target's pixels have the source's mean and standard deviation.

    Raises
    ------
    InputError
        If there are fewer than two maps of a domain, or their channels differ.
    """
    return _adjusted(network, INPUT, material, lambda sample: pixel_statistics(sample, options.batch_size))


def feature_moments(network: nn.Module, material: Material, options: Options) -> nn.Module:
    """Put an affine map after a layer, so that its features have the source's mean and standard deviation.

    Raises
    ------
    InputError
        If there are fewer than two maps of a domain, the layer is unknown, or its features have no channels.
    """
    source, _ = _both(material)
    call = call_of(network, source, options)
    return _adjusted(network, call, material, lambda sample: feature_statistics(network, sample, call, options))


def pixel_statistics(sample: Sample, batch_size: int) -> tuple[Tensor, Tensor]:
    """Return mean and standard deviation of the pixels of each channel, (channels,)."""
    require_maps(sample, 2)
    found = [moments_of_maps(batch) for batch in sample.maps.split(batch_size)]
    return joined_moments(*(torch.cat(parts) for parts in zip(*found, strict=True)))


def feature_statistics(network: nn.Module, sample: Sample, call: str, options: Options) -> tuple[Tensor, Tensor]:
    """Return mean and standard deviation of the features of each channel of a layer, (channels,).

    Raises
    ------
    InputError
        If there are fewer than two maps, or the layer returns neither (n_maps, units) nor (n_maps, channels, y, x).
    """
    require_maps(sample, 2)

    def recorded(maps: Tensor) -> tuple[Tensor, ...]:
        return _moments_of_maps(network, maps, call, options)

    if options.forward is not None:
        return joined_moments(*recorded(sample.maps))
    return joined_moments(*sample.of_each_map(("features", digest_of(network), call), recorded))


def _moments_of_maps(network: nn.Module, maps: Tensor, call: str, options: Options) -> tuple[Tensor, ...]:
    """Return `moments_of_maps` of the features of a layer, from a pass."""
    found: list[tuple[Tensor, ...]] = []

    def add(name: str, output: Tensor) -> None:
        if output.ndim not in (2, 4):
            raise InputError(
                f"Layer '{name}' returns the shape {tuple(output.shape)}. Expected (n_maps, units) or (n_maps, "
                "channels, y, x), to know its channels."
            )
        found.append(moments_of_maps(output))

    device = maps.device
    fast = for_one_call(network, maps, layers=[call], device=device) if options.forward is None else None
    shown, layers = (network, [call]) if fast is None else (fast.network, fast.layers)
    how: dict[str, Any] = {"batch_size": options.batch_size, "device": device, "forward": options.forward}
    record_layers(shown, maps, layers=layers, consume=add, **how)
    return tuple(torch.cat(parts) for parts in zip(*found, strict=True))


def require_maps(sample: Sample, fewest: int) -> None:
    """Refuse a sample of too few maps for statistics.

    Raises
    ------
    InputError
        With how many there are.
    """
    if len(sample) < fewest:
        raise InputError(f"{len(sample)} map has no statistics. Expected {fewest} maps or more of a domain.")


def _both(material: Material) -> tuple[Sample, Sample]:
    """Return the samples of source and target, which the barrier found to be there."""
    if material.source is None or material.target is None:
        raise InputError("Moments are made alike of two domains. Expected maps of source and target.")
    return material.source, material.target


def _adjusted(
    network: nn.Module, place: str, material: Material, statistics: Callable[[Sample], tuple[Tensor, Tensor]]
) -> nn.Module:
    """Return the network with the affine map that makes the statistics of the target those of the source."""
    (mean, std), (mean_target, std_target) = (statistics(one) for one in _both(material))
    if mean.shape != mean_target.shape:
        raise InputError(f"The source has {len(mean)} channels and the target {len(mean_target)}. Expected as many.")
    scale = torch.where(std_target > 0, std / std_target, 1)
    insert(network, place, scale, mean - scale * mean_target)
    return network
