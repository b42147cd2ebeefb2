"""Labels that hold classes: words and numbers of a table."""

import pytest

from repshift import InputError
from repshift.networks.classes import Classes
from repshift.storage.labels import read_classes

KINDS = Classes(("spiral", "elliptical", "2"))


def written(path, *labels, header="mass,kind"):
    path.write_text("\n".join([header, *(f"{number},{label}" for number, label in enumerate(labels))]) + "\n")
    return path


def test_classes_are_read_from_words_and_numbers(tmp_path):
    path = written(tmp_path / "a.csv", "spiral", " elliptical ", "2.0", "2", '"spiral"')
    assert read_classes(path, "kind", classes=KINDS).tolist() == [0, 1, 2, 2, 0]


def test_an_accent_is_one_however_it_is_written(tmp_path):
    path = written(tmp_path / "a.csv", "e\u0301toile", "\u00e9toile")
    assert read_classes(path, "kind", classes=Classes(("galaxie", "\u00e9toile"))).tolist() == [1, 1]


def test_an_empty_line_of_a_table_of_one_column_is_an_empty_cell(tmp_path):
    path = tmp_path / "a.csv"
    path.write_text("\nkind\n2\n\n2\n\n\n")
    with pytest.raises(InputError, match="a.csv holds '' in row 1 of column 'kind'"):
        read_classes(path, "kind", classes=KINDS)


def test_classes_are_read_from_a_table_between_spaces(tmp_path):
    path = tmp_path / "a.txt"
    path.write_text("# mass kind\n0.5 1\n0.7 0\n")
    assert read_classes(path, "kind", classes=Classes(("0", "1"))).tolist() == [1, 0]


@pytest.mark.parametrize("label", ["lens", "3", "", "Spiral"])
def test_a_label_that_is_no_class_is_refused(tmp_path, label):
    path = written(tmp_path / "a.csv", "spiral", label)
    message = f"a.csv holds '{label}' in row 1 of column 'kind', which is none of the classes spiral, elliptical, 2"
    with pytest.raises(InputError, match=message):
        read_classes(path, "kind", classes=KINDS)


def test_a_column_that_is_not_there_is_refused(tmp_path):
    with pytest.raises(InputError, match="a.csv has no column 'type', which holds the classes. It has mass, kind"):
        read_classes(written(tmp_path / "a.csv", "spiral"), "type", classes=KINDS)


@pytest.mark.parametrize("sign", [";", "\t"])
def test_a_table_with_another_sign_between_its_cells_is_refused(tmp_path, sign):
    (tmp_path / "a.csv").write_text(f"file{sign}kind\n1{sign}2\n")
    with pytest.raises(InputError, match="a.csv begins with .*. Expected cells between commas"):
        read_classes(tmp_path / "a.csv", "kind", classes=KINDS)
