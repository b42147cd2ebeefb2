"""The traps of CKA.md that concern similarity: what other libraries fall into, shown, and that this one does not.

Elsewhere: single precision, offsets and dominating maps in ``test_similarity_gram``; rows in another order, batches of
three maps and constant layers in ``test_similarity_cka`` and ``test_similarity_measures``.
"""

import numpy as np
import pytest

from repshift import InputError, cka, cka_matrix, linear_gram, minibatch_cka_matrix, similarity_matrix
from repshift.similarity.hsic import hsic_terms

N_MAPS = 50


def stack(*representations):
    return np.stack([linear_gram(representation) for representation in representations])


def independent(rng, width, n_layers=2, n_maps=N_MAPS):
    return [rng.normal(size=(n_maps, width)) for _ in range(n_layers)]


def off_diagonal(matrix):
    return matrix[~np.eye(len(matrix), dtype=bool)]


def test_averaging_the_ratios_of_batches_is_not_minibatch_cka(rng):
    first = rng.normal(size=(40, 30)) * np.repeat([1.0, 2], 20)[:, None]
    other = np.concatenate([rng.normal(size=(20, 30)), first[20:]])
    batches = [stack(first[maps], other[maps]) for maps in np.arange(40).reshape(2, 20)]
    terms = [hsic_terms(grams, estimator="debiased") for grams in batches]
    ratios = [each.cka()[0, 1] for each in terms]
    found = minibatch_cka_matrix(batches)[0, 1]
    # the two batches have 0 and 1; the one that varies more counts for more
    assert found == pytest.approx((terms[0] + terms[1]).cka()[0, 1], abs=1e-12)
    assert abs(found - np.mean(ratios)) > 0.2
    assert found != pytest.approx(ratios[-1], abs=1e-3)


@pytest.mark.parametrize("scale", [1e-3, 1e-6, 1e-12])
@pytest.mark.parametrize("estimator", ["biased", "debiased"])
def test_no_epsilon_makes_small_activations_unlike_themselves(rng, scale, estimator):
    gram = linear_gram(scale * rng.normal(size=(20, 30)))
    assert cka(gram, gram, estimator=estimator) == pytest.approx(1, abs=1e-12)


def test_linear_maps_have_canonical_correlations_of_one(rng):
    layers = [rng.normal(size=(50, 5)).astype(np.float32)]
    layers += [layers[0] @ rng.normal(size=(5, width)).astype(np.float32) for width in (5, 256)]
    grams = np.stack([linear_gram(layer) for layer in layers])
    assert similarity_matrix(grams, measure="cca") == pytest.approx(np.ones((3, 3)), abs=1e-6)


def test_nothing_is_clamped_to_zero(rng):
    grams = stack(*independent(rng, 200, n_layers=20))
    for measure in ("cka_debiased", "rbf_cka_debiased", "rsa_pearson", "rsa_spearman"):
        values = off_diagonal(similarity_matrix(grams, measure=measure))
        # debiased values of independent layers are as often below zero as above
        assert 0.3 < (values < 0).mean() < 0.7, measure


def test_batches_of_three_maps_or_fewer_are_refused(rng):
    for n_maps in (2, 3):
        with pytest.raises(InputError, match=f"{n_maps} maps are too few: this measure needs at least 4"):
            minibatch_cka_matrix([stack(*independent(rng, 5, n_maps=n_maps))])


def test_a_short_last_batch_is_refused_not_dropped(rng):
    batches = [stack(*independent(rng, 5, n_maps=n_maps)) for n_maps in (8, 8, 3)]
    with pytest.raises(InputError, match="3 maps are too few"):
        minibatch_cka_matrix(batches)


