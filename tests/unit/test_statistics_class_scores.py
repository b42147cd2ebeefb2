"""Scores of classes: scikit-learn's where it has them, also with weights, and by hand where not."""

from dataclasses import asdict

import numpy as np
import pytest
from scipy.special import softmax
from sklearn import metrics

from repshift import InputError
from repshift.statistics.class_outputs import (
    confidence_fall,
    disagreement_rise,
    entropy_rise,
    log_loss_difference,
    scatter_rise,
)
from repshift.statistics.class_scores import (
    CLASS_LONG_NAMES,
    CLASS_SCORES,
    class_score_intervals,
    class_scores,
    confusion_matrix,
    weighted_class_scores,
)

HAND = np.array([[0.8, 0.2], [0.6, 0.4], [0.3, 0.7], [0.9, 0.1]])
HAND_TRUTH = np.array([0, 1, 1, 0])


def draw(rng, n_maps=200, n_classes=4, *, rounded=False):
    """Return truths and probabilities that know something of them; rounded ones have ties."""
    logits = 2 * rng.normal(size=(n_maps, n_classes))
    truth = (logits + 2 * rng.normal(size=logits.shape)).argmax(axis=1)
    found = softmax(logits, axis=1)
    found = np.maximum(found.round(1), 0.05) if rounded else found
    return truth, found / found.sum(axis=1, keepdims=True)


def slow_calibration_error(truth, probability, weights):
    """Sum over bins, one after the other."""
    confidence, right = probability.max(axis=1), probability.argmax(axis=1) == truth
    total = 0.0
    for number in range(15):
        inside = (confidence > number / 15) & (confidence <= (number + 1) / 15)
        if weights[inside].sum() > 0:
            accuracy, mean = (np.average(one[inside], weights=weights[inside]) for one in (right, confidence))
            total += weights[inside].sum() / weights.sum() * abs(accuracy - mean)
    return total


def reference(truth, probability, weights):
    """Return what scikit-learn says, or a loop where it has nothing."""
    named, present = probability.argmax(axis=1), np.unique(truth[weights > 0])
    how = {"sample_weight": weights}
    macro = {"labels": present, "average": "macro", **how}
    areas = [metrics.roc_auc_score(truth == one, probability[:, one], **how) for one in present]
    squares = [
        metrics.brier_score_loss(truth == one, probability[:, one], **how) for one in range(probability.shape[1])
    ]
    return {
        "accuracy": metrics.accuracy_score(truth, named, **how),
        "balanced_accuracy": metrics.recall_score(truth, named, **macro),
        "macro_f1": metrics.f1_score(truth, named, **macro),
        "auc": np.mean(areas),
        "log_loss": metrics.log_loss(truth, probability, labels=range(probability.shape[1]), **how),
        "brier": np.sum(squares),
        "calibration_error": slow_calibration_error(truth, probability, weights),
    }


@pytest.mark.parametrize("rounded", [False, True])
@pytest.mark.parametrize("n_classes", [2, 3, 7])
def test_scores_are_those_of_scikit_learn(rng, n_classes, rounded):
    truth, probability = draw(rng, n_classes=n_classes, rounded=rounded)
    assert asdict(class_scores(truth, probability)) == pytest.approx(reference(truth, probability, np.ones(200)))


@pytest.mark.parametrize("rounded", [False, True])
@pytest.mark.parametrize("n_classes", [2, 5])
def test_weighted_scores_are_those_of_scikit_learn(rng, n_classes, rounded):
    truth, probability = draw(rng, n_classes=n_classes, rounded=rounded)
    simulation = np.repeat(np.arange(50), 4)
    weights = rng.multinomial(50, np.full(50, 1 / 50), size=6).astype(float)
    found = weighted_class_scores(truth, probability, simulation=simulation, weights=weights)
    for row, one in zip(found, weights, strict=True):
        expected = reference(truth, probability, one[simulation])
        assert dict(zip(CLASS_SCORES, row, strict=True)) == pytest.approx(expected)


