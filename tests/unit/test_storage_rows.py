"""Files that are filled some rows at a time hold what files written at once do."""

from types import SimpleNamespace as Usage

import numpy as np
import pytest
import xarray as xr

from repshift import InputError
from repshift.storage import rows
from repshift.storage.datasets import open_dataset, write_dataset
from repshift.storage.rows import writing_rows

ABOUT = {"units": "1", "long_name": "toy"}


@pytest.fixture
def rest():
    names = [f"map {number}" for number in range(7)]
    small = {"pixels": (("map", "pixel"), np.ones((7, 3), np.float32), ABOUT)}
    return xr.Dataset(small, {"map": names, "position": ("map", np.arange(7))}, {"model": "net", "passes": 1})


def fill(path, values, rest, *, passes=1, sizes=(3, 3, 1)):
    with writing_rows(path, dimension="map", n_rows=7, passes=passes, rest=rest) as file:
        for number in range(passes):
            start = 0
            for size in sizes:
                part = values[number, start : start + size] if passes > 1 else values[start : start + size]
                file.write("C01", "unit_C01", part, start=start, number=number)
                start += size
        file.describe("C01", ABOUT)
        return [np.concatenate(list(file.columns_of("C01", number=number)), axis=1) for number in range(passes)]


@pytest.mark.parametrize("kind", [np.float32, np.float64])
@pytest.mark.parametrize("passes", [1, 2])
def test_rows_are_what_was_written(tmp_path, rng, rest, kind, passes, monkeypatch):
    monkeypatch.setattr(rows, "_COLUMNS", 4)
    shape = (7, 11) if passes == 1 else (2, 7, 11)
    values = rng.normal(size=shape).astype(kind)
    read = fill(tmp_path / "rows.nc", values, rest, passes=passes)
    assert (np.stack(read) == (values if passes > 1 else values[None])).all()
    dimensions = ("map", "unit_C01") if passes == 1 else ("pass", "map", "unit_C01")
    write_dataset(rest.assign(C01=(dimensions, values, ABOUT)), tmp_path / "whole.nc")
    with open_dataset(tmp_path / "rows.nc") as found, open_dataset(tmp_path / "whole.nc") as whole:
        assert found["C01"].dtype == kind
        assert "_FillValue" not in found["C01"].attrs
        assert next(iter(found.data_vars)) == "C01"
        xr.testing.assert_identical(found.load(), whole.load())


def test_rows_that_come_again_take_the_place_of_those_before(tmp_path, rng, rest):
    values = rng.normal(size=(7, 4)).astype(np.float32)
    with writing_rows(tmp_path / "rows.nc", dimension="map", n_rows=7, passes=1, rest=rest) as file:
        file.write("C01", "unit_C01", 9 + values[:4], start=0)
        for start in range(7):
            file.write("C01", "unit_C01", values[start : start + 1], start=start)
        file.describe("C01", ABOUT)
    with open_dataset(tmp_path / "rows.nc") as found:
        assert (found["C01"].to_numpy() == values).all()


def test_same_rows_same_bytes(tmp_path, rng, rest):
    values = rng.normal(size=(7, 5)).astype(np.float32)
    for name, sizes in (("a.nc", (3, 3, 1)), ("b.nc", (3, 3, 1)), ("c.nc", (7,))):
        fill(tmp_path / name, values, rest, sizes=sizes)
    contents = [(tmp_path / name).read_bytes() for name in ("a.nc", "b.nc", "c.nc")]
    assert contents[0] == contents[1] == contents[2]


def test_an_error_on_the_way_leaves_the_file_of_before(tmp_path, rest):
    path = tmp_path / "rows.nc"
    path.write_text("before")
    with (
        pytest.raises(InputError, match="stop"),
        writing_rows(path, dimension="map", n_rows=7, passes=1, rest=rest) as file,
    ):
        file.write("C01", "unit_C01", np.ones((2, 3)), start=0)
        raise InputError("stop")
    assert path.read_text() == "before"
    assert [each.name for each in tmp_path.iterdir()] == ["rows.nc"]


def test_what_the_disk_cannot_hold_is_refused_before_it_is_begun(tmp_path, rest, monkeypatch):
    monkeypatch.setattr("shutil.disk_usage", lambda _: Usage(free=1e6))
    with (
        pytest.raises(InputError, match=r"up to 'C02', 100000 rows each, take 0.0016 GB; .* has 0.001 GB left"),
        writing_rows(tmp_path / "rows.nc", dimension="map", n_rows=100_000, passes=1, rest=rest) as file,
    ):
        file.write("C01", "unit_C01", np.ones((1, 2), np.float32), start=0)
        file.write("C02", "unit_C02", np.ones((1, 2), np.float32), start=0)
    assert not list(tmp_path.iterdir())
