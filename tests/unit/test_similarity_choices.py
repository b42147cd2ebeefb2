"""Many choices of the maps at once are what a loop over them gives."""

import numpy as np
import pytest

from repshift import cka_matrix, minibatch_cka_matrix
from repshift.similarity.between import between_cka_matrix
from repshift.similarity.choices import centred_sums, choice_influence, pair_products
from repshift.similarity.independence import permuted_cka_matrices
from repshift.similarity.reweighting import between_cka_influence
from repshift.similarity.subsets import subset_cka_matrices, subset_minibatch_matrices

SIZES = (4, 11, 19, 20)


@pytest.fixture
def grams(rng):
    layers = rng.normal(size=(3, 20, 30)) + rng.normal(size=(20, 1))[None]
    return layers @ layers.swapaxes(1, 2)


@pytest.fixture(params=[1, 1 << 20])
def at_once(request, monkeypatch):
    """Few or many choices at a time."""
    for name in ("_NUMBERS_AT_ONCE", "_SQUARES_AT_ONCE"):
        monkeypatch.setattr(f"repshift.similarity.choices.{name}", request.param)
    monkeypatch.setattr("repshift.similarity.independence._NUMBERS_AT_ONCE", request.param)


def choices_of(rng, sizes=SIZES, n_maps=20):
    return [np.sort(rng.permutation(n_maps)[:size]) for size in sizes]


def weights_of(choices, n_maps=20):
    return np.stack([np.isin(np.arange(n_maps), maps) for maps in choices]).astype(float)


@pytest.mark.usefixtures("at_once")
@pytest.mark.parametrize("estimator", ["biased", "debiased"])
def test_cka_of_choices_is_that_of_a_loop(rng, grams, estimator):
    choices = choices_of(rng)
    found = centred_sums(grams, weights_of(choices), estimator=estimator)
    loop = [cka_matrix(grams[:, maps[:, None], maps], estimator=estimator) for maps in choices]
    assert found.exact.all()
    assert found.cka() == pytest.approx(np.stack(loop), abs=1e-12)


@pytest.mark.usefixtures("at_once")
def test_influence_on_choices_is_that_of_a_loop(rng, grams):
    choices = choices_of(rng)
    directions = rng.normal(size=(len(choices), 2, 3))
    found = choice_influence(grams, weights_of(choices))
    changes = found.along(directions)
    for cka, change, vectors, maps in zip(found.cka, changes, directions, choices, strict=True):
        slow, influence = between_cka_influence(grams[:, maps[:, None], maps], simulations=maps)
        assert cka == pytest.approx(slow, abs=1e-12)
        assert change[:, maps] == pytest.approx(np.einsum("ql,glm,qm->qg", vectors, influence, vectors), abs=1e-11)
        assert not np.delete(change, maps, axis=1).any()


@pytest.mark.usefixtures("at_once")
@pytest.mark.parametrize("diagonal", [True, False])
def test_pair_products_are_a_double_sum(rng, grams, diagonal):
    weights = rng.exponential(size=(5, 20))
    values = grams * (1 if diagonal else 1 - np.eye(20))
    slow = np.einsum("ci,cj,lij,mij->clm", weights, weights, values, values, optimize=True)
    assert pair_products(grams, weights, diagonal=diagonal) == pytest.approx(slow, rel=1e-12)


def test_a_far_map_left_out_costs_no_digits(rng):
    layers = rng.normal(size=(3, 20, 30))
    layers[:, 7] *= 1e3
    grams, kept = layers @ layers.swapaxes(1, 2), np.delete(np.arange(20), 7)
    (found,) = subset_cka_matrices(grams, [kept], simulations=np.arange(20), estimator="debiased")
    slow = cka_matrix(grams[:, kept[:, None], kept], estimator="debiased")
    assert found == pytest.approx(slow, rel=1e-9)


def test_what_centring_takes_away_is_not_called_exact(rng):
    layers = rng.normal(size=(2, 20, 30))
    layers[1, :10] = layers[1, 0] + 1e-4 * rng.normal(size=(10, 30))
    grams = layers @ layers.swapaxes(1, 2)
    choices = [np.arange(10), np.arange(12)]
    assert centred_sums(grams, weights_of(choices), estimator="debiased").exact.tolist() == [False, True]
    (found, _) = subset_cka_matrices(grams, choices, simulations=np.arange(20), estimator="debiased")
    assert found == pytest.approx(cka_matrix(grams[:, :10, :10], estimator="debiased"), abs=1e-12)


@pytest.mark.parametrize("estimator", ["biased", "debiased"])
def test_several_maps_of_a_simulation_are_left_out_too(rng, grams, estimator):
    simulations, choices = np.arange(20) // 2, choices_of(rng, sizes=(12, 18))
    found = subset_cka_matrices(grams, choices, simulations=simulations, estimator=estimator)
    for matrix, maps in zip(found, choices, strict=True):
        part = grams[:, maps[:, None], maps]
        slow = cka_matrix(part, estimator="biased")
        if estimator == "debiased":
            slow = between_cka_matrix(part, simulations=simulations[maps])
        assert matrix == pytest.approx(slow, abs=1e-12)


@pytest.mark.parametrize("constant", [False, True])
def test_minibatch_cka_of_subsets_is_that_of_a_loop(rng, grams, constant):
    batches = rng.permutation(20).reshape(2, 10)
    if constant:  # over one batch, where a loop has no CKA of the batch alone
        grams[1][batches[0][:, None], batches[0]] = 1
    choices = [np.delete(np.arange(20), batches[:, :left_out].ravel()) for left_out in (0, 1, 6)]
    found = subset_minibatch_matrices(grams, choices, batches=batches)
    for matrix, maps in zip(found, choices, strict=True):
        kept = [batch[np.isin(batch, maps)] for batch in batches]
        slow = minibatch_cka_matrix(grams[:, batch[:, None], batch] for batch in kept)
        assert matrix == pytest.approx(slow, abs=1e-12)


@pytest.mark.usefixtures("at_once")
@pytest.mark.parametrize("maps_each", [1, 2])
@pytest.mark.parametrize("estimator", ["biased", "debiased"])
def test_permuted_layers_are_those_of_a_loop(rng, grams, maps_each, estimator):
    simulations = np.arange(20) // maps_each
    orders = np.stack([rng.permutation(20 // maps_each) for _ in range(7)])
    how = {"simulations": simulations, "estimator": estimator}
    found = permuted_cka_matrices(grams, orders, **how)
    both = [permuted_pair(grams, order, maps_each, **how) for order in orders]
    upper = np.triu_indices(3)
    assert found[:, *upper] == pytest.approx(np.stack(both)[:, *upper], abs=1e-12)


def permuted_pair(grams, order, maps_each, *, simulations, estimator):
    """CKA of all layers with those whose rows are in another order: the slow twin, from twice the layers."""
    maps = (order[:, None] * maps_each + np.arange(maps_each)).ravel()
    both = np.concatenate([grams, grams[:, maps[:, None], maps]])
    if estimator == "biased":
        return cka_matrix(both, estimator="biased")[:3, 3:]
    return between_cka_matrix(both, simulations=simulations)[:3, 3:]
