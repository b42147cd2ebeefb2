"""The schema and the tables of config/README.md say what the study does."""

import re
from copy import deepcopy

import jsonschema
import pytest
import yaml

from repshift.perturbation.axes import AXES
from repshift.study import documentation
from repshift.study.axis_table import table_of_axes
from repshift.study.documentation import PAGE, SCHEMA, TABLES, page_text, range_of, stale, table_of
from repshift.study.values import Section
from studies import ROOT, changed, put

SCHEMA_HELD = yaml.safe_load((ROOT / SCHEMA).read_text())


def sections(parent=Section):
    """Return every section of the study; one that others extend is none."""
    return {kind for child in parent.__subclasses__() for kind in sections(child) or {child}}


def test_no_file_is_stale():
    assert stale(ROOT) == [], "Run python -m repshift.study.documentation --write."


def test_every_section_has_a_table_on_the_page():
    page = (ROOT / PAGE).read_text()
    assert sections() == set(TABLES.values())
    assert [name for name in TABLES if page.count(f"<!-- keys: {name} -->") != 1] == []


@pytest.mark.parametrize("name", TABLES)
def test_every_key_is_described(name):
    fields = TABLES[name].model_fields
    assert [key for key, field in fields.items() if not field.description] == []
    assert [row for row in table_of(TABLES[name]).splitlines() if len(row) >= 200] == []


def test_every_axis_has_its_row_and_says_if_it_moves_labels():
    rows = {row.split("`")[1]: row for row in table_of_axes(AXES.values()).splitlines()[2:]}
    assert list(rows) == list(AXES)
    assert [name for name, row in rows.items() if "**Moves labels.**" in row] == ["contrast", "amplitude"]
    assert rows["jpeg"].endswith(" | 0, 1, 2, 5, 20, 50, 80 |  |")
    assert " | dex, or unit of the field | " in rows["noise"]
    assert rows["dead_lines"].endswith("| `direction`: rows or columns, `fill`: zero or mean or blur |")


def test_lines_of_the_page_are_short():
    lines = (ROOT / PAGE).read_text().splitlines()
    assert [line for line in lines if len(line) > (199 if line.startswith("|") else 120)] == []


def test_a_table_is_made_anew_and_the_rest_is_kept():
    page = "Before.\n\n<!-- keys: intervals -->\n| stale |\n\nAfter.\n"
    made = page_text(page)
    assert "| `resamples` | 2000 | 100 to 1000000 |" in made
    assert "stale" not in made
    assert made.startswith("Before.\n\n")
    assert made.endswith("\n\nAfter.\n")
    assert page_text(made) == made


@pytest.mark.parametrize(
    ("schema", "words"),
    [
        ({"type": "integer", "minimum": 0, "maximum": 2**63 - 1}, "0 to 2^63 - 1"),
        ({"type": "number", "exclusiveMinimum": 0}, "above 0"),
        ({"type": "number"}, "number"),
        ({"type": "boolean"}, "`true`, `false`"),
        ({"anyOf": [{"type": "string"}, {"type": "null"}, {"const": False}]}, "text or `false`"),
        ({"type": "array", "items": {"enum": ["a", "b"]}}, "list: `a`, `b`"),
        ({"$ref": "#/$defs/Cka"}, "section"),
    ],
)
def test_a_range_is_said_in_words(schema, words):
    assert range_of(schema) == words


@pytest.mark.parametrize("base", ["config", "test", "paper", "mock_server", "cmd", "sweep", "smallest"])
def test_configurations_fit_the_schema(base):
    jsonschema.validate(changed(base=base), SCHEMA_HELD)


@pytest.mark.parametrize(
    "change",
    [
        put("colour", value="red"),
        put("cka", "batch_size", value=3),
        put("cka", "measures", value=["cka_biased"]),
        put("suites", "MockTNG", "provider", value="globus"),
        put("influence", value=True),
        put("domains", "MockTNG", "set", value="L_H"),
    ],
)
def test_the_schema_refuses_what_the_study_refuses(change):
    with pytest.raises(jsonschema.ValidationError):
        jsonschema.validate(changed(change), SCHEMA_HELD)


def test_the_command_says_what_is_stale(monkeypatch, tmp_path, caplog):
    monkeypatch.setattr(documentation, "ROOT", tmp_path)
    monkeypatch.setattr(documentation, "stale", lambda *_: [tmp_path / PAGE])
    monkeypatch.setattr("sys.argv", ["documentation", "--check"])
    assert documentation.main() == 1
    assert "config/README.md is stale: run with --write" in caplog.text


def test_keys_of_the_page_are_keys_of_the_study():
    text = re.sub(r"<!--.*?-->", "", (ROOT / PAGE).read_text())
    renamed = ("`nulls", "`dominance", "`subsets", "`predictors", "standin")
    assert [word for word in renamed if word in text] == []
    assert deepcopy(SCHEMA_HELD)["additionalProperties"] is False
