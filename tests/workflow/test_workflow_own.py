"""A network and maps of one's own in the workflow: the example as its README runs it, and what is refused."""

import re
import shlex
import shutil
import subprocess
import sys
from copy import deepcopy

import numpy as np
import pandas as pd
import pytest
import xarray as xr
import yaml

from planning import plans, running
from running import ROOT, configure, copy_tree, drop, put, run

EXAMPLE = "examples/own_network"
README = (ROOT / "README.md").read_text()
REQUEST = {"configuration": f"{EXAMPLE}/config.yaml"}
ARGUMENTS = ("--configfile", REQUEST["configuration"], "-n", "--quiet", "rules", "progress")

SORTER = """
from network import ResidualNetwork

class Sorter(ResidualNetwork):
    def forward(self, maps):
        return 10 * (super().forward(maps)[:, 1] + 2)
"""
"""A classifier of one logit, by the slope that the network of the example infers."""


def sort_maps(folder):
    """Add to the example a classifier, the labels that it infers, and the clumpy maps once more without any."""
    for suite in ("Smooth", "Clumpy"):
        path = folder / EXAMPLE / f"maps/{suite}.csv"
        labels = pd.read_csv(path)
        labels.assign(kind=np.where(labels["slope"] > -2, "shallow", "steep")).to_csv(path, index=False)
    (folder / EXAMPLE / "sorter.py").write_text(SORTER)
    path = folder / REQUEST["configuration"]
    configuration = yaml.safe_load(path.read_text())
    sorter = deepcopy(configuration["models"]["residual"])
    sorter["network"] |= {"constructor": "sorter:Sorter", "outputs": ["kind"]}
    sorter["network"] |= {"task": "classification", "classes": ["steep", "shallow"]}
    configuration["models"]["sorter"] = sorter
    configuration["cases"]["sorter"] = ["Smooth", "Clumpy"]
    clumpy = configuration["suites"]["Clumpy"]
    configuration["suites"]["Unlabelled"] = {name: value for name, value in clumpy.items() if name != "labels"}
    configuration["cases"]["residual"].append("Unlabelled")
    configuration["shift_scores"] = {"halves": 2, "folds": 2, "components": 3}
    configuration["figures"] = {"predictions": ["sorter"], "shift_scores": ["residual", "sorter"]}
    path.write_text(yaml.safe_dump(configuration, sort_keys=False))


@pytest.fixture(scope="module")
def example(tmp_path_factory):
    """A clone in which the example's maps were made and the example was run, with a classifier beside its networks."""
    folder = copy_tree(tmp_path_factory.mktemp("example"))
    shutil.copytree(ROOT / EXAMPLE, folder / EXAMPLE, ignore=shutil.ignore_patterns("maps", "__pycache__"))
    subprocess.run([sys.executable, f"{EXAMPLE}/make.py"], cwd=folder, check=True)
    sort_maps(folder)
    run(folder, "--configfile", REQUEST["configuration"])
    return folder


def test_the_example_scores_its_network_and_compares_both(example):
    scores = pd.read_csv(example / "results/summary/scores.csv")
    assert set(scores["model"]) == {"residual", "sorter"}
    r2 = scores[scores["maps"] == "split"].set_index(["domain", "parameter"])["r2"]
    assert (r2["Smooth"].dropna() > 0.8).all()
    assert r2["Clumpy", "slope"] < 0
    similarity = pd.read_csv(example / "results/summary/similarity.csv")
    assert set(similarity["model"]) == {"residual", "residual-untrained", "sorter"}


def test_a_classifier_is_scored_beside_it(example):
    scores = pd.read_csv(example / "results/summary/scores.csv")
    of_split = scores[(scores["model"] == "sorter") & (scores["maps"] == "split")].set_index("domain")
    assert of_split["parameter"].tolist() == ["kind", "kind"]
    assert of_split.loc["Smooth", "accuracy"] > 0.9 > of_split.loc["Clumpy", "accuracy"]
    assert (of_split["log_loss_low"] < of_split["log_loss"]).all()
    assert of_split["r2"].isna().all()


def test_shift_scores_are_of_maps_without_labels_too(example):
    table = pd.read_csv(example / "results/summary/shift_scores.csv")
    cases = {("residual", "Clumpy"), ("residual", "Unlabelled"), ("sorter", "Clumpy")}
    assert set(zip(table["model"], table["domain"], strict=True)) == cases
    assert table[["value", "halves_low", "halves_high"]].notna().all(axis=None)
    labelled, unlabelled = (table[table["domain"] == name] for name in ("Clumpy", "Unlabelled"))
    labelled = labelled[labelled["model"] == "residual"]
    drawn = labelled["score"].str.contains("auc").to_numpy()  # the folds of the classifier
    pairs = [one["value"].to_numpy()[~drawn] for one in (unlabelled, labelled)]
    assert pairs[0] == pytest.approx(pairs[1], abs=1e-6)
    with xr.open_dataset(example / "results/predictions/residual/Unlabelled.nc") as found:
        assert "truth" not in found
    assert not (example / "results/scores/residual/Unlabelled.nc").exists()


