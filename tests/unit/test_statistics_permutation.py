"""Permutations by simulation: p-values, the score corrected for chance, and the test that swaps domains."""

from functools import partial

import numpy as np
import pytest
from scipy import stats

from permuted import permuted_cka_matrices
from repshift import InputError
from repshift.similarity.reweighting import between_cka_influence
from repshift.statistics.blocks import block_numbers, mean_and_share
from repshift.statistics.domain_swap import domain_swap_test, n_assignments
from repshift.statistics.permutation import PermutedNumbers, calibrated_scores, p_values, permuted_orders

LOADINGS = np.array([0.4, 0.6, 0.8, 0.9])


def layers_of(rng, loadings, n_maps, width=60):
    """CKA of two layers is the product of their loadings, as in ``test_statistics_resampling``."""
    shared = rng.normal(size=(n_maps, width))
    return np.stack([np.sqrt(a) * shared + np.sqrt(1 - a) * rng.normal(size=shared.shape) for a in loadings])


def numbers_of(maps, *, grams, labels):
    return mean_and_share(*between_cka_influence(grams[:, maps][:, :, maps], simulations=labels[maps]))


def swap(layers_in, layers_out, *, maps_each=1, n_permutations=39, seed=0):
    layers = np.concatenate([layers_in, layers_out], axis=1)
    grams = layers @ layers.swapaxes(1, 2)
    labels = np.arange(layers.shape[1]) // maps_each
    return domain_swap_test(
        partial(numbers_of, grams=grams, labels=labels),
        simulations=labels,
        out_of_distribution=np.arange(layers.shape[1]) >= layers_in.shape[1],
        n_permutations=n_permutations,
        seed=seed,
    )


def test_a_permuted_nan_leaves_no_p_value():
    null = np.array([[0.0, 1.0], [np.nan, 2.0], [0.5, 3.0]])
    found = p_values(np.array([5.0, 5.0]), null, alternative="greater")
    assert np.isnan(found[0])
    assert found[1] == 0.25
    assert np.isnan(p_values(np.array([5.0]), null[:, :1], alternative="two_sided")).all()


def test_what_is_always_alike_has_no_score_corrected_for_chance():
    assert np.isnan(calibrated_scores(np.array(1.0), np.array(1.0)))
    assert calibrated_scores(np.array(1.0), np.array(0.5)) == pytest.approx(1)


def test_mean_and_share_are_two_of_the_block_numbers(rng):
    layers = layers_of(rng, LOADINGS, 30)
    found, influence = between_cka_influence(layers @ layers.swapaxes(1, 2), simulations=np.arange(30))
    numbers, errors = mean_and_share(found, influence)
    assert numbers == pytest.approx(block_numbers(found)[[0, 3]])
    steps = (block_numbers(found + 1e-6 * influence)[:, [0, 3]] - numbers) / 1e-6
    assert errors == pytest.approx(np.sqrt(30 / 29 * np.square(steps).sum(0)), rel=1e-3)


@pytest.mark.parametrize(
    ("draws", "rejected", "error"), [(10, 3, 0.3), pytest.param(40, 6, 0.15, marks=pytest.mark.slow)]
)
def test_one_distribution_is_seldom_told_apart(rng, draws, rejected, error):
    drawn = [[layers_of(rng, LOADINGS, 12) for _ in range(2)] for _ in range(draws)]
    p_value = np.array([_p(swap(*both, seed=seed)) for seed, both in enumerate(drawn)])
    # a right test rejects 2 of 40 on average, 7 or more once in two hundred, 4 of 10 once in a thousand; a uniform
    # p-value has mean 0.5, whose standard error is twice as large of a fourth of the draws
    assert ((p_value <= 0.05).sum(0) <= rejected).all()
    assert p_value.mean(0) == pytest.approx(0.5, abs=error)


def _p(found):
    return np.concatenate([found.difference.p_value, found.studentised.p_value])


def test_a_blockier_domain_is_found(rng):
    p_value = np.stack([_p(swap(layers_of(rng, LOADINGS, 40), layers_of(rng, LOADINGS**0.3, 40))) for _ in range(3)])
    assert (p_value <= 0.05).all()


def test_a_shifted_domain_is_no_blockier_one(rng):
    rejected = []
    shift = rng.normal(size=(4, 1, 60)) * 2
    for _ in range(10):
        found = swap(layers_of(rng, LOADINGS, 40), layers_of(rng, LOADINGS, 40) + shift)
        rejected.append(_p(found) <= 0.05)
    # measured: 0.6 and 0.02 of many draws
    difference, studentised = np.mean(rejected, axis=0).reshape(2, 2)
    assert (difference > 0.2).all()
    assert (studentised < 0.35).all()


def test_the_order_of_domains_gives_the_sign(rng):
    low, high = layers_of(rng, LOADINGS, 20), layers_of(rng, LOADINGS**0.3, 20)
    assert (swap(low, high, n_permutations=9).difference.observed > 0).all()
    assert swap(high, low, n_permutations=9).difference.observed == pytest.approx(
        -swap(low, high, n_permutations=9).difference.observed
    )


