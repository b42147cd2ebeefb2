"""Neighbours of points in a picture: what is kept, torn apart, put close; coordinates of points from their Gram."""

import numpy as np
import pytest
from sklearn.decomposition import PCA
from sklearn.manifold import trustworthiness

from repshift import InputError
from repshift.statistics.embedding import embedding_of, neighbour_embedding, principal_coordinates
from repshift.statistics.neighbourhood import neighbour_ranks, preservation, same_group_share


@pytest.fixture
def points(rng):
    return rng.normal(size=(40, 6))


def kept(points, picture, *, neighbours=5):
    return preservation(neighbour_ranks(points), neighbour_ranks(picture), neighbours=neighbours)


def slow_ranks(points):
    """Return ranks by sorting the distances of one point after the other."""
    ranks = np.zeros((len(points), len(points)), dtype=int)
    for i, point in enumerate(points):
        distances = [np.inf if i == j else np.linalg.norm(point - other) for j, other in enumerate(points)]
        for rank, j in enumerate(np.argsort(distances, kind="stable")[:-1], start=1):
            ranks[i, j] = rank
    return ranks


def test_ranks_are_those_of_sorted_distances(points):
    assert (neighbour_ranks(points) == slow_ranks(points)).all()


def test_the_same_picture_keeps_all_neighbours(points):
    found = kept(points, 3 * points + 7)
    assert (found.trustworthiness, found.continuity, found.kept) == (1, 1, 1)


@pytest.mark.parametrize("neighbours", [1, 5, 12])
def test_trustworthiness_is_that_of_scikit_learn(points, neighbours):
    found = kept(points, points[:, :2], neighbours=neighbours)
    assert found.trustworthiness == pytest.approx(trustworthiness(points, points[:, :2], n_neighbors=neighbours))
    assert found.continuity == pytest.approx(trustworthiness(points[:, :2], points, n_neighbors=neighbours))


def test_the_share_kept_is_that_of_common_neighbours(points):
    near, close = ((ranks > 0) & (ranks <= 5) for ranks in map(slow_ranks, (points, points[:, :2])))
    common = [len(set(np.flatnonzero(a)) & set(np.flatnonzero(b))) for a, b in zip(near, close, strict=True)]
    assert kept(points, points[:, :2]).kept == pytest.approx(np.mean(common) / 5)


def test_an_unrelated_picture_is_at_chance(rng):
    found = kept(rng.normal(size=(400, 3)), rng.normal(size=(400, 2)), neighbours=10)
    assert found.trustworthiness == pytest.approx(0.5, abs=0.03)
    assert found.kept == pytest.approx(10 / 399, abs=0.01)


def test_a_torn_picture_is_less_continuous():
    line = np.arange(60.0)[:, None]
    torn = np.where(line < 30, line, line + 1000)
    folded = np.abs(line - 29.7)
    assert kept(line, torn, neighbours=4).kept > 0.9
    assert kept(line, folded, neighbours=4).trustworthiness < kept(line, folded, neighbours=4).continuity


def test_too_many_neighbours_are_refused(points):
    with pytest.raises(InputError, match="20 neighbours of 40 points: choose 1 or more and fewer than half"):
        kept(points, points, neighbours=20)


def test_ranks_of_other_points_are_refused(points):
    with pytest.raises(InputError, match="Ranks of 40 points and of 30: give the same points"):
        kept(points, points[:30])


def test_ranks_of_nan_are_refused():
    with pytest.raises(InputError, match="Coordinates of points are not all finite"):
        neighbour_ranks(np.array([[0.0], [np.nan]]))


def test_groups_apart_are_among_themselves(rng):
    groups = ["a"] * 30 + ["b"] * 10
    points = rng.normal(size=(40, 2)) + 100 * (np.array(groups) == "b")[:, None]
    share, chance = same_group_share(neighbour_ranks(points), groups, neighbours=5)
    assert share == 1
    assert chance == pytest.approx((30 * 29 + 10 * 9) / (40 * 39))


def test_groups_that_mix_are_at_chance(rng):
    groups = rng.permutation(["a"] * 250 + ["b"] * 250)
    share, chance = same_group_share(neighbour_ranks(rng.normal(size=(500, 2))), groups, neighbours=10)
    assert share == pytest.approx(chance, abs=0.03)


@pytest.mark.parametrize("shape", [(30, 5), (12, 400)])
def test_coordinates_are_those_of_scikit_learn(rng, shape):
    held = rng.normal(size=shape) * np.linspace(1, 3, shape[1]) + 5
    found, share = principal_coordinates(held @ held.T)
    reference = PCA(n_components=2).fit(held)
    assert np.abs(found[:, :2]) == pytest.approx(np.abs(reference.transform(held)), abs=1e-6)
    assert share[:2] == pytest.approx(reference.explained_variance_ratio_)
    assert (neighbour_ranks(found) == neighbour_ranks(held)).all()


def test_a_line_of_maps_has_a_second_coordinate_of_zero():
    found, share = principal_coordinates(np.outer(np.arange(5.0), np.arange(5.0)))
    assert found.shape == (5, 2)
    assert found[:, 1] == pytest.approx(np.zeros(5), abs=1e-4)
    assert share == pytest.approx([1, 0])


def test_maps_that_are_all_alike_are_refused():
    with pytest.raises(InputError, match="All 5 maps have the same representation"):
        principal_coordinates(np.ones((5, 5)))


def test_principal_components_of_two_maps_are_refused():
    with pytest.raises(InputError, match="Principal components of 2 maps: at least 3 are needed"):
        principal_coordinates(np.eye(2))


def test_t_sne_keeps_neighbours_and_is_repeatable(rng):
    held = np.concatenate([rng.normal(size=(25, 8)), rng.normal(size=(25, 8)) + 6])
    coordinates, _ = principal_coordinates(held @ held.T)
    first, second = (neighbour_embedding(coordinates, perplexity=8, seed=3) for _ in range(2))
    assert (first == second).all()
    groups = ["a"] * 25 + ["b"] * 25
    assert same_group_share(neighbour_ranks(first), groups, neighbours=5)[0] > 0.95


def test_a_perplexity_beyond_the_maps_is_refused(points):
    with pytest.raises(InputError, match="Perplexity 30 of t-SNE with 40 maps: choose at least 2 and less"):
        neighbour_embedding(points, perplexity=30, seed=0)


def test_an_unknown_embedding_is_refused():
    with pytest.raises(InputError, match="embedding 'umap'"):
        embedding_of("umap")
