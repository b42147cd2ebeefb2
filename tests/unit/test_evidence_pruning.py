"""Scores on several splits, rank correlations over layers, and blocks of layers."""

import numpy as np
import pytest

from repshift.evidence.map_scores import ACCURACY, R2
from repshift.evidence.pruning.blocks import blocks_of, mean_cka, runs_of
from repshift.evidence.pruning.numbers import pruning_numbers
from repshift.evidence.pruning.quantities import PRUNING_QUANTITIES, pruning_variables
from repshift.evidence.pruning.relations import rank_relation
from repshift.evidence.pruning.split_scores import Judgement, split_numbers
from repshift.similarity.cka import cka
from repshift.statistics.resampling import percentile_interval
from repshift.statistics.scores import scores
from repshift.vocabulary import InputError

SIMULATIONS = np.repeat(np.arange(20), 2)


def judgement_of(rng, *, splits=3):
    truth = np.repeat(rng.normal(size=(20, 2)), 2, axis=0)
    judged = np.stack([np.isin(SIMULATIONS, rng.permutation(20)[:12]) for _ in range(splits)])
    return Judgement(R2, truth, SIMULATIONS, judged)


def predicted(rng, judgement, *lead, noise=0.3):
    shape = (*lead, len(judgement.judged), *judgement.truth.shape)
    return judgement.truth + noise * rng.normal(size=shape)


def numbers_of(judgement, unchanged, changed, *, n_layers, seed=1):
    layers = {"cka_with_neighbour": np.linspace(0.9, 1, n_layers), "depth": np.arange(n_layers)}
    layers["parameters_saved"] = np.ones((n_layers, changed.shape[1]))
    compared = np.ones(n_layers, dtype=bool)
    return pruning_numbers(judgement, unchanged, changed, layers=layers, compared=compared, n_resamples=200, seed=seed)


def test_a_score_of_a_split_is_that_of_its_maps(rng):
    judgement = judgement_of(rng)
    found = predicted(rng, judgement)
    all_once = judgement.scores(found, np.ones((1, 20)))[0]
    for split, judged in enumerate(judgement.judged):
        for place in range(2):
            truth, mean = judgement.truth[judged, place], found[split, judged, place]
            assert all_once[split, place] == pytest.approx(scores(truth, mean, np.ones_like(mean)).r2, abs=1e-12)


def test_a_simulation_of_weight_two_is_there_twice(rng):
    judgement = judgement_of(rng, splits=1)
    found, weights = predicted(rng, judgement), np.ones((1, 20))
    weights[0, 3] = 2
    again = np.concatenate([np.arange(40), np.flatnonzero(SIMULATIONS == 3)])
    longer = Judgement(R2, judgement.truth[again], np.arange(len(again)), judgement.judged[:, again])
    expected = longer.scores(found[:, again], np.ones((1, len(again))))
    np.testing.assert_allclose(judgement.scores(found, weights), expected, atol=1e-12)


def test_maps_that_a_split_does_not_judge_are_not_read(rng):
    judgement = judgement_of(rng)
    found = predicted(rng, judgement)
    without = np.where(judgement.judged[..., None], found, np.nan)
    weights = judgement.weights(n_resamples=100, seed=1)
    np.testing.assert_array_equal(judgement.scores(found, weights), judgement.scores(without, weights))


def test_the_accuracy_of_a_split_is_its_share_of_right_maps(rng):
    classes = rng.integers(3, size=40)
    judged = judgement_of(rng).judged
    judgement = Judgement(ACCURACY, np.eye(3)[classes], SIMULATIONS, judged)
    probability = rng.dirichlet(np.ones(3), size=(3, 40))
    found = judgement.scores(probability, np.ones((1, 20)))[0, :, 0]
    right = probability.argmax(-1) == classes
    np.testing.assert_allclose(found, [one[which].mean() for one, which in zip(right, judged, strict=True)])


def test_a_change_that_changes_nothing_loses_nothing(rng):
    judgement = judgement_of(rng)
    unchanged = predicted(rng, judgement)
    lost = numbers_of(judgement, unchanged, unchanged[None, None], n_layers=1)["score_lost"]
    for part in ("value", "low", "high", "lowest", "highest"):
        np.testing.assert_array_equal(getattr(lost, part), 0)


def test_intervals_of_what_is_lost_are_paired(rng):
    judgement = judgement_of(rng)
    unchanged = predicted(rng, judgement, noise=0.8)
    changed = unchanged + 0.01 * rng.normal(size=(1, 1, *unchanged.shape))
    found = numbers_of(judgement, unchanged, changed, n_layers=1)
    widths = {name: (found[name].high - found[name].low).max() for name in ("score", "score_lost")}
    assert widths["score_lost"] < 0.1 * widths["score"]


