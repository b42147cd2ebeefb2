"""What a choice among networks costs: planted numbers choose rightly, and no target chooses for itself."""

import numpy as np
import pytest

from repshift.statistics.model_choice import choices
from repshift.vocabulary import InputError

SUITES = ["A", "B", "C", "D"]


def test_the_error_itself_has_no_regret(rng):
    error = rng.uniform(size=(4, 5))
    assert [one.regret for one in choices(error, error, suites=SUITES)] == [0, 0, 0, 0]


def test_a_number_that_falls_with_the_error_is_turned_round(rng):
    error = rng.uniform(size=(4, 5))
    assert choices(-error, error, suites=SUITES) == choices(error, error, suites=SUITES)


def test_the_direction_is_learned_without_the_target(rng):
    error = rng.uniform(size=(4, 5))
    score = error.copy()
    score[0] = -error[0]
    assert choices(score, error, suites=SUITES)[0].chosen == int(error[0].argmax())


def test_all_targets_of_a_suite_are_left_out_together(rng):
    error = rng.uniform(size=(2, 5))
    assert choices(error, error, suites=["A", "A"]) == []


def test_regret_at_random_is_its_expectation(rng):
    error = rng.uniform(size=(4, 5))
    one = choices(error, error, suites=SUITES)[2]
    assert one.regret_at_random == pytest.approx(np.mean([each - error[2].min() for each in error[2]]))


def test_always_one_is_the_best_of_the_other_targets():
    error = np.array([[3.0, 1, 2], [1, 2, 3], [1, 2, 3], [1, 2, 3]])
    assert choices(error, error, suites=SUITES)[0].regret_of_always_one == 2


def test_what_is_no_candidate_is_not_chosen(rng):
    error = rng.uniform(size=(4, 5))
    error[:, 0], score = 0, error.copy()
    score[1, 0] = np.nan
    one = choices(score, error, suites=SUITES)[1]
    assert (one.n_models, one.chosen) == (4, 1 + int(error[1, 1:].argmin()))


def test_a_number_that_is_constant_chooses_nothing(rng):
    assert choices(np.ones((4, 5)), rng.uniform(size=(4, 5)), suites=SUITES) == []


def test_shapes_that_differ_are_refused(rng):
    with pytest.raises(InputError, match=r"Numbers, errors and suites disagree: \(4, 5\), \(4, 4\) and \(4,\)"):
        choices(np.ones((4, 5)), np.ones((4, 4)), suites=SUITES)
