"""The workflow as a user runs it: whole runs, what they leave, and what a failed job says."""

import json
import os
import shutil
import time
from pathlib import Path

import pandas as pd
import pytest
import xarray as xr

from repshift.costs.command import estimate
from repshift.costs.command import run as sum_costs
from running import ROOT, TEST, configure, copy_tree, drop, put, results, run

CASE = Path("T-MockTNG/MockSIMBA.nc")


@pytest.fixture(scope="module")
def changed(finished, tmp_path_factory):
    """A copy of the finished directory, to change something in; each test leaves it able to run."""
    return shutil.copytree(finished, tmp_path_factory.mktemp("copy") / "changed", copy_function=shutil.copy2)


# Runs


def test_a_finished_run_has_nothing_to_do(finished):
    assert "Nothing to be done" in run(finished, *TEST, "-n")


def test_training_is_published_by_an_explicit_step(finished, changed, tmp_path):
    arguments = configure(tmp_path, put("models", "T-MockTNG", "weights", value="resources/models/new.pt"))
    run(changed, "train", *arguments)
    assert (changed / "results/figures/learning_curve.pdf").exists()
    assert not (changed / "resources/models/new.pt").exists()
    run(changed, "publish", *arguments)
    trained = finished / "results/training/T-MockTNG.pt"
    assert (changed / "resources/models/new.pt").read_bytes() == trained.read_bytes()


# What a run leaves


def test_files_hold_the_contract(finished):
    with xr.open_dataset(finished / "results/grams" / CASE) as grams:
        assert grams["gram"].dims == ("layer", "map", "map_other")
        assert grams["gram"].dtype == "float64"
        assert list(grams["suite"].values) == ["MockSIMBA"] * 12 + ["MockTNG"] * 12
    with xr.open_dataset(finished / "results/cka" / CASE) as cka:
        assert {f"cka_{name}" for name in ("biased", "debiased", "minibatch")} <= set(cka.data_vars)
        assert cka["cka_biased"].dims == ("layer", "layer_other")
        assert cka.attrs["in_distribution"] == "false"
        assert {"mutual_neighbours", "procrustes_angle"} <= set(cka.data_vars)
        assert cka["mutual_neighbours"].attrs["neighbours"] == 5
    with xr.open_dataset(finished / "results/predictions" / CASE) as predictions:
        assert predictions["mean"].dims == ("map", "parameter")


def test_networks_are_compared_with_each_other(finished):
    folder = finished / "results/cka/T-MockTNG"
    with xr.open_dataset(folder / "MockTNG/Mtot-MockSIMBA/MockTNG.nc") as cka:
        assert (cka.attrs["pairing"], cka.attrs["model_other"]) == ("map", "Mtot-MockSIMBA")
        assert "procrustes_angle" in cka
    with xr.open_dataset(folder / "MockSIMBA/T-MockTNG/MockSIMBA-own.nc") as cka:
        assert cka.attrs["pairing"] == "simulation"
        assert (cka["map_paired"] == cka["map"]).all()
    table = pd.read_csv(finished / "results/summary/comparisons.csv")
    assert list(table["pairing"]) == ["map"] * 5 + ["simulation"] * 5


def test_the_steps_of_a_shift_are_summed_up(finished):
    table = pd.read_csv(finished / "results/summary/shift_steps.csv")
    assert list(table["domain"].unique()) == ["MockTNG", "MockSIMBA", "MockSIMBA-own", "MockSIMBA-spectrum"]
    assert set(table["quantity"]) == {"off_diagonal_mean", "leading_share", "log_rmse", "r2"}
    measured = {
        suite: json.loads((finished / f"results/maps/{suite}/Maps_T_{suite}_LHT_z=0.00.json").read_text())
        for suite in ("MockTNG", "MockSIMBA", "MockSIMBA-spectrum")
    }
    means = {suite: found["moments"]["mean"] for suite, found in measured.items()}
    assert means["MockSIMBA-spectrum"] == pytest.approx(means["MockTNG"], abs=1e-3)
    assert means["MockSIMBA"] != pytest.approx(means["MockTNG"], abs=0.1)


def test_tables_and_figures_hold_the_measures(finished):
    table = pd.read_csv(finished / "results/summary/similarity.csv")
    of_cka = {"cka_biased", "cka_debiased", "cka_minibatch"}
    assert set(table["measure"]) == {*of_cka, "mutual_neighbours", "procrustes_angle"}
    drawn = (*(f"figure{number}" for number in range(4, 10)), "stress_maps", "latent_space")
    of_models = [f"{name}/T-MockTNG" for name in drawn]
    for name in ("figure1", "figure2", "controls", "measures", "comparisons", "predictions", *of_models):
        assert all((finished / f"results/figures/{name}.{suffix}").exists() for suffix in ("pdf", "png"))


def test_activations_that_are_not_kept_are_gone(finished):
    assert not list((finished / "results/activations").rglob("*.nc"))


def test_no_file_says_when_where_or_by_whom(finished):
    words = [os.uname().nodename, str(finished), "/home/", str(Path.home()), time.strftime("%Y-%m-%d")]
    for path, content in results(finished).items():
        assert not [word for word in words if len(word) > 3 and word.encode() in content], path


# Progress and costs


@pytest.fixture(scope="module")
def plan(finished):
    """The file in which a dry run lists the jobs of a whole run."""
    run(finished, *TEST, "-n", "--forceall", "--quiet", "rules", "progress", REPSHIFT_PLAN="plan.json")
    return finished / "plan.json"


