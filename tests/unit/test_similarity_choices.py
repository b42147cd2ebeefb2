"""Many choices of the maps at once are what a loop over them gives."""

import gc
import tracemalloc

import numpy as np
import pytest
import torch

from repshift import InputError, cka_matrix, minibatch_cka_matrix
from repshift.similarity.between import between_cka_matrix
from repshift.similarity.choices import centred_sums, pair_products
from repshift.similarity.halves import numbers_of_halves
from repshift.similarity.independence import permuted_cka_blocks
from repshift.similarity.measures.rsa import weighted_rsa_matrices
from repshift.similarity.portions import Resources
from repshift.similarity.reweighting import between_cka_influence, weighted_cka_matrices
from repshift.similarity.subsets import subset_cka_matrices, subset_minibatch_matrices
from repshift.statistics.blocks import mean_and_share, mean_and_share_directions

SIZES = (4, 11, 19, 20)


@pytest.fixture
def grams(rng):
    layers = rng.normal(size=(3, 20, 30)) + rng.normal(size=(20, 1))[None]
    return layers @ layers.swapaxes(1, 2)


@pytest.fixture(params=["little", "much", "few layers", "a device"])
def resources(request, monkeypatch):
    """Few or many choices at a time, each by itself or all together, as arrays or as tensors."""
    if request.param == "few layers":
        monkeypatch.setattr("repshift.similarity.choices._MANY_LAYERS", 2)
        monkeypatch.setattr("repshift.similarity.choices._MANY_LEFT_OUT", 2)
        monkeypatch.setattr("repshift.statistics.blocks._FEW_LAYERS", 2)
    if request.param == "a device":  # torch's own CPU stands in for one
        monkeypatch.setattr(Resources, "placed", lambda _, values: torch.from_numpy(values))
    return Resources(0.02 if request.param == "little" else 64)


def choices_of(rng, sizes=SIZES, n_maps=20):
    return [np.sort(rng.permutation(n_maps)[:size]) for size in sizes]


def weights_of(choices, n_maps=20):
    return np.stack([np.isin(np.arange(n_maps), maps) for maps in choices]).astype(float)


@pytest.mark.parametrize("estimator", ["biased", "debiased"])
def test_cka_of_choices_is_that_of_a_loop(rng, grams, estimator, resources):
    choices = choices_of(rng)
    found = centred_sums(grams, weights_of(choices), estimator=estimator, resources=resources)
    loop = [cka_matrix(grams[:, maps[:, None], maps], estimator=estimator) for maps in choices]
    assert found.exact.all()
    assert found.cka() == pytest.approx(np.stack(loop), abs=1e-12)


@pytest.mark.parametrize("far", [1, 1e3, 1e5])
def test_numbers_of_halves_are_those_of_a_loop(rng, grams, far, resources):
    """Also where a far map is in one half, and the sums over the other are what little is left of those over all."""
    scale = np.where(np.arange(20) == 3, far, 1)
    grams = grams * scale[:, None] * scale
    chosen = weights_of(choices_of(rng, sizes=(10, 11, 9, 10, 10))).astype(bool)
    found = numbers_of_halves(grams, chosen, directions=mean_and_share_directions, resources=resources)
    assert found.exact.all()
    for side, half in enumerate((chosen, ~chosen)):
        for choice, maps in enumerate(map(np.flatnonzero, half)):
            part = grams[:, maps[:, None], maps]
            numbers, errors = mean_and_share(*between_cka_influence(part, simulations=maps))
            assert found.numbers[side, choice] == pytest.approx(numbers, rel=1e-9)
            assert found.errors[side, choice] == pytest.approx(errors, rel=1e-8)


def test_weighted_cka_is_one_whatever_is_held_at_a_time(rng, grams, resources):
    weights = rng.multinomial(20, np.full(20, 0.05), size=30).astype(float)
    found = weighted_cka_matrices(grams, weights, simulations=np.arange(20), resources=resources)
    assert found == pytest.approx(weighted_cka_matrices(grams, weights, simulations=np.arange(20)), abs=1e-12)


