"""The example of galaxies across surveys, in a run of fewer galaxies with the shipped weights."""

import pandas as pd
import pytest
import yaml

from running import copy_tree, run

CONFIGURATION = "examples/galaxies/config.yaml"
DOMAINS = ["HSC", "SDSS", "HSC-far"]


@pytest.fixture(scope="module")
def example(tmp_path_factory):
    """A clone in which the example was run on 40 galaxies of three domains."""
    folder = copy_tree(tmp_path_factory.mktemp("galaxies"), "examples/skies", "examples/galaxies")
    configuration = yaml.safe_load((folder / CONFIGURATION).read_text())
    for suite in configuration["suites"].values():
        suite["sets"]["LH"] = 40
    configuration["activations"]["n_maps"] = 20
    configuration["cases"] = {"morphology": DOMAINS}
    configuration["figures"] = {"predictions": ["morphology"]}
    (folder / CONFIGURATION).write_text(yaml.safe_dump(configuration, sort_keys=False))
    run(folder, "--configfile", CONFIGURATION)
    return folder


def test_the_galaxies_are_measured_at_home_alone(example):
    scores = pd.read_csv(example / "results/summary/scores.csv")
    of_split = scores[scores["maps"] == "split"]
    r2 = of_split.pivot_table(index="domain", columns="parameter", values="r2")
    assert (r2.loc["HSC"] > 0.8).all()
    assert (r2.loc["SDSS"] < r2.loc["HSC"] - 0.1).all()


def test_twins_are_the_same_galaxies_farther_away(example):
    tables = [pd.read_csv(example / f"results/maps/{suite}/params_LH_{suite}.csv") for suite in ("HSC", "HSC-far")]
    pd.testing.assert_frame_equal(*(table.loc[:, "absolute_magnitude":"disk_blueness"] for table in tables))
    assert (tables[1]["magnitude"] > tables[0]["magnitude"] + 1).all()


def test_the_figures_of_the_galaxies_are_drawn(example):
    assert {path.name for path in (example / "results/figures").iterdir()} >= {"figure1.png", "predictions.png"}
