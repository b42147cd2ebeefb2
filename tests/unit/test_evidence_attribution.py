from dataclasses import replace

import numpy as np
import pytest

from attributed import attributed_maps
from attribution_datasets import attribution_dataset
from repshift.evidence.attribution.attributions import HiddenBlocks, NullCorrelations
from repshift.evidence.attribution.case_numbers import attribution_numbers
from repshift.evidence.attribution.map_sums import MapSums
from repshift.evidence.attribution.nulls import gains_over_input
from repshift.evidence.attribution.quantities import MAP_QUANTITIES
from repshift.evidence.attribution.verdicts import (
    BELOW_INPUT,
    BEYOND_INPUT,
    FAITHFUL,
    INDISTINCT,
    LIKE_INPUT,
    UNKNOWN,
    WORSE,
    verdicts,
    verdicts_over_input,
)
from repshift.statistics.environments import environments
from repshift.statistics.resampling import bootstrap_weights, percentile_interval
from repshift.vocabulary import InputError

HOW = {"n_resamples": 200, "seed": 1}


@pytest.fixture
def inputs(rng):
    return rng.normal(size=(20, 1, 24, 24))


def numbers(attributions, inputs, *, home=None, **more):
    return attribution_numbers(attributed_maps(attributions, inputs, **more), home=home, **HOW)


def test_attribution_like_the_input_has_a_share_of_one(inputs):
    found = numbers(np.abs(inputs)[None, None], inputs)
    for end in ("", "_low", "_high"):
        np.testing.assert_allclose(found[f"share_over_input{end}"], 1, atol=1e-12)
    np.testing.assert_allclose(found["input_correlation"], 1)


def test_uniform_attribution_has_the_share_of_its_pixels(inputs):
    found = numbers(np.ones((1, 1, *inputs.shape)), inputs)
    np.testing.assert_allclose(found["share_over_pixels"], 1)
    np.testing.assert_allclose(found["distance_over_pixels"].dropna("distance"), 1)


def test_a_uniform_sensitivity_is_the_input_s_as_contribution(inputs):
    found = numbers(np.ones((1, 1, *inputs.shape)), inputs, sensitivities=(True,))
    np.testing.assert_allclose(found["share_over_input"], 1)
    np.testing.assert_allclose(found["share_over_pixels"], 1)


def test_attribution_planted_in_peaks_is_found_there(inputs):
    density = np.exp(inputs[:, 0])
    planted = np.where(environments(density) == 4, 3.0, 1.0)[None, None, :, None]
    found = numbers(planted, inputs, density=density)
    top = MapSums(attributed_maps(planted, inputs, density=density)).variables["pixels_by_environment"][4].sum()
    share = 3 * top / (3 * top + inputs.size - top)
    assert found["share"].to_numpy()[0, 0, 4] == pytest.approx(share, rel=0.02)
    assert found["share_over_pixels"].to_numpy()[0, 0, 4] == pytest.approx(share * inputs.size / top, rel=0.02)


def test_shares_are_means_of_maps_by_a_double_loop(rng, inputs):
    attributions = rng.normal(size=(1, 1, *inputs.shape)) * np.arange(1, 21)[:, None, None, None]
    found = numbers(attributions, inputs)
    size, classes = np.abs(attributions[0, 0, :, 0]), environments(inputs[:, 0])
    weights = np.concatenate([np.ones((1, 20)), bootstrap_weights(20, n_resamples=200, seed=1)])
    each = np.array([one[of == 1].sum() / one.sum() for one, of in zip(size, classes, strict=True)])
    slow = np.array([(row * each).sum() / row.sum() for row in weights])
    assert found["share"].to_numpy()[0, 0, 1] == pytest.approx(slow[0])
    plain = percentile_interval(slow[1:, None], n_simulations=20)
    assert found["share_low"].to_numpy()[0, 0, 1] < plain.low[0]  # for it holds all environments at once
    assert found["share_high"].to_numpy()[0, 0, 1] > plain.high[0]


