"""The action generate of the stage maps: objects by a function of the user's own, and what is refused of them."""

import csv
import json
import sys

import numpy as np
import pytest

from repshift.__main__ import main
from repshift.cli.commands import call_of
from repshift.stages.maps import generate
from repshift.storage.generators import objects_of
from repshift.storage.labels import read_parameters
from repshift.storage.maps import open_maps

CODE = '''
import random

import numpy as np
from toy_parts import profile

calls = []


def blob(parameters, rng, seeing=1.0):
    """Two bands."""
    noise = rng.normal(size=(2, 8, 9))
    return parameters["flux"] * profile(seeing) * np.array([1, 2])[:, None, None] + noise


def twice(parameters, rng, seeing=1.0):
    """Two maps of two bands."""
    return np.stack([blob(parameters, rng, seeing), np.full((2, 8, 9), parameters["flux"])])


def apparent(parameters, seeing=1.0):
    return {"shape": "round" if parameters["flux"] < 5 else "flat", "size": np.float64(seeing)}


def transposed(parameters, rng): return blob(parameters, rng)[:, :, :-1]
def ragged(parameters, rng): return [[1, 2], [3]]
def complex_(parameters, rng): return 1j * blob(parameters, rng)
def nothing(parameters, rng): pass
def infinite(parameters, rng): return np.where(parameters["flux"] < 5, np.inf, blob(parameters, rng))
def masked(parameters, rng): return np.ma.masked_less(blob(parameters, rng), 0)
def huge(parameters, rng): return 1e300 * blob(parameters, rng)
def misspelt(parameters, rng): return parameters["fulx"]
def picky(parameters, rng): assert parameters["flux"] < 0, "too bright"
def leaving(parameters, rng): raise SystemExit("no licence")
def changing(parameters, rng): parameters["flux"] = 1
def global_numpy(parameters, rng): return np.random.normal(size=(2, 8, 9))
def global_random(parameters, rng): return np.full((2, 8, 9), random.random())
def remembering(parameters, rng):
    calls.append(1)
    return np.full((2, 8, 9), len(calls))
def other_names(parameters): return {"size": 1.0}
def no_mapping(parameters): return [1.0]
def no_number(parameters): return {"size": float("nan"), "shape": "round"}
'''
PARTS = "import numpy as np\ndef profile(seeing): return np.exp(-np.hypot(*np.mgrid[-4:4, -4:5]) / seeing)\n"
FLUX = {"name": "flux", "range": [1, 10, "log_uniform"]}
KIND = {"name": "kind", "values": ["galaxy", "lens", 3]}


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    """A folder of code of one's own: one, for Python imports a name once."""
    folder = tmp_path_factory.mktemp("generators")
    (folder / "toy_generators.py").write_text(CODE)
    (folder / "toy_parts.py").write_text(PARTS)
    yield folder
    for name in ("toy_generators", "toy_parts"):
        sys.modules.pop(name, None)


@pytest.fixture
def words(folder, tmp_path):
    """Return a function that gives the words of a command, some options of which may be others."""

    def words(*, generator="blob", sets=None, shape=(2, 8, 9), suite="HSC", seed=1, processes=1, **others):
        given = {"generator": f"toy_generators:{generator}", "source": folder, "suite": suite, "seed": seed}
        given |= {"parameters": json.dumps([FLUX, KIND]), "processes": processes} | others
        found = [word for name, value in given.items() for word in (f"--{name.replace('_', '-')}", str(value))]
        found += ["--shape", *map(str, shape)]
        for name, held in (sets or {"LH": 6}).items():
            maps = [str(tmp_path / f"{name}-{band}.npy") for band in "gr"]
            found += ["--set", name, str(held), "--output", *maps, "--output-parameters", str(tmp_path / f"{name}.csv")]
        return ["maps", "generate", *found]

    return words


@pytest.fixture
def make(words, tmp_path):
    """Return a function that makes a suite and returns the bytes of what it wrote, by name."""

    def make(**how):
        assert main(words(**how)) == 0
        return {path.name: path.read_bytes() for path in sorted(tmp_path.iterdir()) if path.suffix in (".npy", ".csv")}

    return make


