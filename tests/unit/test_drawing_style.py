import ast
from pathlib import Path

import pytest
from matplotlib.figure import Figure

import repshift.drawing
from repshift.drawing.style import (
    cka_measure,
    estimator_label,
    field_label,
    field_words,
    figure_text,
    number,
    relation,
    suites,
)
from repshift.similarity.measures import DECLARED, measure_of
from repshift.vocabulary import FIELDS, InputError


@pytest.mark.parametrize("field", FIELDS)
def test_every_field_has_a_label_with_its_unit(field):
    assert ("[" in field_label(field)) == (FIELDS[field].units != "1")


def test_unknown_field_is_an_error():
    with pytest.raises(InputError, match="Unknown field 'X'"):
        field_label("X")


@pytest.mark.parametrize("measure", DECLARED)
def test_every_measure_has_a_label_of_two_short_lines(measure):
    first, second = measure_of(measure).label.split("\n")
    assert max(len(first), len(second)) <= 12


def test_an_estimator_is_a_measure_a_field_its_name():
    assert cka_measure("minibatch") == "cka_minibatch"
    assert (field_words("T"), field_words("delta")) == ("Gas temperature", "delta")


def test_labels_are_words():
    assert estimator_label("minibatch") == "mini-batch"
    assert relation(True) == "in distribution"
    assert suites("Nbody_IllustrisTNG", "Nbody_SIMBA") == "Nbody_IllustrisTNG →\nNbody_SIMBA"
    assert number(float("nan")) == "\N{EN DASH}"


@pytest.mark.parametrize("words", ["$x^$", r"$\frac{", "a $b [$]", "$", r"\$ $x^$", "$x$ and $"])
def test_dollars_that_enclose_no_formula_are_dollars(words):
    figure = Figure()
    figure.text(0, 0, figure_text(words))
    figure.canvas.draw()
    assert figure_text(words).replace("\\$", "$") == words.replace("\\$", "$")


def test_the_room_keeps_no_state_and_imports_no_neighbour():
    declarations = (
        "repshift.similarity.measures",
        "repshift.evidence.shift_scores",
        "repshift.evidence.repair.quantities",
        "repshift.statistics.embedding",
        "repshift.perturbation",
        "repshift.declarations",
    )
    allowed = ("repshift.vocabulary", "repshift.drawing", *declarations)
    for path in Path(repshift.drawing.__file__).parent.glob("*.py"):
        imports = [
            node.module or "" for node in ast.walk(ast.parse(path.read_text())) if isinstance(node, ast.ImportFrom)
        ]
        assert "matplotlib.pyplot" not in path.read_text()
        assert all(name.startswith(allowed) for name in imports if name.startswith("repshift"))