def test_weights_of_one_change_nothing(rng):
    truth, probability = draw(rng)
    found = weighted_class_scores(truth, probability, simulation=np.arange(200), weights=np.ones((1, 200)))
    assert found[0] == pytest.approx(list(asdict(class_scores(truth, probability)).values()))


def test_a_weight_of_two_is_a_map_twice(rng):
    truth, probability = draw(rng, 40)
    weights = np.where(np.arange(40) < 10, 2.0, 1.0)[None]
    twice = np.r_[np.arange(40), np.arange(10)]
    found = weighted_class_scores(truth, probability, simulation=np.arange(40), weights=weights)
    assert found[0] == pytest.approx(list(asdict(class_scores(truth[twice], probability[twice])).values()))


def test_golden_scores_of_four_maps():
    found = class_scores(HAND_TRUTH, HAND)
    assert (found.accuracy, found.balanced_accuracy, found.auc) == (0.75, 0.75, 1.0)
    assert found.macro_f1 == pytest.approx((4 / 5 + 2 / 3) / 2)
    assert found.log_loss == pytest.approx(-np.log([0.8, 0.4, 0.7, 0.9]).mean())
    assert found.brier == pytest.approx(2 * (0.04 + 0.36 + 0.09 + 0.01) / 4)
    # bins of 0.8 (11/15 to 12/15), 0.6 (8/15 to 9/15), 0.7 and 0.9, a map each
    assert found.calibration_error == pytest.approx((0.2 + 0.6 + 0.3 + 0.1) / 4)


def test_balanced_accuracy_is_that_of_scikit_learn(rng):
    truth, probability = draw(rng)
    expected = metrics.balanced_accuracy_score(truth, probability.argmax(axis=1))
    assert class_scores(truth, probability).balanced_accuracy == pytest.approx(expected)


def test_auc_of_two_classes_is_that_of_the_second(rng):
    truth, probability = draw(rng, n_classes=2)
    assert class_scores(truth, probability).auc == pytest.approx(metrics.roc_auc_score(truth, probability[:, 1]))


def test_auc_of_several_classes_is_that_of_scikit_learn(rng):
    truth, probability = draw(rng)
    expected = metrics.roc_auc_score(truth, probability, multi_class="ovr", average="macro")
    assert class_scores(truth, probability).auc == pytest.approx(expected)


def test_perfect_probabilities_have_perfect_scores():
    truth = np.arange(30) % 3
    found = class_scores(truth, np.eye(3)[truth])
    assert (found.accuracy, found.macro_f1, found.auc, found.brier, found.calibration_error) == (1, 1, 1, 0, 0)
    assert found.log_loss == pytest.approx(0, abs=1e-15)


def test_a_certain_mistake_costs_at_most_36_nats():
    found = class_scores(np.array([0, 1]), np.array([[0.0, 1.0], [0.0, 1.0]]))
    assert found.log_loss == pytest.approx(-np.log(np.finfo(float).eps) / 2)


def test_a_class_of_no_map_is_left_out_of_the_means(rng):
    truth, probability = draw(rng)
    kept = truth != 3
    found = class_scores(truth[kept], probability[kept])
    expected = reference(truth[kept], probability[kept], np.ones(kept.sum()))
    assert asdict(found) == pytest.approx(expected)
    assert np.isfinite(found.auc)


def test_maps_of_one_class_have_no_auc(rng):
    _, probability = draw(rng)
    found = class_scores(np.zeros(200, dtype=int), probability)
    assert np.isnan(found.auc)
    assert found.balanced_accuracy == found.accuracy


def test_intervals_hold_the_scores_and_repeat(rng):
    truth, probability = draw(rng)
    how = {"simulations": np.repeat(np.arange(50), 4), "n_resamples": 500, "seed": 3}
    ends, again = (class_score_intervals(truth, probability, **how) for _ in range(2))
    found = np.array(list(asdict(class_scores(truth, probability)).values()))
    assert (ends.low < found)[:6].all()
    assert (found < ends.high)[:6].all()
    assert ends.low.tolist() == again.low.tolist()


