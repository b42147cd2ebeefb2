import numpy as np
import pytest
from scipy.stats import rankdata, spearmanr

from repshift.statistics.block_orders import block_orders, block_sums, blocks_of, random_orders
from repshift.statistics.environments import EDGES, environments, pixels_by_class, sums_by_class
from repshift.statistics.map_ranks import correlations_between, map_correlations, mid_ranks
from repshift.statistics.peaks import distance_edges, distances_from_peaks, peaks
from repshift.vocabulary import InputError


def test_mid_ranks_equal_those_of_scipy(rng):
    values = rng.integers(0, 9, size=(3, 50)).astype(float)
    np.testing.assert_allclose(mid_ranks(values), (rankdata(values, axis=-1) - 0.5) / 50)


def test_rank_correlations_equal_those_of_scipy(rng):
    values, others = rng.integers(0, 9, size=(2, 4, 30)).astype(float), rng.normal(size=(4, 30))
    found = map_correlations(values, others)
    each = [[spearmanr(one, other).statistic for one, other in zip(of, others, strict=True)] for of in values]
    np.testing.assert_allclose(found, each, atol=1e-12)


def test_rank_correlations_of_pairs_are_those_of_rows(rng):
    values, others = rng.normal(size=(2, 2, 4, 30))
    found = map_correlations(values, others)
    np.testing.assert_allclose(found[1], map_correlations(values[1], others[1]))


def test_correlations_between_kinds_are_those_of_pairs(rng):
    maps = rng.normal(size=(3, 4, 30))
    found = correlations_between(maps)
    np.testing.assert_allclose(found[0, 2], map_correlations(maps[0], maps[2]), atol=1e-12)
    np.testing.assert_allclose(found[1, 1], 1)


def test_a_constant_map_has_no_rank_correlation(rng):
    flat = np.zeros((1, 30))
    assert np.isnan(map_correlations(flat, rng.normal(size=(1, 30)))).all()
    assert np.isnan(correlations_between(np.stack([flat, flat]))).all()


def test_maps_of_other_pixels_have_no_rank_correlation(rng):
    with pytest.raises(InputError, match="expected as many maps, of as many pixels"):
        map_correlations(rng.normal(size=(2, 30)), rng.normal(size=(2, 31)))


def test_environments_hold_their_shares_of_pixels(rng):
    found = pixels_by_class(environments(rng.normal(size=(2, 100, 100))), n_classes=5)
    np.testing.assert_allclose(found[:, 0], np.diff(EDGES) * 10_000)


def test_equal_pixels_are_in_one_environment():
    density = np.zeros((1, 10, 10))
    density[0, 0] = 1.0
    assert set(environments(density)[0, 1:].ravel()) == {0}
    assert set(environments(density)[0, 0]) == {3}


def test_sums_by_class_equal_a_double_loop(rng):
    values, classes = rng.normal(size=(2, 3, 4, 5)), rng.integers(0, 4, size=(3, 4, 5))
    found = sums_by_class(values, classes, n_classes=3)
    slow = [[[of[at][classes[at] == one].sum() for at in range(3)] for one in range(3)] for of in values]
    np.testing.assert_allclose(found, slow)


def test_blocks_at_the_edge_are_cut():
    np.testing.assert_array_equal(blocks_of((3, 5), window=2), [[0, 0, 1, 1, 2], [0, 0, 1, 1, 2], [3, 3, 4, 4, 5]])


def test_blocks_larger_than_the_map_are_refused():
    with pytest.raises(InputError, match="expected a side from 1 to 4 pixels"):
        blocks_of((4, 8), window=5)


def test_block_sums_equal_a_double_loop(rng):
    values = rng.normal(size=(2, 3, 4, 6))
    slow = [
        [of[:, down : down + 2, right : right + 2].sum() for down in (0, 2) for right in (0, 2, 4)] for of in values
    ]
    np.testing.assert_allclose(block_sums(values, window=2), slow)


def test_the_block_of_largest_contribution_is_first():
    values = np.zeros((1, 1, 4, 4))
    values[0, 0, 3, 0], values[0, 0, 0, 3] = 2.0, -5.0
    order = block_orders(values, window=2)[0]
    assert order[0] == 2
    assert order[-1] == 1


def test_random_orders_hold_every_block_once():
    found = random_orders(2, 3, 8, seed=1)
    np.testing.assert_array_equal(np.sort(found), np.broadcast_to(np.arange(8), (2, 3, 8)))
    assert not np.array_equal(found[0], found[1])


def peak_map(*places, size=16):
    density = np.random.default_rng(3).uniform(size=(1, size, size))
    for place in places:
        density[0][place] = 9.0
    return density


def test_the_distance_from_a_peak_goes_over_the_edge():
    density = peak_map((0, 0))
    assert distances_from_peaks(density, periodic=True)[0, 15, 15] <= np.sqrt(2)
    alone = np.zeros((1, 16, 16))
    alone[0, 0, 0] = 1
    assert distances_from_peaks(alone, periodic=True)[0, 15, 15] == pytest.approx(np.sqrt(2))
    assert distances_from_peaks(alone, periodic=False)[0, 15, 15] == pytest.approx(np.hypot(15, 15))


def test_distances_equal_a_double_loop(rng):
    density = rng.uniform(size=(1, 12, 12))
    found, tops = distances_from_peaks(density, periodic=False)[0], np.argwhere(peaks(density, periodic=False)[0])
    slow = [
        [min(np.hypot(*(np.array([row, column]) - top)) for top in tops) for column in range(12)] for row in range(12)
    ]
    np.testing.assert_allclose(found, slow)


def test_a_peak_is_above_its_neighbours_and_dense():
    found = peaks(peak_map((4, 4), (9, 9)), periodic=True)[0]
    assert found[[4, 9], [4, 9]].all()
    assert found.sum() <= 3


def test_a_constant_map_has_no_peak():
    assert np.isinf(distances_from_peaks(np.ones((1, 8, 8)), periodic=True)).all()


def test_distances_double_up_to_half_of_the_side():
    assert distance_edges((64, 80)) == (0, 1, 2, 4, 8, 16, 32)
