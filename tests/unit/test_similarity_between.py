"""CKA of pairs of maps of different simulations: estimate, resamples, derivatives, and the null of independence."""

from itertools import product

import numpy as np
import pytest

from permuted import permuted_cka_matrices
from repshift import InputError, cka_matrix
from repshift.similarity.between import between_cka_matrix, between_hsic_terms
from repshift.similarity.gram import u_centre
from repshift.similarity.hsic import hsic_terms
from repshift.similarity.portions import Resources
from repshift.similarity.reweighting import between_cka_influence, weighted_cka_matrices

TWELVE = np.repeat(np.arange(12), 3)


def gram_stack(layers):
    return layers @ layers.swapaxes(1, 2)


def independent(rng, n_maps, *, n_layers=3, width=20):
    return gram_stack(rng.normal(size=(n_layers, n_maps, width)))


def clustered(rng, *, n_simulations=10, maps_each=5, width=100):
    """Maps whose features correlate by 0.8 within a simulation."""
    shared = np.repeat(rng.normal(size=(n_simulations, width)), maps_each, axis=0)
    return np.sqrt(0.8) * shared + np.sqrt(0.2) * rng.normal(size=shared.shape)


def pair(rng, truth):
    """Y = sqrt(t) X + sqrt(1 - t) Z with X, Z alike: |Cov(X, Y)|^2 = t |Var|^2 and Var(Y) = Var(X), so CKA is t."""
    first = clustered(rng)
    return gram_stack(np.stack([first, np.sqrt(truth) * first + np.sqrt(1 - truth) * clustered(rng)]))


def test_one_map_a_simulation_is_hsic_1(rng):
    grams = independent(rng, 12)
    found = between_hsic_terms(grams, simulations=rng.permutation(12))
    assert found.cross == pytest.approx(hsic_terms(grams, estimator="debiased").cross, rel=1e-12, abs=1e-12)
    found = between_hsic_terms(grams, simulations=np.arange(12))
    assert (found.cross == hsic_terms(grams, estimator="debiased").cross).all()


@pytest.mark.parametrize("simulations", [[0, 0, 1, 1, 2, 2, 3, 3, 4, 4], [7, 2, 2, 5, 7, 7, 3, 3, 3, 1], "aabbbccdde"])
def test_it_is_the_mean_over_every_choice_of_maps(rng, simulations):
    labels = np.array(list(simulations))
    grams = independent(rng, 10)
    choices = [list(maps) for maps in product(*(np.flatnonzero(labels == label) for label in np.unique(labels)))]
    slow = np.mean([hsic_terms(grams[:, maps][:, :, maps], estimator="debiased").cross for maps in choices], axis=0)
    assert between_hsic_terms(grams, simulations=labels).cross == pytest.approx(slow, rel=1e-12, abs=1e-12)


@pytest.mark.parametrize("truth", [0, 0.5, 0.9])
def test_it_has_no_bias_where_maps_of_a_simulation_are_alike(rng, truth):
    labels = np.repeat(np.arange(10), 5)
    draws = [pair(rng, truth) for _ in range(60)]
    # a draw scatters by 0.1 at most, the mean of sixty by 0.013
    assert np.mean([between_cka_matrix(grams, simulations=labels)[0, 1] for grams in draws]) == pytest.approx(
        truth, abs=0.05
    )
    naive = np.mean([cka_matrix(grams, estimator="debiased")[0, 1] for grams in draws])
    assert naive > truth + (0.3 if truth == 0 else 0.02)


def test_what_is_within_a_simulation_does_not_count(rng):
    grams = independent(rng, 36)
    within = TWELVE[:, None] == TWELVE
    changed = np.where(within, rng.normal(size=grams.shape), grams)
    changed = (changed + changed.swapaxes(1, 2)) / 2
    assert between_cka_matrix(changed, simulations=TWELVE) == pytest.approx(
        between_cka_matrix(grams, simulations=TWELVE), abs=1e-12
    )


def test_neither_a_shift_nor_the_order_of_maps_matters(rng):
    layers = rng.normal(size=(3, 36, 20))
    expected = between_cka_matrix(gram_stack(layers), simulations=TWELVE)
    order = rng.permutation(36)
    moved = gram_stack(layers[:, order] + 5)
    assert between_cka_matrix(moved, simulations=TWELVE[order]) == pytest.approx(expected, abs=1e-10)


def test_a_layer_is_one_with_itself_and_nothing_is_above(rng):
    found = between_cka_matrix(independent(rng, 36, n_layers=20), simulations=TWELVE)
    assert np.diagonal(found) == pytest.approx(np.ones(20), abs=1e-12)
    assert found.max() < 1 + 1e-12
    assert found.min() < 0


def test_three_simulations_are_too_few(rng):
    with pytest.raises(
        InputError, match="The maps are of 3 simulations; CKA of pairs of different simulations needs at least 4"
    ):
        between_cka_matrix(independent(rng, 9), simulations=np.repeat([1, 2, 3], 3))


def test_labels_of_other_maps_are_refused(rng):
    with pytest.raises(InputError, match=r"Simulations \(8,\) do not label the 9 maps"):
        between_cka_matrix(independent(rng, 9), simulations=np.arange(8))


