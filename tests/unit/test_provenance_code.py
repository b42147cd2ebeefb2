"""What changes the digest of code, and what does not."""

import subprocess
import sys
from pathlib import Path

import pytest

from repshift.provenance import code, meaning
from repshift.provenance.code import code_digest, direct_imports, import_closure, path_of, require_code
from repshift.vocabulary import InputError

SOURCE = Path(__file__).parents[2] / "src"
WIDTH = '''\
from dataclasses import dataclass
from functools import cache

@dataclass
class Shape:
    width: int = 3

@cache
def area(width, *, scale=1.0):
    """Return the area."""
    return dict(value=width * 2, words="long " "name", scale=scale)
'''


@pytest.fixture(autouse=True)
def cache_file(tmp_path, monkeypatch):
    """A disk cache of the test's own, and nothing in memory."""
    monkeypatch.setattr(code, "_CACHE", tmp_path / "cache" / "code.json")
    code._cached.cache_clear()
    yield tmp_path / "cache" / "code.json"
    code._cached.cache_clear()


@pytest.fixture
def write(tmp_path):
    """Write modules, by dotted name, and return the directory that holds them."""

    def write(files):
        for name, text in files.items():
            path = tmp_path / "source" / f"{name.replace('.', '/')}.py"
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text)
        return tmp_path / "source"

    return write


@pytest.fixture
def digest(write):
    """Return the digest of one module with this text."""
    return lambda text: code_digest("network", source=write({"network": text}))


@pytest.fixture
def package(write):
    """A package in which each module imports another in its own way, and two each other."""
    return write(
        {
            "house.__init__": "",
            "house.room.__init__": "from . import door",
            "house.room.door": "from ..wall import HEIGHT",
            "house.wall": "def height():\n    if True:\n        from house import roof",
            "house.roof": "import house.room.door",
            "house.garden": "import os",
        }
    )


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("    return", "    # why\n    return"),
        ('"""Return the area."""', '"""Return the area of a shape.\n\n    In full.\n    """'),
        ('    """Return the area."""\n', ""),
        ("from dataclasses", '"""A module."""\n\n\nfrom dataclasses'),
        ("    width: int = 3", '    """A class."""\n\n    width: int = 3\n    """In pixels."""'),
        ('dict(value=width * 2, words="long " "name"', "dict(\n        value=(width * 2),\n        words='long name'"),
        ("def area", "\n\ndef area"),
        ("scale=1.0", "scale=1.00"),
    ],
)
def test_the_look_of_code_changes_nothing(digest, old, new):
    assert old in WIDTH
    assert digest(WIDTH) == digest(WIDTH.replace(old, new))


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("scale=1.0", "scale=1"),
        ("width: int", "width: float"),
        ("width * 2", "width * 3"),
        ("width * 2", "width + 2"),
        ("@cache\n", ""),
        ("value=", "area="),
        ("*, ", ""),
        ('"name"', '"Name"'),
        ("from functools import cache", "from functools import lru_cache as cache"),
        ("int = 3", "int = True"),
        ("int = 3", "int = None"),
    ],
)
def test_what_code_does_changes_it(digest, old, new):
    assert old in WIDTH
    assert digest(WIDTH) != digest(WIDTH.replace(old, new))


def test_a_docstring_alone_equals_an_empty_body(digest):
    assert digest("def f():\n    'Do nothing.'") == digest("def f():\n    pass") == digest("def f(): ...")
    assert digest('"""A package."""') == digest("") == digest("# nothing")


def test_an_own_docstring_counts_where_it_is_read(write):
    plain = {"top": "import low\nVALUE = 1", "low": '"""One."""\nprint(__doc__)'}
    before = code_digest("top", source=write(plain))
    assert code_digest("top", source=write({"top": '"""Top."""\nimport low\nVALUE = 1'})) == before
    assert code_digest("top", source=write({"low": '"""Two."""\nprint(__doc__)'})) != before


@pytest.mark.parametrize("reader", ["import low\nprint(low.__doc__)", "from inspect import getdoc\nimport low"])
def test_all_docstrings_count_where_others_are_read(write, reader):
    before = code_digest("top", source=write({"top": reader, "low": '"""One."""'}))
    assert code_digest("top", source=write({"low": '"""Two."""'})) != before


def test_the_closure_follows_every_way_to_import(package):
    everything = {"house", "house.room", "house.room.door", "house.wall", "house.roof"}
    assert import_closure("house.room.door", source=package) == everything
    assert direct_imports("house.room", source=package) == {"house", "house.room", "house.room.door"}


@pytest.mark.parametrize("edited", ["house.__init__", "house.room.__init__", "house.wall", "house.roof"])
def test_an_edit_of_what_is_imported_changes_it(package, write, edited):
    before = code_digest("house.room.door", source=package)
    write({edited: "VALUE = 2"})
    assert code_digest("house.room.door", source=package) != before


