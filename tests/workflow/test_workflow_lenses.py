"""The lens finder's example, in a run of fewer objects with the shipped weights."""

import numpy as np
import pandas as pd
import pytest
import xarray as xr
import yaml

from running import copy_tree, run

CONFIGURATION = "examples/lenses/config.yaml"
DOMAINS = ["DES", "Short", "Impostors"]
N_OBJECTS = 60


@pytest.fixture(scope="module")
def example(tmp_path_factory):
    """A clone in which the example was run on fewer objects of three domains."""
    folder = copy_tree(tmp_path_factory.mktemp("lenses"), "examples/skies", "examples/lenses")
    configuration = yaml.safe_load((folder / CONFIGURATION).read_text())
    for suite in configuration["suites"].values():
        suite["sets"]["LHT"] = N_OBJECTS
    configuration["activations"]["n_maps"] = 20
    configuration["cases"] = {"finder": DOMAINS}
    configuration["figures"] = {"predictions": ["finder"]}
    (folder / CONFIGURATION).write_text(yaml.safe_dump(configuration, sort_keys=False))
    run(folder, "--configfile", CONFIGURATION)
    return folder


def test_lenses_are_found_at_home(example):
    scores = pd.read_csv(example / "results/summary/scores.csv").query("maps == 'split'").set_index("domain")
    assert 0.8 < scores.loc["DES", "accuracy"] < 1
    assert scores.loc["Short", "accuracy"] < scores.loc["DES", "accuracy"] - 0.1


def test_impostors_leave_the_lenses_as_they_are(example):
    home, impostors = (xr.load_dataset(example / f"results/predictions/finder/{name}.nc") for name in DOMAINS[::2])
    lenses = home["truth"].to_numpy() == "lens"
    same = np.all(home["probability"].to_numpy() == impostors["probability"].to_numpy(), axis=1)
    assert same[lenses].all()
    assert not same[~lenses].any()


def test_the_figures_of_the_lenses_are_drawn(example):
    assert {path.name for path in (example / "results/figures").iterdir()} >= {"figure1.png", "predictions.png"}