@pytest.mark.parametrize(
    "call",
    [
        lambda grams, few: list(
            permuted_cka_blocks(grams, np.arange(20)[None], simulations=np.arange(20), resources=few)
        ),
        lambda grams, few: weighted_cka_matrices(grams, np.ones((2, 20)), simulations=np.arange(20), resources=few),
        lambda grams, few: subset_cka_matrices(
            grams, [np.arange(9)], simulations=np.arange(20), estimator="debiased", resources=few
        ),
        lambda grams, few: numbers_of_halves(
            grams, np.arange(20)[None] < 9, directions=mean_and_share_directions, resources=few
        ),
    ],
)
def test_too_little_memory_for_one_is_refused_with_what_it_takes(grams, call):
    with pytest.raises(InputError, match=r"takes .* MB at a time, and the memory setting is 1e-05 MB\. Set .* to 1 or"):
        call(grams, Resources(1e-5))


def test_a_device_that_is_not_there_is_refused(grams):
    with pytest.raises(InputError, match=r"Device 'cuda:99' cannot be used: .*\. Choose 'cpu'"):
        weighted_cka_matrices(grams, np.ones((1, 20)), simulations=np.arange(20), resources=Resources(64, "cuda:99"))


@pytest.mark.parametrize("whole", [True, False])
@pytest.mark.parametrize("diagonal", [True, False])
def test_pair_products_are_a_double_sum(rng, grams, diagonal, whole, resources):
    weights = rng.integers(3, size=(5, 20)).astype(float) if whole else rng.exponential(size=(5, 20))
    values = grams * (1 if diagonal else 1 - np.eye(20))
    slow = np.einsum("ci,cj,lij,mij->clm", weights, weights, values, values, optimize=True)
    found = pair_products(resources.placed(grams), weights, diagonal=diagonal, resources=resources)
    assert found == pytest.approx(slow, rel=1e-12)


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


@pytest.mark.parametrize("maps_each", [1, 2])
@pytest.mark.parametrize("estimator", ["biased", "debiased"])
def test_permuted_layers_are_those_of_a_loop(rng, grams, maps_each, estimator, resources):
    simulations = np.arange(20) // maps_each
    orders = np.stack([rng.permutation(20 // maps_each) for _ in range(7)])
    how = {"simulations": simulations, "estimator": estimator}
    blocks = list(permuted_cka_blocks(grams, orders, simulations=simulations, resources=resources))
    found = np.concatenate([block[estimator] for block in blocks])
    assert len(blocks) == 1 or resources.memory < 1
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


HELD = {
    "halves": lambda grams, few, rng: numbers_of_halves(
        grams,
        np.stack([rng.permutation(120) < 60 for _ in range(600)]),
        directions=mean_and_share_directions,
        resources=few,
    ),
    "orders": lambda grams, few, rng: [
        None
        for _ in permuted_cka_blocks(
            grams, np.stack([rng.permutation(120) for _ in range(600)]), simulations=np.arange(120), resources=few
        )
    ],
    "weights": lambda grams, few, rng: weighted_cka_matrices(
        grams, rng.integers(3, size=(600, 120)).astype(float), simulations=np.arange(120), resources=few
    ),
    "weights of pairs of maps": lambda grams, few, rng: weighted_cka_matrices(
        grams, rng.integers(1, 3, size=(600, 60)).astype(float), simulations=np.arange(120) // 2, resources=few
    ),
    "rsa": lambda grams, few, rng: weighted_rsa_matrices(
        grams, rng.integers(3, size=(600, 120)).astype(float), correlation="spearman", resources=few
    ),
    "subsets": lambda grams, few, rng: subset_cka_matrices(
        grams,
        [rng.permutation(120)[:100] for _ in range(600)],
        simulations=np.arange(120),
        estimator="debiased",
        resources=few,
    ),
}


@pytest.mark.parametrize("what", HELD)
def test_memory_is_bounded_by_the_setting_and_copies_of_the_gram_matrices(rng, what):
    """Nine copies of what is given, what comes out a few times over, and the setting."""
    layers = rng.normal(size=(10, 120, 30)) + rng.normal(size=(120, 30))
    grams = layers @ layers.swapaxes(1, 2)
    results = 600 * 10 * 10 * 8 / 1e6
    peaks = []
    for memory in (4, 64):
        gc.collect()
        tracemalloc.start()
        try:
            HELD[what](grams, Resources(memory), rng)
            peaks.append(tracemalloc.get_traced_memory()[1] / 1e6)
        finally:
            tracemalloc.stop()
    assert peaks[0] < 9 * grams.nbytes / 1e6 + 4 * results + 4
    assert peaks[0] < peaks[1]
