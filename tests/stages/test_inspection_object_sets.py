"""The command check on suites of a function: a few objects are made, and what is wrong with them is said."""

import sys
from copy import deepcopy

import pytest
import yaml

from inspected import said
from repshift.__main__ import main
from repshift.costs.sizes import sizes_of
from repshift.inspection.survey import survey
from repshift.study.reading import read_study
from running import drop, put

SKY = """
import numpy as np

def galaxy(parameters, rng, offset=0.0):
    print("hello from the sky")
    assert parameters["mass"] > offset, "no such galaxy"
    return parameters["mass"] + rng.normal(size=(3, 8, 8))

def infinite(parameters, rng, offset=0.0):
    return np.full((3, 8, 8), np.inf)

def known(parameters, offset=0.0):
    return {"age": 2 * parameters["mass"]}
"""


@pytest.fixture(scope="module")
def sky(tmp_path_factory):
    """A folder of code of one's own: one, for Python imports a name once."""
    folder = tmp_path_factory.mktemp("sky")
    (folder / "inspected_sky.py").write_text(SKY)
    yield folder
    sys.modules.pop("inspected_sky", None)


@pytest.fixture
def configuration(code, sky, tmp_path):
    """Two suites, one of which has a table of objects, and a network that infers a parameter and a label."""
    (tmp_path / "real.csv").write_text("name,mass,kind\n" + "a,1.5,spiral\n" * 12)
    suite = {
        "provider": "function",
        "generator": "inspected_sky:galaxy",
        "path": str(sky),
        "parameters": {"mass": {"range": [1, 3]}, "kind": {"values": ["spiral", "elliptical"]}},
        "labels": {"function": "inspected_sky:known", "columns": {"age": "Gyr"}},
        "sets": {"LH": 30, "real": str(tmp_path / "real.csv")},
        "size": 8,
        "bands": ["g", "r", "i"],
        "field": "image",
    }
    network = {"path": str(code), "constructor": "inspected_network:Reader", "seed": 1, "trained": True}
    network |= {"arguments": {"bands": 3, "answers": 2}, "outputs": ["mass", "age"]}
    reads = {"suite": "sims", "field": "image", "preprocessing": {"logarithm": False}}
    return {
        "suites": {"sims": suite, "sky": suite | {"arguments": {"offset": 0.5}}},
        "fields": {"image": {"long_name": "brightness"}},
        "domains": {"sky": {"set": "real"}},
        "models": {"Reader": reads | {"network": network}},
        "cases": {"Reader": ["sims", "sky"]},
        "activations": {"n_maps": 10},
    }


@pytest.fixture
def check(configuration, tmp_path, capsys):
    """Check the configuration after some changes, and return the exit status, the rows and the sentences."""

    def check(*changes):
        held = deepcopy(configuration)
        for change in changes:
            change(held)
        (tmp_path / "own.yaml").write_text(yaml.safe_dump(held, sort_keys=False))
        status = main(["check", str(tmp_path / "own.yaml")])
        captured = capsys.readouterr()
        return status, [" ".join(line.split()) for line in captured.out.splitlines()], said(captured)

    return check


def classify(*classes):
    """Return the change that makes a classifier of the network."""
    head = {"outputs": ["kind"], "task": "classification", "classes": list(classes)}
    return lambda held: held["models"]["Reader"]["network"].update(head)


def test_a_table_says_what_will_be_made(check):
    status, rows, _ = check()
    assert status == 0
    assert rows[1].startswith(
        "maps sims, image, LH 30 maps of 3 channels of 8 pixels a side, float32, pixels looked at"
    )
    assert rows[1].endswith("ms an object")
    assert "labels suites.sims 30 rows: mass, age; words: kind" in rows
    assert "cases Reader sims, sky: 3 maps go through, outputs of shape (2,)" in rows
    assert rows[-1].startswith("cost 12 jobs about ")


def test_what_is_made_of_objects_is_said(check):
    faint = {"provider": "derived", "of": "sky", "noise": 1.0, "logarithm": False}
    status, rows, _ = check(put("suites", "faint", value=faint), put("cases", "Reader", value=["sims", "faint"]),
                            put("suites", "sky", "twin_of", value="sims"))  # fmt: skip
    assert status == 0
    assert any(row.startswith("maps faint, image, LH made from sky: noise") for row in rows)
    assert any(row.startswith("cases Reader faint: 3 empty maps of that size go through") for row in rows)


def test_nothing_is_written(check, sky, tmp_path):
    check()
    assert sorted(path.name for path in tmp_path.iterdir()) == ["own.yaml", "real.csv"]
    assert [path.name for path in sky.rglob("*")] == ["inspected_sky.py"]


def test_what_is_wrong_with_objects_is_said(check):
    status, _, sentences = check(
        put("suites", "sims", "generator", value="inspected_sky:infinite"),
        put("suites", "sky", "arguments", value={"offset": 2}),
    )
    assert status == 2
    assert len(sentences) == 2
    assert sentences[0].startswith(
        "suites.sims: 'inspected_sky:infinite' returned inf at (0, 0, 0) for object 0 of set"
    )
    assert sentences[1].endswith(
        "raised AssertionError for object 0 of set 'real' (mass 1.5, kind spiral): no such galaxy."
    )


def test_a_missing_table_and_code_are_said(check, tmp_path):
    status, _, sentences = check(
        put("suites", "sky", "sets", "real", value=str(tmp_path / "lost.csv")),
        put("suites", "sims", "generator", value="inspected_sky:lost"),
    )
    assert status == 2
    assert any("has no 'lost'" in one for one in sentences)
    assert any("lost.csv" in one for one in sentences)


def test_a_missing_file_that_a_generator_reads_is_said(check):
    status, _, sentences = check(put("suites", "sky", "files", value=["lost.fits"]))
    assert status == 2
    assert sentences == ["No such file, which the generator of suites.sky reads: lost.fits"]


def test_classes_of_objects_are_counted(check):
    status, rows, _ = check(classify("spiral", "elliptical"), drop("domains"))
    (counts,) = [row for row in rows if row.startswith("classes Reader sims")]
    assert sum(map(int, (counts.split()[4].rstrip(","), counts.split()[6]))) == 30
    assert status == 0


def test_objects_of_other_classes_are_said(check):
    _, _, sentences = check(classify("spiral", "lens"))
    assert any("suites.sims holds 'elliptical' in row " in one and "none of the classes spiral, lens" in one
               for one in sentences)  # fmt: skip
    assert any("Every simulation of split 'all' is of the class 'spiral' of kind." in one for one in sentences)


def test_words_are_no_label_of_a_number(check):
    _, _, sentences = check(put("models", "Reader", "network", "outputs", value=["mass", "kind"]))
    assert "suites.sims has words in its column 'kind'. Labels are finite numbers." in sentences


def test_the_time_of_an_object_enters_the_cost(configuration):
    study = read_study(configuration)
    found = survey(study)
    seconds = found.numbers({"suite": "sims"})["object_seconds"]
    assert 0 < seconds < 0.1
    assert seconds != sizes_of(study, "generate", {"suite": "sims"})["object_seconds"]
