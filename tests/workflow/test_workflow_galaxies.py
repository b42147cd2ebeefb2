"""The example of galaxies across surveys, in a run of fewer galaxies with the shipped weights."""

import numpy as np
import pandas as pd
import pytest
import xarray as xr
import yaml

from running import copy_tree, run

CONFIGURATION = "examples/galaxies/config.yaml"
STRESS = "examples/galaxies/stress.yaml"
ATTRIBUTION = "examples/galaxies/attribution.yaml"
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
    run(folder, "--configfile", CONFIGURATION, cores=1)
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


@pytest.fixture(scope="module")
def attributed(example):
    """Which pixels carry the shift of the same galaxies to another survey."""
    configuration = yaml.safe_load((example / ATTRIBUTION).read_text())
    for suite in configuration["suites"].values():
        suite["sets"]["LH"] = 40
    few = {"maps": 20, "nodes": 8, "methods": ["grad_cam"], "resamples": 200, "shift": {"maps": 20, "nodes": 40}}
    configuration["activations"]["n_maps"] = 20
    configuration["attribution"] |= {"faithfulness": None, "randomisation": None, **few}
    (example / ATTRIBUTION).write_text(yaml.safe_dump(configuration, sort_keys=False))
    file = "results/attribution/morphology/HSC_to_SDSS-pixels.nc"
    run(example, "--configfile", ATTRIBUTION, "--", file, cores=1)
    return xr.load_dataset(example / file)


def test_the_parts_of_the_shift_sum_to_it(attributed):
    assert attributed["output"].values.tolist() == ["bulge_to_total", "log10_radius", "magnitude"]
    for parts in ("channel", "environment", "scale"):
        found = attributed[f"{parts}_shift"].sum(parts) + attributed["remainder"]
        assert found.values == pytest.approx(attributed["shift"].values, abs=1e-3), parts


@pytest.fixture(scope="module")
def stressed(example):
    """What the network makes of the same galaxies, fainter and farther away."""
    configuration = yaml.safe_load((example / STRESS).read_text())
    for suite in configuration["suites"].values():
        suite["sets"]["LH"] = 40
    axes = configuration["stress"]["axes"]
    axes = {"magnitude": axes["magnitude"], "redshift": axes["redshift"] | {"strengths": [0, 0.4]}}
    axes["magnitude"]["strengths"] = [0, 0.5]
    configuration["activations"]["n_maps"] = 20
    configuration["stress"] |= {"axes": axes, "cases": {"morphology": ["HSC"]}, "halves": 0, "resamples": 200}
    configuration["cases"] = {"morphology": ["HSC"]}
    configuration["figures"] = {"predictions": ["morphology"]}
    (example / STRESS).write_text(yaml.safe_dump(configuration, sort_keys=False))
    run(example, "--configfile", STRESS, "--", "results/stress/morphology/HSC.nc", cores=1)
    with xr.open_dataset(example / "results/stress/morphology/HSC.nc") as found:
        return found.load().set_index(level=("axis", "strength"))


def test_what_is_measured_moves_with_the_galaxy(stressed):
    truth, mean = (stressed[name].sel(parameter="magnitude") for name in ("truth", "mean"))
    moved, known = (
        one.sel(axis="magnitude", strength=0.5) - one.sel(axis="magnitude", strength=0) for one in (mean, truth)
    )
    taken = np.isfinite(moved)
    assert 20 < taken.sum() < 40
    assert known.to_numpy()[taken] == pytest.approx(0.5)
    assert moved.to_numpy()[taken] == pytest.approx(0.5, abs=0.15)


def test_galaxies_far_away_are_measured_worse(stressed):
    change = stressed["r2_change"].sel(axis="redshift", strength=0.4)
    assert (change < -0.1).all()
