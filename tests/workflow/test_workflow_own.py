"""Your own network and maps in the workflow: the example as its README runs it, and what is refused."""

import shutil
import subprocess
import sys

import pandas as pd
import pytest
import xarray as xr
import yaml

from running import ROOT, copy_tree, jobs_of, put, run

EXAMPLE = "examples/own_network"
ARGUMENTS = ("--configfile", f"{EXAMPLE}/config.yaml")


@pytest.fixture(scope="module")
def example(tmp_path_factory):
    """A clone in which the example's maps were made and the example was run."""
    folder = copy_tree(tmp_path_factory.mktemp("example"))
    shutil.copytree(ROOT / EXAMPLE, folder / EXAMPLE, ignore=shutil.ignore_patterns("maps", "__pycache__"))
    subprocess.run([sys.executable, f"{EXAMPLE}/make.py"], cwd=folder, check=True)
    run(folder, *ARGUMENTS)
    return folder


def test_the_example_scores_its_network_and_compares_both(example):
    scores = pd.read_csv(example / "results/summary/scores.csv")
    assert set(scores["model"]) == {"residual"}
    r2 = scores[scores["maps"] == "split"].set_index(["domain", "parameter"])["r2"]
    assert (r2["Smooth"] > 0.8).all()
    assert r2["Clumpy", "slope"] < 0
    similarity = pd.read_csv(example / "results/summary/similarity.csv")
    assert set(similarity["model"]) == {"residual", "residual-untrained"}


def test_the_example_writes_no_activations(example):
    assert not (example / "results/activations").exists()
    with xr.open_dataset(example / "results/grams/residual/Clumpy.nc") as found:
        assert list(found["suite"].values) == ["Clumpy"] * 40 + ["Smooth"] * 40


def test_every_figure_of_the_example_is_drawn(example):
    figures = {path.name for path in (example / "results/figures").iterdir()}
    assert figures == {f"{name}.{suffix}" for name in ("figure1", "predictions") for suffix in ("pdf", "png")}


def test_an_edit_of_the_network_reruns_what_it_makes(example):
    assert "Nothing to be done" in run(example, *ARGUMENTS, "-n")
    path = example / EXAMPLE / "network.py"
    before = path.read_text()
    path.write_text(before + "\nEDITED = True\n")
    again = jobs_of(run(example, *ARGUMENTS, "-n"))
    path.write_text(before)
    assert {"network_residual_1", "network_residual-untrained_1"} <= set(again)
    assert not {"convert", "measured"} & set(again)


def test_no_run_is_planned_with_maps_that_are_cut(example):
    path = example / EXAMPLE / "maps/Smooth.npy"
    whole = path.read_bytes()
    path.write_bytes(whole[:40])
    said = run(example, *ARGUMENTS, "-n", "--quiet", "rules", "progress", expect=1, REPSHIFT_PLAN="plan.json")
    path.write_bytes(whole)
    assert said.splitlines()[-1].startswith(f"repshift: error: {EXAMPLE}/maps/Smooth.npy is cut or damaged: its header")
    assert not (example / "plan.json").exists()


def configure(folder, *changes):
    configuration = yaml.safe_load((ROOT / EXAMPLE / "config.yaml").read_text())
    for change in changes:
        change(configuration)
    path = folder / "changed.yaml"
    path.write_text(yaml.safe_dump(configuration, sort_keys=False))
    return ("--configfile", str(path))


def drop(*keys):
    def change(configuration):
        for key in keys[:-1]:
            configuration = configuration[key]
        del configuration[keys[-1]]

    return change


def test_a_network_without_outputs_runs_every_similarity_stage(example, tmp_path):
    changes = [
        drop("models", "residual", "network", "outputs"),
        drop("figures", "predictions"),
    ]
    jobs = jobs_of(run(example, "-n", "--forceall", *configure(tmp_path, *changes)))
    assert (jobs["cka"], jobs["summary"], jobs["figure1"]) == (4, 1, 1)
    assert not {"predictions", "figure_predictions"} & set(jobs)


def test_maps_without_labels_are_compared_and_not_scored(example, tmp_path):
    jobs = jobs_of(run(example, "-n", "--forceall", *configure(tmp_path, drop("suites", "Clumpy", "labels"))))
    assert (jobs["cka"], jobs["predictions"]) == (4, 1)


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        (
            [put("models", "residual", "network", "constructor", value="net:work")],
            "network.constructor is 'net:work', but its path 'examples/own_network' holds no module 'net'",
        ),
        (
            [put("models", "residual", "network", "constructor", value="network")],
            "network.constructor, 'network' does not",
        ),
        ([drop("models", "residual-untrained", "network", "seed")], "network, seed must be given"),
        (
            [put("models", "residual", "preprocessing", "mean", value="all")],
            "preprocessing.mean, 'all' is not a number",
        ),
        (
            [put("models", "residual", "preprocessing", "mean", value=float("nan"))],
            "preprocessing.mean, nan is not a fin",
        ),
        (
            [put("models", "residual", "preprocessing", "std", value=float("inf"))],
            "preprocessing.std, inf is not a fin",
        ),
        ([drop("models", "residual", "preprocessing", "std")], "mean needs std"),
        (
            [put("models", "residual", "field", value="kappa")],
            "the field of models.residual is 'kappa'; the fields are",
        ),
        ([put("models", "residual", "field", value="T")], "reads 'T' of files suite 'Smooth', which has delta"),
        ([put("fields", "T", value={"long_name": "heat", "units": "K"})], "fields has T, which CMD has already"),
        (
            [put("suites", "Smooth", "labels", value="nowhere.csv")],
            "domains.Smooth.set is 'LH', but suites.Smooth has no 'nowhere.csv'",
        ),
        ([put("suites", "Smooth", "labels", value="labels.txt")], "suites.Smooth.labels, 'labels.txt' does not match"),
        ([drop("cases", "residual")], "models.residual is your own network, so it needs a case"),
        (
            [put("figures", "predictions", value=["residual-untrained"])],
            "figures.predictions has 'residual-untrained', of which no case is scored",
        ),
    ],
)
def test_what_cannot_work_is_refused_in_one_sentence(example, tmp_path, changes, message):
    output = run(example, "-n", *configure(tmp_path, *changes), expect=1)
    assert [line for line in output.splitlines() if line.startswith("Configuration: ") and message in line], output


def test_the_cache_may_be_left_out_of_the_default(example, tmp_path):
    configuration = yaml.safe_load((ROOT / "config/test.yaml").read_text())
    configuration["activations"]["cache"] = False
    (tmp_path / "changed.yaml").write_text(yaml.safe_dump(configuration, sort_keys=False))
    planned = run(example, "-n", "--configfile", str(tmp_path / "changed.yaml"))
    assert "results/grams/T-MockTNG/MockTNG.nc" in planned
    assert "results/activations" not in planned
