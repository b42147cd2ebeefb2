"""Shares of maps in the variance, CKA without some of the maps, and without the first principal component."""

import numpy as np
import pytest
import xarray as xr

from repshift import InputError, cka_matrix
from repshift.similarity.between import between_cka_matrix
from repshift.similarity.gram import centre
from repshift.similarity.influence import share_order, variance_shares, without_first_component
from repshift.similarity.subsets import subset_cka_matrices
from repshift.statistics.blocks import off_diagonal
from repshift.statistics.outliers import THRESHOLD, share_scores


def gram_stack(layers):
    return layers @ layers.swapaxes(1, 2)


def outlying(rng, *, outliers=(), n_layers=20, n_maps=50, width=100):
    """Independent layers, in each of which some maps lie far from all others, in a direction of the layer's own."""
    layers = rng.normal(size=(n_layers, n_maps, width))
    layers[:, list(outliers)] += 5 * rng.normal(size=(n_layers, 1, width))
    return gram_stack(layers)


def mean_cka(grams, maps):
    found = subset_cka_matrices(grams, [np.asarray(maps)], simulations=np.arange(grams.shape[-1]), estimator="debiased")
    return off_diagonal(found[0]).mean()


@pytest.mark.parametrize("seed", range(5))
@pytest.mark.parametrize("outliers", [(0, 1), (7, 31)])
def test_two_planted_outliers_of_fifty_are_named(seed, outliers):
    grams = outlying(np.random.default_rng(seed), outliers=outliers)
    shares = variance_shares(grams)
    named = np.flatnonzero(share_scores(shares.mean(0)) > THRESHOLD)
    assert named.tolist() == list(outliers)
    assert mean_cka(grams, range(50)) == pytest.approx(0.95, abs=0.02)
    assert abs(mean_cka(grams, np.delete(np.arange(50), named))) < 0.05


def test_outliers_hide_each_other_where_one_map_is_left_out(rng):
    """Debiased, it takes two to build a block: without one of three it stands, without one of two it does not."""
    two, three = outlying(rng, outliers=(0, 1)), outlying(rng, outliers=(0, 1, 2))
    assert mean_cka(three, range(1, 50)) > 0.9 * mean_cka(three, range(50))
    assert mean_cka(two, range(1, 50)) == pytest.approx(0, abs=0.02)


@pytest.mark.parametrize("spread", [0.0, 0.1])
def test_hardly_a_map_is_named_where_none_is_planted(rng, spread):
    """Also where maps differ in size, as those of simulations do: 0.1 dex."""
    count = 0
    for _ in range(20):
        layers = rng.normal(size=(5, 50, 40)) * 10 ** rng.normal(0, spread, size=(50, 1))
        count += int((share_scores(variance_shares(gram_stack(layers)).mean(0)) > THRESHOLD).sum())
    assert count <= 5


def test_shares_are_squared_distances_from_the_mean_map(rng):
    layers = rng.normal(size=(3, 12, 7)) + 4
    squares = np.square(layers - layers.mean(1, keepdims=True)).sum(-1)
    found = variance_shares(gram_stack(layers))
    assert found == pytest.approx(squares / squares.sum(1, keepdims=True), abs=1e-12)
    assert found.sum(1) == pytest.approx(np.ones(3), abs=1e-12)


def test_shares_do_not_know_the_scale_of_a_layer_nor_an_offset(rng):
    layers = rng.normal(size=(3, 12, 7))
    changed = layers * np.array([1e-3, 1, 1e3])[:, None, None] + 2
    assert variance_shares(gram_stack(changed)) == pytest.approx(variance_shares(gram_stack(layers)), abs=1e-9)


def test_the_order_is_by_mean_share_and_ties_stay():
    shares = np.array([[0.125, 0.5, 0.25, 0.125], [0.125, 0.25, 0.5, 0.125]])
    assert share_order(shares).tolist() == [1, 2, 0, 3]
    assert share_order(shares[:, [2, 0, 3, 1]]).tolist() == [0, 3, 1, 2]


def test_a_constant_layer_has_no_shares(rng):
    grams = outlying(rng, n_layers=3, n_maps=12)
    grams[1] = 4
    named = xr.DataArray(grams, dims=("layer", "map", "map_other"), coords={"layer": ["A", "B", "C"]})
    with pytest.raises(InputError, match=r"Layer \['B'\] is constant over the maps"):
        variance_shares(named)


@pytest.mark.parametrize("estimator", ["biased", "debiased"])
def test_a_subset_is_cka_of_the_maps_alone(rng, estimator):
    layers = rng.normal(size=(3, 14, 6))
    subsets = [np.arange(14), np.array([1, 4, 5, 6, 12, 13]), np.array([9, 0, 3, 2, 7])]
    found = subset_cka_matrices(gram_stack(layers), subsets, simulations=np.arange(14), estimator=estimator)
    for maps, matrix in zip(subsets, found, strict=True):
        assert matrix == pytest.approx(cka_matrix(gram_stack(layers[:, maps]), estimator=estimator), abs=1e-12)


