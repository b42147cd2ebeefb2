"""The example of real galaxies beside simulated ones, in a run of fewer galaxies with the shipped weights."""

import pandas as pd
import pytest
import xarray as xr
import yaml

from running import copy_tree, run

CONFIGURATION = "examples/galaxies/pictures.yaml"
DOMAINS = ["Pictures", "Hubble"]
N_GALAXIES = 40


@pytest.fixture(scope="module")
def example(tmp_path_factory):
    """A clone in which the example was run on a few galaxies, simulated and real."""
    folder = copy_tree(tmp_path_factory.mktemp("pictures"), "examples/skies", "examples/galaxies")
    configuration = yaml.safe_load((folder / CONFIGURATION).read_text())
    catalogue = folder / configuration["suites"]["Hubble"]["sets"]["LH"]
    catalogue.write_text("".join(catalogue.read_text().splitlines(keepends=True)[: N_GALAXIES + 1]))
    configuration["suites"] = {name: configuration["suites"][name] for name in DOMAINS}
    configuration["suites"]["Pictures"]["sets"]["LH"] = N_GALAXIES
    del configuration["plotting"]
    configuration["activations"]["n_maps"] = N_GALAXIES
    configuration["cases"] = {"pictures": DOMAINS}
    configuration["figures"] = {"shift_scores": ["pictures"]}
    configuration["shift_scores"] = {"halves": 5}
    (folder / CONFIGURATION).write_text(yaml.safe_dump(configuration, sort_keys=False))
    run(folder, "--configfile", CONFIGURATION, cores=1)
    return folder


def test_simulated_galaxies_are_scored_and_real_ones_not(example):
    scores = pd.read_csv(example / "results/summary/scores.csv")
    assert set(scores["domain"]) == {"Pictures"}
    assert (scores["r2"] > 0.7).all()


def test_real_galaxies_have_predictions_without_truth(example):
    with xr.open_dataset(example / "results/predictions/pictures/Hubble.nc", engine="netcdf4") as predictions:
        assert predictions["mean"].shape == (N_GALAXIES, 2)
        assert "truth" not in predictions


def test_real_galaxies_are_told_from_simulated_ones(example):
    """The first layer finds them; between halves of the simulation it finds less."""
    scores = pd.read_csv(example / "results/summary/shift_scores.csv")
    nearest = scores[(scores["score"] == "nearest") & (scores["layer"] == "stages.0.2:0")].iloc[0]
    assert nearest["domain"] == "Hubble"
    assert nearest["value"] > nearest["halves_high"]


def test_the_scores_of_real_galaxies_are_drawn(example):
    assert (example / "results/figures/shift_scores.png").stat().st_size > 10_000
