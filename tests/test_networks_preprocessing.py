"""Logarithm, standardisation and scaling."""

import numpy as np
import pytest

from repshift import InputError
from repshift.networks.preprocessing import (
    Moments,
    log_moments,
    logarithm,
    physical_parameters,
    scale_parameters,
    standardise,
)


@pytest.fixture
def maps(rng):
    return rng.lognormal(10, 2, size=(30, 8, 8)).astype(np.float32)


def test_moments_in_pieces_are_those_of_all_pixels(maps):
    moments = log_moments((maps[start : start + 7] for start in range(0, 30, 7)), "T")
    values = np.log10(maps.astype(np.float64))
    assert moments.mean == pytest.approx(values.mean(), rel=1e-12)
    assert moments.std == pytest.approx(values.std(), rel=1e-12)


def test_standardised_maps_have_mean_0_and_spread_1(maps):
    inputs = standardise(maps, "T", moments=log_moments([maps], "T"))
    assert inputs.dtype == np.float32
    assert (inputs.mean(), inputs.std()) == pytest.approx((0, 1), abs=1e-6)


def test_stars_may_have_empty_pixels():
    assert logarithm(np.zeros((1, 2, 2), dtype=np.float32), "Mstar") == pytest.approx(0)


@pytest.mark.parametrize("value", [np.nan, np.inf, 0, -3])
def test_a_pixel_without_a_logarithm_is_refused_by_the_map_s_position(maps, value):
    maps[4, 2, 5] = value
    with pytest.raises(InputError, match=r"Map 104 of field 'T' holds .* at pixel \(2, 5\)"):
        logarithm(maps, "T", positions=np.arange(100, 130))


def test_moments_name_the_map_in_a_later_piece(maps):
    maps[23] = 0
    with pytest.raises(InputError, match="Map 23 of field 'T'"):
        log_moments([maps[:20], maps[20:]], "T")


def test_equal_pixels_cannot_be_standardised():
    with pytest.raises(InputError, match="pixels of field 'T' are equal"):
        log_moments([np.ones((2, 3, 3), dtype=np.float32)], "T")


def test_an_unknown_field_is_refused(maps):
    with pytest.raises(InputError, match="Unknown field 'Temperature'"):
        standardise(maps, "Temperature", moments=Moments(0, 1))


def test_scaling_parameters_is_undone(rng):
    scaled = rng.uniform(size=(5, 6))
    mean, std = physical_parameters(scaled, scaled)
    assert scale_parameters(mean) == pytest.approx(scaled)
    assert std[:, 2] == pytest.approx(3.75 * scaled[:, 2])


def test_ranges_are_those_of_cmd():
    lows = np.array([0.1, 0.6, 0.25, 0.25, 0.5, 0.5])
    assert scale_parameters(lows) == pytest.approx(np.zeros(6))
    assert scale_parameters(np.array([0.5, 1.0, 4, 4, 2, 2])) == pytest.approx(np.ones(6))