def test_maps_of_one_simulation_are_drawn_together(rng):
    truth, probability = draw(rng, 60)
    thrice = np.repeat(np.arange(60), 3)
    how = {"n_resamples": 400, "seed": 1}
    alone = class_score_intervals(truth, probability, simulations=np.arange(60), **how)
    together = class_score_intervals(truth[thrice], probability[thrice], simulations=thrice, **how)
    assert together.low == pytest.approx(alone.low)
    assert together.high == pytest.approx(alone.high)


def test_the_auc_of_a_class_of_one_simulation_has_no_interval(rng):
    """Without it, which happens to a third of the resamples, there is but one class."""
    _, probability = draw(rng, 40, 2)
    truth = (np.arange(40) == 0).astype(int)
    ends = class_score_intervals(truth, probability, simulations=np.arange(40), n_resamples=400, seed=1)
    of_auc = CLASS_SCORES.index("auc")
    assert np.isnan([ends.low[of_auc], ends.high[of_auc]]).all()
    assert np.isfinite(np.delete(ends.low, of_auc)).all()


def test_too_few_simulations_have_no_intervals(rng):
    truth, probability = draw(rng, 9)
    with pytest.raises(InputError, match="9 simulations are too few for an interval"):
        class_score_intervals(truth, probability, simulations=np.arange(9), n_resamples=100, seed=1)


@pytest.mark.slow
def test_intervals_hold_the_truth():
    """Of 0.95 of draws but of the calibration error, whose bias is known no better than it is itself."""
    rng = np.random.default_rng(4)
    known = np.array(list(asdict(class_scores(*draw(rng, 200_000))).values()))
    held = []
    for seed in range(200):
        ends = class_score_intervals(*draw(rng), simulations=np.arange(200), n_resamples=400, seed=seed)
        held.append((ends.low <= known) & (known <= ends.high))
    assert np.mean(held, axis=0)[:6].min() > 0.88
    assert np.mean(held, axis=0)[6] > 0.7


def test_confusion_is_that_of_scikit_learn(rng):
    truth, probability = draw(rng)
    assert (confusion_matrix(truth, probability) == metrics.confusion_matrix(truth, probability.argmax(axis=1))).all()


def test_every_score_says_what_it_is():
    assert list(CLASS_LONG_NAMES) == list(CLASS_SCORES)
    assert all(CLASS_LONG_NAMES.values())


def test_a_perfect_network_at_home_has_a_failure():
    perfect, poor = np.eye(2)[[0, 1]], np.array([[0.5, 0.5], [0.5, 0.5]])
    truth = np.array([0, 1])
    assert log_loss_difference(truth, poor, truth_in=truth, inside=perfect) == pytest.approx(np.log(2))
    assert log_loss_difference(truth, perfect, truth_in=truth, inside=perfect) == 0


def test_entropy_rises_from_certainty_to_none():
    certain, uniform = np.eye(4), np.full((4, 4), 0.25)
    assert entropy_rise(uniform, certain) == pytest.approx(np.log(4))
    assert entropy_rise(certain, certain) == 0


def test_confidence_falls_by_the_mean_largest_probability():
    assert confidence_fall(np.full((3, 4), 0.25), np.eye(4)) == pytest.approx(0.75)


def test_trials_disagree_where_they_name_other_classes():
    same, other = np.eye(3), np.eye(3)[[0, 2, 1]]
    assert disagreement_rise([same, other], [same, same]) == pytest.approx(2 / 3)
    assert disagreement_rise([same, other, same], [same, same, same]) == pytest.approx(4 / 9)


def test_a_trial_alone_disagrees_with_none():
    with pytest.raises(InputError, match="1 trial: disagreement needs two or more"):
        disagreement_rise([np.eye(3)], [np.eye(3)])


def test_scatter_rises_by_its_root_mean_square():
    assert scatter_rise(np.full((5, 4), 0.2), np.zeros((5, 4))) == pytest.approx(0.4)
