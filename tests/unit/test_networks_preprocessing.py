"""Logarithm, standardisation and scaling."""

import numpy as np
import pytest
from scipy.ndimage import gaussian_filter

from repshift import InputError
from repshift.networks.channels import Moments, Preprocessing
from repshift.networks.moments import log_moments
from repshift.networks.preprocessing import (
    logarithm,
    physical_parameters,
    preprocess,
    require_map_by_map,
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
def test_a_pixel_without_a_logarithm_is_refused(maps, value):
    maps[4, 2, 5] = value
    with pytest.raises(InputError, match=r"Map 104 of field 'T' holds .* at pixel \(2, 5\)"):
        logarithm(maps, "T", positions=np.arange(100, 130))


def test_moments_name_the_map_in_a_later_piece(maps):
    maps[23] = 0
    with pytest.raises(InputError, match="Map 23 of field 'T'"):
        log_moments([maps[:20], maps[20:]], "T")


# smoothing and monopole


@pytest.mark.parametrize("field", ["T", "Mstar"])
def test_smoothing_is_that_of_the_released_code_map_by_map(maps, field):
    found = preprocess(maps, field, preprocessing=Preprocessing(smoothing=2.0))
    smoothed = [gaussian_filter(one, 2.0, mode="wrap") for one in maps]
    assert smoothed[0].dtype == np.float32
    assert np.array_equal(found, logarithm(np.stack(smoothed), field))


def test_smoothing_is_a_periodic_gaussian_of_the_raw_map():
    # in Fourier space exp(-(k s)^2 / 2); the cut at 4 standard deviations leaves out 6e-5 of the weight
    wave = 2.0 + np.cos(2 * np.pi * (3 * np.arange(32)[:, None] + np.arange(32)) / 32)
    factor = np.exp(-0.5 * (2 * np.pi * np.hypot(3, 1) / 32 * 1.5) ** 2)
    found = preprocess(wave[None].astype(np.float32), "T", preprocessing=Preprocessing(smoothing=1.5))[0]
    assert found == pytest.approx(np.log10(2.0 + factor * (wave - 2.0)), abs=2e-4)


def test_smoothing_commutes_with_a_periodic_shift(maps):
    how = Preprocessing(smoothing=1.3, monopole="removed")
    shifted = preprocess(np.roll(maps, (3, 5), axis=(1, 2)), "T", preprocessing=how)
    assert shifted == pytest.approx(np.roll(preprocess(maps, "T", preprocessing=how), (3, 5), axis=(1, 2)), abs=1e-6)


def test_without_its_monopole_a_map_has_mean_0_and_no_scale(maps):
    how = Preprocessing(monopole="removed")
    values = preprocess(maps, "T", preprocessing=how)
    assert values.mean(axis=(1, 2)) == pytest.approx(np.zeros(30), abs=1e-12)
    assert preprocess(np.float32(4) * maps, "T", preprocessing=how) == pytest.approx(values, abs=1e-12)


def test_the_monopole_is_taken_after_the_smoothing(maps):
    how = Preprocessing(smoothing=1.0, monopole="removed")
    values = preprocess(maps, "T", preprocessing=Preprocessing(smoothing=1.0))
    assert np.array_equal(preprocess(maps, "T", preprocessing=how), values - values.mean(axis=(1, 2), keepdims=True))


def test_preprocessing_nothing_is_the_logarithm_to_the_bit(maps):
    assert np.array_equal(preprocess(maps, "T"), logarithm(maps, "T"))


def test_preprocessed_maps_are_standardised_by_their_moments(maps):
    how = Preprocessing(smoothing=1.5, monopole="removed")
    moments = log_moments([maps[:13], maps[13:]], "T", preprocessing=how)
    inputs = standardise(maps, "T", moments=moments, preprocessing=how)
    assert (inputs.mean(), inputs.std()) == pytest.approx((0, 1), abs=1e-6)


@pytest.mark.parametrize("value", [np.nan, np.inf, 0, -3])
def test_a_bad_pixel_is_found_before_smoothing_spreads_it(maps, value):
    maps[4, 2, 5] = value
    with pytest.raises(InputError, match=r"Map 104 of field 'T' holds .* at pixel \(2, 5\): 1 such pixels"):
        preprocess(maps, "T", preprocessing=Preprocessing(smoothing=2.0), positions=np.arange(100, 130))


@pytest.mark.parametrize("width", [-1.0, np.nan, np.inf])
def test_an_impossible_width_is_refused(width):
    with pytest.raises(InputError, match=f"smoothing is {width} pixels. Expected a finite width, 0 or more"):
        Preprocessing(smoothing=width)


def test_an_unknown_monopole_is_refused():
    with pytest.raises(InputError, match="monopole is 'lost'. Expected one of kept, removed"):
        Preprocessing(monopole="lost")


@pytest.mark.parametrize("value", [3.0, 0.1, 1.0, 1e-30, 7e8])
@pytest.mark.parametrize(
    "how",
    [
        Preprocessing(),
        Preprocessing(logarithm=False),
        Preprocessing(smoothing=2.0),
        Preprocessing(smoothing=2.0, logarithm=False),
        Preprocessing(monopole="removed"),
    ],
)
def test_constant_maps_have_no_scale(value, how):
    maps = np.full((4, 8, 8), value, dtype=np.float32)
    with pytest.raises(InputError, match="pixels of field 'T' are equal, apart from rounding"):
        log_moments([maps, maps], "T", preprocessing=how)


def test_maps_that_are_each_constant_have_no_scale_without_their_mean():
    maps = np.repeat(np.float32([1, 3, 10]), 64).reshape(3, 8, 8)
    assert log_moments([maps], "T").std > 0.3
    with pytest.raises(InputError, match="are equal, apart from rounding"):
        log_moments([maps], "T", preprocessing=Preprocessing(monopole="removed"))


@pytest.mark.parametrize("spread", [1e-5, 1e-3])
def test_maps_that_differ_little_have_a_scale(spread, rng):
    maps = (10 ** (5 + spread * rng.normal(size=(4, 8, 8)))).astype(np.float32)
    assert log_moments([maps], "T").std == pytest.approx(spread, rel=0.2)


def test_equal_pixels_cannot_be_standardised():
    with pytest.raises(InputError, match="pixels of field 'T' are equal"):
        log_moments([np.ones((2, 3, 3), dtype=np.float32)], "T")


def test_without_the_logarithm_any_value_is_standardised():
    maps = np.array([[[-1.0, 0.0], [1.0, 2.0]]], dtype=np.float32)
    linear = Preprocessing(logarithm=False)
    assert preprocess(maps, "kappa", preprocessing=linear) == pytest.approx(maps)
    inputs = standardise(
        maps, "kappa", moments=log_moments([maps], "kappa", preprocessing=linear), preprocessing=linear
    )
    assert (inputs.mean(), inputs.std()) == pytest.approx((0, 1), abs=1e-6)


def test_the_moments_0_and_1_leave_a_map_as_it_is():
    maps = np.float32([[[-1.1, 0.3], [1e-7, 2.7]]])
    assert np.array_equal(
        standardise(maps, "kappa", moments=Moments(0, 1), preprocessing=Preprocessing(logarithm=False)), maps
    )


@pytest.mark.parametrize("value", [np.nan, -np.inf])
def test_without_the_logarithm_a_pixel_must_be_finite(maps, value):
    maps[3, 1, 2] = value
    with pytest.raises(InputError, match=r"Map 3 of field 'kappa' holds .* at pixel \(1, 2\): 1 such .* finite values"):
        preprocess(maps, "kappa", preprocessing=Preprocessing(logarithm=False))


def test_scaling_parameters_is_undone(rng):
    scaled = rng.uniform(size=(5, 6))
    mean, std = physical_parameters(scaled, scaled)
    assert scale_parameters(mean) == pytest.approx(scaled)
    assert std[:, 2] == pytest.approx(3.75 * scaled[:, 2])


def test_ranges_are_those_of_cmd():
    lows = np.array([0.1, 0.6, 0.25, 0.25, 0.5, 0.5])
    assert scale_parameters(lows) == pytest.approx(np.zeros(6))
    assert scale_parameters(np.array([0.5, 1.0, 4, 4, 2, 2])) == pytest.approx(np.ones(6))


# Other preparations than those of CMD


PLAIN = {"logarithm": False}


def test_arcsinh_is_linear_below_its_softening_and_logarithmic_above():
    maps = np.array([[[1e-4, 1e4]]], dtype=np.float32)
    found = preprocess(maps, "image", preprocessing=Preprocessing(**PLAIN, arcsinh=0.1))
    assert found[0, 0, 0] == pytest.approx(1e-3, rel=1e-5)
    assert found[0, 0, 1] == pytest.approx(np.log(2e5), rel=1e-6)


def test_values_are_clipped_then_scaled_then_stretched():
    maps = np.array([[[-5.0, 0.0, 100.0, 300.0]]], dtype=np.float32)
    how = Preprocessing(**PLAIN, clip=(0.0, 255.0), scale=255.0, arcsinh=0.5)
    expected = np.arcsinh(np.array([0, 0, 100 / 255, 1]) / 0.5)
    assert preprocess(maps, "image", preprocessing=how)[0, 0] == pytest.approx(expected)


def test_clipping_gives_zeros_a_logarithm():
    maps = np.array([[[0.0, 10.0]]], dtype=np.float32)
    found = preprocess(maps, "image", preprocessing=Preprocessing(clip=(0.1, None)))
    assert found[0, 0] == pytest.approx([-1, 1])


def test_a_function_of_one_s_own_comes_first():
    maps = np.array([[[2.0, -4.0]]], dtype=np.float32)
    how = Preprocessing(**PLAIN, scale=2.0, function="mine:square")
    found = preprocess(maps, "image", preprocessing=how, function=np.square)
    assert found[0, 0].tolist() == [2.0, 8.0]


@pytest.mark.parametrize(
    ("function", "message"),
    [
        (None, "prepared by 'mine:f', which is not given"),
        (lambda maps: maps[:, 0], r"'mine:f' made float64 of shape \(2, 4\) of maps of shape \(2, 3, 4\)"),
        (lambda maps: maps > 0, "'mine:f' made bool"),
        (lambda maps: maps / 0 * maps, "holds nan at pixel"),
    ],
)
@pytest.mark.filterwarnings("ignore:invalid value")
def test_what_a_function_makes_of_maps_must_be_maps(function, message):
    maps = np.zeros((2, 3, 4), dtype=np.float32)
    with pytest.raises(InputError, match=message):
        preprocess(maps, "image", preprocessing=Preprocessing(**PLAIN, function="mine:f"), function=function)


@pytest.mark.parametrize(
    ("how", "message"),
    [
        ({"arcsinh": 0.1}, "Both the logarithm and the arcsinh are asked for"),
        ({**PLAIN, "arcsinh": 0.0}, "softening of the arcsinh is 0.0. Expected a finite number above 0"),
        ({"scale": -1.0}, "The scale is -1.0. Expected a finite number above 0"),
        ({"clip": (2.0, 1.0)}, "clipped to 2 to 1. Expected a lower bound below the upper one"),
    ],
)
def test_preparations_out_of_their_range_are_refused(how, message):
    with pytest.raises(InputError, match=message):
        Preprocessing(**how)


@pytest.mark.parametrize("how", [{"arcsinh": 1e-3}, {"scale": 1e3}, {}])
def test_pixels_that_differ_by_rounding_alone_are_not_standardised(how):
    maps = (1000 * (1 + 1e-7 * np.random.default_rng(0).normal(size=(4, 8, 8)))).astype(np.float32)
    with pytest.raises(InputError, match="are equal, apart from rounding"):
        log_moments([maps], "image", preprocessing=Preprocessing(**PLAIN, **how))


@pytest.mark.parametrize(
    ("how", "function"),
    [({"clip": (0.0, 1.0)}, None), ({"function": "mine:log"}, lambda maps: np.log10(np.clip(maps, 1, None)))],
)
def test_what_clipping_or_a_function_takes_away_is_no_rounding(rng, how, function):
    maps = rng.uniform(size=(4, 8, 8)).astype(np.float32)
    maps[0, 0, 0] = 1e11  # a hot pixel
    moments = log_moments([maps], "image", preprocessing=Preprocessing(**PLAIN, **how), function=function)
    assert 0.1 < moments.std < 2


class _Counting:
    n_calls = 0

    def __call__(self, maps):
        self.n_calls += 1
        return maps + self.n_calls


@pytest.mark.parametrize(
    ("function", "when"),
    [
        (_Counting(), "when it is called again"),
        (lambda maps: maps + np.random.default_rng().normal(size=maps.shape), "when it is called again"),
        (lambda maps: maps - maps.mean(), "when it is given alone"),
        (lambda maps: maps / maps.max(axis=0), "when it is given alone"),
    ],
)
def test_a_function_is_of_each_map_alone(function, when, rng):
    maps = rng.lognormal(size=(6, 4, 5)).astype(np.float32)
    with pytest.raises(InputError, match=f"'mine:f' makes another map of the same map {when}"):
        require_map_by_map(maps, "mine:f", function)


@pytest.mark.filterwarnings("ignore:invalid value")
@pytest.mark.parametrize("function", [np.sqrt, lambda maps: maps - maps.mean(axis=(1, 2), keepdims=True), np.log])
def test_a_function_of_each_map_will_do_whatever_it_makes_of_it(function, rng):
    require_map_by_map(rng.normal(size=(6, 4, 5)).astype(np.float32), "mine:f", function)