def test_maps_of_a_simulation_change_domain_together():
    labels, seen = np.repeat(np.arange(20), 3), []

    def statistic(maps):
        seen.append(labels[maps])
        return np.zeros(1), np.ones(1)

    domain_swap_test(statistic, simulations=labels, out_of_distribution=labels < 10, n_permutations=5, seed=0)
    assert all((np.unique(each, return_counts=True)[1] == 3).all() and len(each) == 30 for each in seen)
    assert len({tuple(each) for each in seen}) > 4


def test_the_null_belongs_to_the_seed(rng):
    layers = layers_of(rng, LOADINGS, 24)
    first, again, other = (swap(layers[:, :12], layers[:, 12:], seed=seed).difference.null for seed in (1, 1, 2))
    assert (first == again).all()
    assert (first != other).any()
    assert first.shape == (39, 2)


def test_nine_simulations_of_a_domain_are_refused(rng):
    with pytest.raises(InputError, match="9 simulations are too few"):
        swap(layers_of(rng, LOADINGS, 18), layers_of(rng, LOADINGS, 40), maps_each=2)


def test_domains_of_other_maps_are_refused():
    with pytest.raises(InputError, match=r"Domains \(3,\) do not label the maps of simulations \(20,\)"):
        domain_swap_test(
            lambda maps: (np.zeros(1), np.ones(1)),
            simulations=np.arange(20),
            out_of_distribution=[True, False, True],
            n_permutations=9,
            seed=0,
        )


def test_a_p_value_is_never_zero():
    null = np.arange(99.0)[:, None]
    assert p_values(np.array([1000.0]), null, alternative="greater") == pytest.approx(0.01)
    assert p_values(np.array([1000.0]), null, alternative="two_sided") == pytest.approx(0.02)
    assert p_values(np.array([-1000.0]), null, alternative="two_sided") == pytest.approx(0.02)
    assert p_values(np.array([49.0]), null, alternative="two_sided") == 1


def test_a_tie_counts_as_being_as_large():
    null = np.array([0.1 + 0.2, 0.0, 0.0])
    assert p_values(np.array(0.3), null, alternative="greater") == 0.5


def test_p_values_of_what_is_not_a_number_are_none():
    assert np.isnan(p_values(np.array(np.nan), np.zeros(9), alternative="greater"))


def test_orders_are_uniform():
    orders = permuted_orders(3, n_permutations=6000, seed=0)
    counts = np.unique(orders, axis=0, return_counts=True)[1]
    assert stats.chisquare(counts).pvalue > 0.001
    assert len(counts) == 6


def test_the_score_is_zero_under_the_null_one_where_alike():
    null = np.array([0.4, 0.5, 0.6])
    assert calibrated_scores(np.array([0.5, 1.0, 0.0]), null.mean()) == pytest.approx([0, 1, -1])


def test_wide_independent_layers_are_not_significant(rng):
    layers = np.concatenate([layers_of(rng, LOADINGS[:2], 40, 1000), rng.normal(size=(1, 40, 1000))])
    grams = layers @ layers.swapaxes(1, 2)
    orders = permuted_orders(40, n_permutations=200, seed=0)
    null = permuted_cka_matrices(grams, orders, simulations=np.arange(40), estimator="biased")
    observed = permuted_cka_matrices(grams, np.arange(40)[None], simulations=np.arange(40), estimator="biased")[0]
    score = calibrated_scores(observed, null.mean(0))
    significant = p_values(observed, null, alternative="greater") <= 0.01
    assert observed[0, 2] > 0.9
    # of forty maps the score of independent layers scatters by 0.03
    assert score[0, 2] == pytest.approx(0, abs=0.1)
    assert score[0, 1] == pytest.approx(LOADINGS[0] * LOADINGS[1], abs=0.1)
    assert np.diagonal(score) == pytest.approx(np.ones(3))
    assert significant.tolist() == [[True, True, False], [True, True, False], [False, False, True]]


def difference_of_means(values):
    def statistic(maps):
        return values[maps].mean(0), values[maps].std(0) / np.sqrt(len(maps))

    return statistic


def test_partners_are_swapped_with_each_other_alone(rng):
    """A small change of every simulation shows between partners, and not where they are taken for strangers."""
    before = rng.normal(size=(20, 1))
    values = np.concatenate([before + 0.1 + 0.02 * rng.normal(size=(20, 1)), before])
    how = {"out_of_distribution": np.arange(40) < 20, "n_permutations": 199, "seed": 1}
    partners = domain_swap_test(difference_of_means(values), simulations=np.tile(np.arange(20), 2), **how)
    strangers = domain_swap_test(difference_of_means(values), simulations=np.arange(40), **how)
    assert partners.studentised.p_value[0] == pytest.approx(2 / 200)
    assert strangers.studentised.p_value[0] > 0.5
    assert partners.difference.observed == pytest.approx(strangers.difference.observed)


