"""What a notebook gets of a stress in one call is what the stage writes for the same maps."""

import numpy as np
import pandas as pd
import pytest

import repshift
from case_inputs import on_case
from own_network import HOME, make_world, take
from repshift.stages.stress import curves
from repshift.storage.datasets import open_dataset
from repshift.storage.models import read_model

AXES = {"noise": [0, 0.1, 1], "masked_pixels": [0, 0.2], "beam": [0, 2]}
OF_CLASSES = {"task": "classification", "classes": ("0", "1"), "outputs": ["kind"]}


def stressed(world, taken):
    """Return the file of the stage, of every map."""
    output = world["folder"] / "stress.nc"
    how = {"maps_each": 2, "seed": 3, "resamples": 100, "halves": 4, "batch_size": 7, "device": "cpu", "threads": 1}
    entries = [{"name": name, "axis": name, "strengths": strengths} for name, strengths in AXES.items()]
    on_case(curves.run)(domain=HOME, axes=entries, output=output, **how, **taken, **world["home"])
    with open_dataset(output) as found:
        return found.load()


def in_a_notebook(world, taken, labels):
    network, _ = read_model(taken["weights"], own=taken["own"])
    maps = np.load(world["home"]["maps"])
    given = {"simulations": np.repeat(np.arange(12), 2), "n_resamples": 100, "n_halves": 4, "seed": 3}
    return repshift.stress(network, maps, labels, axes=AXES, **given)


def require_alike(found, stage):
    """Compare every variable that a notebook has with that of the stage."""
    for name in found.variables:
        values = found[name].to_numpy()
        if values.dtype.kind == "f" and name in stage:
            assert values == pytest.approx(stage[name].to_numpy(), rel=1e-4, abs=1e-5, nan_ok=True), name
    alike = {"axis", "strength", "layer", "score", "branch_axis", "branch_direction"}
    assert all((found[name].to_numpy() == stage[name].to_numpy()).all() for name in alike)
    assert set(stage.data_vars) - set(found.data_vars) == {"example"}


def test_a_stress_is_that_of_the_stage(code, tmp_path):
    world = make_world(code, tmp_path)
    taken = take(world, moments=[0.0, 1.0])
    labels = pd.read_csv(world["home"]["parameters"], skipinitialspace=True)
    require_alike(in_a_notebook(world, taken, labels.loc[labels.index.repeat(2)]), stressed(world, taken))


def test_a_stress_of_classes_is_that_of_the_stage(code, tmp_path):
    world = make_world(code, tmp_path)
    kinds = np.arange(12) % 2
    rows = [f"{number},{kind}" for number, kind in enumerate(kinds)]
    world["home"]["parameters"].write_text("\n".join(["amplitude,kind", *rows]) + "\n")
    taken = take(world, moments=[0.0, 1.0], arguments={"width": 3, "answers": 2}, **OF_CLASSES)
    require_alike(in_a_notebook(world, taken, np.repeat(kinds, 2)), stressed(world, taken))
