"""HSIC and CKA: golden numbers, invariances, estimators, mini-batches."""

import numpy as np
import pytest
import xarray as xr

from repshift import InputError, cka, cka_matrix, hsic, linear_gram, minibatch_cka_matrix
from repshift.similarity.hsic import hsic_terms

SHAPES = [(12, 5), (12, 60)]
ESTIMATORS = ["biased", "debiased"]


@pytest.fixture(params=SHAPES, ids=["narrow", "wide"])
def pair(request, rng):
    first = rng.normal(size=request.param)
    return first, first + rng.normal(size=request.param)


def compare(first, other, estimator):
    return cka(linear_gram(first), linear_gram(other), estimator=estimator)


def slow_hsic(gram, other, estimator):
    """Write out the sums of the definition, one entry at a time."""
    n = len(gram)
    if estimator == "biased":
        centring = np.eye(n) - 1 / n
        return np.trace(gram @ centring @ other @ centring) / (n - 1) ** 2
    off = [(i, j) for i in range(n) for j in range(n) if i != j]
    trace = sum(gram[i, j] * other[i, j] for i, j in off)
    total = sum(gram[i, j] for i, j in off) * sum(other[i, j] for i, j in off)
    rows = sum(gram[i, j] * other[j, k] for i, j in off for k in range(n) if k != j)
    return (trace + total / ((n - 1) * (n - 2)) - 2 * rows / (n - 2)) / (n * (n - 3))


def test_golden_numbers():
    """numpy.random.seed(1337); X = randn(100, 10); Y = randn(100, 10) + X, by two published implementations."""
    np.random.seed(1337)
    first = np.random.randn(100, 10)
    other = np.random.randn(100, 10) + first
    assert compare(first, other, "biased") == pytest.approx(0.5576132566, abs=1e-8)
    assert compare(first, other, "debiased") == pytest.approx(0.5134564895, abs=1e-8)


@pytest.mark.parametrize("estimator", ESTIMATORS)
class TestEachEstimator:
    def test_hsic_equals_a_double_loop(self, pair, estimator):
        gram, other = (linear_gram(representation) for representation in pair)
        assert hsic(gram, other, estimator=estimator) == pytest.approx(slow_hsic(gram, other, estimator), rel=1e-9)

    def test_cka_of_a_representation_with_itself_is_one(self, pair, estimator):
        assert compare(pair[0], pair[0], estimator) == pytest.approx(1, abs=1e-12)

    def test_cka_is_symmetric(self, pair, estimator):
        assert compare(*pair, estimator) == pytest.approx(compare(*pair[::-1], estimator), abs=1e-12)

    def test_cka_ignores_rotation(self, pair, estimator, rng):
        rotation, _ = np.linalg.qr(rng.normal(size=(pair[0].shape[1],) * 2))
        assert compare(pair[0] @ rotation, pair[1], estimator) == pytest.approx(compare(*pair, estimator), abs=1e-10)

    def test_cka_ignores_the_order_of_units(self, pair, estimator, rng):
        permuted = pair[0][:, rng.permutation(pair[0].shape[1])]
        assert compare(permuted, pair[1], estimator) == pytest.approx(compare(*pair, estimator), abs=1e-12)

    def test_cka_ignores_scale_and_shift(self, pair, estimator):
        assert compare(1e-6 * pair[0] + 3, pair[1], estimator) == pytest.approx(compare(*pair, estimator), abs=1e-8)

    def test_cka_ignores_the_order_of_maps(self, pair, estimator, rng):
        order = rng.permutation(len(pair[0]))
        moved = compare(pair[0][order], pair[1][order], estimator)
        assert moved == pytest.approx(compare(*pair, estimator), abs=1e-12)

    def test_cka_sees_a_general_linear_map(self, pair, estimator, rng):
        stretched = pair[0] * rng.lognormal(sigma=2, size=pair[0].shape[1])
        assert abs(compare(stretched, pair[1], estimator) - compare(*pair, estimator)) > 0.01

    def test_a_matrix_holds_the_cka_of_each_pair(self, rng, estimator):
        grams = np.stack([linear_gram(rng.normal(size=(10, width))) for width in (3, 8, 20)])
        slow = [[cka(gram, other, estimator=estimator) for other in grams] for gram in grams]
        assert cka_matrix(grams, estimator=estimator) == pytest.approx(np.array(slow), abs=1e-12)

    def test_others_are_the_columns(self, rng, estimator):
        grams = np.stack([linear_gram(rng.normal(size=(10, width))) for width in (3, 8, 20)])
        both = cka_matrix(grams, estimator=estimator)
        assert cka_matrix(grams[:2], grams, estimator=estimator) == pytest.approx(both[:2], abs=1e-12)

    def test_a_constant_layer_has_no_cka(self, rng, estimator):
        grams = np.stack([linear_gram(rng.normal(size=(6, 3))), linear_gram(np.full((6, 3), 0.1))])
        with pytest.raises(InputError, match=r"Layer \[1\] is constant"):
            cka_matrix(grams, estimator=estimator)


def test_equidistant_maps_have_no_debiased_cka():
    with pytest.raises(InputError, match=r"Layer \[0\] is constant"):
        cka(np.eye(6), np.eye(6), estimator="debiased")