def test_the_spectrum_of_attribution_like_the_input_is_its_own(inputs):
    found = numbers(5 * inputs[None, None], inputs)
    np.testing.assert_allclose(found["power_over_input"], 1)


def test_attribution_at_one_wave_has_its_power_there(inputs):
    wave = np.cos(2 * np.pi * 4 * np.arange(24) / 24) * np.ones((24, 1))
    found = numbers(np.broadcast_to(wave, (1, 1, *inputs.shape)), inputs)
    shares = found["power_over_input"].to_numpy()[0, 0]
    assert shares.argmax() == list(found["scale_low"].to_numpy()).index(4)
    assert float(shares.sum() - shares.max()) == pytest.approx(0, abs=1e-12)


def test_a_scale_at_which_maps_have_no_power_is_left_out():
    wave = np.cos(2 * np.pi * np.arange(16) / 16) * np.ones((20, 1, 16, 1))
    found = numbers(wave[None, None], wave)["power_over_input"][0, 0]
    np.testing.assert_array_equal(np.isnan(found), [False, True, True, True, True])


def test_an_environment_of_a_few_pixels_is_left_out(rng):
    few = rng.normal(size=(12, 1, 16, 16))
    found = numbers(np.abs(few)[None, None], few)
    np.testing.assert_array_equal(np.isnan(found["share"][0, 0]), [False] * 4 + [True])
    assert np.isnan(found["share_over_input_high"][0, 0, 4])


def test_channels_share_the_attribution(rng):
    inputs = rng.normal(size=(12, 2, 16, 16))
    planted = np.broadcast_to(np.array([3.0, 1.0])[:, None, None], (1, 1, *inputs.shape))
    np.testing.assert_allclose(numbers(planted, inputs)["channel_share"][0, 0], [0.75, 0.25])


def test_completeness_is_the_median_error_over_the_rms_change(rng, inputs):
    errors, values = rng.normal(size=(1, 1, 20)), rng.normal(size=(1, 20))
    found = numbers(inputs[None, None], inputs, errors=errors, values=values)
    expected = np.median(np.abs(errors)) / np.sqrt(np.square(values).mean())
    assert float(found["completeness"][0, 0]) == pytest.approx(expected)
    assert found["completeness_low"] < expected < found["completeness_high"]


def test_an_output_that_does_not_move_has_no_completeness(inputs):
    still = np.full((1, 20), 0.3)
    errors = np.zeros((1, 1, 20))
    found = numbers(inputs[None, None], inputs, errors=errors, values=still, baseline_values=still)
    assert np.isnan(found["completeness"]).all()


def test_methods_that_promise_none_have_no_completeness(inputs):
    assert np.isnan(numbers(inputs[None, None], inputs)["completeness"]).all()


def test_methods_agree_as_their_blocks_do(rng, inputs):
    other = rng.normal(size=inputs.shape)
    found = numbers(np.stack([inputs, 2 * inputs, other])[:, None], inputs, window=4)["agreement"][..., 0]
    np.testing.assert_allclose(np.diag(found), 1)
    assert float(found[0, 1]) == pytest.approx(1)
    assert abs(float(found[0, 2])) < 0.2


def curves(rng, gain, *, n_maps=20):
    """Return outputs that fall by 0.1 a step at random, by a gain more for the first of two methods and half of it less
    in the order of the input."""
    fall = np.arange(5) * np.array([0.1 + gain, 0.1, 0.1 - gain / 2, 0.1])[:, None, None, None]
    return 1 - fall - 0.01 * rng.normal(size=(4, 1, n_maps, 5)) * (np.arange(5) > 0)


def faithful(rng, inputs, gain, **how):
    found = HiddenBlocks(np.linspace(0, 0.5, 5), {"blur": curves(rng, gain, **how)}, {"blur": curves(rng, gain, **how)})
    return numbers(np.stack([inputs, inputs])[:, None], inputs, faithfulness=found)


