"""Suites that a function of one's own makes, in the workflow: a run, its reruns, and a function that fails."""

import subprocess
import sys
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import xarray as xr
import yaml

from planning import plans, running
from repshift.provenance.contents import code_files
from running import copy_tree, drop, put, run

SKY = """
import numpy as np
from optics import profile

def galaxy(parameters, rng, seeing=1.0):
    noise = rng.normal(size=(2, 12, 12))
    return parameters["flux"] * profile(seeing) * np.array([1, 2])[:, None, None] + 0.1 * noise

def apparent(parameters, seeing=1.0):
    return {"brightness": parameters["flux"] / seeing**2, "order": " ".join({*"abcdefgh"})}
"""
OPTICS = """
from pathlib import Path

import numpy as np

def profile(seeing):
    y, x = np.mgrid[-5.5:6, -5.5:6]
    gain = float(Path("own/gain.txt").read_text())
    return gain * np.exp(-(x**2 + y**2) / (2 * seeing**2)) / seeing**2
"""
NETWORK = """
from torch import nn

def build():
    layers = nn.Conv2d(2, 3, 3), nn.ReLU(), nn.Conv2d(3, 3, 3), nn.ReLU(), nn.AdaptiveAvgPool2d(1), nn.Flatten()
    return nn.Sequential(*layers, nn.Linear(3, 1))
"""
NEAR = {
    "provider": "function",
    "generator": "sky:galaxy",
    "path": "own",
    "files": ["own/gain.txt"],
    "parameters": {"flux": {"range": [1, 10], "distribution": "log_uniform"}},
    "labels": {"function": "sky:apparent", "columns": {"brightness": "nJy", "order": "1"}},
    "sets": {"LH": 30, "real": "own/real.csv"},
    "size": 12,
    "bands": ["g", "r"],
    "field": "image",
}
CONFIGURATION = {
    "device": "cpu",
    "suites": {"Near": NEAR, "Blurred": {**NEAR, "twin_of": "Near", "arguments": {"seeing": 2.0}}},
    "fields": {"image": {"long_name": "brightness", "units": "nJy"}},
    "domains": {"Sky": {"suite": "Near", "set": "real"}},
    "models": {
        "net": {
            "suite": "Near",
            "field": "image",
            "network": {
                "path": "own",
                "constructor": "network:build",
                "seed": 1,
                "trained": True,
                "outputs": ["brightness"],
            },
            "preprocessing": {"logarithm": False},
        }
    },
    "cases": {"net": ["Near", "Blurred", "Sky"]},
    "activations": {"n_maps": 10},
    "permutation_tests": False,
    "intervals": False,
}
TARGETS = ("results/summary/scores.csv",)
REQUEST = {"configuration": "own.yaml", "targets": TARGETS}
MADE = {"generate_Near", "generate_Blurred"}


def write(folder, *changes):
    """Write the configuration, changed."""
    held = yaml.safe_load(yaml.safe_dump(CONFIGURATION))
    for change in changes:
        change(held)
    (folder / "own.yaml").write_text(yaml.safe_dump(held, sort_keys=False))


@pytest.fixture(scope="module")
def example(tmp_path_factory):
    """A clone in which such suites were made and shown to a network."""
    folder = copy_tree(tmp_path_factory.mktemp("function"))
    (folder / "own").mkdir()
    for name, text in (("sky", SKY), ("optics", OPTICS), ("network", NETWORK)):
        (folder / f"own/{name}.py").write_text(text)
    (folder / "own/gain.txt").write_text("1.0")
    (folder / "own/real.csv").write_text("name,flux\n" + "".join(f"M{row},{1 + row / 4}\n" for row in range(12)))
    write(folder)
    run(folder, *TARGETS, "--configfile", "own.yaml", cores=1)
    return folder


@pytest.fixture
def edited(example):
    """Return a function that edits a file and returns what would run; afterwards it is as it was."""
    before = {}

    def edited(name, change):
        path = example / name
        before[path] = path.read_text()
        path.write_text(change(before[path]))
        return set(running(plans(example, REQUEST)[0]))

    yield edited
    for path, text in before.items():
        path.write_text(text)


def test_a_network_is_scored_on_the_suites_that_were_made(example):
    scores = pd.read_csv(example / "results/summary/scores.csv").set_index(["domain", "maps"])
    assert scores["n_simulations"]["Near", "split"] == 30
    assert scores["n_simulations"]["Sky", "split"] == 12
    with xr.open_dataset(example / "results/predictions/net/Blurred.nc") as found:
        table = pd.read_csv(example / "results/maps/Blurred/params_LH_Blurred.csv")
        assert np.array_equal(found["truth"].values[:, 0], table["brightness"])