def test_the_report_says_what_needs_no_labels(example):
    first, details = ((example / f"results/report/{name}").read_text() for name in ("results.rst", "details.html"))
    assert "Not scored: Unlabelled." in first
    assert "Its outputs are not scored on both Smooth and Unlabelled." in details
    assert re.search(r"Of \d+ shift scores, which need no labels, \d+ lie outside of the range", details)
    assert "not scored on both Smooth and Clumpy" not in first + details


def test_the_example_writes_no_activations(example):
    assert not (example / "results/activations").exists()
    with xr.open_dataset(example / "results/grams/residual/Clumpy.nc") as found:
        assert list(found["suite"].values) == ["Clumpy"] * 40 + ["Smooth"] * 40


def test_every_figure_of_the_example_is_drawn(example):
    figures = {path.name for path in (example / "results/figures").iterdir()}
    drawn = ("figure1", "predictions", "shift_scores")
    assert figures == {f"{name}.{suffix}" for name in drawn for suffix in ("pdf", "png")}


def test_an_edit_of_the_network_reruns_what_it_makes(example):
    assert running(plans(example, REQUEST)[0]) == {}
    path = example / EXAMPLE / "network.py"
    before = path.read_text()
    path.write_text(f"# A remark.\n{before}")
    assert running(plans(example, REQUEST)[0]) == {}
    path.write_text(f"{before}\nEDITED = True\n")
    again = running(plans(example, REQUEST)[0])
    path.write_text(before)
    assert {"network_residual_1", "network_residual-untrained_1", "cka", "summary"} <= set(again)
    assert not {"convert", "measured"} & set(again)


def test_no_run_is_planned_with_maps_that_are_cut(example):
    path = example / EXAMPLE / "maps/Smooth.npy"
    whole = path.read_bytes()
    path.write_bytes(whole[:40])
    said = run(example, *ARGUMENTS, expect=1, REPSHIFT_PLAN="plan.json")
    path.write_bytes(whole)
    assert said.splitlines()[-1].startswith(f"repshift: error: {EXAMPLE}/maps/Smooth.npy is cut or damaged: its header")
    assert not (example / "plan.json").exists()


def test_the_commands_of_the_readme_lead_to_the_figure(example):
    (block,) = [one for one in re.findall(r"```bash\n(.*?)```", README, flags=re.DOTALL) if "repshift new" in one]
    make, new, check, run_it = block.replace("\\\n", " ").splitlines()
    assert shlex.split(make) == ["python", f"{EXAMPLE}/make.py"]  # as the fixture did
    for line in (new, check):
        words = [sys.executable, "-m", *shlex.split(line)]
        said = subprocess.run(words, cwd=example, env={"PYTHONPATH": "src"}, capture_output=True, text=True, check=True)
        assert line == check or said.stdout.splitlines() == [check, run_it]
    assert shlex.split(run_it)[:3] == ["snakemake", "--cores", "2"]
    run(example, "results/figures/figure1.png", *shlex.split(run_it)[3:])
    with xr.open_dataset(example / "results/cka/residual/out.nc") as found:
        assert found.attrs["test_suite"] == "out"


def written(path, change):
    """Write the example's configuration, changed, and return the request to plan all of it."""
    configuration = yaml.safe_load((ROOT / EXAMPLE / "config.yaml").read_text())
    change(configuration)
    path.write_text(yaml.safe_dump(configuration, sort_keys=False))
    return {"configuration": str(path), "forceall": True}


def without_outputs(configuration):
    del configuration["models"]["residual"]["network"]["outputs"]
    del configuration["figures"]["predictions"]


def test_what_has_no_outputs_or_labels_is_compared_and_not_scored(example, tmp_path):
    unnamed = written(tmp_path / "unnamed.yaml", without_outputs)
    unlabelled = written(tmp_path / "unlabelled.yaml", drop("suites", "Clumpy", "labels"))
    for plan, counts in zip(plans(example, unnamed, unlabelled), ((4, 0, 0), (4, 2, 1)), strict=True):
        words = [part[0] for job in plan for part in job.commands if part]
        assert (words.count("cka"), words.count("predictions"), words.count("scores")) == counts
        assert running(plan)["figure1"] == 1


def test_the_cache_may_be_left_out_of_the_default(example, tmp_path):
    (request,) = configure(tmp_path, put("activations", "cache", value=False))[1:]
    (plan,) = plans(example, {"configuration": request})
    words = [part[0] for job in plan for part in job.commands if part]
    assert (words.count("grams"), words.count("activations")) == (10, 0)
