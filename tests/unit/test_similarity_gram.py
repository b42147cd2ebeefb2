"""Gram matrices: offset-free, in chunks, from arrays and tensors."""

import numpy as np
import pytest
import torch

import repshift.similarity.gram
from repshift import InputError, linear_gram
from repshift.similarity.gram import Blocks, centre, chunked_gram, chunked_product, u_centre


def slow_gram(representation):
    """Multiply row by row in double precision."""
    rows = representation.reshape(len(representation), -1).astype(np.float64)
    rows = rows - rows.mean(0)
    return np.array([[float((a * b).sum()) for b in rows] for a in rows])


@pytest.mark.parametrize("shape", [(8, 3), (5, 400), (6, 4, 5, 5)])
def test_gram_equals_a_double_loop(rng, shape):
    representation = rng.normal(size=shape).astype(np.float32)
    assert linear_gram(representation) == pytest.approx(slow_gram(representation), abs=1e-4)


def test_gram_of_a_tensor_equals_that_of_the_array(rng):
    array = rng.normal(size=(6, 70)).astype(np.float32)
    assert linear_gram(torch.from_numpy(array)) == pytest.approx(linear_gram(array), rel=1e-5, abs=1e-5)


def test_gram_does_not_see_an_offset_300_times_the_spread(rng):
    representation = rng.normal(size=(20, 1000)).astype(np.float32)
    moved = linear_gram(representation + np.float32(300))
    # 300 costs float32 5 digits of each value: 3e-5 relative, summed over 1000 units of random sign
    assert centre(moved) == pytest.approx(centre(linear_gram(representation)), abs=0.02)


def error_without_the_outlier(representation, outlier):
    """Return the largest error of the Gram matrix of the other maps, over its largest value."""
    others = np.delete(np.arange(len(representation)), outlier)
    found, exact = (
        centre(gram[np.ix_(others, others)]) for gram in (linear_gram(representation), slow_gram(representation))
    )
    return np.abs(found - exact).max() / np.abs(exact).max()


def test_one_dominating_map_does_not_drown_the_others(rng, monkeypatch):
    representation = rng.normal(size=(20, 5000)).astype(np.float32)
    representation[3] *= 1e4
    assert error_without_the_outlier(representation, 3) < 1e-6
    assert error_without_the_outlier(representation + np.float32(2e4), 3) < 1e-6
    monkeypatch.setattr(repshift.similarity.gram, "_INFLUENCE", np.inf)
    assert error_without_the_outlier(representation + np.float32(2e4), 3) > 1e-3


def test_an_offset_is_not_hidden_by_an_outlier(rng, monkeypatch):
    representation = rng.normal(size=(20, 5000)).astype(np.float32) + np.float32(30)
    representation[3] *= 1e4
    assert error_without_the_outlier(representation, 3) < 1e-6
    monkeypatch.setattr(repshift.similarity.gram, "_CANCELLATION", np.inf)
    assert error_without_the_outlier(representation, 3) > 1e-5


@pytest.mark.parametrize("offset", [0.0, 0.5, 2.0, 10.0, 1e3])
def test_a_product_is_right_before_or_after_centring(rng, offset):
    representation = rng.normal(size=(20, 5000)).astype(np.float32) + np.float32(offset)
    exact = centre(slow_gram(representation))
    assert np.abs(centre(linear_gram(representation)) - exact).max() < 2e-6 * np.abs(exact).max()


@pytest.mark.parametrize("kind", [np.asarray, torch.from_numpy])
@pytest.mark.parametrize("seed", range(3))
@pytest.mark.parametrize("width", [4096 + 1, 65_536, 200_000])
def test_wide_layers_lose_nothing_by_their_width(kind, seed, width):
    representation = np.maximum(np.random.default_rng(seed).normal(size=(16, width)), 0).astype(np.float32)
    exact = centre(slow_gram(representation))

    def error(gram):
        return np.abs(centre(np.asarray(gram)) - exact).max() / np.abs(exact).max()

    assert error(linear_gram(kind(representation))) < (6e-8 if width > 65_000 else 2e-7)
    if width > 65_000:
        assert error(chunked_product([kind(representation)], blocks=Blocks(width=1 << 16)).gram) > 2e-7


