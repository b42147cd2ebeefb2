"""The numbers of a level: those of `scores` and of `class_scores`, paired, with bands."""

import numpy as np
import pytest
from scipy.special import softmax

from monte_carlo import least
from repshift import InputError
from repshift.statistics.class_scores import class_scores
from repshift.statistics.class_stress_scores import CLASS_STRESS_SCORES, class_stress_scores
from repshift.statistics.scores import scores
from repshift.statistics.stress_scores import STRESS_SCORES, stress_scores
from stress_draws import BASE, LABELS, RESAMPLES, correlated, predictions

HOW = {"simulations": LABELS, "base": BASE, "n_resamples": RESAMPLES, "seed": 1}


def of(truth, mean, std=None, **changed):
    """Numbers of one parameter; its prior is 3.5 wide, its error in distribution 0.25."""
    std = np.full_like(mean, 0.25) if std is None else std
    given = {"widths": [3.5], "rmse": [0.25]} | HOW | changed
    return stress_scores(truth[..., None], mean[..., None], std[..., None], **given)


def probabilities(rng, noise, *, n_classes=3):
    truth = rng.integers(n_classes, size=50)[LABELS]
    logits = 2 * np.eye(n_classes)[truth] + rng.normal(size=(150, n_classes))
    more = rng.normal(size=(150, n_classes))
    return truth, softmax(logits + np.asarray(noise)[:, None, None] * more, axis=2)


def test_numbers_are_those_of_the_scores(rng):
    truth, mean = predictions(rng, [0, 0.1, 0.5, 3])
    std = rng.gamma(4, size=mean.shape)
    found = of(truth, mean, std)
    for level in range(4):
        expected = scores(truth, mean[level], std[level])
        assert found["r2"].value[level, 0] == pytest.approx(expected.r2)
        assert found["rmse"].value[level, 0] == pytest.approx(expected.rmse / 3.5)
        change = expected.bias - scores(truth, mean[0], std[0]).bias
        assert found["bias"].value[level, 0] == pytest.approx(change / 0.25)
        assert found["coverage"].value[level, 0] == (np.abs(mean[level] - truth) < std[level]).mean()
        assert found["sigma"].value[level, 0] == pytest.approx(np.median(std[level]) / 3.5)
    assert found["r2_change"].value[:, 0] == pytest.approx(found["r2"].value[:, 0] - found["r2"].value[0, 0])


def test_every_declared_number_is_given(rng):
    assert list(of(*predictions(rng, np.zeros(4)))) == [one.name for one in STRESS_SCORES]
    found = class_stress_scores(*probabilities(rng, np.zeros(4)), **HOW)
    assert list(found) == [one.name for one in CLASS_STRESS_SCORES]


def test_parameters_stand_side_by_side(rng):
    truth, mean = (np.stack([one, 2 * one], axis=-1) for one in predictions(rng, [0, 0.1, 0.5, 3]))
    both = stress_scores(truth, mean, np.full_like(mean, 0.25), widths=[3.5, 7], rmse=[0.25, 0.5], **HOW)
    assert both["r2_change"].low.shape == (4, 2)
    for name in ("r2", "r2_change", "rmse", "bias"):
        assert both[name].low[:, 0] == pytest.approx(both[name].low[:, 1])


@pytest.mark.parametrize("name", ["r2_change", "bias"])
def test_a_change_of_nothing_has_width_0(rng, name):
    found = of(*predictions(rng, np.zeros(4)))[name]
    assert [found.value.tolist(), found.low.tolist(), found.high.tolist()] == [[[0.0]] * 4] * 3


def test_unperturbed_numbers_have_an_interval(rng):
    found = of(*predictions(rng, np.zeros(4)), std=np.full((4, 150), 0.25) * rng.gamma(9, size=150) / 9)
    for name in ("r2", "rmse", "coverage", "sigma"):
        assert (found[name].low < found[name].value).all()
        assert (found[name].high > found[name].value).all()


def test_numbers_stay_in_their_range(rng):
    found = of(*predictions(rng, [0, 0.1, 0.5, 3], error=0.01))
    assert (found["r2"].high <= 1).all()
    assert (found["rmse"].low >= 0).all()
    assert ((found["coverage"].low >= 0) & (found["coverage"].high <= 1)).all()


