"""The set 1P: one parameter varies over its range, the others are fiducial, under shared initial conditions."""

import numpy as np
import pytest

from repshift import InputError
from repshift.simulation.one_at_a_time import realisation_of, vary_parameters
from repshift.vocabulary import PARAMETERS

FIDUCIAL = [0.3, 0.8, 1, 1, 1, 1]


def test_one_parameter_varies_over_its_range():
    rows = vary_parameters(30).reshape(6, 5, 6)
    for number, parameter in enumerate(PARAMETERS.values()):
        others = np.delete(rows[number], number, axis=1)
        assert np.allclose(others, np.delete(FIDUCIAL, number), rtol=0, atol=1e-9)
        varied = rows[number, :, number]
        assert (varied[0], varied[-1]) == (parameter.minimum, parameter.maximum)
        assert np.all(np.diff(varied) > 0)


def test_feedback_varies_evenly_in_the_logarithm():
    rows = vary_parameters(30).reshape(6, 5, 6)
    assert np.allclose(np.diff(np.log(rows[3, :, 3])), np.log(2), rtol=0, atol=1e-8)
    assert np.allclose(np.diff(rows[0, :, 0]), 0.1, rtol=0, atol=1e-8)


def test_the_middle_value_of_each_parameter_is_fiducial():
    assert np.allclose(vary_parameters(30).reshape(6, 5, 6)[:, 2], FIDUCIAL, rtol=0, atol=1e-9)


def test_realisations_have_the_same_parameters():
    rows = vary_parameters(60)
    assert np.array_equal(rows[:30], rows[30:])
    assert [realisation_of(index) for index in (0, 29, 30, 59)] == [0, 0, 1, 1]


@pytest.mark.parametrize("number", [0, 29, 31])
def test_a_set_of_parts_of_realisations_is_refused(number):
    with pytest.raises(InputError, match=f"1P of {number} simulations. Expected a multiple of 30"):
        vary_parameters(number)
