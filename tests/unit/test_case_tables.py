"""Datasets of cases on common axes, and the tables that are selected from them."""

import numpy as np
import pytest
import xarray as xr

from repshift.case.axes import stacked
from repshift.case.tables import Table, table_of, with_ends
from repshift.statistics import blocks, scores
from repshift.vocabulary import about


def case(values, labels, *, units="1", text="a"):
    """Return a dataset of one case: numbers along labelled and unlabelled axes, a text, a count."""
    values = np.asarray(values, dtype=np.float64)
    variables = {
        "number": (("parameter", "rank"), values, about("number", units)),
        "text": ((), np.array(text), about("text")),
        "count": ((), np.int64(values.size), about("count")),
    }
    return xr.Dataset(variables, {"parameter": labels})


@pytest.fixture
def three():
    """Three cases: of other labels, of fewer ranks, and one of nothing."""
    return stacked([[case([[1, 2]], ["a"])], [case([[3], [4]], ["b", "a"], text="longer")], []], "case")


def test_labels_stand_in_the_order_of_their_appearance(three):
    assert three["parameter"].to_numpy().tolist() == ["a", "b"]
    assert three["number"].dims == ("case", "parameter", "rank")
    expected = [[[1, 2], [np.nan] * 2], [[4, np.nan], [3, np.nan]], [[np.nan] * 2] * 2]
    assert np.array_equal(three["number"], expected, equal_nan=True)


def test_nothing_is_no_text_and_a_count_of_0(three):
    assert three["text"].to_numpy().tolist() == ["a", "longer", ""]
    assert three["count"].to_numpy().tolist() == [2, 2, 0]


def test_labels_that_are_numbers_are_sorted():
    one, other = (xr.Dataset({"x": ("size", [0.0], about("x"))}, {"size": [size]}) for size in (30, 10))
    assert stacked([[one], [other]], "case")["size"].to_numpy().tolist() == [10, 30]


def test_units_that_differ_stand_side_by_side():
    found = stacked([[case([[1]], ["a"], units=unit)] for unit in ("K", "km/s", "K")], "case")
    assert found["number"].attrs == {"units": "K or km/s", "long_name": "number"}


def test_a_template_says_what_there_is_without_any_case():
    found = stacked([[]], "case", templates=[case([[1]], ["a"])])
    assert found["number"].isnull().all()
    assert found["number"].attrs["units"] == "1"


def test_rows_without_a_number_are_left_out(three):
    table = Table(rows=("case", "parameter", "rank"), labels={"parameter": "parameter"}, columns={"value": "number"})
    found = table_of(three, table)
    assert found.to_numpy().tolist() == [["a", 1.0], ["a", 2.0], ["a", 4.0], ["b", 3.0]]


def test_a_row_may_be_there_by_its_text(three):
    table = Table(rows=("case",), labels={"words": "text"}, columns={"n": "count"}, exists="words")
    assert table_of(three, table).to_numpy().tolist() == [["a", 2], ["longer", 2]]


def test_truth_values_are_words_and_a_missing_column_is_left_out(three):
    found = three.assign({"x": ("case", [0.5, 1.5, np.nan]), "y": ("case", np.array([0, 1, 0], dtype=np.int8))})
    table = table_of(found, Table(rows=("case",), labels={}, columns={"missing": "no", "a": "x", "b": "y"}))
    assert list(table) == ["a", "b"]
    assert table["b"].tolist() == ["false", "true"]


def test_what_the_ends_of_an_interval_are_follows_from_the_number():
    columns = {name: name for name in with_ends(["x"])}
    found = Table(("case",), {}, columns, described={"x": about("a number", "K")}).words_of_columns()
    assert found["x_low"] == {"long_name": "lower end of the interval: a number", "units": "K"}
    assert list(found) == ["x", "x_low", "x_high"]


@pytest.mark.parametrize("column", ["x", "x_low", "x_share"])
def test_a_column_that_nothing_describes_is_no_column(column):
    with pytest.raises(KeyError, match="x"):
        Table(("case",), {}, {column: "x"}).words_of_columns()


def test_each_number_is_followed_by_its_ends():
    assert with_ends(["x", "y"]) == ["x", "x_low", "x_high", "y", "y_low", "y_high"]


@pytest.mark.parametrize("module", [scores, blocks])
def test_every_number_says_what_it_is(module):
    names = module.SCORES if module is scores else module.BLOCK_NUMBERS
    assert tuple(module.LONG_NAMES) == names
    assert all(module.LONG_NAMES.values())
    assert set(module.WITH_UNIT) < set(names)