def test_a_planted_gain_over_random_order_is_found(rng, inputs):
    found = faithful(rng, inputs, 0.02)
    assert float(found["deletion_gain"][0, 0, 0]) == pytest.approx(0.02 * 2.5, abs=0.005)
    assert found["deletion_verdict"].to_numpy()[0, :, 0].tolist() == [FAITHFUL, INDISTINCT]
    assert found["insertion_verdict"].to_numpy()[0, 0, 0] == WORSE


def test_a_method_has_to_beat_the_size_of_the_input_s_gain(rng, inputs):
    found = faithful(rng, inputs, 0.02)
    of_input, over = found["input_deletion_gain"], found["deletion_gain_over_input"]
    assert float(of_input[0, 0]) == pytest.approx(-0.01 * 2.5, abs=0.005)
    assert float(over[0, 0, 0]) == pytest.approx(float(found["deletion_gain"][0, 0, 0] + of_input[0, 0]))
    assert float(found["deletion_gain_over_input_low"][0, 0, 0]) < float(over[0, 0, 0])
    assert found["deletion_verdict_over_input"].to_numpy()[0, :, 0].tolist() == [BEYOND_INPUT, BELOW_INPUT]


def test_the_sign_of_the_input_s_gain_is_that_of_its_estimate():
    gains = np.array([[0.3, -0.2], [0.3, 0.1], [0.1, -0.4]])[:, None, :, None]
    np.testing.assert_allclose(gains_over_input(gains).ravel(), [0.1, 0.4, -0.3])
    np.testing.assert_allclose(gains_over_input(-gains).ravel(), [-0.5, -0.2, -0.5])


def test_curves_fall_from_nothing_in_bands(rng, inputs):
    found = faithful(rng, inputs, 0.02)
    np.testing.assert_array_equal(found["deletion_curve"][..., 0], 0)
    np.testing.assert_array_equal(found["deletion_curve_high"][..., 0], 0)
    np.testing.assert_allclose(found["deletion_curve"][0, 3, 0], 0.1 * np.arange(5), atol=0.01)
    assert list(found["order"].to_numpy()) == ["method 0", "method 1", "input", "random"]


def test_maps_that_took_no_part_do_not_count(rng, inputs):
    drawn = curves(rng, 0.02)
    drawn[:, :, 12:] = np.nan
    some = HiddenBlocks(np.linspace(0, 0.5, 5), {"blur": drawn})
    found = numbers(np.stack([inputs, inputs])[:, None], inputs, faithfulness=some)
    expected = (drawn[3] - drawn[0])[0, :12, 1:].mean()
    assert float(found["deletion_gain"][0, 0, 0]) == pytest.approx(expected)


def test_few_simulations_have_no_verdict(rng):
    inputs = rng.normal(size=(8, 1, 16, 16))
    found = faithful(rng, inputs, 0.02, n_maps=8)
    assert set(found["deletion_verdict"].to_numpy().ravel()) == {UNKNOWN}
    assert np.isfinite(found["deletion_gain"]).all()


def test_verdicts_follow_the_ends():
    low, high = np.array([0.1, -0.1, -0.2, np.nan]), np.array([0.2, 0.1, -0.1, np.nan])
    assert verdicts(low, high).tolist() == [FAITHFUL, INDISTINCT, WORSE, UNKNOWN]
    assert verdicts_over_input(low, high).tolist() == [BEYOND_INPUT, LIKE_INPUT, BELOW_INPUT, UNKNOWN]


