"""A network of one's own to the end: predictions, summary, figures."""

import numpy as np
import pytest
import xarray as xr

from own_network import OUTPUTS, compare, make_world, multiply, predict, take
from repshift import InputError
from repshift.stages import example_maps as examples
from repshift.stages import scores
from repshift.stages.figures import figure1
from repshift.stages.figures import predictions as predictions_figure
from repshift.stages.summary import stack, tables


@pytest.fixture
def world(code, tmp_path):
    return make_world(code, tmp_path)


def test_means_come_first_and_standard_deviations_after_them(world):
    with xr.open_dataset(predict(world, take(world))) as found:
        assert found["mean"].dims == ("map", "parameter")
        assert list(found["parameter"].values) == ["amplitude", "slope"]
        labels = np.loadtxt(world["home"]["parameters"], delimiter=",", skiprows=1)
        assert found["truth"].values == pytest.approx(np.repeat(labels, 2, axis=0))


def test_outputs_are_matched_with_labels_by_name(world):
    with xr.open_dataset(predict(world, take(world, outputs=["slope", "amplitude"]))) as found:
        labels = np.loadtxt(world["home"]["parameters"], delimiter=",", skiprows=1)
        assert found["truth"].values[::2] == pytest.approx(labels[:, ::-1])


@pytest.mark.parametrize(("moments", "read"), [(None, "all"), ([0.5, 2.0], "none")])
def test_what_is_written_says_how_the_maps_were_prepared(world, moments, read):
    taken = take(world, moments=moments)
    with (
        xr.open_dataset(predict(world, taken)) as predicted,
        xr.open_dataset(multiply(world, taken, cache=False)) as gram,
    ):
        for found in (predicted, gram):
            assert (found.attrs["logarithm"], found.attrs["moments_maps"]) == ("left out", read)
            assert moments is None or [found.attrs[f"moments_{name}"] for name in ("mean", "std")] == moments


@pytest.mark.parametrize(
    ("outputs", "parameters", "message"),
    [
        (
            ["amplitude", "age"],
            {},
            "has the outputs amplitude, age, but age is no label. The labels are amplitude, slope",
        ),
        (OUTPUTS, {"parameters": None}, "amplitude, slope is no label. There are no labels"),
        ([], {}, "infers nothing that can be scored"),
    ],
)
def test_outputs_that_name_no_label_are_refused(world, outputs, parameters, message):
    with pytest.raises(InputError, match=message):
        predict(world, take(world, outputs=outputs), **parameters)


def score(world, predicted, multiplied):
    output = world["folder"] / "scores.nc"
    scores.run(predictions=predicted, grams=multiplied, output=output)
    return output


def sum_up(world, compared, scored):
    summary, output = world["folder"] / "summary.nc", world["folder"] / "scores.csv"
    stack.run(cka=compared, scores=scored, output=summary)
    tables.run(summary=summary, tables=["scores"], outputs=[output])
    return {"summary.nc": summary, "scores.csv": output}


def test_a_case_without_predictions_has_similarity_alone(world):
    scored, silent = take(world, arguments={"width": 3, "answers": 2}), take(world, "Talkative", outputs=[])
    multiplied = [multiply(world, taken, cache=False) for taken in (scored, silent)]
    compared, predicted = [compare(path) for path in multiplied], [predict(world, scored)]
    of_case = [score(world, predicted[0], multiplied[0])]
    outputs = sum_up(world, compared, of_case)
    lines = outputs["scores.csv"].read_text().splitlines()
    assert len(lines) == 1 + 2 * 2
    assert not [line for line in lines if line.startswith("Talkative")]
    with xr.open_dataset(outputs["summary.nc"]) as found:
        assert found["n_maps"].values.tolist() == [[24, 8], [0, 0]]
        assert np.isnan(found["r2"].values[1]).all()
        assert np.isfinite(found["off_diagonal_mean"].values).all()
    figure, files = world["folder"] / "figure.png", {name: world["home"][name] for name in ("maps", "measured")}
    shown = [world["folder"] / f"example_{name}.nc" for name in ("scored", "silent")]
    for case, output in zip((predicted[0], compared[1]), shown, strict=True):
        examples.run(case=case, **files, output=output)
    figure1.run(
        cka=compared,
        scores=of_case,
        models=["Small", "Talkative"],
        estimator="debiased",
        example_maps=shown,
        boxes=[0.0, 10.0],
        outputs=[figure],
    )
    how = {"scores": of_case, "parameters": OUTPUTS, "outputs": [figure.with_name("predicted.png")]}
    predictions_figure.run(predictions=predicted, **how)
    assert figure.stat().st_size > 10_000


def test_a_summary_may_hold_no_predictions_at_all(world):
    outputs = sum_up(world, [compare(multiply(world, take(world), cache=False))], [])
    assert outputs["scores.csv"].read_text().startswith("model,field,")
    assert outputs["scores.csv"].read_text().count("\n") == 1
    with xr.open_dataset(outputs["summary.nc"]) as found:
        assert found.sizes["parameter"] == 0