@pytest.fixture
def refused(words, tmp_path, capsys):
    """Return a function that returns the one sentence of what is refused, where it leaves no file."""

    def refused(*labels, **how):
        before = sorted(tmp_path.iterdir())
        assert main([*words(**how), *labels]) == 2
        assert sorted(tmp_path.iterdir()) == before
        (line,) = [one for one in capsys.readouterr().err.splitlines() if one.startswith("repshift: error: ")]
        return line.removeprefix("repshift: error: ")

    return refused


def rows(path):
    with path.open(newline="") as file:
        return list(csv.DictReader(file))


def test_processes_change_no_byte(make, monkeypatch):
    monkeypatch.setattr(generate, "WORTH", 0.0)
    assert make(processes=2, sets={"LH": 5, "LHT": 1}) == make(processes=1, sets={"LH": 5, "LHT": 1})


def test_an_object_is_the_same_in_a_larger_set(make, tmp_path):
    make(sets={"LH": 3})
    few, table = np.array(open_maps(tmp_path / "LH-g.npy", maps_per_simulation=1)), rows(tmp_path / "LH.csv")
    make(sets={"LH": 7})
    assert np.array_equal(open_maps(tmp_path / "LH-g.npy", maps_per_simulation=1)[:3], few)
    assert rows(tmp_path / "LH.csv")[:3] == table


def test_seed_suite_and_set_draw_other_objects(make):
    found = [make(), make(seed=2), make(suite="SDSS")]
    assert len({one["LH-g.npy"] for one in found}) == len({one["LH.csv"] for one in found}) == 3
    both = make(sets={"LH": 6, "LHT": 6})
    assert both["LH.csv"] != both["LHT.csv"]
    assert both["LH-g.npy"] == found[0]["LH-g.npy"]


def test_bands_and_maps_of_an_object_stand_in_their_files(make, words, tmp_path):
    make(generator="twice", shape=(2, 2, 8, 9), sets={"LH": 3})
    maps = [open_maps(tmp_path / f"LH-{band}.npy", maps_per_simulation=2) for band in "gr"]
    table = read_parameters(tmp_path / "LH.csv", n_maps=6, maps_path=tmp_path, maps_per_simulation=2)
    assert [one.shape for one in maps] == [(6, 8, 9)] * 2
    flux = table.values[:, table.names.index("flux")].astype(np.float32)
    assert all(np.array_equal(one[1::2, 0, 0], flux) for one in maps)
    made = open_maps(tmp_path / "LH-r.npy", maps_per_simulation=2)[2]
    assert np.array_equal(made, objects(words(generator="twice", shape=(2, 2, 8, 9))).maps("LH", 1)[0, 1])


def objects(command):
    """Return the objects of a command."""
    call, held = call_of(command), []
    given = dict(call.arguments)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(generate, "run", lambda *, generator, **_: held.append(generator))
        call.run(**given)
    return objects_of(held[0])


def test_one_parameter_changed_gives_the_paired_image(words):
    made = objects(words())
    plain, changed = made.maps("LH", 3), made.maps("LH", 3, changed={"flux": 2.0})
    flux = made.parameters("LH", 3)["flux"]
    profile = changed[0] - plain[0]
    assert np.allclose(profile / profile[4, 4], (changed[1] - plain[1]) / (changed[1] - plain[1])[4, 4], atol=1e-4)
    assert changed[0, 4, 4] - plain[0, 4, 4] == pytest.approx(2.0 - flux, abs=1e-5)
    assert np.array_equal(made.maps("LH", 3, changed={"flux": flux}), plain)


LABELS = ("--label-function", "toy_generators:apparent", "--labels", "size", "shape")


def test_the_table_has_parameters_then_labels(words, tmp_path):
    assert main([*words(sets={"LH": 40}, arguments='{"seeing": 2.5}'), *LABELS]) == 0
    found = rows(tmp_path / "LH.csv")
    assert list(found[0]) == ["flux", "kind", "size", "shape"]
    assert {row["kind"] for row in found} == {"galaxy", "lens", "3"}
    assert {row["size"] for row in found} == {"2.5"}
    assert {(float(row["flux"]) < 5, row["shape"]) for row in found} == {(True, "round"), (False, "flat")}


