"""A classifier from its labels to tables and figures, and what is refused of it."""

import json
import re

import numpy as np
import pandas as pd
import pytest
import xarray as xr

from case_inputs import on_case
from own_network import AWAY, HOME, compare, make_world, multiply, predict, take
from repshift import InputError
from repshift.networks.classes import Classes
from repshift.stages import example_maps, scores, shift_scores, shift_steps, symmetries
from repshift.stages.figures import figure1, figure2
from repshift.stages.figures import predictions as predictions_figure
from repshift.stages.report import results
from repshift.stages.summary import stack, tables
from repshift.statistics.class_scores import CLASS_SCORES, class_scores
from repshift.storage.datasets import write_dataset
from repshift.storage.models import read_model
from repshift.vocabulary import CASE, Domain

KINDS = ("faint", "bright", "2")
OF_CLASSES = {"task": "classification", "classes": KINDS, "outputs": ["kind"], "arguments": {"width": 3, "answers": 3}}
AWAY_OWN = Domain("away-own", "Clumpy", "test", "all", "own")


@pytest.fixture
def world(code, tmp_path):
    return labelled_world(code, tmp_path)


def labelled_world(code, folder):
    world = make_world(code, folder)
    for name in ("home", "away"):
        label(world, name, np.arange(12) % 3)
    world["away-own"] = world["away"]
    return world


def label(world, domain, places, *, names=("faint", "bright", "2.0")):
    """Write the labels of a domain: numbers, words, and a class that is a number."""
    lines = [f"{number / 12},{names[place]}" for number, place in enumerate(places)]
    world[domain]["parameters"].write_text("\n".join(["amplitude,kind", *lines]) + "\n")


def sort(world, name="Small", **changes):
    return take(world, name, **OF_CLASSES | changes)


def read(path):
    with xr.open_dataset(path) as opened:
        return opened.load()


def test_probabilities_and_the_names_of_classes_are_written(world):
    found = read(predict(world, sort(world)))
    assert found["probability"].dims == ("map", "class")
    assert found["class"].values.tolist() == list(KINDS)
    assert found["truth"].values.tolist() == [kind for kind in KINDS * 4 for _ in range(2)]
    assert found["probability"].sum("class").values == pytest.approx(1)
    assert found.attrs["parameter"] == "kind"
    assert {"map", "simulation", "suite"} <= set(found.coords)


@pytest.mark.parametrize("name", ["Small", "Lone"])
def test_one_logit_is_that_of_the_second_class(world, name):
    two = {"classes": ["0", "2"], "arguments": {"width": 3, "answers": 1}}
    for domain in ("home", "away"):
        label(world, domain, np.arange(12) % 2, names=("0", "2"))
    found = read(predict(world, sort(world, name, **two)))
    assert found["probability"].shape == (24, 2)


def test_probabilities_are_taken_as_they_are(world):
    logits = read(predict(world, sort(world)))["probability"].values
    taken = sort(world, "Sure", output_scale="probabilities")
    assert read(predict(world, taken))["probability"].values == pytest.approx(logits, abs=1e-6)


def test_probabilities_of_bfloat16_are_probabilities(world):
    found = read(predict(world, sort(world, "Coarse", output_scale="probabilities")))
    assert found["probability"].sum("class").values == pytest.approx(1, abs=1e-12)


def test_a_description_keeps_the_classes_of_a_classifier_alone(world):
    taken = sort(world)
    assert read_model(taken["weights"], own=taken["own"])[1].classes == Classes(KINDS)
    assert "classes" not in json.loads(take(world)["weights"].with_suffix(".json").read_text())


@pytest.mark.parametrize(
    ("name", "changes", "message"),
    [
        (
            "Small",
            {"arguments": {"width": 3, "answers": 4}},
            r"shape \(3, 4\) fit no 3 classes, faint, bright, 2. Expec",
        ),
        ("Small", {"arguments": {"width": 3, "answers": 1}}, r"shape \(3, 1\) fit no 3 classes"),
        ("Lone", {}, r"shape \(3,\) fit no 3 classes"),
        (
            "Small",
            {"output_scale": "probabilities"},
            "What is said to be probabilities is not, at 3 of 3 maps: those of map 0",
        ),
        ("Small", {"outputs": ["kind", "amplitude"]}, "The task is classification, .* One head cannot have both tasks"),
        (
            "Small",
            {"task": "regression"},
            "The task is regression, with the outputs kind and .* cannot have both tasks",
        ),
        ("Small", {"classes": []}, "The classes are none. Expected two or more"),
    ],
)
def test_a_classifier_that_is_not_what_is_said_is_refused(world, name, changes, message):
    with pytest.raises(InputError, match=message):
        sort(world, name, **changes)


def test_logits_are_found_out_at_the_first_map_of_the_split(world):
    """Maps of zeros, as of the trial run, may pass."""
    taken = sort(world, "Biased", output_scale="probabilities")
    with pytest.raises(InputError, match=r"Model 'Biased' on domain 'home': .* those of map \d+ are .* and sum to"):
        predict(world, taken)