@pytest.mark.parametrize("kind", [np.asarray, torch.from_numpy])
@pytest.mark.parametrize("width", [600, 3000, 70_000])
@pytest.mark.parametrize("offset", [0.0, 30.0])
def test_many_maps_are_multiplied_exactly_enough(rng, kind, width, offset):
    representation = np.maximum(rng.normal(size=(150, width)), 0).astype(np.float32) + np.float32(offset)
    doubles = representation.astype(np.float64)
    exact = centre(doubles @ doubles.T)
    error = np.abs(centre(np.asarray(linear_gram(kind(representation)))) - exact).max() / np.abs(exact).max()
    assert error < 5e-7


@pytest.mark.parametrize("kind", [np.asarray, torch.from_numpy])
@pytest.mark.parametrize("width", [30, 5000])
def test_a_constant_unit_of_1e9_hides_no_other(rng, kind, width):
    representation = rng.normal(size=(20, width)).astype(np.float32)
    masked = np.concatenate([representation, np.full((20, 4), -1e9, dtype=np.float32)], axis=1)
    assert centre(linear_gram(kind(masked))) == pytest.approx(slow_gram(representation), rel=1e-5, abs=1e-3)


@pytest.mark.parametrize("scale", [2.0**-120, 2.0**-70, 2.0**90])
@pytest.mark.parametrize("width", [30, 5000])
def test_the_scale_of_single_precision_does_not_matter(rng, scale, width):
    representation = rng.normal(size=(20, width)).astype(np.float32)
    found = linear_gram(representation * np.float32(scale)) / scale**2
    assert found == pytest.approx(slow_gram(representation), rel=1e-5, abs=1e-3)


@pytest.mark.parametrize("kind", [np.asarray, torch.from_numpy])
def test_values_equal_but_for_rounding_are_constant(rng, kind):
    values = rng.normal(size=50).astype(np.float32)
    representation = np.stack([values, np.nextafter(values, np.float32(9)), values, values])
    assert (linear_gram(kind(representation)) == 0).all()


def test_gram_of_chunks_is_the_gram_of_the_whole(rng):
    representation = rng.normal(size=(7, 30))
    pieces = (representation[:, start : start + 4] for start in range(0, 30, 4))
    assert chunked_gram(pieces) == pytest.approx(linear_gram(representation), rel=1e-12, abs=1e-12)


def test_half_precision_is_multiplied_in_single(rng):
    representation = torch.from_numpy(rng.normal(size=(6, 50))).to(torch.bfloat16)
    assert linear_gram(representation) == pytest.approx(slow_gram(representation.double().numpy()), abs=1e-4)


def test_rows_of_a_centred_gram_sum_to_zero(rng):
    gram = linear_gram(rng.normal(size=(9, 5)) + 10)
    assert centre(gram).sum(0) == pytest.approx(np.zeros(9), abs=1e-10)


def test_u_centring_zeroes_rows_and_diagonal(rng):
    centred = u_centre(linear_gram(rng.normal(size=(9, 5))))
    assert centred.sum(0) == pytest.approx(np.zeros(9), abs=1e-12)
    assert (np.diagonal(centred) == 0).all()


@pytest.mark.parametrize("bad", [np.nan, np.inf])
def test_a_value_without_a_finite_product_is_refused(bad):
    representation = np.ones((4, 3), dtype=np.float32)
    representation[1, 1] = bad
    with np.errstate(all="ignore"), pytest.raises(InputError, match="not finite"):
        linear_gram(representation)


def test_a_vector_is_no_representation():
    with pytest.raises(InputError, match=r"shape \(n_maps, features ...\); found \(3,\)"):
        linear_gram(np.ones(3))


def test_many_maps_are_multiplied_in_groups_of_blocks(rng, monkeypatch):
    representation = rng.normal(size=(40, 20_000)).astype(np.float32)
    expected = linear_gram(representation)
    monkeypatch.setattr(repshift.similarity.gram, "FEATURE_CHUNK", 40)
    found = repshift.similarity.gram._products(representation, width=256)
    assert centre(found) == pytest.approx(expected, rel=1e-5, abs=1e-3)
