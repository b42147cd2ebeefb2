"""The example of a notebook runs, and its page is what it gives."""

import json
import re

import pytest
from examples import render

NUMBER = re.compile(r"-?\d+\.\d+")
TEXT = render.NOTEBOOK.read_text()


@pytest.fixture(scope="module")
def rendered():
    """The page and its figures."""
    return render.render()


def test_the_page_is_what_the_notebook_gives(rendered):
    """Numbers may differ by rounding between processors; all else may not."""
    page, kept = rendered[0], render.PAGE.read_text()
    assert NUMBER.sub("#", page) == NUMBER.sub("#", kept)
    numbers = [[float(one) for one in NUMBER.findall(text)] for text in (page, kept)]
    assert numbers[0] == pytest.approx(numbers[1], abs=0.02)


def test_the_words_beside_the_change_are_those_of_its_numbers(rendered):
    change, low, high = map(
        float,
        re.search(rf"out less in: ({NUMBER.pattern}) \[({NUMBER.pattern}), ({NUMBER.pattern})\]", rendered[0]).groups(),
    )
    said = re.search(rf"Mean CKA is ({NUMBER.pattern}) higher .*, but its interval holds zero", rendered[0])
    assert float(said.group(1)) == pytest.approx(change, abs=0.02)
    assert low < 0 < high


def test_the_figures_of_the_page_are_small(rendered):
    kept = sorted(render.FIGURES.glob(f"{render.PAGE.stem}_*.png"))
    assert len(kept) == len(rendered[1])
    assert sum(path.stat().st_size for path in kept) < 350_000


def test_the_notebook_is_stored_as_it_was_written():
    """No outputs, no counts, no paths of a machine, no times of execution."""
    notebook = json.loads(TEXT)
    for cell in notebook["cells"]:
        assert cell.get("outputs", []) == []
        assert cell.get("execution_count") is None
        assert cell["metadata"] == {}
    assert set(notebook["metadata"]) == {"kernelspec", "language_info"}
    assert not re.search(r"/(home|root|Users|tmp|work)/", TEXT)


def test_the_notebook_needs_public_names_alone():
    imported = re.findall(r"from (repshift[\w.]*) import", TEXT)
    assert set(imported) <= {"repshift.networks", "repshift.simulation"}
