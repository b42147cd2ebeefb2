import numpy as np
import pytest

from repshift.statistics.pixels import power_spectrum
from repshift.statistics.scales import modes_by_scale, power_by_scale, products_by_scale, scales_of
from repshift.vocabulary import InputError


def wave(size, number):
    return np.cos(2 * np.pi * number * np.arange(size) / size) * np.ones((size, 1))


def test_half_octaves_reach_from_one_wave_to_half_of_the_side():
    found = scales_of((64, 64), per_octave=2)
    np.testing.assert_array_equal(found.low, [1, 2, 3, 4, 6, 8, 11, 16, 23])
    np.testing.assert_array_equal(found.high, [1, 2, 3, 5, 7, 10, 15, 22, 32])


def test_the_mean_of_a_map_is_a_scale_of_its_own():
    found = scales_of((16, 16), per_octave=1, with_mean=True)
    np.testing.assert_array_equal(found.low, [0, 1, 2, 4])
    assert np.isinf(found.wavelength[0])
    assert found.wavelength[1] == 16


@pytest.mark.parametrize("size", [(16, 16), (15, 15), (12, 20), (7, 6)])
def test_scales_hold_every_mode_but_the_mean(size):
    assert modes_by_scale(scales_of(size, per_octave=2)).sum() == np.prod(size) - 1
    assert modes_by_scale(scales_of(size, per_octave=1, with_mean=True)).sum() == np.prod(size)


def test_a_wave_has_power_at_its_scale_alone():
    scales = scales_of((32, 32), per_octave=2)
    power = power_by_scale(wave(32, 6), scales, periodic=True)
    at = np.flatnonzero((scales.low <= 6) & (scales.high >= 6))
    assert power[at].sum() == pytest.approx(power.sum())


def test_power_at_one_wave_is_that_of_the_spectrum(rng):
    maps = rng.normal(size=(5, 16, 16))
    found = power_by_scale(maps, scales_of((16, 16), per_octave=2), periodic=True).mean(0)
    np.testing.assert_allclose(found[:2], power_spectrum(maps)[:2])


def test_a_taper_keeps_edges_out_of_small_scales():
    slope = np.broadcast_to(np.linspace(0, 1, 64), (64, 64))
    scales = scales_of((64, 64), per_octave=2)
    plain, tapered = (power_by_scale(slope, scales, periodic=periodic) for periodic in (True, False))
    assert tapered[-1] / tapered[0] < 1e-4 * plain[-1] / plain[0]


@pytest.mark.parametrize("size", [(16, 16), (9, 12)])
def test_products_by_scale_add_up_to_the_product(rng, size):
    fields, others = rng.normal(size=(2, 3, *size))
    found = products_by_scale(fields, others, scales_of(size, per_octave=1, with_mean=True))
    np.testing.assert_allclose(found.sum(-1), (fields * others).sum((-2, -1)), atol=1e-10)


def test_a_product_is_with_the_part_of_a_scale(rng):
    field, other = rng.normal(size=(16, 16)), 3 + wave(16, 5)
    scales = scales_of((16, 16), per_octave=1, with_mean=True)
    found = products_by_scale(field, other, scales)
    assert found[0] == pytest.approx(3 * field.sum())
    assert found[3] == pytest.approx((field * wave(16, 5)).sum())


def test_a_map_of_one_pixel_has_no_waves():
    with pytest.raises(InputError, match="expected 2 pixels or more along either side"):
        scales_of((1, 8), per_octave=1)
