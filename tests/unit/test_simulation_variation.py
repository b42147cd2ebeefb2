"""Sets in which one parameter varies at a time: what their tables say of themselves."""

import numpy as np
import pytest

from repshift import InputError
from repshift.simulation.variation import variation_of

SIX = ("Omega_m", "sigma_8", "A_SN1", "A_AGN1", "A_SN2", "A_AGN2")
WIDE = ("Omega_m", "sigma_8", *(f"p{number}" for number in range(3, 29)))


def table_of(values, *, repeats=1, once=False):
    """Rows in which each parameter takes its values in turn; the middle one is fiducial, once or for each."""
    fiducial = [column[len(column) // 2] for column in values]
    rows = [
        [*fiducial[:number], value, *fiducial[number + 1 :]] for number, column in enumerate(values) for value in column
    ]
    rows = [row for place, row in enumerate(rows) if not once or row != fiducial or place == 2]
    return np.array(rows * repeats)


def of_six(n_values, **how):
    of_feedback = [np.geomspace(low, 1 / low, n_values).round(5).tolist() for low in (0.25, 0.25, 0.5, 0.5)]
    cosmology = [np.linspace(*ends, n_values).round(5).tolist() for ends in ((0.1, 0.5), (0.6, 1.0))]
    return table_of([*cosmology, *of_feedback], **how)


def of_many():
    return table_of([[number + 1.0 + 0.1 * step for step in range(-2, 3)] for number in range(28)])


@pytest.mark.parametrize(
    ("table", "names", "shape"),
    [
        (of_six(11), SIX, (1, 11)),
        (of_many(), WIDE, (1, 5)),
        (of_six(5), SIX, (1, 5)),
        (of_six(5, repeats=10), SIX, (10, 5)),
        (of_six(5, once=True), SIX, (1, 5)),
    ],
)
def test_each_form_of_a_set_1p_is_understood(table, names, shape):
    found = variation_of(table, names)
    assert found.names == names
    for number, name in enumerate(names):
        rows = found.rows[name]
        assert rows.shape == shape
        assert np.array_equal(table[rows, number], np.tile(found.values[name], (shape[0], 1)))
        others = np.delete(table[rows], number, axis=2)
        assert (others == np.delete(list(found.fiducial.values()), number)).all()


def test_a_row_belongs_to_one_realisation():
    found = variation_of(of_six(5, repeats=10), SIX)
    assert (np.concatenate([found.rows[name] for name in SIX], axis=1) // 30 == np.arange(10)[:, None]).all()
    assert found.fiducial_rows.tolist() == [30 * number + 2 for number in range(10)]


def test_strengths_are_offsets_or_dex():
    found = variation_of(of_six(5), SIX)
    assert [found.scale(name) for name in SIX] == ["linear"] * 2 + ["log10"] * 4
    assert found.strengths("Omega_m").tolist() == [-0.2, -0.1, 0, 0.1, 0.2]
    assert found.strengths("A_SN1") == pytest.approx(np.log10([0.25, 0.5, 1, 2, 4]))


def test_a_parameter_that_does_not_vary_is_no_axis():
    table = np.column_stack([of_six(5), np.full(30, 0.7)])
    assert variation_of(table, (*SIX, "h")).names == SIX


def test_digits_lost_in_a_table_change_nothing():
    table = of_six(5, repeats=2)
    table[31] = table[31] * (1 + 1e-8)
    assert variation_of(table, SIX).rows["A_SN1"].shape == (2, 5)


def shuffled(table):
    return np.concatenate([table[:30], table[30:][::-1]])


@pytest.mark.parametrize(
    ("table", "sentence"),
    [
        (np.random.default_rng(1).uniform(size=(30, 6)), "30 values of Omega_m are as frequent, so none is fiducial"),
        (np.vstack([of_six(5), [0.1, 0.9, 1, 1, 1, 1]]), "row 30 differs from the fiducial values in 2 parameters, Om"),
        (np.ones((27, 6)), "all 27 rows are the same"),
        (np.delete(of_six(5), np.arange(2, 30, 5), axis=0), "of 24 rows none has the fiducial values Omega_m 0.3"),
        (of_six(5, repeats=2)[:-1], "Omega_m is 0.1 in 2 rows, but A_AGN2 is 2 in 1. Expected each value once"),
        (shuffled(of_six(5, repeats=2)), "its 2 realisations of the initial conditions are not of the same rows"),
    ],
)
def test_a_table_of_another_set_is_refused(table, sentence):
    with pytest.raises(InputError) as error:
        variation_of(table, SIX)
    assert str(error.value).startswith("The table is of no set 1P: ")
    assert sentence in str(error.value)