@pytest.mark.parametrize(("width", "published"), [(10, 0.17), (100, 0.67), (1000, 0.95), (65536, 0.999)])
def test_biased_tends_to_one_for_wide_layers_on_few_maps(rng, width, published):
    n_pairs = 4 if width > 1000 else 40
    values = [cka(*stack(*independent(rng, width)), estimator="biased") for _ in range(n_pairs)]
    # one pair scatters by 0.025, 0.011, 0.002 and less, the mean of forty by a sixth of that; two digits are published
    assert np.mean(values) == pytest.approx(published, abs=0.015 if width <= 100 else 0.005)


@pytest.mark.parametrize("measure", ["rbf_cka_biased", "procrustes_similarity", "svcca"])
def test_other_measures_tend_to_one_as_well(rng, measure):
    grams = stack(*independent(rng, 5000))
    assert similarity_matrix(grams, measure=measure)[0, 1] > 0.98


def test_debiased_scatters_around_zero(rng):
    values = [cka(*stack(*independent(rng, 1000)), estimator="debiased") for _ in range(100)]
    # published scatter 0.03; the mean of a hundred scatters by a tenth of it
    assert np.mean(values) == pytest.approx(0, abs=0.012)
    assert np.std(values) == pytest.approx(0.03, abs=0.01)


def test_two_outlying_maps_build_a_block(rng):
    layers = independent(rng, 100, n_layers=20)
    for layer in layers:
        layer[:2] += 5 * rng.normal(size=100)
    block = off_diagonal(cka_matrix(stack(*layers), estimator="debiased"))
    without = off_diagonal(cka_matrix(stack(*(layer[2:] for layer in layers)), estimator="debiased"))
    assert block.mean() == pytest.approx(0.95, abs=0.02)
    assert without.mean() == pytest.approx(0.00, abs=0.01)


def test_batches_of_one_simulation_see_nothing_shared(rng):
    simulations = np.repeat(rng.normal(size=(10, 20)), 15, axis=0)
    pair = [simulations @ rng.normal(size=(20, 2000)) + 0.7 * rng.normal(size=(150, 2000)) for _ in range(2)]

    def in_batches(order):
        return minibatch_cka_matrix(stack(*(each[maps] for each in pair)) for maps in order.reshape(10, 15))[0, 1]

    whole = cka_matrix(stack(*pair), estimator="debiased")[0, 1]
    assert whole == pytest.approx(0.98, abs=0.015)
    assert in_batches(np.arange(150)) == pytest.approx(0.02, abs=0.03)
    assert in_batches(rng.permutation(150)) == pytest.approx(whole, abs=0.01)


def test_maps_drawn_twice_look_like_similarity(rng):
    values = []
    for _ in range(10):
        pair = independent(rng, 1000)
        drawn = rng.integers(N_MAPS, size=N_MAPS)
        values.append(
            [cka(*stack(*(each[maps] for each in pair)), estimator="debiased") for maps in (drawn, slice(None))]
        )
    with_replacement, once = np.mean(values, axis=0)
    assert with_replacement > 0.9
    assert once == pytest.approx(0, abs=0.04)


def test_several_maps_of_a_simulation_look_like_similarity(rng):
    values = []
    for _ in range(60):
        # ten simulations of five maps, correlated by 0.8 within one
        pair = [
            np.sqrt(0.8) * np.repeat(rng.normal(size=(10, 100)), 5, axis=0) + np.sqrt(0.2) * rng.normal(size=(50, 100))
            for _ in range(2)
        ]
        values.append([cka(*stack(*(each[::step] for each in pair)), estimator="debiased") for step in (1, 5)])
    several, one = np.mean(values, axis=0)
    assert several > 0.3
    # ten maps scatter by 0.18, the mean of sixty by 0.023
    assert one == pytest.approx(0, abs=0.08)


def test_the_order_of_features_does_not_matter_to_a_gram(rng):
    activation = rng.normal(size=(6, 4, 5, 5))
    channels_last = activation.transpose(0, 2, 3, 1).reshape(6, -1)
    assert linear_gram(channels_last) == pytest.approx(linear_gram(activation), rel=1e-12, abs=1e-12)