def test_one_true_value_has_no_r2(rng):
    _, mean = predictions(rng, [0, 0.1, 0.5, 3])
    found = of(np.full(150, 0.3), mean)  # whose mean is not 0.3 to the last bit
    for name in ("r2", "r2_change"):
        assert np.isnan([found[name].value, found[name].low, found[name].high]).all(), name
    assert np.isfinite([found["bias"].value, found["rmse"].value]).all()


def test_over_a_width_of_0_there_is_no_number(rng):
    truth, mean = predictions(rng, [0, 0.1])
    how = {"base": [0, 0], "widths": [0.0], "rmse": [0.0]}
    found = of(truth, mean, **how)
    for name in ("rmse", "sigma", "bias"):
        assert np.isnan([found[name].value, found[name].low, found[name].high]).all(), name


def test_a_truth_that_moves_is_followed(rng):
    truth, mean = predictions(rng, np.zeros(4))
    moved = np.arange(4)[:, None] + truth
    found = of(moved, np.arange(4)[:, None] + mean)
    assert found["r2_change"].value == pytest.approx(np.zeros((4, 1)), abs=1e-12)
    assert of(truth, np.arange(4)[:, None] + mean)["r2_change"].value[3, 0] < -5


def test_a_truth_that_spreads_changes_r2(rng):
    truth, mean = predictions(rng, np.zeros(4))
    spread = np.array([1, 2, 3, 4])[:, None] * truth
    found, error = of(spread, spread + mean - truth)["r2_change"], np.square(mean[0] - truth).sum()
    assert found.value[1, 0] == pytest.approx(0.75 * error / np.square(truth - truth.mean()).sum())
    assert 0 < found.low[1, 0] < found.value[1, 0] < found.high[1, 0]


@pytest.mark.parametrize("bad", [np.nan, np.inf])
def test_predictions_that_are_no_numbers_spoil_one_level(rng, bad):
    truth, mean = predictions(rng, [0, 0.1, 0.5, 3])
    fine, broken = of(truth, mean[:3], base=BASE[:3]), mean.copy()
    broken[3, 7] = bad
    found = of(truth, broken)
    for name in ("r2", "r2_change", "rmse", "bias", "coverage"):
        assert np.isnan(found[name].low[3, 0]), name
        assert found[name].low[:3] == pytest.approx(fine[name].low), name


def test_an_infinite_error_bar_leaves_the_other_numbers(rng):
    truth, mean = predictions(rng, [0, 0.1, 0.5, 3])
    std = np.full_like(mean, 0.25)
    std[2, :] = np.nan
    found = of(truth, mean, std)
    assert np.isnan(found["sigma"].value[2, 0])
    assert np.isnan(found["coverage"].low[2, 0])
    assert np.isfinite(found["r2"].low).all()


def test_a_network_without_error_bars_has_the_other_numbers(rng):
    truth, mean = predictions(rng, [0, 0.1, 0.5, 3])
    found = of(truth, mean, np.full_like(mean, np.nan))
    assert np.isnan([found["sigma"].value, found["coverage"].value]).all()
    assert found["r2"].low == pytest.approx(of(truth, mean)["r2"].low)


def test_too_few_simulations_are_refused(rng):
    truth, mean = predictions(rng, np.zeros(4))
    with pytest.raises(InputError, match="9 simulations are too few"):
        of(truth, mean, simulations=LABELS % 9)


def test_numbers_of_classes_are_those_of_the_scores(rng):
    truth, probability = probabilities(rng, [0, 0.1, 1, 4])
    found = class_stress_scores(truth, probability, **HOW)
    for level in range(4):
        expected = class_scores(truth, probability[level])
        assert found["accuracy"].value[level] == pytest.approx(expected.accuracy)
        assert found["log_loss"].value[level] == pytest.approx(expected.log_loss)
        assert found["calibration"].value[level] == pytest.approx(expected.calibration_error)
    for name in ("accuracy", "log_loss"):
        change = found[name].value - found[name].value[0]
        assert found[f"{name}_change"].value == pytest.approx(change, abs=1e-12)


@pytest.mark.parametrize("name", ["accuracy_change", "log_loss_change"])
def test_classes_that_do_not_change_have_width_0(rng, name):
    found = class_stress_scores(*probabilities(rng, np.zeros(4)), **HOW)[name]
    assert [found.value.tolist(), found.low.tolist(), found.high.tolist()] == [[0.0] * 4] * 3


