"""Distances of two domains by the Gram matrices of both: zero where there is no shift, known where one is planted."""

import numpy as np
import pytest
import xarray as xr

from repshift import InputError, linear_gram
from repshift.similarity.discrepancy import (
    linear_mmd,
    mahalanobis_ratio,
    nearest_neighbour_ratio,
    pooled,
    principal_scores,
    rbf_mmd,
)
from repshift.similarity.kernels import rbf_grams

EVERY = [linear_mmd, rbf_mmd, nearest_neighbour_ratio, mahalanobis_ratio]


def two_domains(rng, *, n=30, d=8, shift=0.0, scale=1.0):
    inside, outside = rng.normal(size=(n, d)), shift / np.sqrt(d) + scale * rng.normal(size=(n, d))
    return np.concatenate([outside, inside])


def stack(representation):
    return linear_gram(representation)[None]


def labels(n, *, paired=False):
    outside = np.arange(2 * n) < n
    return pooled(outside, np.tile(np.arange(n), 2) if paired else np.arange(2 * n))


def mean_of(function, rng, *, times=40, n=30, **planted):
    return np.mean([function(stack(two_domains(rng, n=n, **planted)), labels(n))[0] for _ in range(times)])


@pytest.mark.parametrize(("function", "within"), zip(EVERY, (0.02, 0.005, 0.1, 0.1), strict=True))
def test_there_is_no_distance_without_a_shift(rng, function, within):
    assert mean_of(function, rng) == pytest.approx(0, abs=within)


@pytest.mark.parametrize("function", EVERY)
def test_the_distance_grows_with_the_shift(rng, function):
    near, far, farther = (mean_of(function, rng, times=5, shift=shift) for shift in (0, 4, 8))
    assert near < far < farther


def test_linear_mmd_is_the_squared_shift_over_the_variance(rng):
    # Eight features of variance 1 and a shift of 4: 16 / 8.
    assert mean_of(linear_mmd, rng, shift=4) == pytest.approx(2, abs=0.15)


def test_linear_mmd_estimates_the_difference_of_means(rng):
    outside, inside = np.split(two_domains(rng, n=6, shift=1), 2)
    pairs = ~np.eye(6, dtype=bool)
    expected = (inside @ inside.T)[pairs].mean() + (outside @ outside.T)[pairs].mean() - 2 * (inside @ outside.T).mean()
    found = linear_mmd(stack(np.concatenate([outside, inside])), labels(6))[0]
    assert found == pytest.approx(expected / inside.var(0, ddof=1).sum())


def test_rbf_mmd_is_gretton_s_estimate_of_the_median_kernel(rng):
    representation = two_domains(rng, n=6, shift=1)
    kernel = rbf_grams(stack(representation), width=1.0)[0]
    inside, outside, pairs = slice(6, None), slice(None, 6), ~np.eye(6, dtype=bool)
    expected = kernel[inside, inside][pairs].mean() + kernel[outside, outside][pairs].mean()
    expected -= 2 * kernel[outside, inside].mean()
    assert rbf_mmd(stack(representation), labels(6))[0] == pytest.approx(expected)


def test_a_wider_domain_is_as_much_farther_in_its_covariance(rng):
    assert mean_of(mahalanobis_ratio, rng, n=100, times=10, scale=3) == pytest.approx(np.log(9), abs=0.15)


def test_mahalanobis_sees_a_shift_that_mmd_does_not(rng):
    widths = np.array([100.0, *[10.0] * 6, 0.1])
    inside, outside = rng.normal(size=(2, 60, 8)) * widths
    outside[:, -1] += 5
    grams = stack(np.concatenate([outside, inside]))
    assert abs(linear_mmd(grams, labels(60))[0]) < 0.1
    seen = mahalanobis_ratio(grams, labels(60), n_components=8)[0]
    assert seen > mahalanobis_ratio(grams, labels(60), n_components=4)[0] + 0.05


@pytest.mark.parametrize("function", EVERY)
def test_no_offset_scale_or_rotation_counts(rng, function):
    values = two_domains(rng, shift=3)
    rotation, _ = np.linalg.qr(rng.normal(size=(8, 8)))
    changed = 7 * values @ rotation + rng.normal(size=8)
    assert function(stack(changed), labels(30)) == pytest.approx(function(stack(values), labels(30)), rel=1e-6)


@pytest.mark.parametrize("function", EVERY)
def test_the_order_of_the_domains_in_the_file_does_not_count(rng, function):
    values, turned = two_domains(rng, shift=3), np.roll(np.arange(60), 30)
    found = function(stack(values[turned]), pooled((np.arange(60) < 30)[turned], np.arange(60)[turned] % 60))
    assert found == pytest.approx(function(stack(values), labels(30)), abs=0.35)


@pytest.mark.parametrize("function", EVERY)
def test_a_map_never_meets_its_own_copy(rng, function):
    inside = rng.normal(size=(30, 8))
    copies = np.concatenate([inside + 1e-3 * rng.normal(size=(30, 8)), inside])
    # Copies are as far from the others as what they are copies of: no shift, and no neighbour at no distance.
    assert function(stack(copies), labels(30, paired=True))[0] == pytest.approx(0, abs=0.01)


def test_copies_that_may_meet_look_near(rng):
    inside = rng.normal(size=(30, 8))
    copies = np.concatenate([inside + 1e-3 * rng.normal(size=(30, 8)), inside])
    assert nearest_neighbour_ratio(stack(copies), labels(30))[0] < -5


def test_every_layer_has_a_number_of_its_own(rng):
    shifted, plain = two_domains(rng, shift=5), two_domains(rng)
    both = np.concatenate([stack(shifted), stack(plain)])
    for function in EVERY:
        assert function(both, labels(30)) == pytest.approx(
            [function(stack(one), labels(30))[0] for one in (shifted, plain)]
        )


def test_scores_give_the_gram_matrix_back(rng):
    values = rng.normal(size=(20, 5))
    scores = principal_scores(stack(values), n_components=5)[0]
    assert scores @ scores.T == pytest.approx(linear_gram(values))


def test_what_does_not_label_the_maps_is_refused(rng):
    with pytest.raises(InputError, match="do not label the same maps"):
        pooled(np.zeros(4, dtype=bool), np.arange(5))
    with pytest.raises(InputError, match="3 simulations in distribution and 9 out of it: each domain needs 4"):
        pooled(np.arange(12) < 9, np.arange(12))
    with pytest.raises(InputError, match="20 labels do not fit Gram matrices of 60 maps"):
        linear_mmd(stack(two_domains(rng)), labels(10))


def test_too_many_folds_are_refused(rng):
    with pytest.raises(InputError, match="31 folds of 30 simulations and 10 components"):
        mahalanobis_ratio(stack(two_domains(rng)), labels(30), n_folds=31)


@pytest.mark.parametrize("function", [linear_mmd, nearest_neighbour_ratio, mahalanobis_ratio])
def test_a_layer_that_is_constant_at_home_is_named(rng, function):
    values = two_domains(rng)
    values[30:] = 1.0
    grams = xr.DataArray(stack(values), dims=("layer", "map", "map_other"), coords={"layer": ["C01"]})
    with pytest.raises(InputError, match="C01.*is constant in distribution"):
        function(grams, labels(30))