def test_partners_that_differ_by_chance_are_seldom_told_apart(rng):
    rejected = []
    for seed in range(60):
        before = rng.normal(size=(15, 1))
        values = np.concatenate([before, before]) + 0.1 * rng.normal(size=(30, 1))
        found = domain_swap_test(
            difference_of_means(values),
            simulations=np.tile(np.arange(15), 2),
            out_of_distribution=np.arange(30) < 15,
            n_permutations=79,
            seed=seed,
        )
        rejected.append(found.studentised.p_value[0] <= 0.05)
    assert np.mean(rejected) < 0.15


def test_simulations_of_which_some_have_partners_are_refused():
    labels = [*range(12), *range(6), *range(20, 26)]
    with pytest.raises(InputError, match="6 of 18 simulations have maps in both domains: none may, or all"):
        domain_swap_test(
            difference_of_means(np.zeros((24, 1))),
            simulations=labels,
            out_of_distribution=np.arange(24) < 12,
            n_permutations=79,
            seed=1,
        )


def one_by_one_and_at_once(values, labels, *, n_permutations=199):
    """Two tests of the mean: by a loop, and with sums over all permutations that are taken in another order."""
    at_once_sums = values[::-1].T @ np.eye(len(values))[::-1]
    half = np.arange(len(values)) < len(values) // 2
    how = {"simulations": labels, "out_of_distribution": half, "n_permutations": n_permutations, "seed": 1}
    statistic = difference_of_means(values)
    return domain_swap_test(statistic, **how), domain_swap_test(statistic, of_halves=halves_of(at_once_sums.T), **how)


@pytest.mark.parametrize("shape", [(9,), (9, 3, 2)])
def test_counting_some_at_a_time_is_counting_all(rng, shape):
    observed, null = rng.normal(size=shape[1:]), rng.normal(size=shape)
    null[2] = observed  # a tie
    found = PermutedNumbers(observed)
    for part in (null[:4], null[4:4], null[4:]):
        found.add(part)
    assert (found.p_value == p_values(observed, null, alternative="greater")).all()
    assert found.mean == pytest.approx(null.mean(0), rel=1e-13)


def test_numbers_that_are_none_have_no_p_value():
    found = PermutedNumbers(np.array([1.0, np.nan, 1.0]))
    found.add(np.array([[0.0, 0.0, np.nan], [2.0, 0.0, 0.0]]))
    assert found.p_value == pytest.approx([2 / 3, np.nan, np.nan], nan_ok=True)


@pytest.mark.parametrize("partners", [True, False])
def test_where_there_are_fewer_permutations_than_asked_for_each_is_taken_once(rng, partners):
    labels = np.tile(np.arange(10), 2) if partners else np.arange(20)
    half = np.arange(20) < 10
    values = rng.normal(size=(20, 1))
    n = n_assignments(labels, half)
    assert n == (1023 if partners else 184_755)
    how = {"simulations": labels, "out_of_distribution": half, "seed": 1, "of_halves": halves_of(values)}
    found = domain_swap_test(difference_of_means(values), n_permutations=n, **how).difference.null[:, 0]
    assert len(found) == n
    # each difference of one half has its opposite in the other, but that of the observed one, left out
    observed = values[half].mean() - values[~half].mean()
    assert np.sort(np.append(found, observed)) == pytest.approx(-np.sort(-np.append(found, observed))[::-1])
    assert found.sum() == pytest.approx(-observed, abs=1e-9)
    assert len(domain_swap_test(difference_of_means(values), n_permutations=99, **how).difference.null) == 99


def halves_of(values):
    """The mean of both halves and its error, of many choices at once."""

    def of_halves(choices):
        sides = np.stack([choices, ~choices])
        n = sides.sum(-1)[..., None]
        mean = sides @ values / n
        return mean, np.sqrt((sides @ np.square(values) / n - np.square(mean)) / n)

    return of_halves


@pytest.mark.parametrize("partners", [True, False])
def test_all_permutations_at_once_are_those_of_a_loop(rng, partners):
    labels = np.tile(np.arange(10), 2) if partners else np.arange(20)
    slow, fast = one_by_one_and_at_once(rng.normal(size=(20, 2)), labels)
    for name in ("difference", "studentised"):
        assert getattr(fast, name).null == pytest.approx(getattr(slow, name).null, rel=1e-9, abs=1e-14)
        assert (getattr(fast, name).p_value == getattr(slow, name).p_value).all()


def test_ties_stay_ties_where_sums_are_in_another_order(rng):
    values = rng.normal(size=(10, 1))
    same, changed = np.concatenate([values, values]), np.concatenate([values, values + np.eye(10)[:, :1]])
    for twins in (same, changed):
        slow, fast = one_by_one_and_at_once(twins, np.tile(np.arange(10), 2))
        assert slow.difference.p_value == fast.difference.p_value == 1
        assert slow.studentised.p_value == fast.studentised.p_value
