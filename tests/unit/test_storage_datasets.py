"""Datasets, tables and figures: the same content is the same bytes."""

import pandas as pd
import pytest
import xarray as xr
from matplotlib.figure import Figure

from repshift import InputError
from repshift.storage.datasets import open_dataset, write_dataset
from repshift.storage.figures import write_figure
from repshift.storage.tables import read_table, write_table


@pytest.fixture
def dataset(rng):
    attributes = {"units": "1", "long_name": "a number"}
    values = rng.normal(size=(3, 4))
    return xr.Dataset(
        {"value": (("map", "unit"), values, attributes)},
        coords={"map": ["a", "b", "c"]},
        attrs={"model": "T-MockTNG", "seed": 1},
    )


def test_a_dataset_is_read_as_written(tmp_path, dataset):
    write_dataset(dataset, tmp_path / "a.nc")
    with open_dataset(tmp_path / "a.nc") as found:
        assert found.load().identical(dataset)


def test_the_same_dataset_is_the_same_bytes(tmp_path, dataset):
    for name in ("a.nc", "b.nc"):
        write_dataset(dataset, tmp_path / name)
    assert (tmp_path / "a.nc").read_bytes() == (tmp_path / "b.nc").read_bytes()


def test_a_variable_without_units_is_refused(tmp_path, dataset):
    dataset["value"].attrs.pop("units")
    with pytest.raises(InputError, match=r"Variable 'value' for .* lacks \['units'\]"):
        write_dataset(dataset, tmp_path / "a.nc")


def test_a_truncated_dataset_is_refused(tmp_path, dataset):
    write_dataset(dataset, tmp_path / "a.nc")
    content = (tmp_path / "a.nc").read_bytes()
    (tmp_path / "a.nc").write_bytes(content[: len(content) // 2])
    with pytest.raises(InputError, match=r"a.nc is not a whole netCDF file"):
        open_dataset(tmp_path / "a.nc")


def test_a_missing_dataset_is_named(tmp_path):
    with pytest.raises(FileNotFoundError, match=r"nothing.nc"):
        open_dataset(tmp_path / "nothing.nc")


def test_a_dataset_of_another_stage_is_refused(tmp_path, dataset):
    write_dataset(dataset, tmp_path / "a.nc")
    with pytest.raises(InputError, match=r"lacks the attributes \['domain'\]"):
        open_dataset(tmp_path / "a.nc", attributes=("model", "domain"))


def test_a_table_is_read_as_written(tmp_path, rng):
    table = pd.DataFrame({"name": ["a", "b"], "value": rng.normal(size=2)})
    write_table(table, tmp_path / "a.csv")
    pd.testing.assert_frame_equal(read_table(tmp_path / "a.csv", columns=("value",)), table)


@pytest.mark.parametrize(
    ("text", "message"), [("", "is not a table"), ("a,b\n1,2\n", r"lacks the columns \['epoch'\]")]
)
def test_another_table_is_refused(tmp_path, text, message):
    (tmp_path / "a.csv").write_text(text)
    with pytest.raises(InputError, match=message):
        read_table(tmp_path / "a.csv", columns=("epoch",))


@pytest.mark.parametrize("suffix", [".pdf", ".png"])
def test_the_same_figure_is_the_same_bytes(tmp_path, suffix):
    for name in ("a", "b"):
        figure = Figure()
        figure.subplots().plot([1, 2, 3])
        write_figure(figure, tmp_path / f"{name}{suffix}")
    assert (tmp_path / f"a{suffix}").read_bytes() == (tmp_path / f"b{suffix}").read_bytes()


def test_a_pdf_has_fonts_that_journals_take(tmp_path):
    figure = Figure()
    figure.text(0.5, 0.5, "words")
    write_figure(figure, tmp_path / "a.pdf")
    content = (tmp_path / "a.pdf").read_bytes()
    assert b"/CIDFontType2" in content
    assert b"/Type3" not in content


def test_longer_words_are_not_cut_to_the_width_read(tmp_path):
    for name, words in (("short", ["TNG", "TNG"]), ("long", ["SIMBA", "SIMBA"])):
        write_dataset(xr.Dataset(coords={"suite": ("map", words)}), tmp_path / f"{name}.nc")
    parts = [open_dataset(tmp_path / f"{name}.nc").load() for name in ("short", "long")]
    write_dataset(xr.concat(parts, "map"), tmp_path / "both.nc")
    with open_dataset(tmp_path / "both.nc") as both:
        assert both["suite"].to_numpy().tolist() == ["TNG", "TNG", "SIMBA", "SIMBA"]