def test_debiased_is_near_zero_where_biased_nears_one(rng):
    values = {estimator: [] for estimator in ESTIMATORS}
    for _ in range(20):
        grams = [linear_gram(rng.normal(size=(50, 1000))) for _ in range(2)]
        for estimator in ESTIMATORS:
            values[estimator].append(cka(*grams, estimator=estimator))
    # published value 0.95; the debiased scatter of one pair is 0.03, of the mean of twenty 0.007
    assert np.mean(values["biased"]) == pytest.approx(0.95, abs=0.01)
    assert np.mean(values["debiased"]) == pytest.approx(0, abs=0.03)


def test_debiased_may_be_negative(rng):
    values = [cka(*(linear_gram(rng.normal(size=(8, 40))) for _ in range(2)), estimator="debiased") for _ in range(10)]
    assert min(values) < 0


def stack(rng, n_maps=12, widths=(3, 30)):
    return np.stack([linear_gram(rng.normal(size=(n_maps, width))) for width in widths])


def test_one_batch_is_the_debiased_cka(rng):
    grams = stack(rng)
    assert minibatch_cka_matrix([grams]) == pytest.approx(cka_matrix(grams, estimator="debiased"), abs=1e-12)


def test_minibatch_sums_terms_and_divides_once(rng):
    batches = [stack(rng, n) for n in (6, 4, 9)]
    sums = np.zeros((2, 2))
    for grams in batches:
        sums += [[slow_hsic(gram, other, "debiased") for other in grams] for gram in grams]
    expected = sums / np.sqrt(np.outer(np.diagonal(sums), np.diagonal(sums)))
    assert minibatch_cka_matrix(iter(batches)) == pytest.approx(expected, abs=1e-10)


def test_the_order_of_batches_does_not_matter(rng):
    batches = [stack(rng) for _ in range(4)]
    assert minibatch_cka_matrix(batches) == pytest.approx(minibatch_cka_matrix(batches[::-1]), abs=1e-12)


def test_a_batch_of_three_maps_is_refused(rng):
    with pytest.raises(InputError, match=r"3 maps are too few.*at least 4"):
        minibatch_cka_matrix([stack(rng, 3)])


def test_no_batch_is_refused():
    with pytest.raises(InputError, match="no batch"):
        minibatch_cka_matrix([])


def test_grams_of_different_maps_are_refused(rng):
    with pytest.raises(InputError, match=r"disagree on maps: \(8, 8\) and \(9, 9\)"):
        cka(linear_gram(rng.normal(size=(8, 3))), linear_gram(rng.normal(size=(9, 3))), estimator="biased")


def test_grams_that_name_different_maps_are_refused(rng):
    first, other = (
        xr.DataArray(linear_gram(rng.normal(size=(4, 3))), dims=("map", "map_other"), coords={"map": list(names)})
        for names in ("abcd", "abdc")
    )
    with pytest.raises(InputError, match="disagree on map 2: 'c' and 'd'"):
        cka(first, other, estimator="biased")


def test_an_unknown_estimator_is_refused(rng):
    with pytest.raises(InputError, match="Unknown estimator 'unbiased'"):
        cka_matrix(stack(rng), estimator="unbiased")


def test_what_is_not_square_is_no_gram():
    with pytest.raises(InputError, match=r"of shape \(layers, n_maps, n_maps\); found \(2, 5, 4\)"):
        hsic_terms(np.ones((2, 5, 4)), estimator="biased")


def test_minibatches_of_two_networks_sum_terms_and_divide_once(rng):
    batches, others = (np.stack([stack(rng, 9, range(2, 2 + layers)) for _ in range(3)]) for layers in (2, 4))
    found = minibatch_cka_matrix(batches, others)
    for row, column in np.ndindex(2, 4):
        terms = [
            sum(hsic(one, other, estimator="debiased") for one, other in pairs)
            for pairs in (
                zip(batches[:, row], others[:, column], strict=True),
                zip(batches[:, row], batches[:, row], strict=True),
                zip(others[:, column], others[:, column], strict=True),
            )
        ]
        assert found[row, column] == pytest.approx(terms[0] / np.sqrt(terms[1] * terms[2]), abs=1e-12)


def test_a_network_beside_itself_is_as_alone(rng):
    batches = [stack(rng, 9, (2, 3, 4)) for _ in range(2)]
    assert minibatch_cka_matrix(batches, batches) == pytest.approx(minibatch_cka_matrix(batches))


def test_minibatches_of_two_networks_are_of_the_same_maps(rng):
    batches = [stack(rng, 9, (2, 3)) for _ in range(3)]
    with pytest.raises(InputError, match="After 2 batches of both networks the first has more"):
        minibatch_cka_matrix(batches, batches[:2])
    with pytest.raises(InputError, match="After 2 batches of both networks the second has more"):
        minibatch_cka_matrix(batches[:2], batches)
    with pytest.raises(InputError, match=r"disagree on maps: \(2, 9, 9\) and \(2, 8, 8\)"):
        minibatch_cka_matrix(batches, [one[:, :8, :8] for one in batches])
