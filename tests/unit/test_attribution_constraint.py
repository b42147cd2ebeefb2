"""Optimised maps have the mean and spectrum of real ones, or their size; maps that have none are refused."""

import numpy as np
import pytest
import torch

from repshift import InputError
from repshift.attribution.constraint import size_of, spectrum_of
from repshift.statistics.pixels import wavenumbers


def smooth(rng, n_maps=6, channels=1, size=(16, 16)):
    """Return maps whose power falls with wavenumber, of channels that go together."""
    common = rng.normal(size=(n_maps, 1, *size))
    noise = common + 0.3 * rng.normal(size=(n_maps, channels, *size))
    modes = np.fft.fft2(noise) / (1 + wavenumbers(size))
    return torch.from_numpy(np.fft.ifft2(modes).real + np.arange(channels)[:, None, None])


def power_by_loop(maps):
    """Return the mean power at each wavenumber, summed over channels: mode by mode."""
    waves = wavenumbers(maps.shape[-2:])
    power = (np.abs(np.fft.fft2(maps - maps.mean((2, 3), keepdims=True))) ** 2).sum(1).mean(0)
    return np.array(
        [np.mean([power[tuple(place)] for place in np.argwhere(waves == k)]) for k in range(waves.max() + 1)]
    )


@pytest.mark.parametrize("size", [(16, 16), (12, 20), (9, 15)])
@pytest.mark.parametrize("channels", [1, 3])
def test_projected_maps_have_the_power_of_real_ones(rng, size, channels):
    maps = smooth(rng, channels=channels, size=size)
    noise = torch.from_numpy(rng.normal(size=(2, channels, *size)))
    found = spectrum_of(maps).maps(noise)
    assert power_by_loop(found.numpy()) == pytest.approx(power_by_loop(maps.numpy()), rel=1e-9, abs=1e-9)
    assert found.mean((0, 2, 3)).numpy() == pytest.approx(maps.mean((0, 2, 3)).numpy())


def test_every_mode_of_one_channel_has_that_power(rng):
    maps = smooth(rng)
    found = spectrum_of(maps).maps(torch.from_numpy(rng.normal(size=(1, 1, 16, 16))))[0, 0]
    power = np.abs(np.fft.fft2(found.numpy())) ** 2
    expected = power_by_loop(maps.numpy())[wavenumbers((16, 16))]
    assert power.ravel()[1:] == pytest.approx(expected.ravel()[1:], rel=1e-9)


def test_channels_go_together_as_in_real_maps(rng):
    maps = smooth(rng, n_maps=30, channels=2)
    found = spectrum_of(maps).maps(torch.from_numpy(rng.normal(size=(200, 2, 16, 16)))).numpy()
    correlations = [np.corrcoef(one[:, 0].ravel(), one[:, 1].ravel())[0, 1] for one in (maps.numpy(), found)]
    assert correlations[1] == pytest.approx(correlations[0], abs=0.02)


def test_a_projected_map_stays_where_it_is(rng):
    for constraint in (spectrum_of(smooth(rng, channels=2)), size_of(smooth(rng, channels=2))):
        once = constraint.maps(torch.from_numpy(rng.normal(size=(3, 2, 16, 16))))
        assert constraint.maps(once).numpy() == pytest.approx(once.numpy())


def test_phases_of_one_channel_stay(rng):
    noise = torch.from_numpy(rng.normal(size=(1, 1, 16, 16)))
    found = spectrum_of(smooth(rng)).maps(noise)
    before, after = (torch.fft.fft2(one)[0, 0].flatten()[1:] for one in (noise, found))
    assert torch.sgn(before).numpy() == pytest.approx(torch.sgn(after).numpy())


def test_size_keeps_mean_and_deviation_alone(rng):
    maps = smooth(rng, channels=2)
    found = size_of(maps).maps(torch.from_numpy(rng.normal(size=(4, 2, 16, 16))))
    assert found.mean((2, 3)).numpy() == pytest.approx(np.tile(maps.mean((0, 2, 3)), (4, 1)))
    expected = maps.var((2, 3), correction=0).mean(0).sqrt()
    assert found.std((2, 3), correction=0).numpy() == pytest.approx(np.tile(expected, (4, 1)))


@pytest.mark.parametrize("of", [spectrum_of, size_of])
def test_what_is_added_has_no_mean_and_the_size_asked_for(rng, of):
    maps = smooth(rng)
    added = of(maps).added(torch.from_numpy(rng.normal(size=(3, 1, 16, 16))), 0.2)
    expected = 0.2 * float(maps.var((2, 3), correction=0).mean().sqrt())
    assert added.mean((1, 2, 3)).numpy() == pytest.approx(np.zeros(3), abs=1e-12)
    assert added.square().mean((1, 2, 3)).sqrt().numpy() == pytest.approx(np.full(3, expected))


@pytest.mark.parametrize("of", [spectrum_of, size_of])
def test_maps_without_a_size_are_refused(rng, of):
    maps = torch.from_numpy(rng.normal(size=(3, 2, 8, 8)))
    maps[:, 1] = 4.0
    with pytest.raises(InputError, match="All pixels of channel 1 of the maps are equal"):
        of(maps)
    with pytest.raises(InputError, match=r"Maps have the shape .*; found \(3, 8, 8\)"):
        of(maps[:, 0])


def test_a_blank_map_stays_blank_under_its_size(rng):
    constraint = size_of(smooth(rng))
    assert torch.equal(constraint.maps(torch.zeros(1, 1, 16, 16)), constraint.mean.expand(1, 1, 16, 16))