def test_a_run_says_how_far_it_is(finished):
    lines = (finished / "logs/progress.log").read_text().splitlines()
    n_jobs = len(lines) - 1
    told = [line[20:].split(",")[0] for line in lines]
    assert told == [f"{n_jobs} jobs", *(f"{n} of {n_jobs} jobs" for n in range(1, n_jobs + 1))]
    (log,) = (path for path in (finished / ".snakemake/log").glob("*.log") if "Finished jobid" in path.read_text())
    assert log.read_text().count("Finished jobid") == n_jobs
    assert n_jobs < 60


def test_the_disk_that_an_estimate_says_is_what_a_run_takes(finished, plan, tmp_path):
    constants = ROOT / "workflow/costs.json"
    estimate(plan=plan, constants=constants, rate=6.0, downloads=2, output=tmp_path / "said.csv")
    said = pd.read_csv(tmp_path / "said.csv").set_index("stage")
    # By hand: two suites of 40 and 12 simulations in two fields, a twin of 12, a derived one of 12 in a field; 15 maps
    # of 32 pixels each.
    for stage, simulations in (("maps", 2 * (2 * (40 + 12) + 12)), ("derive", 12)):
        assert said.loc[stage, "bytes_kept"] == pytest.approx(simulations * 15 * 32**2 * 4, rel=0.02)
    for stage in ("grams", "predictions"):
        taken = sum(path.stat().st_size for path in (finished / "results" / stage).glob("**/*.n*"))
        assert said.loc[stage, "bytes_kept"] == pytest.approx(taken, rel=0.2)
    # Activations go: of 10 cases 12 maps; 2.25 times 4, 8, 16 channels of 32, 16, 8 pixels, 48 more, and the map.
    units = 9216 + 4608 + 2304 + 48
    assert said.loc["activations", "bytes_temporary"] == pytest.approx(10 * 12 * (units + 32**2) * 4, rel=0.1)


def test_what_a_run_cost_is_summed_up_by_stage(finished, plan, tmp_path):
    summed = {"benchmarks": finished / "results/benchmarks", "progress": finished / "logs/progress.log"}
    sum_costs(plan=plan, **summed, output=tmp_path / "costs.csv")
    table = pd.read_csv(tmp_path / "costs.csv").set_index("stage")
    jobs = [job for job in json.loads(plan.read_text())["jobs"] if job["benchmark"]]
    assert table.loc["total", "jobs"] == len(jobs)
    assert table.loc["total", "earlier_jobs"] == 0
    assert "of another configuration" not in table.index
    assert {"maps", "training", "grams", "intervals", "figure1", "summary"} <= set(table.index)
    assert table.loc["maps", "cpu_seconds"] > 0


# Jobs that fail


def test_the_log_of_a_job_that_fails_is_shown(changed):
    path = changed / "results/grams/T-MockTNG/MockTNG.nc"
    whole = path.read_bytes()
    path.write_bytes(b"no netCDF")
    output = run(changed, "results/cka/T-MockTNG/MockTNG.nc", *TEST, expect=1)
    path.write_bytes(whole)
    assert "repshift: error: results/grams/T-MockTNG/MockTNG.nc is not a whole netCDF file" in output
    assert "failed: cka T-MockTNG/MockTNG" in (changed / "logs/progress.log").read_text()


def test_cuda_without_a_device_fails_with_the_sentence(changed, tmp_path):
    arguments = configure(tmp_path, put("device", value="cuda"))
    target = "results/predictions/T-MockTNG-untrained/MockTNG.nc"
    output = run(changed, target, *arguments, "--force", "--rerun-triggers", "mtime", expect=1)
    assert "Device 'cuda' was asked for, but torch finds no CUDA device" in output


# Maps of one's own in the form of CMD


@pytest.fixture
def local(finished, tmp_path):
    """A directory of files in the form of CMD, and a configuration that reads them in place."""
    held = tmp_path / "held"
    held.mkdir()
    for suite in ("MockTNG", "MockSIMBA"):
        for path in (finished / "results/maps" / suite).glob("*.[nt][px][yt]"):
            shutil.copy(path, held)

    def place(configuration):
        for suite in ("MockTNG", "MockSIMBA"):
            configuration["suites"][suite] = {"provider": "local", "directory": str(held), "box": 75.0}
        for domain in configuration["domains"].values():
            domain["split"] = "all"

    mock = [drop("maps", "mock"), drop("suites", "MockSIMBA-twin"), drop("stress"), drop("attribution")]
    figures = [drop("figures", name) for name in ("figure4", "figure5", "figure6")]
    return held, configure(tmp_path, place, *mock, *figures)


def test_local_maps_are_used_in_place_with_the_same_results(finished, local, tmp_path):
    held, arguments = local
    before = sorted(path.name for path in held.iterdir())
    case = "T-MockTNG-untrained/MockSIMBA.nc"
    folder = copy_tree(tmp_path / "clone")
    run(folder, f"results/cka/{case}", *arguments)
    for path in (f"results/cka/{case}", f"results/predictions/{case}"):
        assert (folder / path).read_bytes() == (finished / path).read_bytes()
    assert sorted(path.name for path in held.iterdir()) == before
    assert not list((folder / "results/maps").rglob("*.npy"))


def test_a_negative_pixel_fails_with_the_name_of_its_map(local, tmp_path):
    held, arguments = local
    maps = held / "Maps_T_MockSIMBA_LHT_z=0.00.npy"
    content = bytearray(maps.read_bytes())
    content[-4:] = b"\x00\x00\x80\xbf"
    maps.write_bytes(content)
    folder = copy_tree(tmp_path / "clone")
    measured = "results/maps/MockSIMBA/Maps_T_MockSIMBA_LHT_z=0.00.json"
    output = run(folder, measured, *arguments, expect=1)
    assert "Map 179 of field 'T' holds -1.0 at pixel (31, 31)" in output
    assert not (folder / measured).exists()