def test_maps_of_one_simulation_never_meet_in_a_debiased_subset(rng):
    grams, labels = outlying(rng, n_layers=3, n_maps=18), np.repeat(np.arange(6), 3)
    maps = np.array([0, 1, 3, 4, 5, 8, 9, 15])
    found = subset_cka_matrices(grams, [maps], simulations=labels, estimator="debiased")[0]
    expected = between_cka_matrix(grams[:, maps][:, :, maps], simulations=labels[maps])
    assert found == pytest.approx(expected, abs=1e-12)
    assert found != pytest.approx(cka_matrix(grams[:, maps][:, :, maps], estimator="debiased"), abs=1e-3)


def test_a_subset_with_a_constant_layer_is_refused(rng):
    grams = outlying(rng, n_layers=2, n_maps=12)
    grams[1] = np.diag([1.0, *np.zeros(11)])
    named = xr.DataArray(grams, dims=("layer", "map", "map_other"), coords={"layer": ["A", "B"]})
    with pytest.raises(InputError, match=r"On 11 of the 12 maps: Layer \['B'\] is constant over the maps"):
        subset_cka_matrices(named, [np.arange(1, 12)], simulations=np.arange(12), estimator="biased")


def test_labels_of_other_maps_are_refused(rng):
    with pytest.raises(InputError, match=r"Simulations \(5,\) do not label the 12 maps"):
        grams = outlying(rng, n_layers=2, n_maps=12)
        subset_cka_matrices(grams, [np.arange(12)], simulations=np.arange(5), estimator="biased")


def left_of(grams, estimator="debiased"):
    """Return the mean CKA of distinct layers without their first components."""
    left, _ = without_first_component(grams, simulations=np.arange(grams.shape[-1]), estimator=estimator)
    return off_diagonal(cka_matrix(left, estimator=estimator)).mean()


def test_the_rest_lacks_the_first_direction(rng):
    layer = rng.normal(size=(12, 7)) * np.arange(1, 8)
    offset_free = layer - layer.mean(0)
    left, scales, right = np.linalg.svd(offset_free, full_matrices=False)
    scales[0], first = 0, scales[0]
    expected = (left * scales) @ right
    how = {"simulations": np.arange(12), "estimator": "biased"}
    found, share = without_first_component(gram_stack((layer + 3)[None]), **how)
    assert found[0] == pytest.approx(expected @ expected.T, abs=1e-9)
    assert found == pytest.approx(centre(found), abs=1e-9)
    assert share[0] == pytest.approx(first**2 / np.square(offset_free).sum())


@pytest.mark.parametrize("width", [10, 100, 1000])
def test_a_block_of_one_direction_goes_with_it(rng, width):
    shared = 4 * np.sqrt(width) * rng.normal(size=(50, 1))
    directions = rng.normal(size=(10, 1, width)) / np.sqrt(width)
    grams = gram_stack(rng.normal(size=(10, 50, width)) + shared * directions)
    assert off_diagonal(cka_matrix(grams, estimator="debiased")).mean() > 0.95
    assert left_of(grams) == pytest.approx(0, abs=0.02)


def test_a_whole_eigenvalue_out_makes_layers_alike(rng):
    """Why the debiased estimator takes out less: the noise that an eigenvalue holds is missing along v in all."""
    shared = 120 * rng.normal(size=(50, 1))
    grams = gram_stack(rng.normal(size=(10, 50, 1000)) + shared * rng.normal(size=(10, 1, 1000)) / 30)
    left, _ = without_first_component(grams, simulations=np.arange(50), estimator="biased")
    assert off_diagonal(cka_matrix(left, estimator="debiased")).mean() > 0.2
    assert left_of(grams) == pytest.approx(0, abs=0.02)


def test_independent_layers_stay_at_zero_without_a_component(rng):
    grams = gram_stack(rng.normal(size=(20, 50, 100)) * np.arange(1, 101) ** -0.5)
    # the mean of 190 pairs scatters by 0.004
    assert left_of(grams) == pytest.approx(0, abs=0.015)


def test_nothing_of_the_component_is_left_to_see(rng):
    grams, labels = outlying(rng, n_layers=3, n_maps=18), np.repeat(np.arange(6), 3)
    left, _ = without_first_component(grams, simulations=labels, estimator="debiased")
    vectors = np.linalg.eigh(centre(grams))[1][..., -1]
    for gram, vector in zip(left, vectors, strict=True):
        both = np.stack([gram, np.outer(vector, vector)])
        assert between_cka_matrix(both, simulations=labels)[0, 1] == pytest.approx(0, abs=1e-9)


def test_a_layer_of_one_component_is_refused(rng):
    grams = gram_stack(rng.normal(size=(2, 12, 5)))
    grams[1] = np.outer(np.arange(12.0), np.arange(12.0))
    with pytest.raises(InputError, match=r"Layer \[1\] has one principal component only"):
        without_first_component(grams, simulations=np.arange(12), estimator="biased")
