"""The stage repair on networks of one's own, on classifiers and on several channels."""

from dataclasses import replace

import numpy as np
import pytest

from own_network import AWAY, HOME, make_world, take
from repair_run import SETTINGS, TRAINING, domain_files, read
from repshift import InputError
from repshift.case.domain_maps import KnownLabels
from repshift.case.repair.perturbations import Perturbations
from repshift.case.repair.settings import LadderFiles
from repshift.stages.models.initialise import run as initialise
from repshift.stages.repair import join, ladder, train
from test_stages_channels import AWAY as TWO_AWAY
from test_stages_channels import HOME as TWO_HOME
from test_stages_channels import in_two_fields

HERE = {"device": "cpu", "threads": 1}
HOW = replace(SETTINGS, tuned_maps_each=2)
KINDS = ("faint", "bright")


def asked(world, taken, *, settings=HOW, domains=(AWAY, HOME)):
    """Return what the actions ladder and train are asked of a model that was taken."""
    target, home = (domain_files(domain, world[domain.name]) for domain in domains)
    files = LadderFiles(taken["model"], taken["weights"], target, home, own=taken.get("own"))
    return {"files": files, "settings": settings, "labels": KnownLabels(world["away"]["parameters"]), **HERE}


def run(world, taken, *, rungs=(), **changes):
    """Run the action ladder."""
    output = world["folder"] / "ladder.nc"
    ladder.run(**asked(world, taken, **changes), rungs=rungs, output=output)
    return read(output)


def run_part(world, taken, rung, split, *, control=None):
    """Run the action train on one split."""
    output = world["folder"] / f"{rung}_{split}.nc"
    training = replace(TRAINING, rung=rung, candidates=(), splits=(split,))
    beside = {"control": control, "perturbations": Perturbations()}
    train.run(**asked(world, taken), training=training, output=output, **beside)
    return output


def run_parts(world, taken, rung, *, control=None):
    """Run the action train on both splits, and join the parts."""
    parts = [run_part(world, taken, rung, split, control=control) for split in (0, 1)]
    join.run(parts=parts, control=control, output=world["folder"] / f"{rung}.nc")
    return world["folder"] / f"{rung}.nc"


@pytest.fixture
def world(code, tmp_path):
    return make_world(code, tmp_path)


@pytest.fixture
def classified(world):
    for name in ("home", "away"):
        lines = [f"{number},{KINDS[number % 2]}" for number in range(12)]
        world[name]["parameters"].write_text("\n".join(["number,kind", *lines]) + "\n")
    return world


def sort(world, name="Small", answers=2, **changes):
    how = {
        "task": "classification",
        "classes": KINDS,
        "outputs": ["kind"],
        "arguments": {"width": 3, "answers": answers},
    }
    return take(world, name, **how | changes)


def test_without_batch_norm_its_rungs_are_left_out(world):
    found = run(world, take(world))
    rungs = set(found["entry_rung"].values.tolist())
    assert {"pixel_moments", "recalibration"} <= rungs
    assert not {"batch_norm", "batch_norm_mixed"} & rungs
    assert found["parameter"].values.tolist() == ["amplitude", "slope"]


def test_batch_norm_asked_of_a_network_without_any_is_refused(world):
    with pytest.raises(
        InputError, match=r"needs batch norms, and the network has none .* What remains possible: pixel"
    ):
        run(world, take(world), rungs=["batch_norm"])


def test_a_layer_that_does_not_exist_is_refused(world):
    with pytest.raises(InputError, match=r"fourth"):
        run(world, take(world), settings=replace(HOW, layer="fourth"), rungs=["feature_moments"])


def test_statistics_of_one_map_are_refused(world):
    settings = replace(HOW, simulations=(1,), tuned_maps_each=1)
    with pytest.raises(InputError, match=r"1 map has no statistics"):
        run(world, take(world), settings=settings, rungs=["pixel_moments"])


@pytest.mark.parametrize(("name", "answers"), [("Small", 2), ("Small", 1), ("Lone", 1)])
def test_classes_are_scored_by_accuracy(classified, name, answers):
    found = run(classified, sort(classified, name, answers), rungs=["pixel_moments", "recalibration"])
    assert found.attrs["score"] == "accuracy"
    assert found["parameter"].values.tolist() == ["kind"]
    assert found["class"].values.tolist() == list(KINDS)
    judged = found["judged_target"][0].values == 1
    right = found["class"].values[found["target_probability"][0].values[judged].argmax(1)]
    assert found["score"].values[0, 0, 0] >= 0
    first = [place for place, split in enumerate(found["run_split"].values[:2]) if split == 0]
    accuracy = (right == found["class_target"].values[judged]).mean()
    assert first == [0]
    other = found["judged_target"][1].values == 1
    named = found["class"].values[found["target_probability"][1].values[other].argmax(1)]
    expected = (accuracy + (named == found["class_target"].values[other]).mean()) / 2
    assert found["score"].values[0, 0, 0] == pytest.approx(expected)


def test_label_free_numbers_of_classes_are_of_probabilities(classified):
    found = run(classified, sort(classified), rungs=["pixel_moments"])
    names = found["label_free_name"].values.tolist()
    assert {"entropy_rise", "confidence_fall"} <= set(names)
    assert "sigma_ratio" not in names


def test_trained_rungs_of_classes_are_joined(classified):
    taken = sort(classified)
    run(classified, taken, rungs=["recalibration"])
    control = run_parts(classified, taken, "source_training")
    found = read(run_parts(classified, taken, "fine_tuning", control=control))
    assert found["parameter"].values.tolist() == ["kind"]
    assert found["entry_rung"].values.tolist() == ["none", "fine_tuning", "fine_tuning"]
    gained = found["score"].values[1:] - read(control)["score"].values[1]
    assert found["gain_over_control"].values[1:] == pytest.approx(gained)


def test_several_channels_are_repaired(write_simulations, tmp_path):
    world = {name: in_two_fields(write_simulations, name, factor) for name, factor in (("home", 1.0), ("away", 3.0))}
    how = {"hidden": 1, "dropout": 0.0, "seed": 1, "split": "all", "batch_size": 32, "threads": 1}
    weights = tmp_path / "both.pt"
    initialise(**world["home"], suite="MockTNG", field="T+Mtot", output=weights, **how)
    taken = {"model": "both", "weights": weights}
    found = run({**world, "folder": tmp_path}, taken, domains=(TWO_AWAY, TWO_HOME))
    assert found.attrs["field"] == "T+Mtot"
    assert np.isfinite(found["score"]).all()
