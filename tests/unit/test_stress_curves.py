"""The truth that the coverage of stress is measured by is that of large samples."""

import numpy as np
import pytest
from benchmarks import stress_bands
from benchmarks.stress_curves import AXES, BASE, class_probabilities, predictions, true_accuracies, true_squares

MANY = np.repeat(np.arange(10_000), 3)


@pytest.mark.parametrize("r2", [0.94, 0.5])
@pytest.mark.parametrize("heavy", [False, True])
def test_curves_have_the_squares_that_they_say(rng, r2, heavy):
    truth, mean = predictions(rng, MANY, r2=r2, heavy=heavy)
    assert np.square(mean - truth).mean(axis=1) == pytest.approx(true_squares(r2), rel=0.1)


def test_classes_have_the_accuracy_that_they_say(rng):
    right = class_probabilities(rng, MANY, before=0.95).argmax(axis=2) == 0
    assert right.mean(axis=1) == pytest.approx(true_accuracies(0.95), abs=0.015)


def test_maps_of_a_simulation_correlate_by_08(rng):
    truth, mean = predictions(rng, MANY, r2=0.5, heavy=False)
    errors = (mean - truth)[0].reshape(-1, 3)
    assert np.corrcoef(errors[:, 0], errors[:, 1])[0, 1] == pytest.approx(0.8, abs=0.02)


def test_there_are_eight_axes_of_seven_strengths():
    assert [len(one.strengths) for one in AXES.values()] == [7] * 8
    assert len(BASE) == 56
    assert true_squares(0.94)[BASE] == pytest.approx(0.06)


def test_some_curves_fall_far_some_help_some_cost_nothing():
    change = true_squares(0.94)[BASE] - true_squares(0.94)
    assert change.min() < -15
    assert change.max() > 0.02
    assert 0 < -change[-1] < 1e-6


@pytest.mark.parametrize("case", ["R^2 0.94 heavy", "accuracy 0.7"])
def test_two_draws_are_measured(rng, monkeypatch, case):
    monkeypatch.setattr(stress_bands, "_MANY", 100)
    labels = np.repeat(np.arange(50), 3)
    (line,) = stress_bands.coverage(np.random.default_rng(0), labels, 2, case)
    assert line.startswith(case)
