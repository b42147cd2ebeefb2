"""What modules of a package declare is found, by name, once; an unknown name is an error."""

import sys
from dataclasses import dataclass

import pytest

from repshift import InputError
from repshift.declarations import declared, require
from repshift.provenance.code import import_closure
from running import ROOT


@dataclass(frozen=True)
class Thing:
    name: str


@pytest.fixture
def collect(tmp_path, monkeypatch):
    """Return a function that writes modules of a package and collects what they declare."""
    monkeypatch.syspath_prepend(tmp_path)
    monkeypatch.setitem(sys.modules, "things", None)
    del sys.modules["things"]

    def collect(**modules):
        package = tmp_path / "things"
        package.mkdir(exist_ok=True)
        for name, text in modules.items():
            (package / f"{name}.py").write_text(f"from test_declarations import Thing\n{text}\n")
            monkeypatch.delitem(sys.modules, f"things.{name}", raising=False)
        return declared(Thing, package="things", path=[str(package)])

    return collect


def test_a_module_is_found_without_being_named(collect):
    assert list(collect(b="ONE = Thing('one')", a="TWO = Thing('two')", c="THREE = 3")) == ["two", "one"]


def test_a_package_within_is_left_alone(collect, tmp_path):
    inner = tmp_path / "things/inner"
    inner.mkdir(parents=True)
    (inner / "__init__.py").write_text("raise ImportError")
    assert list(collect(a="ONE = Thing('one')")) == ["one"]


def test_objects_in_a_tuple_are_found_in_its_order(collect):
    assert list(collect(a="BOTH = (Thing('second'), Thing('first'))")) == ["second", "first"]


def test_two_objects_of_one_name_are_refused(collect):
    with pytest.raises(InputError, match="Two objects of things are called 'one': rename one"):
        collect(a="ONE = Thing('one')", b="OTHER = Thing('one')")


def test_an_unknown_name_says_which_there_are():
    table = {"one": Thing("one"), "two": Thing("two")}
    assert require("two", table, what="thing") is table["two"]
    with pytest.raises(InputError, match=r"Unknown thing 'three'\. There are one, two\."):
        require("three", table, what="thing")


@pytest.mark.parametrize(
    "package", ["similarity.measures", "perturbation", "perturbation.axes", "evidence.shift_scores"]
)
def test_the_digest_of_code_has_all_that_is_declared(package):
    folder = ROOT / "src/repshift" / package.replace(".", "/")
    modules = {f"repshift.{package}.{file.stem}" for file in folder.glob("[a-z]*.py")}
    assert modules <= import_closure(f"repshift.{package}", source=ROOT / "src")