def test_correlations_under_shuffled_weights_are_means_of_maps(rng, inputs):
    signed = rng.uniform(-1, 1, size=(2, 2, 1, 20))
    signed[:, 1, :, 12:] = np.nan
    shuffled = NullCorrelations(("last", "all"), signed, np.abs(signed))
    found = numbers(np.stack([inputs, inputs])[:, None], inputs, randomisation=shuffled)
    np.testing.assert_allclose(found["randomisation_signed"], np.nanmean(signed, axis=-1))
    assert (found["randomisation_signed_low"] < found["randomisation_signed_high"]).all()
    np.testing.assert_allclose(found["randomisation_absolute"], np.nanmean(np.abs(signed), axis=-1))


def test_a_method_that_was_not_randomised_has_no_number(inputs):
    nothing = np.full((1, 1, 1, 20), np.nan)
    found = numbers(inputs[None, None], inputs, randomisation=NullCorrelations(("all",), nothing, nothing))
    assert np.isnan(found["randomisation_signed"]).all()


def test_a_domain_like_home_has_no_change(inputs):
    home = numbers(np.abs(inputs)[None, None], inputs)
    found = numbers(np.abs(inputs)[None, None], inputs, home=home)
    np.testing.assert_allclose(found["share_over_pixels_change"], 0, atol=1e-12)
    assert (found["share_over_pixels_change_high"][..., 0] > 0).all()  # the two samples are of other simulations


def test_a_change_is_found_out_less_in(inputs):
    planted = np.where(environments(inputs[:, 0]) == 1, 2.0, 1.0)[None, None, :, None]
    home = numbers(np.ones_like(planted), inputs)
    found = numbers(planted, inputs, home=home)
    assert float(found["share_over_pixels_change"][0, 0, 1]) > 0.5
    assert float(found["share_over_pixels_change_low"][0, 0, 1]) > 0.4


def test_a_channel_that_gains_has_a_change(rng):
    bands = rng.normal(size=(20, 2, 16, 16))
    home = numbers(np.ones((1, 1, *bands.shape)), bands)
    found = numbers(np.ones((1, 1, *bands.shape)) * [[[1.0]], [[2.0]]], bands, home=home)
    np.testing.assert_allclose(found["channel_share_change"][0, 0], [-1 / 6, 1 / 6], atol=1e-12)


def test_a_home_of_other_methods_is_refused(inputs):
    home = numbers(np.stack([inputs, inputs])[:, None], inputs)
    with pytest.raises(InputError, match="The methods of the model's own domain are method 0, method 1, those of this"):
        numbers(inputs[None, None], inputs, home=home)


def test_arrays_that_disagree_are_refused(inputs):
    found = attributed_maps(inputs[None, None], inputs)
    with pytest.raises(InputError, match=r"values of attributed maps are \(1, 3\). Expected \(1, 20\)"):
        attribution_numbers(replace(found, values=np.ones((1, 3))), **HOW)
    with pytest.raises(InputError, match="The inputs of attributed maps hold numbers that are not finite"):
        attribution_numbers(replace(found, inputs=np.full_like(inputs, np.nan)), **HOW)


def test_invented_files_have_the_variables_of_real_ones(rng, inputs):
    shuffled = NullCorrelations(("all",), *np.zeros((2, 1, 2, 1, 20)))
    drawn = HiddenBlocks(np.linspace(0, 0.5, 5), {"blur": curves(rng, 0)}, {"blur": curves(rng, 0)})
    maps = np.stack([inputs, inputs])[:, None]
    more = {
        "faithfulness": drawn,
        "randomisation": shuffled,
        "null": maps[:, :, 0],
        "pixel": 0.4,
        "pixel_units": "Mpc/h",
    }
    home = numbers(maps, inputs)
    found = numbers(maps, inputs, home=home, **more)
    invented = attribution_dataset(inside=False, nulls=("deletion", "insertion", "randomisation"))
    assert {name: one.dims for name, one in found.items()} == {name: one.dims for name, one in invented.items()}
    assert {name: one.dims for name, one in found.coords.items()} == {
        name: one.dims for name, one in invented.coords.items()
    }
    assert {name.removesuffix("_low").removesuffix("_high") for name in found} == set(MAP_QUANTITIES)