def test_an_edit_of_an_unrelated_module_changes_nothing(package, write):
    before = code_digest("house.room.door", source=package)
    write({"house.garden": "import sys"})
    assert code_digest("house.room.door", source=package) == before


def test_the_packages_that_hold_a_module_count(package, write):
    before = code_digest("house.garden", source=package)
    write({"house.__init__": "VALUE = 1"})
    assert code_digest("house.garden", source=package) != before


def test_a_package_that_hands_on_its_path_has_all_modules(write):
    source = write({"room.__init__": "found = collect(__path__)", "room.one": "VALUE = 1", "user": "import room"})
    before = code_digest("user", source=source)
    assert import_closure("user", source=source) == {"user", "room", "room.one"}
    write({"room.one": "VALUE = 2"})
    edited = code_digest("user", source=source)
    write({"room.two": ""})
    assert len({before, edited, code_digest("user", source=source)}) == 3


def test_the_place_of_the_source_changes_nothing(package, tmp_path):
    before = code_digest("house.room", source=package)
    assert code_digest("house.room", source=package.rename(tmp_path / "elsewhere")) == before


def test_a_module_beside_a_folder_of_its_name_is_found(write):
    source = write({"network": "import part", "network.data": "", "part": ""})
    assert path_of("network", source=source) == source / "network.py"
    assert import_closure("network", source=source) == {"network", "part"}


@pytest.mark.parametrize("text", ["def network(:", "x = '\0'", "# -*- coding: nothing -*-"])
def test_every_byte_of_code_with_an_error_counts(digest, text):
    assert digest(text) == digest(text) != digest(f"{text} # why")


def test_a_missing_module_has_a_digest(write):
    source = write({"other": ""})
    before = code_digest("network", source=source)
    assert before == code_digest("network", source=source) != code_digest("networks", source=source)
    assert code_digest("network", source=write({"network": ""})) != before


def test_long_sums_exhaust_no_stack(digest):
    total = "+".join(["x"] * 2000)
    assert digest(f"y = {total} + 1") != digest(f"y = {total} + 2")


def test_a_job_refuses_other_code(write):
    source = write({"network": "SIZE = 3"})
    planned = code_digest("network", source=source)
    require_code(["network"], planned, source=source)
    write({"network": "SIZE = 4"})
    with pytest.raises(InputError, match=f"code of network .* planned with {planned}, found .* Start the run again"):
        require_code(["network"], planned, source=source)


def test_what_is_kept_on_disk_gives_the_same_digest(package, cache_file, monkeypatch):
    before = code_digest("house.room", source=package)
    code._cached.cache_clear()
    monkeypatch.setattr(code, "meaning_of", None)
    assert code_digest("house.room", source=package) == before
    assert [path.name for path in cache_file.parent.iterdir()] == ["code.json"]


@pytest.mark.parametrize("harm", [b"", b"\xff\xfe", b"{}\n{}", lambda kept: kept[:-3], lambda kept: kept + b" "])
def test_a_damaged_cache_is_written_again(package, cache_file, harm):
    before = code_digest("house.room", source=package)
    kept = cache_file.read_bytes()
    cache_file.write_bytes(harm(kept) if callable(harm) else harm)
    code._cached.cache_clear()
    assert code_digest("house.room", source=package) == before
    assert len(cache_file.read_bytes()) == len(kept)


def test_a_cache_of_other_digests_is_not_read(package, cache_file, monkeypatch):
    code_digest("house.room", source=package)
    monkeypatch.setattr(meaning, "__file__", __file__)
    code._cached.cache_clear()
    assert code._cached() == {}


def test_no_cache_is_needed(package, cache_file):
    cache_file.parent.write_text("a file where the folder should be")
    assert code_digest("house.room", source=package)
    assert cache_file.parent.is_file()


def test_the_cache_forgets_the_oldest(write, monkeypatch):
    monkeypatch.setattr(code, "_MOST_CACHED", 2)
    for number in range(4):
        last = code_digest("network", source=write({"network": f"SIZE = {number}"}))
    code._cached.cache_clear()
    assert len(code._cached()) == 2
    monkeypatch.setattr(code, "meaning_of", None)
    assert code_digest("network", source=write({})) == last


def test_the_digest_loads_nothing_heavy():
    heavy = {"numpy", "yaml", "xarray", "pandas", "pydantic", "torch", "matplotlib", "snakemake"}
    script = f"import sys, repshift.provenance.code; sys.exit(bool({heavy} & set(sys.modules)))"
    assert subprocess.run([sys.executable, "-c", script], env={"PYTHONPATH": str(SOURCE)}).returncode == 0
