import numpy as np
import pytest

from attributed import attributed_shift
from attribution_datasets import shift_dataset
from repshift.evidence.attribution.attributions import LayerShift
from repshift.evidence.attribution.layer_parts import participation
from repshift.evidence.attribution.quantities import SHIFT_QUANTITIES
from repshift.evidence.attribution.shift import shift_numbers
from repshift.statistics.environments import environments
from repshift.statistics.resampling import bootstrap_weights, percentile_interval
from repshift.vocabulary import InputError

HOW = {"n_resamples": 200, "seed": 1}
PARTS = ("environment", "scale", "pixel_value", "channel")


@pytest.fixture
def arrays(rng):
    """Gradients of two outputs, 20 maps of two channels and their twins."""
    maps, twins = rng.normal(size=(2, 20, 2, 16, 16))
    return rng.normal(size=(2, 20, 2, 16, 16)), maps, twins


@pytest.mark.parametrize("part", PARTS)
def test_parts_of_a_shift_add_up_to_it(rng, arrays, part):
    values = rng.normal(size=(2, 20))
    found = shift_numbers(attributed_shift(*arrays, twin_values=values), **HOW)
    whole = found[f"{part}_shift"].sum(part) + found["remainder"]
    np.testing.assert_allclose(whole, found["shift"], atol=1e-12)
    np.testing.assert_allclose(found["shift"], values.mean(1))


@pytest.mark.parametrize("part", PARTS[:3])
def test_parts_of_each_map_add_up_to_its_change(arrays, part):
    found = shift_numbers(attributed_shift(*arrays), **HOW)
    whole = found[f"{part}_shift_of_map"].sum(part) - found["completeness_error"]
    np.testing.assert_allclose(whole, found["twin_value"] - found["value"], atol=1e-10)


def test_a_shift_planted_in_an_environment_is_found_there(arrays):
    gradients, maps, _ = arrays
    density = maps[:, 1] ** 3
    twins = maps + (environments(density) == 2)[:, None]
    found = shift_numbers(attributed_shift(np.ones_like(gradients), maps, twins, density=density), **HOW)
    np.testing.assert_allclose(found["environment_difference_share"], [0, 0, 1, 0, 0], atol=1e-12)
    assert float(found["environment_shift"][0, 2]) == pytest.approx(float(found["shift"][0]))
    assert float(found["environment_pixel_share"][2]) == pytest.approx(0.15, abs=0.01)


def test_a_shift_planted_at_a_scale_is_found_there(arrays):
    gradients, maps, _ = arrays
    wave = np.cos(2 * np.pi * 5 * np.arange(16) / 16) * np.ones((16, 1))
    found = shift_numbers(attributed_shift(gradients, maps, maps + wave), **HOW)
    np.testing.assert_allclose(found["scale_shift"][:, 3], found["shift"], atol=1e-10)
    np.testing.assert_allclose(found["scale_difference_share"], [0, 0, 0, 1], atol=1e-12)


def test_a_change_of_the_mean_is_the_first_scale(arrays):
    gradients, maps, _ = arrays
    found = shift_numbers(attributed_shift(gradients, maps, maps + 1.0), **HOW)
    assert float(found["scale"][0]) == 0
    np.testing.assert_allclose(found["scale_shift"][:, 0], found["shift"], atol=1e-10)


def test_the_ends_of_a_shift_are_those_of_a_loop(arrays):
    found = shift_numbers(attributed_shift(*arrays), **HOW)
    change = (found["twin_value"] - found["value"]).to_numpy()[0]
    weights = bootstrap_weights(20, n_resamples=200, seed=1)
    slow = np.array([np.repeat(change, row.astype(int)).mean() for row in weights])
    ends = percentile_interval(slow[:, None], n_simulations=20)
    assert float(found["shift_low"][0]) == pytest.approx(ends.low[0])
    assert float(found["shift_high"][0]) == pytest.approx(ends.high[0])


def test_a_shift_that_misses_its_change_says_so(arrays):
    exact = attributed_shift(*arrays)
    found = shift_numbers(attributed_shift(*arrays, twin_values=exact.twin_values + 0.5), **HOW)
    np.testing.assert_allclose(found["remainder"], 0.5)
    np.testing.assert_allclose(found["completeness_error"], -0.5)


def layer(rng, *, same_change):
    """Return a layer of 3 feature channels on 20 maps whose changes are alike, or differ around nothing."""
    gradients = rng.normal(1, 0.1, size=(2, 20, 3))
    changes = np.broadcast_to([1.0, 2.0, 3.0], (20, 3)) if same_change else rng.normal(size=(20, 3))
    changes = changes if same_change else changes - changes.mean(0)
    return LayerShift(gradients * changes, gradients, changes)


def test_a_change_alike_in_all_maps_is_all_offset(rng, arrays):
    found = shift_numbers(attributed_shift(*arrays, layers={"C": layer(rng, same_change=True)}), **HOW)
    np.testing.assert_allclose(found["layer_offset_shift"], found["layer_shift"])


def test_a_change_around_nothing_has_no_offset(rng, arrays):
    one = layer(rng, same_change=False)
    found = shift_numbers(attributed_shift(*arrays, layers={"C": one}), **HOW)
    np.testing.assert_allclose(found["layer_offset_shift"], 0, atol=1e-12)
    np.testing.assert_allclose(found["layer_shift"][:, 0], one.contributions.sum(-1).mean(-1))


def test_units_that_share_a_shift_are_counted():
    assert participation(np.array([1.0, -1.0, 1.0, 0.0])) == pytest.approx(3)
    assert participation(np.array([5.0, 0.0])) == pytest.approx(1)


def test_units_have_ends_of_one_or_more(rng, arrays):
    found = shift_numbers(attributed_shift(*arrays, layers={"C": layer(rng, same_change=True)}), **HOW)
    assert (found["layer_units_low"] >= 1).all()
    assert (found["layer_units_high"] >= found["layer_units"]).all()


def test_few_simulations_have_a_shift_without_ends(rng, arrays):
    gradients, maps, twins = arrays
    few = attributed_shift(gradients[:, :8], maps[:8], twins[:8], layers={})
    found = shift_numbers(few, **HOW)
    assert np.isfinite(found["shift"]).all()
    assert np.isnan(found["shift_low"]).all()
    assert np.isnan(found["environment_shift_high"]).all()


def test_twins_of_another_size_are_refused(arrays):
    gradients, maps, twins = arrays
    found = attributed_shift(gradients, maps, twins)
    with pytest.raises(InputError, match=r"The twins of attributed maps are \(20, 2, 8, 16\)"):
        shift_numbers(type(found)(**{**vars(found), "twins": twins[:, :, :8]}), **HOW)


def test_invented_shifts_have_the_variables_of_real_ones(rng, arrays):
    more = {"layers": {"C": layer(rng, same_change=True)}, "pixel": 0.4, "pixel_units": "Mpc/h"}
    found, invented = shift_numbers(attributed_shift(*arrays, **more), **HOW), shift_dataset()
    assert {name: one.dims for name, one in found.items()} == {name: one.dims for name, one in invented.items()}
    assert {name: one.dims for name, one in found.coords.items()} == {
        name: one.dims for name, one in invented.coords.items()
    }
    assert {name.removesuffix("_low").removesuffix("_high") for name in found} == set(SHIFT_QUANTITIES)


def test_invented_parts_add_up_to_the_invented_shift():
    found = shift_dataset()
    for part in PARTS:
        np.testing.assert_allclose(found[f"{part}_shift"].sum(part) + found["remainder"], found["shift"])