def test_objects_of_a_table_are_made_as_they_stand(make, words, tmp_path):
    table = tmp_path / "sky.txt.csv"
    table.write_text("name,kind,flux\nM31,lens,2.25\nM87,3.0,10\n")
    make(sets={"real": table})
    assert (tmp_path / "real.csv").read_text() == "flux,kind\n2.25,lens\n10.0,3\n"
    made = open_maps(tmp_path / "real-r.npy", maps_per_simulation=1)
    assert np.array_equal(made[1], objects(words(sets={"real": table})).maps("real", 1)[1])


@pytest.mark.parametrize(
    ("generator", "sentence"),
    [
        ("transposed", "returned maps of shape (2, 8, 8) for object 0 of set 'LH' (flux 4.54905, kind 3). Expected (2, "
         "8, 9), by size, bands and maps_per_simulation of the suite."),
        ("ragged", "returned object in a list for object 0 of set 'LH'"),
        ("complex_", "returned complex128 in a ndarray for object 0"),
        ("nothing", "returned object in a NoneType for object 0"),
        ("infinite", "returned inf at (0, 0, 0) for object "),
        ("masked", "returned nan at (0, "),
        ("huge", "Expected finite numbers of single precision."),
        ("misspelt", "is your own code, and raised KeyError for object 0 of set 'LH' (flux "),
        ("picky", "raised AssertionError for object 0 of set 'LH' (flux 4.54905, kind 3): too bright."),
        ("leaving", "raised SystemExit for object 0"),
        ("changing", "raised TypeError for object 0"),
        ("global_numpy", "made two different maps of object 0 of set 'LH', from the same parameters and random numbers"
         ". Draw from rng alone"),
        ("global_random", "made two different maps"),
        ("remembering", "keep nothing between calls."),
    ],
)  # fmt: skip
def test_what_a_generator_does_wrong_is_said_with_its_object(refused, generator, sentence):
    found = refused(generator=generator)
    assert found.startswith(f"'toy_generators:{generator}' ")
    assert sentence in found


@pytest.mark.parametrize(
    ("function", "sentence"),
    [
        ("other_names", "returned size for object 0 of set 'LH' (flux 4.54905, kind 3). Expected a mapping of size, "
         "shape."),
        ("no_mapping", "returned a list for object 0"),
        ("no_number", "returned 'size' as nan for object 0"),
        ("picky", "raised TypeError for object 0"),
    ],
)  # fmt: skip
def test_labels_of_other_names_or_values_are_refused(refused, function, sentence):
    found = refused("--label-function", f"toy_generators:{function}", "--labels", "size", "shape")
    assert found.startswith(f"'toy_generators:{function}' ")
    assert sentence in found


def test_maps_that_a_worker_makes_otherwise_are_refused(refused, monkeypatch):
    monkeypatch.setattr(generate, "_make", lambda objects, wanted: (objects.maps(*wanted) + 1, objects.row(*wanted)))
    assert "made two different maps of object 0" in refused()


@pytest.mark.parametrize(
    ("cells", "sentence"),
    [
        ("flux,kind\n1,lens\n11,lens\n", "holds '11' in row 1 of column 'flux'. Expected 1 to 10."),
        ("flux,kind\n1,spiral\n", "holds 'spiral' in row 0 of column 'kind'. Expected one of galaxy, lens, 3."),
        ("flux,kind\nnan,lens\n", "holds 'nan' in row 0 of column 'flux'."),
        ("flux\n1\n", "has no column 'kind', a parameter of the suite. It has flux."),
        ("flux,kind\n", "has no rows."),
        ("flux,kind\n1\n", "has 1 cells in row 0, but its header names 2."),
    ],
)
def test_a_table_out_of_the_ranges_is_refused(refused, tmp_path, cells, sentence):
    table = tmp_path / "sky.csv"
    table.write_text(cells)
    assert f"{table} {sentence}" in refused(sets={"LH": 3, "real": table})


def test_no_file_is_left_where_a_later_set_is_refused(refused):
    assert "for object 1 of set 'A' (flux 3.96" in refused(generator="infinite", sets={"B": 2, "A": 5})


def test_code_that_is_not_there_is_refused(refused):
    assert "has no 'blub'" in refused(generator="blub")