def test_what_is_not_possible_has_no_number(rng):
    judgement = judgement_of(rng)
    unchanged = predicted(rng, judgement)
    changed = np.stack([unchanged, np.full_like(unchanged, np.nan)])[:, None]
    found = numbers_of(judgement, unchanged, changed, n_layers=2)
    assert np.isnan(found["score_lost"].value[1]).all()
    assert np.isnan(found["score_lost"].high[1]).all()
    assert np.isfinite(found["score"].value[0]).all()


def test_intervals_count_the_simulations_that_judge(rng):
    """Of twenty, twelve judge in a split: the others make no interval narrower."""
    judgement = judgement_of(rng)
    unchanged = predicted(rng, judgement)
    found = numbers_of(judgement, unchanged, unchanged[None, None], n_layers=1)["reference"]
    scored = judgement.scores(unchanged, judgement.weights(n_resamples=200, seed=1))
    ends = percentile_interval(scored[1:].mean(-2), n_simulations=12)
    np.testing.assert_array_equal([found.low, found.high], [ends.low, ends.high])


def test_split_numbers_are_means_with_their_extremes():
    resampled = np.zeros((201, 4, 1))
    resampled[0, :, 0] = [1, 2, 3, 6]
    found = split_numbers(resampled, n_simulations=20)
    assert (found.value[0], found.lowest[0], found.highest[0]) == (3, 1, 6)


def test_fewer_than_ten_simulations_have_no_interval():
    judgement = Judgement(R2, np.zeros((9, 1)), np.arange(9), np.ones((1, 9), dtype=bool))
    with pytest.raises(InputError, match="9 simulations are too few"):
        judgement.weights(n_resamples=100, seed=1)


def test_layers_that_lose_in_order_have_rank_correlation_1(rng):
    lost = np.arange(8.0) + 0.01 * rng.normal(size=(301, 8))
    rho, ends = rank_relation(np.arange(8.0), lost, seed=1)
    assert rho == pytest.approx(1)
    assert float(ends.low) > 0.9


def test_a_number_that_says_nothing_has_a_wide_interval(rng):
    lost = rng.normal(size=8) + 0.01 * rng.normal(size=(301, 8))
    _, ends = rank_relation(rng.normal(size=8), lost, seed=1)
    assert ends.low < 0 < ends.high


def test_a_rank_correlation_is_spearmans(rng):
    from scipy.stats import spearmanr

    number, lost = rng.integers(3, size=9).astype(float), rng.normal(size=(101, 9))
    assert rank_relation(number, lost, seed=1)[0] == pytest.approx(spearmanr(number, lost[0]).statistic, abs=1e-12)


def test_few_layers_have_no_rank_correlation(rng):
    lost = rng.normal(size=(101, 6))
    lost[:, :2] = np.nan
    rho, ends = rank_relation(np.arange(6.0), lost, seed=1)
    assert np.isnan([rho, float(ends.low), float(ends.high)]).all()


def test_blocks_are_the_longest_runs_of_alike_layers():
    matrix = np.eye(5) + np.diag([0.95] * 4, 1) + np.diag([0.95] * 4, -1)
    matrix[0, 2] = matrix[2, 0] = 0.91
    assert blocks_of(matrix, alike=0.9) == [(0, 2), (2, 3), (3, 4)]
    assert blocks_of(matrix, alike=0.96) == []


def test_runs_lie_within_a_block_and_stand_once():
    assert runs_of([(0, 2), (1, 3)]) == [(0, 1), (0, 2), (1, 2), (1, 3), (2, 3)]


@pytest.mark.parametrize("alike", [0, 1.1])
def test_a_similarity_out_of_range_is_refused(alike):
    with pytest.raises(InputError, match="Expected above 0, at most 1"):
        blocks_of(np.eye(2), alike=alike)


def test_cka_is_of_judged_maps_in_the_mean(rng):
    features = rng.normal(size=(2, 20, 5))
    grams = features @ np.swapaxes(features, 1, 2)
    judged = np.stack([np.arange(20) < 12, np.arange(20) >= 6])
    each = [cka(*grams[:, which][:, :, which], estimator="debiased") for which in judged]
    assert mean_cka(grams, judged)[0, 1] == pytest.approx(np.mean(each), abs=1e-12)


def test_every_variable_says_what_it_is():
    found = pruning_variables({name: np.zeros((1,) * len(one.dims)) for name, one in PRUNING_QUANTITIES.items()})
    assert all(attributes["units"] == "1" and attributes["long_name"] for _, _, attributes in found.values())
