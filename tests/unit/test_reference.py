"""Every column of every table is described, and docs/tables.md says so."""

import re

import pytest

from repshift import reference
from repshift.case.tables import with_ends
from repshift.reference import COLUMNS, PAGE, table_of, texts
from repshift.study.documentation import stale
from repshift.study.tables import OF_SECTIONS
from repshift.vocabulary import about
from running import ROOT


def test_no_generated_file_is_stale():
    assert stale(ROOT, texts) == [], "Run python -m repshift.reference --write."


def test_every_table_stands_on_the_page_once():
    assert sorted(re.findall(r"<!-- table: (\w+) -->", (ROOT / PAGE).read_text())) == sorted(COLUMNS)


def test_every_table_of_a_section_has_columns():
    assert [name for names in OF_SECTIONS.values() for name in names if name not in COLUMNS] == []


def test_every_table_with_a_caption_has_columns():
    captions = {path.stem for path in (ROOT / "workflow/report").glob("*.rst")}
    assert set(COLUMNS) - {"costs"} <= captions


@pytest.mark.parametrize("name", COLUMNS)
def test_every_column_is_described(name):
    assert [column for column, words in COLUMNS[name].items() if not (words["long_name"] and words["units"])] == []
    assert [row for row in table_of(COLUMNS[name]).splitlines() if len(row) > 200] == []


@pytest.mark.parametrize("name", COLUMNS)
def test_every_column_is_on_the_page(name):
    section = reference.page_text(f"<!-- table: {name} -->\n")
    rows = re.findall(r"(?m)^\| `(\w+)`(, `_low`, `_high`)? \|", section)
    shown = [column for first, ends in rows for column in (with_ends([first]) if ends else [first])]
    assert sorted(shown) == sorted(COLUMNS[name])


def test_ends_with_words_of_their_own_have_rows():
    columns = {"x": about("a number"), "x_low": about("2.5 % quantile"), "x_high": about("97.5 % quantile")}
    assert [row.split(" | ")[0] for row in table_of(columns).splitlines()[2:]] == ["| `x`", "| `x_low`", "| `x_high`"]


def test_a_bar_in_words_is_no_cell():
    assert table_of({"x": about("|a|", "K")}).splitlines()[-1] == r"| `x` | K | \|a\| |"


def test_a_table_is_written_again_and_the_rest_is_kept():
    made = reference.page_text("Before.\n\n<!-- table: costs -->\n| stale |\n\nAfter.\n")
    assert "| `cpu_seconds` | s |" in made
    assert "stale" not in made
    assert made.startswith("Before.\n\n")
    assert made.endswith("\n\nAfter.\n")