def test_a_layer_without_debiased_cka_is_refused(rng):
    grams = np.concatenate([independent(rng, 9), np.eye(9)[None]])
    with pytest.raises(
        InputError, match=r"Layer \[3\] has maps of different simulations that are all equally far apart"
    ):
        between_cka_matrix(grams, simulations=np.arange(9))


def test_equal_weights_are_the_estimate(rng):
    grams = independent(rng, 36)
    found = weighted_cka_matrices(grams, np.full((2, 12), 3.0), simulations=TWELVE)
    assert found[1] == pytest.approx(between_cka_matrix(grams, simulations=TWELVE), abs=1e-12)


@pytest.mark.parametrize("maps_each", [1, 3])
def test_weighted_cka_is_a_slow_double_sum_over_simulations(rng, maps_each):
    labels = np.repeat(np.arange(12), maps_each)
    grams = independent(rng, len(labels))
    weights = rng.exponential(size=(5, 12))
    found = weighted_cka_matrices(grams, weights, simulations=labels, resources=Resources(0.05))
    # w_a w_b on the block of two simulations is w_a w_b on every choice of one map of each
    choices = (
        np.stack([[3 * a + rng.integers(3) for a in range(12)] for _ in range(3000)]) if maps_each == 3 else [range(12)]
    )
    sums = 0
    for maps in choices:
        centred = u_centre(grams[:, list(maps)][:, :, list(maps)])
        sums = sums + np.einsum("ra,lab,mab,rb->rlm", weights, centred, centred, weights)
    own = np.sqrt(np.diagonal(sums, axis1=1, axis2=2))
    # 3,000 of 531,441 choices: the mean of them scatters by 0.003
    assert found == pytest.approx(sums / own[:, :, None] / own[:, None, :], abs=1e-12 if maps_each == 1 else 0.02)


@pytest.mark.parametrize("maps_each", [1, 3])
def test_the_influence_is_the_derivative_by_the_weight(rng, maps_each):
    labels = np.repeat(np.arange(12), maps_each)
    grams = independent(rng, len(labels))
    found, influence = between_cka_influence(grams, simulations=labels)
    step = 1e-4
    up, down = (weighted_cka_matrices(grams, 1 + sign * step * np.eye(12), simulations=labels) for sign in (1, -1))
    assert found == pytest.approx(between_cka_matrix(grams, simulations=labels), abs=1e-12)
    assert influence == pytest.approx((up - down) / (2 * step), abs=1e-6)


@pytest.mark.parametrize(
    ("weights", "message"),
    [
        (np.ones((3, 11)), r"Weights \(3, 11\) do not fit 12 simulations"),
        (-np.ones((1, 12)), "Weights are not negative"),
        (np.eye(12), "positive for two simulations at least"),
    ],
)
def test_weights_that_are_none_are_refused(rng, weights, message):
    with pytest.raises(InputError, match=message):
        weighted_cka_matrices(independent(rng, 36), weights, simulations=TWELVE)


@pytest.mark.parametrize("estimator", ["biased", "debiased"])
def test_permuting_in_one_layer_is_reordering_its_rows(rng, estimator):
    grams = independent(rng, 12)
    order = rng.permutation(12)
    found = permuted_cka_matrices(grams, order[None], simulations=np.arange(12), estimator=estimator)[0]
    expected = cka_matrix(grams, grams[:, order][:, :, order], estimator=estimator)
    assert found[np.triu_indices(3)] == pytest.approx(expected[np.triu_indices(3)], abs=1e-12)
    assert (found == found.T).all()


def test_simulations_in_their_order_give_cka_itself(rng):
    grams = independent(rng, 36)
    maps = rng.permutation(36)
    found = permuted_cka_matrices(
        grams[:, maps][:, :, maps], np.arange(12)[None], simulations=TWELVE[maps], estimator="debiased"
    )
    assert found[0] == pytest.approx(between_cka_matrix(grams, simulations=TWELVE), abs=1e-12)


def test_the_mean_over_all_orders_is_known(rng):
    layers = rng.normal(size=(2, 60, 200))
    grams = gram_stack(layers)
    orders = np.stack([rng.permutation(60) for _ in range(300)])
    centred = layers - layers.mean(1, keepdims=True)
    traces = np.trace(gram_stack(centred), axis1=1, axis2=2)
    norms = np.linalg.norm(gram_stack(centred), axis=(1, 2))
    biased, debiased = (
        permuted_cka_matrices(grams, orders, simulations=np.arange(60), estimator=estimator)[:, 0, 1].mean()
        for estimator in ("biased", "debiased")
    )
    # one order scatters by 0.03 debiased and by 0.01 biased
    assert debiased == pytest.approx(0, abs=0.008)
    assert biased == pytest.approx(traces.prod() / 59 / norms.prod(), abs=0.003)


def test_simulations_of_unequal_numbers_are_not_permuted(rng):
    with pytest.raises(InputError, match="Simulations have from 1 to 4 maps; to be permuted they need as many each"):
        permuted_cka_matrices(
            independent(rng, 9), np.arange(6)[None], simulations=[0, 0, 0, 0, 1, 2, 3, 4, 5], estimator="debiased"
        )


def test_what_is_no_order_is_refused(rng):
    with pytest.raises(InputError, match=r"Orders \(1, 9\) are not permutations of 9 simulations"):
        permuted_cka_matrices(
            independent(rng, 9), np.zeros((1, 9), int), simulations=np.arange(9), estimator="debiased"
        )
