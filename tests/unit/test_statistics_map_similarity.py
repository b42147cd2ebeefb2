"""Maps are alike up to a shift, or in power; shares of small scales are those of plane waves."""

import numpy as np
import pytest

from repshift import InputError
from repshift.statistics.map_similarity import (
    mean_power,
    pixel_similarity,
    power_similarity,
    random_phases,
    share_of_small_scales,
)


def test_a_loop_over_shifts_finds_the_same_similarity(rng):
    one, other = rng.normal(size=(2, 2, 6, 8))
    pairs = [np.roll(one, shift, (1, 2)) for shift in np.ndindex(6, 8)]
    centred = other - other.mean((1, 2), keepdims=True)
    found = [
        ((two - two.mean((1, 2), keepdims=True)) * centred).sum()
        / np.sqrt(((two - two.mean((1, 2), keepdims=True)) ** 2).sum() * (centred**2).sum())
        for two in pairs
    ]
    assert pixel_similarity(one, other) == pytest.approx(max(found))


def test_a_shifted_map_is_the_same_map(rng):
    one = rng.normal(size=(2, 8, 8))
    other = 3 + 2 * np.roll(one, (3, 5), (1, 2))
    assert pixel_similarity(one, other) == pytest.approx(1)
    assert power_similarity(one, other) == pytest.approx(1)


def test_random_phases_keep_power_and_mean_alone(rng):
    one = rng.normal(size=(2, 8, 9))
    other = random_phases(one, rng=rng)
    assert power_similarity(one, other) == pytest.approx(1)
    assert other.mean((1, 2)) == pytest.approx(one.mean((1, 2)))
    assert pixel_similarity(one, other) < 0.9


def test_other_power_is_less_alike(rng):
    one, other = rng.normal(size=(2, 1, 32, 32))
    assert abs(power_similarity(one, other)) < 0.2


@pytest.mark.parametrize(("waves", "share"), [(3, 0.0), (5, 1.0)])
def test_a_wave_is_on_one_side_of_half_the_nyquist_frequency(waves, share):
    wave = 2 + np.cos(2 * np.pi * waves * np.arange(16) / 16) * np.ones((16, 1))
    assert share_of_small_scales(wave[None, None]) == pytest.approx([share])


def test_power_sums_to_the_variance(rng):
    maps = rng.normal(size=(3, 2, 8, 8))
    counts = [8, 12, 16, 26]  # modes of wavenumbers 1 to 4 of 8 by 8 pixels
    low = (mean_power(maps) * counts).sum()
    whole = maps.var((2, 3)).sum(1).mean()
    assert low < whole
    wave = np.cos(2 * np.pi * 2 * np.arange(8) / 8) * np.ones((8, 1))
    assert (mean_power(wave[None, None]) * counts).sum() == pytest.approx(wave.var())


def test_maps_that_do_not_vary_are_refused(rng):
    flat, one = np.ones((1, 4, 4)), rng.normal(size=(1, 4, 4))
    with pytest.raises(InputError, match="so it correlates with none"):
        pixel_similarity(flat, one)
    with pytest.raises(InputError, match="so its power has no share of small scales"):
        share_of_small_scales(np.stack([one, flat]))
    with pytest.raises(InputError, match=r"of one shape; found \(1, 4, 4\) and \(2, 4, 4\)"):
        power_similarity(one, np.ones((2, 4, 4)))


def test_a_single_peak_has_no_spectrum_to_compare(rng):
    peak = np.zeros((1, 4, 4))
    peak[0, 1, 2] = 1.0
    with pytest.raises(InputError, match="the same power at every wavenumber"):
        power_similarity(peak, peak)
