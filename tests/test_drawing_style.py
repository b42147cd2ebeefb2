import ast
from pathlib import Path

import pytest

import repshift.drawing
from repshift.drawing.style import estimator_label, field_label, number, relation, suite_colour, suites
from repshift.vocabulary import FIELDS, InputError

SUITES = [
    "IllustrisTNG",
    "SIMBA",
    "Astrid",
    "Nbody_IllustrisTNG",
    "Nbody_SIMBA",
    "Nbody_Astrid",
    "MockTNG",
    "MockSIMBA",
]


def test_known_suites_have_distinct_colours():
    assert len({suite_colour(suite) for suite in SUITES}) == len(SUITES)


def test_an_unknown_suite_has_a_fixed_colour_that_no_known_suite_has():
    assert suite_colour("EAGLE") == "#44AA99"
    assert suite_colour("EAGLE") not in {suite_colour(suite) for suite in SUITES}


@pytest.mark.parametrize("field", FIELDS)
def test_every_field_has_a_label_with_its_unit(field):
    assert ("[" in field_label(field)) == (FIELDS[field].units != "1")


def test_unknown_field_is_an_error():
    with pytest.raises(InputError, match="Unknown field 'X'"):
        field_label("X")


def test_labels_are_words():
    assert estimator_label("minibatch") == "mini-batch"
    assert relation(True) == "in distribution"
    assert suites("Nbody_IllustrisTNG", "Nbody_SIMBA") == "Nbody_IllustrisTNG →\nNbody_SIMBA"
    assert number(float("nan")) == "\N{EN DASH}"


def test_the_room_keeps_no_state_and_imports_no_neighbour():
    allowed = ("repshift.vocabulary", "repshift.drawing")
    for path in Path(repshift.drawing.__file__).parent.glob("*.py"):
        imports = [
            node.module or "" for node in ast.walk(ast.parse(path.read_text())) if isinstance(node, ast.ImportFrom)
        ]
        assert "matplotlib.pyplot" not in path.read_text()
        assert all(name.startswith(allowed) for name in imports if name.startswith("repshift"))