def test_noise_of_1e_6_changes_no_accuracy_for_sure(rng):
    found = class_stress_scores(*probabilities(rng, [0, 1e-6, 1e-6, 1e-6]), **HOW)
    for name in ("accuracy_change", "log_loss_change"):
        assert (found[name].low <= 0).all()
        assert (found[name].high >= 0).all()
    assert found["accuracy_change"].low.min() > -0.1


def test_probabilities_that_are_no_numbers_spoil_one_level(rng):
    truth, probability = probabilities(rng, [0, 0.1, 1, 4])
    probability[3, 7] = np.nan
    found = class_stress_scores(truth, probability, **HOW)
    for name, bands in found.items():
        assert np.isnan(bands.low[3]), name
        assert np.isfinite(bands.low[:3]).all(), name


@pytest.mark.parametrize("draws", [40, pytest.param(500, marks=pytest.mark.slow)])
def test_bands_of_bias_and_coverage_hold_the_truth(rng, draws):
    from scipy.stats import norm

    noise, shift = np.array([0, 0.05, 0.25, 1]), np.array([0, 0.01, 0.1, 1])
    scatter = np.hypot(0.25, noise)
    truth = {
        "bias": shift / 0.25,
        "coverage": norm.cdf((0.25 - shift) / scatter) - norm.cdf((-0.25 - shift) / scatter),
        "r2_change": -(noise**2) - shift**2,
    }
    held = []
    for draw in range(draws):
        true, mean = predictions(rng, noise)
        found = of(true, mean + shift[:, None], seed=draw)
        held.append(
            [((found[one].low[:, 0] <= truth[one]) & (truth[one] <= found[one].high[:, 0])).all() for one in truth]
        )
    assert (np.mean(held, axis=0) >= least(0.93, draws)).all()


@pytest.mark.parametrize("draws", [40, pytest.param(500, marks=pytest.mark.slow)])
def test_bands_of_accuracy_hold_the_truth(rng, draws):
    from scipy.special import expit, ndtr

    noise, held = np.array([0, 0.3, 1, 3]), []
    accuracy = ndtr(1.5 / np.sqrt(1 + noise**2))
    for draw in range(draws):
        true = expit(1.5 - correlated(rng) - noise[:, None] * correlated(rng))
        found = class_stress_scores(
            np.zeros(150, dtype=int), np.stack([true, 1 - true], axis=2), **(HOW | {"seed": draw})
        )
        truth = {"accuracy": accuracy, "accuracy_change": accuracy - accuracy[0]}
        held.append([((found[one].low <= truth[one]) & (truth[one] <= found[one].high)).all() for one in truth])
    assert (np.mean(held, axis=0) >= least(0.93, draws)).all()


PART = LABELS < 20
"""Maps that take part in an axis of their own, beside one of all maps."""

TWO = {"base": [0, 0, 2, 2]}


def test_maps_that_take_no_part_count_nowhere(rng):
    truth, mean = predictions(rng, [0, 0.5, 0, 0.5])
    std = rng.gamma(4, size=mean.shape)
    some = np.where(PART | (np.arange(4) < 2)[:, None], mean, np.nan)
    found = of(truth, some, np.where(np.isnan(some), np.nan, std), **TWO)
    few = of(truth[PART], mean[:, PART], std[:, PART], simulations=LABELS[PART], **TWO)
    whole = of(truth, mean, std, **TWO)
    for name, bands in found.items():
        assert bands.value[2:] == pytest.approx(few[name].value[2:]), name
        assert bands.value[:2] == pytest.approx(whole[name].value[:2]), name
        assert ((bands.low <= bands.value) & (bands.value <= bands.high)).all(), name
    assert found["r2_change"].low[2] == found["r2_change"].high[2] == 0


def test_classes_of_maps_that_take_no_part_count_nowhere(rng):
    truth, every = probabilities(rng, [0, 0.7, 0, 0.7])
    some = np.where((PART | (np.arange(4) < 2)[:, None])[..., None], every, np.nan)
    found = class_stress_scores(truth, some, **HOW | TWO)
    few = class_stress_scores(truth[PART], every[:, PART], **HOW | TWO | {"simulations": LABELS[PART]})
    for name, bands in found.items():
        assert bands.value[2:] == pytest.approx(few[name].value[2:]), name
        assert ((bands.low <= bands.value) & (bands.value <= bands.high)).all(), name
    assert found["accuracy_change"].low[2] == found["accuracy_change"].high[2] == 0