@pytest.mark.parametrize(
    ("domain", "places", "names", "message"),
    [
        (HOME, np.zeros(12, int), KINDS, "'home': Every simulation of split 'all' is of the class 'faint' of kind."),
        (AWAY, np.ones(12, int), KINDS, "'away': Every simulation of split 'all' is of the class 'bright' of kind."),
        (
            HOME,
            np.arange(12) % 2,
            KINDS,
            "'home': No label of .*home.csv is of the class 2 of kind. Expected labels of",
        ),
        (AWAY, np.arange(12) % 3, ("faint", "bright", "lens"), "away.csv holds 'lens' in row 2 of column 'kind'"),
    ],
)
def test_labels_that_are_not_those_of_the_classes_are_refused(world, domain, places, names, message):
    taken = sort(world)
    label(world, domain.name, places, names=names)
    with pytest.raises(InputError, match=message):
        predict(world, taken, domain)


def test_a_class_may_be_missing_out_of_distribution(world, caplog):
    taken = sort(world)
    label(world, "away", np.arange(12) % 2)
    assert set(read(predict(world, taken, AWAY))["truth"].values) == {"faint", "bright"}
    assert "no map is of the class 2, which means over classes leave out" in caplog.text


@pytest.mark.parametrize(
    ("changes", "files", "message"),
    [
        ({"outputs": ["age"]}, {}, "home.csv has no column 'age', which holds the classes. It has amplitude, kind"),
        ({}, {"parameters": None}, "has the output kind, but kind is no label. There are no labels"),
        ({"outputs": []}, {}, "infers nothing that can be scored"),
    ],
)
def test_classes_without_a_label_are_refused(world, changes, files, message):
    with pytest.raises(InputError, match=message):
        predict(world, sort(world, **changes), **files)


@pytest.fixture(scope="module")
def cases(code, tmp_path_factory):
    """A classifier shown three domains: Gram matrices, predictions, CKA, scores; no test changes them."""
    world = labelled_world(code, tmp_path_factory.mktemp("cases"))
    taken = sort(world)
    found = {"taken": taken, "grams": [], "predictions": [], "scores": [], "cka": []}
    for domain in (HOME, AWAY, AWAY_OWN):
        found["grams"].append(multiply(world, taken, cache=False, domain=domain, n_maps=12))
        found["predictions"].append(predict(world, taken, domain))
        found["scores"].append(world["folder"] / f"scores_{domain.name}.nc")
        found["cka"].append(compare(found["grams"][-1]))
        how = {"resamples": 200, "seed": 1, "output": found["scores"][-1]}
        scores.run(predictions=found["predictions"][-1], grams=found["grams"][-1], **how)
    return found


def scattered(world, taken, domain):
    output = world["folder"] / f"symmetries_{domain.name}.nc"
    how = {"n_maps": 12, "seed": 1, "shifts": 1, "shifts_seed": 1, "batch_size": 8, "device": "cpu", "threads": 1}
    on_case(symmetries.run)(domain=domain, **taken, **world[domain.name], **how, output=output)
    return output


def shift_scored(world, cases, *, trial=None, halves=0):
    """Return the file of shift scores of the second case, beside a trial of that case where one is given."""
    output, given = world["folder"] / "shift_scores.nc", {"grams": cases["grams"][1], "own_grams": cases["grams"][0]}
    for side, number, domain in (("", 1, AWAY), ("own_", 0, HOME)):
        given |= {f"{side}{name}": world[domain.name][name] for name in ("maps", "measured")}
        given |= {f"{side}predictions": cases["predictions"][number]}
        given |= {f"{side}symmetries": scattered(world, cases["taken"], domain)}
        given |= {f"{side}trials": [trial if number else cases["predictions"][0]]} if trial else {}
    how = {"paired": False, "shift": "suite", "condition": "Clumpy", "components": 3, "folds": 3, "seed": 1}
    shift_scores.run(**given, **how, halves=halves, output=output)
    return output


def test_a_classifier_goes_through_the_stages(world, cases):
    folder = world["folder"]
    steps = folder / "steps.nc"
    files = {name: cases[name] for name in ("grams", "predictions", "scores")}
    shift_steps.run(**files, output=steps)
    shifted = shift_scored(world, cases, trial=cases["predictions"][1])
    outputs = [folder / f"{name}.csv" for name in ("scores", "failures", "shift_steps", "similarity")]
    summary = folder / "summary.nc"
    stack.run(cka=cases["cka"], scores=cases["scores"], shift_scores=[shifted], shift_steps=[steps], output=summary)
    tables.run(summary=summary, tables=[one.stem for one in outputs], parameters=["kind"], outputs=outputs)
    scored, failed, stepped, _ = map(pd.read_csv, outputs)

    expected = [name for score in CLASS_SCORES for name in (score, f"{score}_low", f"{score}_high")]
    assert [name for name in scored if name in expected] == expected
    assert scored["parameter"].unique().tolist() == ["kind"]
    home = read(cases["predictions"][0])
    places = np.array([KINDS.index(name) for name in home["truth"].values])
    first = scored.set_index(["domain", "maps"]).loc[("home", "split")]
    assert first["log_loss"] == pytest.approx(class_scores(places, home["probability"].values).log_loss)
    assert scored["r2"].isna().all()

    assert list(failed)[: len(CASE) - 1] == list(CASE[:-1])
    losses = scored[scored["maps"] == "split"].set_index("domain")["log_loss"]
    assert failed["log_loss_difference"].tolist() == pytest.approx([losses["away"] - losses["home"]])
    assert "log_rmse_ratio" not in failed
    assert failed["class_disagreement_rise"].tolist() == [0.0]
    assert np.isfinite(failed[["entropy_rise", "confidence_fall", "probability_scatter_rise"]].to_numpy()).all()

    loss = stepped[stepped["parameter"] == "kind"]
    assert loss["quantity"].tolist() == ["log_loss", "accuracy"] * 3
    assert loss["value"].tolist()[::2] == pytest.approx([losses[name] for name in ("home", "away", "away-own")])
    assert loss["value_low"].notna().all()

    draw(world, cases, steps)
    page = folder / "results.rst"
    pages = {"output": page, "output_details": folder / "details.html"}
    results.run(similarity=outputs[3], scores=outputs[0], networks=[["Small", "home", "away"]], **pages)
    assert re.search(r"the accuracy \*\*[a-z ]+\*\*: kind 0\.", page.read_text())