def test_sets_of_words_have_one_order_in_every_run(example):
    found = pd.read_csv(example / "results/maps/Near/params_LH_Near.csv")["order"]
    command = [sys.executable, "-c", "print(' '.join({*'abcdefgh'}))"]
    expected = subprocess.run(command, env={"PYTHONHASHSEED": "0"}, capture_output=True, text=True, check=True)
    assert set(found) == {expected.stdout.strip()}


def test_twins_are_paired_images_of_the_same_objects(example):
    near, blurred = (
        pd.read_csv(example / f"results/maps/{suite}/params_LH_{suite}.csv") for suite in ("Near", "Blurred")
    )
    assert near["flux"].equals(blurred["flux"])
    assert not near["brightness"].equals(blurred["brightness"])
    maps = [np.load(example / f"results/maps/{one}/Maps_image-g_{one}_LH_z=0.00.npy") for one in ("Near", "Blurred")]
    assert np.corrcoef(maps[0][:, 0, 0], maps[1][:, 0, 0])[0, 1] > 0.9  # the noise, away from the galaxy


def test_a_second_run_with_a_remark_has_nothing_to_do(edited):
    assert edited("own/sky.py", lambda text: f"# A remark.\n{text}") == set()


def test_an_edit_beside_the_generator_makes_the_suites_again(edited):
    again = edited("own/optics.py", lambda text: f"{text}\nEDITED = True\n")
    assert {*MADE, "network_net_1"} <= again


def test_an_edit_of_the_network_makes_no_suite_again(edited):
    again = edited("own/network.py", lambda text: f"{text}\nEDITED = True\n")
    assert "network_net_1" in again
    assert not MADE & again


def test_a_table_of_objects_makes_its_suite_again(edited):
    again = edited("own/real.csv", lambda text: text.replace("1.25", "1.5"))
    assert "generate_Near" in again
    assert "generate_Blurred" not in again


def test_a_file_that_the_function_reads_makes_suites_again(edited):
    assert {*MADE, "network_net_1"} <= edited("own/gain.txt", lambda text: text.replace("1", "2"))


def test_another_preprocessing_measures_and_makes_nothing(edited):
    again = edited("own.yaml", lambda text: text.replace("logarithm: false", "logarithm: false\n      arcsinh: 2"))
    assert {"measured_Near", "measured_Blurred", "network_net_1"} <= again
    assert not MADE & again


def test_another_argument_makes_one_suite_again(edited):
    assert MADE & edited("own.yaml", lambda text: text.replace("seeing: 2.0", "seeing: 3.0")) == {"generate_Blurred"}


def test_a_derived_suite_and_a_function_of_maps_are_measured(example):
    faint = put("suites", "Faint", value={"provider": "derived", "of": "Blurred", "noise": 1.0, "logarithm": False})
    many = put("suites", "Near", "sets", "LH", value=500), put("suites", "Blurred", "sets", "LH", value=500)
    write(example, faint, *many, put("cases", "net", value=["Near", "Faint"]))
    (plan,) = plans(example, REQUEST)
    derived = running(plan)
    write(example, put("models", "net", "preprocessing", "function", value="optics:profile"), drop("domains"),
          put("cases", "net", value=["Near", "Blurred"]))  # fmt: skip
    prepared = running(plans(example, REQUEST)[0])
    write(example)
    assert (derived["derive"], derived["measured"]) == (2, 2)
    assert prepared["measured"] == 4
    assert {job.threads for job in plan if job.rule in MADE} == {2}  # all cores, for a suite of many objects


def test_the_code_of_a_function_belongs_to_an_archive(example):
    assert {"own/sky.py", "own/optics.py"} <= set(code_files(example, configuration=Path("own.yaml")))


def test_a_function_that_fails_leaves_no_file(example):
    path = example / "own/sky.py"
    path.write_text(SKY.replace("+ 0.1 * noise", "+ np.sqrt(5 - parameters['flux']) * noise"))
    kept = sorted((example / "results/maps/Near").iterdir())
    run(example, kept[0].relative_to(example).as_posix(), "--configfile", "own.yaml", expect=1)
    said = (example / "logs/maps/Near/generate.log").read_text()
    path.write_text(SKY)
    assert "repshift: error: 'sky:galaxy' returned nan at (0, 0, 0) for object " in said
    assert kept
    left = {path.suffix for path in (example / "results/maps/Near").iterdir()}
    assert left <= {".json"}  # what was measured of the maps before
