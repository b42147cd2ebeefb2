"""What a notebook gets in one call is what the stages write for the same maps."""

import numpy as np
import pytest

import repshift
from case_inputs import on_case
from repshift.stages import activations, cka, intervals, permutation_tests, scores
from repshift.stages.grams import multiply
from repshift.storage.datasets import open_dataset, write_dataset
from repshift.storage.models import read_model
from repshift.storage.simulations import open_simulations
from repshift.vocabulary import PARAMETERS
from trials import AWAY, COMPARED, HOME, World

MEAN = "off_diagonal_mean"
RANGES = np.array([[one.minimum, one.maximum] for one in PARAMETERS.values()]).T


@pytest.fixture(scope="module")
def world(write_simulations_once, tmp_path_factory):
    return World(write_simulations_once, tmp_path_factory.mktemp("world"))


def opened(path):
    with open_dataset(path) as dataset:
        return dataset.load()


def recorded(world, folder, **changes):
    """Return the Gram file of the case out of distribution, of chosen maps."""
    paths, how = {}, {**COMPARED, "passes": 1, "dropout": "off", "precision": "float32"} | changes
    for domain in (HOME, AWAY):
        paths[domain] = folder / f"activations_{domain.name}.nc"
        on_case(activations.run)(**world.named(1, domain), **how, output=paths[domain])
    grams = folder / "grams.nc"
    multiply.run(activations=paths[AWAY], reference=paths[HOME], device="cpu", threads=1, output=grams)
    return grams


def compared(world, grams, **changes):
    """Compare the maps of a Gram file in one call, with labels as the network scales them."""
    network, description = read_model(world.folder / "model_1.pt")
    stored, given = opened(grams), {}
    for side, domain in (("in", HOME), ("out", AWAY)):
        files, of_domain = world.files[domain.name], stored.isel(map=stored["domain"].to_numpy() == domain.name)
        simulations = open_simulations(files.maps, files.parameters, files.measured)
        positions = of_domain["position"].to_numpy().astype(np.int64)
        given[f"maps_{side}"] = simulations.standardised(positions, description.moments)
        given[f"simulations_{side}"] = of_domain["simulation"].to_numpy()
        truth = simulations.parameters[given[f"simulations_{side}"]]
        given[f"labels_{side}"] = (truth - RANGES[0]) / (RANGES[1] - RANGES[0])
    return repshift.compare(network, **given, **{"n_permutations": 99, "n_resamples": 100, "seed": 1} | changes)


def case_files(found, grams):
    """Write the Gram matrices of a comparison as the files of the two cases, its suites called so; return the paths."""
    stored, order = opened(grams), np.argsort(found["map_domain"].to_numpy() == "in", kind="stable")
    stored["gram"].values[:] = found["gram"].to_numpy()[:, order][:, :, order]
    paths = [grams.with_name(f"same_{name}.nc") for name in ("in", "out")]
    suites = np.where(stored["domain"].to_numpy() == "home", "in", "out").astype(object)
    stored = stored.assign_coords(suite=("map", suites, stored["suite"].attrs))
    write_dataset(stored, paths[1])
    own = np.flatnonzero(stored["domain"].to_numpy() == "home")
    own_case = {"domain": "home", "test_suite": "MockTNG", "in_distribution": "true"}
    own_case["maps_sha256"] = stored.attrs["reference_maps_sha256"]
    write_dataset(stored.isel(map=own, map_other=own).assign_attrs(own_case), paths[0])
    return paths


@pytest.mark.parametrize("choice", [{}, {"n_maps": 24, "maps_each": 2}], ids=["single maps", "two of each"])
@pytest.mark.parametrize("estimator", ["debiased", "biased"])
def test_the_numbers_are_those_of_the_stages(choice, estimator, world, tmp_path):
    grams, measure = recorded(world, tmp_path, **choice), f"cka_{estimator}"
    found, output = compared(world, grams, estimator=estimator), tmp_path / "output.nc"
    paths = case_files(found, grams)
    for name, path in zip(("in", "out"), paths, strict=True):
        cka.run(grams=path, batch_size=6, seed=1, output=output)
        matrices = opened(output)
        assert (found["cka"].sel(domain=name).to_numpy() == matrices[measure].to_numpy()).all()
        assert found[MEAN].sel(domain=name) == matrices[MEAN].sel(measure=measure)
        intervals.run(grams=path, resamples=100, seed=1, batch_size=6, batch_seed=1, output=output)
        ends = opened(output).sel(measure=measure)
        for end in ("low", "high"):
            assert found[f"{MEAN}_{end}"].sel(domain=name) == ends[f"{MEAN}_{end}"]
    for name in (f"{MEAN}_change", f"{MEAN}_change_low", f"{MEAN}_change_high"):
        assert found[name] == ends[name]
    if estimator == "biased":
        assert found[f"{MEAN}_change_p_value"] == ends[f"{MEAN}_change_p_value"]
        return
    permutation_tests.run(grams=paths[1], permutations=99, seed=1, output=output)
    assert found[f"{MEAN}_change_p_value"] == opened(output)["studentised_p_value"].sel(number=MEAN)


def test_the_distances_are_those_of_the_stage(world, tmp_path):
    grams = recorded(world, tmp_path)
    found = compared(world, grams)
    own, pooled = case_files(found, grams)
    stage = world.predict(grams=pooled, own_grams=own, components=10, folds=5)["layer_value"]
    assert found["measure"].to_numpy().tolist() == stage["discrepancy"].to_numpy().tolist()
    assert (found["distance"].to_numpy() == stage.to_numpy()).all()


def test_the_same_maps_make_the_same_grams_and_scores(world, tmp_path):
    grams, output = recorded(world, tmp_path), tmp_path / "scores.nc"
    found, stored = compared(world, grams), opened(grams)
    order = np.argsort(found["map_domain"].to_numpy() == "in", kind="stable")
    gram = found["gram"].to_numpy()[:, order][:, :, order]
    scale = np.abs(stored["gram"].to_numpy()).max((1, 2), keepdims=True)
    assert gram / scale == pytest.approx(stored["gram"].to_numpy() / scale, abs=1e-5)
    scores.run(predictions=world.path("predictions", AWAY), grams=grams, resamples=100, seed=1, output=output)
    stage = opened(output).sel(maps="cka")
    for name in ("r2", "chi2"):  # whatever the unit
        for end in ("", "_low", "_high"):
            ours = found[f"score{end}"].sel(score_name=name, domain="out").to_numpy()
            assert ours == pytest.approx(stage[f"{name}{end}"].to_numpy(), rel=1e-3)