def draw(world, cases, steps):
    """Draw every figure of the cases, and look that there is something on it."""
    shown = [world["folder"] / f"example_{number}.nc" for number in range(3)]
    for domain, case, output in zip((HOME, AWAY, AWAY_OWN), cases["predictions"], shown, strict=True):
        files = {name: world[domain.name][name] for name in ("maps", "measured")}
        example_maps.run(case=case, **files, output=output)
        chosen, answers = read(output), read(case)
        of_truth = answers["probability"].values[np.arange(24), [KINDS.index(one) for one in answers["truth"].values]]
        assert (chosen.attrs["chosen"], chosen["map"].item()) == ("surest", answers["map"].values[of_truth.argmax()])
    outputs = [world["folder"] / f"{name}.png" for name in ("figure1", "figure2", "predictions")]
    how = {"models": ["Small"], "estimator": "debiased", "example_maps": shown, "boxes": [0.0] * 3}
    figure1.run(cka=cases["cka"], scores=cases["scores"], **how, outputs=outputs[:1])
    figure2.run(shift_steps=[steps], cka=cases["cka"], models=["Small"], parameters=["kind"], outputs=outputs[1:2])
    how = {"scores": cases["scores"], "parameters": ["kind"], "outputs": outputs[2:]}
    predictions_figure.run(predictions=cases["predictions"], **how)
    assert all(output.stat().st_size > 10_000 for output in outputs)


def test_a_trial_of_other_classes_is_refused(world, cases):
    other = read(cases["predictions"][1]).isel({"class": [1, 0, 2]})
    write_dataset(other, world["folder"] / "other.nc")
    with pytest.raises(
        InputError, match="other.nc is of bright, faint, 2; the predictions that it stands beside are of fai"
    ):
        shift_scored(world, cases, trial=world["folder"] / "other.nc")


def test_a_classifier_needs_no_labels_but_to_be_scored(world, cases):
    """Labels of one class alone are refused; without any, there are probabilities, their halves, and no failure."""
    unlabelled = predict(world, cases["taken"], AWAY, parameters=None, without_truth=True)
    assert "truth" not in read(unlabelled)
    shown = cases | {"predictions": [cases["predictions"][0], unlabelled]}
    found = read(shift_scored(world, shown, halves=2))
    assert found["answer"].values.tolist() == ["entropy_rise", "confidence_fall", "probability_scatter_rise"]
    assert np.isfinite(found["halves_parameter_value"]).all()
    assert found["halves_parameter_value"].dims == ("halves", "answer", "parameter")
    assert "log_loss_difference" not in found
    with pytest.raises(InputError, match="holds no truth: the maps of domain 'away' have no labels to be scored by"):
        scores.run(predictions=unlabelled, grams=cases["grams"][1], output=world["folder"] / "scores.nc")


def test_failures_are_of_one_kind(world, cases):
    summary, both = world["folder"] / "summary.nc", world["folder"] / "both.nc"
    stack.run(cka=cases["cka"][1:2], shift_scores=[shift_scored(world, cases)], output=summary)
    found = read(summary)
    response = found["failure_log_loss_difference"]
    write_dataset(found.assign(failure_log_rmse_ratio=response), both)
    with pytest.raises(
        InputError, match="log_rmse_ratio and log_loss_difference are no one response. Give the failure"
    ):
        tables.run(summary=both, tables=["failures"], parameters=["kind"], outputs=[world["folder"] / "failures.csv"])


def test_one_figure_is_of_parameters_or_of_classes(world):
    sorted_maps = predict(world, sort(world)).rename(world["folder"] / "classes.nc")
    inferred = predict(world, take(world, outputs=["amplitude"], arguments={"width": 3, "answers": 1}))
    with pytest.raises(InputError, match="of parameters and of classes were given. One figure draws one of the two"):
        predictions_figure.run(predictions=[sorted_maps, inferred], scores=[], parameters=["kind"], outputs=[])
