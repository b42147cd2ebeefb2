"""The stages one after the other on small files: what each writes, and what each refuses."""

import os
import subprocess
import sys
import time
from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd
import psutil
import pytest
import torch
import xarray as xr

import repshift
from repshift import InputError
from repshift.__main__ import main
from repshift.case.layers import called_layers
from repshift.networks.cmd import CMDNetwork
from repshift.networks.preprocessing import Preprocessing, scale_parameters
from repshift.similarity.between import between_cka_matrix
from repshift.similarity.cka import cka_matrix
from repshift.similarity.measures import MEASURES
from repshift.similarity.measures.svcca import kept_directions
from repshift.simulation.seeds import entropy_of
from repshift.stages import activations, cka, predictions, scores
from repshift.stages import example_maps as examples
from repshift.stages.figures import comparisons as comparisons_figure
from repshift.stages.figures import figure1
from repshift.stages.figures import measures as measures_figure
from repshift.stages.figures import predictions as predictions_figure
from repshift.stages.grams import multiply as grams
from repshift.stages.maps import measure as measure_action
from repshift.stages.maps import simulate as simulate_action
from repshift.stages.models import choose as choose_action
from repshift.stages.models import initialise as initialise_action
from repshift.stages.summary import stack, tables
from repshift.stages.training import publish, train
from repshift.statistics.blocks import BLOCK_NUMBERS
from repshift.storage.datasets import layer_of, variable_of, write_dataset
from repshift.storage.files import sha256
from repshift.storage.maps import open_maps, open_simulations
from repshift.storage.measurement import read_measured
from repshift.storage.models import read_model, write_model
from repshift.vocabulary import Domain

HOME = Domain("home", "MockTNG", "LHT", "all")
AWAY = Domain("away", "MockSIMBA", "LHT", "all")
ENVIRONMENT = {**os.environ, "PYTHONPATH": str(Path(repshift.__file__).parents[1])}
ROLES = {"n_maps": 8, "seed": 1, "batch_size": 3, "device": "cpu", "threads": 1}


def initialise(files, path, *, dropout=0.0, seed=1, **changes):
    initialise_action.run(
        maps=files.maps,
        parameters=files.parameters,
        measured=files.measured,
        suite="MockTNG",
        field="T",
        hidden=1,
        dropout=dropout,
        seed=seed,
        split="all",
        batch_size=32,
        threads=1,
        output=path,
        **changes,
    )
    return path


def paths_of(files):
    return {"maps": files.maps, "parameters": files.parameters, "measured": files.measured}


@pytest.fixture
def world(write_simulations, tmp_path):
    """Two suites and an untrained model of the first."""
    home, away = write_simulations("MockTNG", seed=1), write_simulations("MockSIMBA", seed=2)
    return {"home": home, "away": away, "weights": initialise(home, tmp_path / "model.pt"), "folder": tmp_path}


def activate(world, domain=HOME, *, name=None, **changes):
    output = world["folder"] / f"activations_{name or domain.name}.nc"
    how = {"passes": 1, "dropout": "off", "precision": "float32"}
    arguments = {**ROLES, **how, "model": "T-MockTNG", "weights": world["weights"]} | changes
    activations.run(domain=domain, output=output, **paths_of(world[domain.name]), **arguments)
    return output


def multiply(world, domain=HOME, **changes):
    """Make the Gram file of a case, with the home domain beside it where it is another."""
    reference = None if domain.suite == "MockTNG" else activate(world, HOME, **changes)
    output = world["folder"] / f"grams_{domain.name}.nc"
    grams.run(
        activations=activate(world, domain, **changes), reference=reference, device="cpu", threads=1, output=output
    )
    return output


def compare(path, **changes):
    output = path.with_name(f"cka_{path.name}")
    cka.run(grams=path, output=output, **{"batch_size": 4, "seed": 1} | changes)
    return output


def predict(world, domain=HOME, **changes):
    output = world["folder"] / f"predictions_{domain.name}.nc"
    arguments = {
        "model": "T-MockTNG",
        "weights": world["weights"],
        "batch_size": 50,
        "device": "cpu",
        "threads": 1,
    } | changes
    predictions.run(domain=domain, output=output, **paths_of(world[domain.name]), **arguments)
    return output


def score(world, domain=HOME, **changes):
    output = world["folder"] / f"scores_{domain.name}.nc"
    scores.run(predictions=predict(world, domain), grams=multiply(world, domain), output=output, **changes)
    return output


def write_tables(world, names, **files):
    """Stack files and write tables of the stack; return the paths of both."""
    summary, outputs = world["folder"] / "summary.nc", [world["folder"] / f"{name}.csv" for name in names]
    stack.run(output=summary, **files)
    tables.run(summary=summary, tables=names, outputs=outputs)
    return [*outputs, summary]


def sum_up(world, **changes):
    """Score and compare both cases; return their tables and the summary."""
    compared = [compare(multiply(world, domain), **changes) for domain in (HOME, AWAY)]
    scored = [score(world, domain) for domain in (HOME, AWAY)]
    return write_tables(world, ["scores", "similarity"], cka=compared, scores=scored)


# maps


def simulate(folder, processes, seed=1, suite="MockTNG", size=16):
    outputs = {name: folder / f"{name}.npy" for name in ("mtot", "t")}
    simulate_action.run(
        suite=suite,
        set="LHT",
        supernova=[0.1, 0, 100, 0.5],
        agn=[2e-3, 0, 100, 0.5],
        simulations=3,
        size=size,
        particles=16,
        box=75.0,
        seed=seed,
        processes=processes,
        output_mtot=outputs["mtot"],
        output_t=outputs["t"],
        output_parameters=folder / "parameters.txt",
    )
    return b"".join(path.read_bytes() for path in (*outputs.values(), folder / "parameters.txt"))


def test_a_suite_is_the_same_bytes_whatever_the_processes(tmp_path):
    assert simulate(tmp_path, 1) == simulate(tmp_path, 2)


def test_seed_and_suite_make_other_maps(tmp_path):
    assert len({simulate(tmp_path, 1), simulate(tmp_path, 1, seed=2), simulate(tmp_path, 1, suite="MockSIMBA")}) == 3


def test_simulating_ends_with_the_process_that_started_it(tmp_path):
    arguments = ["--supernova", "0.1", "0", "100", "0.5", "--agn", "2e-3", "0", "100", "0.5", "--simulations", "500"]
    arguments += ["--suite", "A", "--set", "B", "--size", "64", "--particles", "64", "--box", "75"]
    arguments += ["--seed", "1", "--processes", "2"]
    arguments += [f"--output-{name}={tmp_path / name}" for name in ("mtot", "t", "parameters")]
    process = subprocess.Popen([sys.executable, "-m", "repshift", "maps", "simulate", *arguments], env=ENVIRONMENT)
    while len(children := psutil.Process(process.pid).children()) < 3:
        assert process.poll() is None
        time.sleep(0.1)
    time.sleep(3)
    process.kill()
    process.wait()
    _, alive = psutil.wait_procs(children, timeout=20)
    assert alive == []


def test_no_two_things_drawn_share_a_seed():
    names = [("MockTNG", "LH"), ("MockTNG", "LHT"), ("MockTN", "GLHT"), ("MockSIMBA", "LH")]
    streams = [tuple(entropy_of(1, *pair)) for pair in names]
    pairs = [(one, other) for one in streams for other in streams if one != other]
    assert not [pair for pair in pairs if pair[0] == pair[1][: len(pair[0])]]


def test_a_simulated_suite_has_the_form_of_cmd(tmp_path):
    simulate(tmp_path, 1)
    assert open_maps(tmp_path / "mtot.npy").shape == (45, 16, 16)
    assert np.loadtxt(tmp_path / "parameters.txt").shape == (3, 6)


def test_maps_may_have_more_pixels_than_particles(tmp_path):
    simulate(tmp_path, 1, size=32)
    assert open_maps(tmp_path / "t.npy").shape == (45, 32, 32)


def measure(files, output, **changes):
    measure_action.run(maps=files.maps, output=output, **{"field": "T", "smoothing": 0.0, "monopole": "kept"} | changes)
    return read_measured(output)


def test_measuring_an_unknown_field_is_refused(world):
    with pytest.raises(InputError, match="Unknown field 'Heat'"):
        measure(world["home"], world["folder"] / "a.json", field="Heat")


def test_measuring_says_how_the_maps_were_preprocessed(world):
    plain, smooth = (measure(world["home"], world["folder"] / "a.json", smoothing=width) for width in (0.0, 2.0))
    assert smooth.preprocessing == Preprocessing(2.0, "kept")
    assert smooth.moments.std < 0.9 * plain.moments.std
    assert smooth.sha256 == plain.sha256


def test_measuring_names_a_map_without_a_logarithm(write_simulations):
    def spoil(number, values):
        values[4, 3, 3] = 0 if number == 2 else values[4, 3, 3]
        return values

    with pytest.raises(InputError, match=r"Spoilt.npy: Map 34 of field 'T' holds 0.0"):
        write_simulations("Spoilt", change=spoil)


# models


def test_choosing_keeps_the_weights(world):
    output = world["folder"] / "chosen.pt"
    choose_action.run(weights=world["weights"], suite="MockTNG", field="T", output=output)
    assert output.read_bytes() == world["weights"].read_bytes()


def test_a_model_of_another_field_is_refused(world):
    with pytest.raises(InputError, match="field 'T' of suite 'MockTNG'; the configuration says field 'Mtot'"):
        choose_action.run(weights=world["weights"], suite="MockTNG", field="Mtot", output=world["folder"] / "chosen.pt")


def smoothed(world, suite="MockTNG"):
    """Measure a set again, smoothed and without its monopole."""
    name = "home" if suite == "MockTNG" else "away"
    files = replace(world[name], measured=world["folder"] / f"{name}_smoothed.json")
    measure(files, files.measured, smoothing=2.0, monopole="removed")
    return files


def test_an_untrained_model_says_how_its_maps_were_preprocessed(world):
    path = initialise(smoothed(world), world["folder"] / "smoothed.pt")
    assert read_model(path)[1].preprocessing == Preprocessing(2.0, "removed")


@pytest.mark.parametrize("stage", ["activations", "predictions"])
def test_a_model_refuses_maps_of_another_preprocessing(world, stage):
    world["home"] = smoothed(world)
    with pytest.raises(
        InputError, match="smoothing 2 and monopole removed, but the model was trained with smoothing 0"
    ):
        {"activations": activate, "predictions": predict}[stage](world)


CONVOLUTIONS = ["C[0-9][0-9]:0", "FC[12]:0"]


def test_the_other_convention_of_layers_is_one_more_model(world):
    other = world["folder"] / "other.pt"
    choose_action.run(weights=world["weights"], suite="MockTNG", field="T", output=other, layers=CONVOLUTIONS)
    (_, first), (_, second) = read_model(world["weights"]), read_model(other)
    assert second.layers == (*(f"{name}:0" for name in first.layers), "FC2:0")
    assert replace(second, layers=first.layers) == first
    found = xr.open_dataset(multiply({**world, "weights": other, "folder": world["folder"] / "other"}))
    assert tuple(found["layer"].values) == second.layers


def test_the_other_convention_has_21_layers_in_the_published_network():
    maps = np.zeros((2, 1, 256, 256), dtype=np.float32)
    assert len(called_layers(CMDNetwork(1), maps, CONVOLUTIONS)) == 21


def test_an_untrained_model_may_have_other_layers(world):
    path = initialise(world["home"], world["folder"] / "other.pt", layers=["FC?:0"])
    assert read_model(path)[1].layers == ("FC1:0", "FC2:0")


def test_layers_that_a_model_has_not_are_refused_with_its_file(world):
    with pytest.raises(InputError, match=r"model\.pt: The network has no layer \['nonsense'\]"):
        choose_action.run(
            weights=world["weights"], suite="MockTNG", field="T", output=world["folder"] / "x.pt", layers=["nonsense"]
        )


def test_an_untrained_model_follows_its_seed(world):
    again = initialise(world["home"], world["folder"] / "again.pt")
    other = initialise(world["home"], world["folder"] / "other.pt", seed=2)
    assert again.read_bytes() == world["weights"].read_bytes() != other.read_bytes()


# activations


def test_activations_hold_a_variable_a_layer(world):
    with xr.open_dataset(activate(world)) as found:
        assert list(found.data_vars) == [*CMDNetwork(1, size=16).layers, "pixels"]
        assert found["C01"].shape == (8, 2 * 16 * 16)
        assert set(found.coords) == {"map", "position", "simulation", "suite", "domain"}
        assert found.attrs["in_distribution"] == "true"
        assert found.attrs["standardisation"] == "training"


def test_activations_are_those_of_the_network(world):
    network, description = read_model(world["weights"])
    with xr.open_dataset(activate(world)) as found:
        pixels = np.log10(open_maps(world["home"].maps)[found["position"].values].astype(np.float64))
        inputs = (pixels - description.moments.mean) / description.moments.std
        with torch.inference_mode():
            first = network.C01(torch.from_numpy(inputs.astype(np.float32))[:, None])
        assert found["C01"].values == pytest.approx(network.LeakyReLU(first).flatten(1).numpy(), abs=1e-5)


def test_own_constants_change_what_is_out_of_distribution(world):
    own = replace(AWAY, standardisation="own")
    with xr.open_dataset(activate(world, AWAY)) as given, xr.open_dataset(activate(world, own, name="own")) as changed:
        assert not np.allclose(given["C01"], changed["C01"])


def test_two_passes_without_dropout_are_identical(world):
    with xr.open_dataset(activate(world, passes=2)) as found:
        assert found["FC1"].dims == ("pass", "map", "unit_FC1")
        layers = found.drop_vars("pixels").data_vars.values()
        assert all(layer[0].identical(layer[1]) for layer in layers)


def test_two_passes_with_dropout_differ_in_the_last_layer_alone(world):
    world["weights"] = initialise(world["home"], world["folder"] / "dropout.pt", dropout=0.5)
    with xr.open_dataset(activate(world, passes=2, dropout="on")) as found:
        layers = found.drop_vars("pixels").data_vars.items()
        assert [name for name, layer in layers if not layer[0].identical(layer[1])] == ["FC1"]


def test_the_fast_path_is_taken_and_said(world, caplog):
    caplog.set_level("INFO")
    with xr.open_dataset(activate(world)) as found:
        assert found.attrs["rewritten_convolutions"] == 7
    assert "T-MockTNG: The fast path is used: 7 convolutions rewritten" in caplog.text


def test_with_dropout_the_plain_path_is_taken_and_said(world, caplog):
    caplog.set_level("INFO")
    with xr.open_dataset(activate(world, dropout="on")) as found:
        assert found.attrs["rewritten_convolutions"] == 0
    assert "T-MockTNG: The plain path is used: dropout is on." in caplog.text


def test_bfloat16_changes_the_activations_a_little(world):
    with xr.open_dataset(activate(world)) as single, xr.open_dataset(activate(world, precision="bfloat16")) as half:
        assert half.attrs["precision"] == "bfloat16"
        assert half["C01"].dtype == np.float32
        assert not np.array_equal(half["C01"], single["C01"])
        assert half["C01"].values == pytest.approx(single["C01"].values, abs=0.05)


def test_activations_are_the_same_bytes_again(world):
    assert activate(world).read_bytes() == activate(world, name="again").read_bytes()


# grams


def test_grams_are_those_of_the_activations(world):
    with xr.open_dataset(multiply(world)) as found, xr.open_dataset(activate(world)) as cached:
        assert found["gram"].dims == ("layer", "map", "map_other")
        for layer in found["layer"].values:
            expected = repshift.linear_gram(cached[layer].values)
            assert found["gram"].sel(layer=layer).values == pytest.approx(expected, rel=1e-5, abs=1e-4)


def test_out_of_distribution_grams_hold_both_domains_with_one_offset(world):
    with xr.open_dataset(multiply(world, AWAY)) as found:
        assert list(found["domain"].values) == ["away"] * 8 + ["home"] * 8
        assert list(found["map_other"].values) == list(found["map"].values)
        rows = found["gram"].values.sum(-1) / np.abs(found["gram"].values).sum(-1)
        assert rows == pytest.approx(np.zeros((8, 16)), abs=1e-5)


def test_pixels_are_the_maps_as_the_network_takes_them(world):
    with xr.open_dataset(activate(world, AWAY)) as found:
        inputs = standardised(world["away"], found["position"].to_numpy(), read_model(world["weights"])[1].moments)
        assert found["pixels"].dims == ("map", "pixel")
        assert np.array_equal(found["pixels"], inputs.reshape(8, -1))


def standardised(files, positions, moments):
    return open_simulations(files.maps, files.parameters, files.measured).standardised(positions, moments)


@pytest.mark.parametrize("layer", ["pixels", "pixel", "unit_pixels"])
def test_no_layer_is_written_as_the_pixels_are(layer):
    assert variable_of(layer) == f"_{layer}"
    assert layer_of(variable_of(layer)) == layer


def test_the_pixels_are_multiplied_as_a_layer_is_with_one_offset(world):
    with xr.open_dataset(multiply(world, AWAY)) as found:
        gram, positions = found["gram_pixels"].to_numpy(), found["position"].to_numpy()
    moments = read_model(world["weights"])[1].moments
    both = [
        standardised(world[name], part, moments) for name, part in (("away", positions[:8]), ("home", positions[8:]))
    ]
    pixels = np.concatenate(both).reshape(16, -1).astype(np.float64)
    centred = pixels - pixels.mean(0)
    assert gram == pytest.approx(centred @ centred.T, rel=1e-4, abs=1e-2)


@pytest.mark.parametrize("passes", [1, 2])
def test_each_layer_is_compared_with_the_pixels(world, passes):
    path = multiply(world, AWAY, passes=passes)
    with xr.open_dataset(path) as opened, xr.open_dataset(compare(path)) as found:
        own = opened["domain"].to_numpy() == "away"
        gram = opened["gram"].isel({"pass": 0}) if passes == 2 else opened["gram"]
        layers, pixels = (part.to_numpy()[..., own, :][..., own] for part in (gram, opened["gram_pixels"]))
        for estimator in ("biased", "debiased"):
            expected = [repshift.cka(layer, pixels, estimator=estimator) for layer in layers]
            assert found[f"cka_{estimator}_pixels"].to_numpy() == pytest.approx(expected, abs=1e-12)


def test_maps_of_a_simulation_do_not_make_a_layer_like_the_pixels(tmp_path, rng):
    simulation = np.repeat(np.arange(10), 5)
    alike = [rng.normal(size=(10, 60))[simulation] + 0.3 * rng.normal(size=(50, 60)) for _ in range(2)]
    layer, pixels = (one @ one.T for one in alike)
    about = {"units": "1", "long_name": "Gram matrix"}
    dataset = xr.Dataset(
        {
            "gram": (("layer", "map", "map_other"), layer[None], about),
            "gram_pixels": (("map", "map_other"), pixels, about),
        },
        coords={
            "layer": ["C01"],
            "map": np.arange(50),
            "position": ("map", np.arange(50)),
            "simulation": ("map", simulation),
            "suite": ("map", ["A"] * 50),
            "domain": ("map", ["A"] * 50),
        },
        attrs={"model": "M", "domain": "A", "passes": 1},
    )
    write_dataset(dataset, tmp_path / "grams.nc")
    with xr.open_dataset(compare(tmp_path / "grams.nc", batch_size=5)) as found:
        assert float(found["cka_debiased_pixels"][0]) == pytest.approx(0, abs=0.15)
    assert repshift.cka(layer, pixels, estimator="debiased") > 0.7  # what pairs within a simulation make of it


def test_activations_without_pixels_are_refused(world):
    path = activate(world)
    with xr.open_dataset(path) as found:
        without = found.load().drop_vars("pixels")
    write_dataset(without, path)
    with pytest.raises(InputError, match=r"activations_home\.nc lacks the variable 'pixels'"):
        grams.run(activations=path, reference=None, device="cpu", threads=1, output=path.with_name("grams.nc"))


def test_activations_of_two_models_are_refused(world):
    home = activate(world)
    away = activate(world, AWAY, model="another")
    with pytest.raises(InputError, match="disagree on 'model': 'another' and 'T-MockTNG'"):
        grams.run(activations=away, reference=home, device="cpu", threads=1, output=world["folder"] / "g.nc")


# cka


def test_cka_is_that_of_the_domain_s_own_maps(world):
    path = multiply(world, AWAY)
    with xr.open_dataset(path) as store, xr.open_dataset(compare(path)) as found:
        block = store["gram"].values[:, :8, :8]
        assert found["cka_biased"].values == pytest.approx(repshift.cka_matrix(block, estimator="biased"))
        assert found["cka_debiased"].values == pytest.approx(repshift.cka_matrix(block, estimator="debiased"))
        batches = [np.flatnonzero(found["batch"].values == number) for number in (0, 1)]
        expected = repshift.minibatch_cka_matrix([block[:, maps[:, None], maps] for maps in batches])
        assert found["cka_minibatch"].values == pytest.approx(expected)


def test_cka_can_be_divided_again_from_its_terms(world):
    with xr.open_dataset(compare(multiply(world))) as found:
        for name in ("biased", "debiased", "minibatch"):
            own, other = found[f"hsic_{name}_own"], found[f"hsic_{name}_own_other"]
            divided = found[f"hsic_{name}"] / np.sqrt(own * other)
            assert divided.values == pytest.approx(found[f"cka_{name}"].values)


def test_two_passes_compare_rows_of_the_first_with_columns_of_the_second(world):
    world["weights"] = initialise(world["home"], world["folder"] / "dropout.pt", dropout=0.5)
    with xr.open_dataset(compare(multiply(world, passes=2, dropout="on"))) as found:
        diagonal = np.diagonal(found["cka_debiased"].values)
        assert diagonal[:-1] == pytest.approx(np.ones(7))
        assert diagonal[-1] < 0.999


def second_model(world, **changes):
    """Make the Gram file of another model on the same maps."""
    other = {**world, "weights": initialise(world["home"], world["folder"] / "second.pt", seed=2)}
    output = world["folder"] / "grams_second.nc"
    path = activate(other, name="second", model="second", **changes)
    grams.run(activations=path, reference=None, device="cpu", threads=1, output=output)
    return output


def test_two_models_are_compared_on_the_same_maps(world):
    first, other = multiply(world), second_model(world)
    with xr.open_dataset(first) as rows, xr.open_dataset(other) as columns:
        expected = repshift.cka_matrix(rows["gram"].to_numpy(), columns["gram"].to_numpy(), estimator="debiased")
    with xr.open_dataset(compare(first, others=other)) as found:
        assert found["cka_debiased"].values == pytest.approx(expected)
        assert np.diagonal(found["cka_debiased"].values).max() < 0.999
        names = [found.attrs[name] for name in ("pairing", "model_other", "domain_other")]
        assert names == ["map", "second", "home"]


def test_one_pass_is_compared_with_the_first_of_two(world):
    with (
        xr.open_dataset(compare(multiply(world), others=second_model(world, passes=2))) as found,
        xr.open_dataset(compare(multiply(world), others=second_model(world))) as alone,
    ):
        assert found["cka_biased"].values == pytest.approx(alone["cka_biased"].values)


def test_gram_files_whose_maps_differ_are_refused(world):
    with pytest.raises(InputError, match="disagree on map 0: 'MockTNG LHT .*' and 'MockSIMBA LHT"):
        compare(multiply(world), others=multiply(world, AWAY))


def test_gram_files_of_different_lengths_are_refused(world):
    short = multiply(world, AWAY, n_maps=4)
    with pytest.raises(InputError, match=r"disagree on maps: \(8, 8, 8\) and \(8, 4, 4\)"):
        compare(multiply(world), others=short)


PARAMETERS = {"width": 0.8, "neighbours": 3, "share": 0.7}


def test_no_other_measure_is_written_unless_asked(world):
    path = multiply(world)
    with xr.open_dataset(compare(path)) as found:
        names = {name for name in found.data_vars if name not in (*BLOCK_NUMBERS, "eigenvalue")}
        assert {name.split("_")[0] for name in names} == {"cka", "hsic", "batch"}
        assert found["measure"].values.tolist() == ["cka_biased", "cka_debiased", "cka_minibatch"]
        assert "pairing" not in found.attrs
    plain = compare(path).read_bytes()
    assert compare(path, measures=[]).read_bytes() == plain


def test_measures_are_written_beside_cka(world):
    path = multiply(world)
    with xr.open_dataset(compare(path)) as plain, xr.open_dataset(path) as store:
        grams, expected = store["gram"].to_numpy(), plain.load()
    with xr.open_dataset(compare(path, measures=MEASURES, **PARAMETERS)) as found:
        for name in MEASURES:
            matrix = repshift.similarity_matrix(grams, measure=name, **PARAMETERS)
            assert found[name].values == pytest.approx(matrix, abs=1e-12)
            assert found[name].dims == ("layer", "layer_other")
            assert found[name].attrs["units"] == ("rad" if name == "procrustes_angle" else "1")
            assert found[name].attrs["long_name"]
        assert found["rbf_cka_debiased"].attrs["width"] == 0.8
        assert found["mutual_neighbours"].attrs["neighbours"] == 3
        assert found["svcca"].attrs["share"] == 0.7
        assert found["svcca_kept"].values == pytest.approx(kept_directions(grams, share=0.7))
        assert found["cca_kept_other"].max() <= 7
        first = found.sel(measure=expected["measure"])
        for name in expected.data_vars:
            xr.testing.assert_identical(first[name], expected[name])


def test_measures_keep_their_order(world):
    names = ["rsa_spearman", "procrustes_angle", "cca"]
    with xr.open_dataset(compare(multiply(world), measures=names)) as found:
        assert [name for name in found.data_vars if name in names] == names


def test_measures_compare_two_passes(world):
    world["weights"] = initialise(world["home"], world["folder"] / "dropout.pt", dropout=0.5)
    path = multiply(world, passes=2, dropout="on")
    with xr.open_dataset(compare(path, measures=["procrustes_similarity"])) as found:
        diagonal = np.diagonal(found["procrustes_similarity"].values)
        assert diagonal[:-1] == pytest.approx(np.ones(7))
        assert diagonal[-1] < 0.999


def test_measures_compare_two_models(world):
    first, other = multiply(world), second_model(world)
    with xr.open_dataset(first) as rows, xr.open_dataset(other) as columns:
        expected = repshift.similarity_matrix(rows["gram"], columns["gram"], measure="rsa_pearson")
    with xr.open_dataset(compare(first, others=other, measures=["rsa_pearson"])) as found:
        assert found["rsa_pearson"].values == pytest.approx(expected, abs=1e-12)


def test_a_model_is_compared_with_itself_on_paired_maps(world):
    home, away = multiply(world), multiply(world, AWAY)
    with xr.open_dataset(home) as rows, xr.open_dataset(away) as columns:
        sides = rows["gram"].values, columns["gram"].values[:, :8, :8]
        partners = columns["map"].values[:8].tolist()
    how = {"others": away, "pairing": "simulation", "measures": ["rsa_spearman"]}
    with xr.open_dataset(compare(home, **how)) as found:
        assert found["cka_debiased"].values == pytest.approx(repshift.cka_matrix(*sides, estimator="debiased"))
        expected = repshift.similarity_matrix(*sides, measure="rsa_spearman")
        assert found["rsa_spearman"].values == pytest.approx(expected, abs=1e-12)
        assert found["map_paired"].values.tolist() == partners
        names = [found.attrs[name] for name in ("pairing", "model_other", "domain_other")]
        assert names == ["simulation", "T-MockTNG", "away"]


def test_maps_at_other_positions_are_no_partners(world):
    with pytest.raises(InputError, match=r"grams_away.nc: .* disagree on the position of map 0: '\d+' and '\d+'"):
        compare(multiply(world), others=multiply(world, AWAY, seed=2), pairing="simulation")


def test_maps_of_another_set_are_no_partners(world):
    away = multiply(world, replace(AWAY, set="CV"))
    with pytest.raises(InputError, match="partners within one set; found 'LHT' and 'CV'"):
        compare(multiply(world), others=away, pairing="simulation")


def test_a_pairing_without_others_is_refused(world):
    with pytest.raises(InputError, match="paired by simulation with those of another file: give it as --others"):
        compare(multiply(world), pairing="simulation")


def test_what_a_measure_refuses_is_told_with_the_case(world):
    with pytest.raises(InputError, match="Model 'T-MockTNG' shown domain 'home': 10 neighbours of 8 maps"):
        compare(multiply(world), measures=["mutual_neighbours"])


def test_the_names_of_measures_are_checked_and_may_be_none(world, capfd):
    path = multiply(world)
    words = ["cka", "--grams", str(path), "--batch-size", "4", "--seed", "1", "--output", str(path.with_name("c.nc"))]
    assert main([*words, "--measures"]) == 0
    assert path.with_name("c.nc").read_bytes() == compare(path).read_bytes()
    with pytest.raises(SystemExit, match="2"):
        main([*words, "--measures", "pwcca"])
    assert "invalid choice: 'pwcca'" in capfd.readouterr().err


def rewrite(path, **changes):
    """Write a model again with some tensors filled with a number."""
    network, description = read_model(path)
    for name, value in changes.items():
        network.get_parameter(name.replace("_", ".")).data.fill_(value)
    write_model(network, path, description=description)


def test_a_constant_layer_is_named_with_its_model(world):
    rewrite(world["weights"], C12_weight=0.0)
    with pytest.raises(InputError, match=r"Model 'T-MockTNG' shown domain 'home': Layer \['C12', 'C13', .*is constant"):
        compare(multiply(world))


def test_a_layer_that_is_not_finite_is_named_with_its_model(world):
    rewrite(world["weights"], C12_weight=3e38)
    with pytest.raises(InputError, match="Model 'T-MockTNG' returns values that are not finite in layer C12 on domain"):
        activate(world)


def test_maps_of_another_size_are_refused(world, write_simulations):
    world["home"] = write_simulations("Large", size=32)
    for run in (activate, predict):
        with pytest.raises(InputError, match="maps of 32 pixels a side, but the model was built for 16"):
            run(world)


def test_maps_of_another_field_are_refused(world, write_simulations):
    world["home"] = write_simulations("Matter", field="Mtot")
    for run in (activate, predict):
        with pytest.raises(InputError, match="holds field 'Mtot', but the model reads field 'T'"):
            run(world)


@pytest.mark.parametrize(("batch_size", "message"), [(3, "too small"), (5, "leave 3 over")])
def test_bad_batches_are_refused(world, batch_size, message):
    with pytest.raises(InputError, match=message):
        compare(multiply(world), batch_size=batch_size)


# predictions and summary


def test_predictions_hold_every_map_of_the_split(world):
    with xr.open_dataset(predict(world)) as found:
        assert found["mean"].shape == (12 * 15, 6)
        assert (found["std"] >= 0).all()
        truth = np.loadtxt(world["home"].parameters)[found["simulation"].values]
        assert found["truth"].values == pytest.approx(truth)


def test_a_batch_does_not_change_predictions(world):
    with xr.open_dataset(predict(world)) as whole:
        expected = whole["mean"].load()
    with xr.open_dataset(predict(world, batch_size=7)) as found:
        assert found["mean"].values == pytest.approx(expected.values, abs=1e-4)


def test_the_tables_have_the_columns_of_the_contract(world):
    scores, similarity, _ = sum_up(world)
    case = ["model", "field", "train_suite", "domain", "test_suite", "in_distribution"]
    counts = ["n_maps", "n_simulations"]
    found = pd.read_csv(scores)
    assert list(found) == [*case, "parameter", "maps", "r2", "rmse", "bias", "chi2", *counts]
    assert len(found) == 2 * 6 * 2
    assert set(found[found["maps"] == "cka"]["n_maps"]) == {8}
    shape = [
        "off_diagonal_mean",
        "off_diagonal_median",
        "off_diagonal_skewness",
        "leading_share",
        "participation_ratio",
        "spectral_entropy",
    ]
    assert list(pd.read_csv(similarity)) == [*case, "measure", *shape, "n_maps"]


def test_the_summary_holds_the_matrices_and_the_tables(world):
    scores, similarity, path = sum_up(world)
    table = pd.read_csv(scores)
    with xr.open_dataset(path) as found:
        assert list(found["in_distribution"].values) == [1, 0]
        assert found["r2"].values.ravel() == pytest.approx(table["r2"].to_numpy())
        assert found["off_diagonal_mean"].values.ravel() == pytest.approx(pd.read_csv(similarity)["off_diagonal_mean"])
        assert np.diagonal(found["similarity"].values[0, 1]) == pytest.approx(np.ones(8))


def test_every_measure_has_its_row_and_a_distance_no_spectrum(world):
    _, similarity, path = sum_up(world, measures=["procrustes_angle", "svcca"])
    found = pd.read_csv(similarity).set_index(["domain", "measure"])
    assert list(found.loc["home"].index) == ["cka_biased", "cka_debiased", "cka_minibatch", "procrustes_angle", "svcca"]
    spectrum = ["leading_share", "participation_ratio", "spectral_entropy"]
    empty = found[spectrum].isna().all(axis=1).groupby("measure").all()
    assert list(empty[empty].index) == ["procrustes_angle"]
    assert found.notna().drop(columns=spectrum).all(axis=None)
    with xr.open_dataset(path) as summed, xr.open_dataset(world["folder"] / "cka_grams_away.nc") as compared:
        assert summed["measure"].values[summed["distance"].values == 1].tolist() == ["procrustes_angle"]
        angle = summed.sel(measure="procrustes_angle")
        assert angle["measure_units"].item() == "rad"
        assert (angle["similarity"].values[1] == compared["procrustes_angle"].values).all()
        assert np.isnan(angle["eigenvalue"].values).all()
        mean = compared["procrustes_angle"].values[np.triu_indices(8, k=1)].mean()
        assert found["off_diagonal_mean"]["away", "procrustes_angle"] == pytest.approx(mean)


def test_cases_compared_by_different_measures_are_refused(world):
    plain, more = compare(multiply(world)), compare(multiply(world, AWAY), measures=["rsa_pearson"])
    with pytest.raises(InputError, match="domain 'away' was compared by .*, rsa_pearson, the first case by cka_biased"):
        stack.run(cka=[plain, more], output=world["folder"] / "no.nc")


def table_of_comparisons(world):
    """Compare another model on the same maps, and the same one on paired maps, and sum that up."""
    home = multiply(world)
    paths = [world["folder"] / name for name in ("others.nc", "paired.nc")]
    how = {"batch_size": 4, "seed": 1, "measures": ["procrustes_angle"]}
    cka.run(grams=home, others=second_model(world), output=paths[0], **how)
    cka.run(grams=home, others=multiply(world, AWAY), pairing="simulation", output=paths[1], **how)
    return paths, write_tables(world, ["comparisons"], cka=[compare(home)], comparisons=paths)[0]


def test_comparisons_have_a_row_for_each_two_and_each_measure(world):
    paths, table = table_of_comparisons(world)
    found = pd.read_csv(table)
    names = ["model", "domain", "model_other", "domain_other", "pairing"]
    assert list(found) == [*names, "measure", "mean", "diagonal_mean", "n_maps"]
    pairs = [["T-MockTNG", "home", "second", "home", "map"], ["T-MockTNG", "home", "T-MockTNG", "away", "simulation"]]
    assert found[names].drop_duplicates().to_numpy().tolist() == pairs
    assert list(found["measure"][:4]) == ["cka_biased", "cka_debiased", "cka_minibatch", "procrustes_angle"]
    with xr.open_dataset(paths[0]) as compared:
        assert found["mean"][3] == pytest.approx(float(compared["procrustes_angle"].mean()))
        assert found["diagonal_mean"][1] == pytest.approx(np.diagonal(compared["cka_debiased"]).mean())


def test_layers_of_other_names_have_no_diagonal(world):
    home, others, renamed = multiply(world), second_model(world), world["folder"] / "renamed.nc"
    with xr.open_dataset(others) as store:
        write_dataset(store.load().assign_coords(layer=list("abcdefgh")), renamed)
    cka.run(grams=home, others=renamed, batch_size=4, seed=1, output=world["folder"] / "no_diagonal.nc")
    with xr.open_dataset(world["folder"] / "no_diagonal.nc") as found:
        assert np.isnan(found["diagonal_mean"]).all()
        assert np.isfinite(found["mean"]).all()


def test_predictions_beside_the_maps_of_another_case_are_refused(world):
    with pytest.raises(InputError, match="were given beside predictions of case"):
        scores.run(predictions=predict(world, AWAY), grams=multiply(world), output=world["folder"] / "no.nc")


def test_compared_maps_without_a_prediction_are_refused(world):
    path = predict(world)
    with xr.open_dataset(path) as found:
        short = found.load().isel(map=slice(1))
    write_dataset(short, path)
    with pytest.raises(InputError, match="7 compared maps have no prediction|8 compared maps have no prediction"):
        scores.run(predictions=path, grams=multiply(world), output=world["folder"] / "no.nc")


def test_scores_of_a_case_without_cka_are_refused(world):
    with pytest.raises(InputError, match=r"Case \('T-MockTNG', .*'away', .*\) has no CKA"):
        stack.run(cka=[compare(multiply(world))], scores=[score(world, AWAY)], output=world["folder"] / "no.nc")


def test_a_table_needs_a_file_of_its_own(world):
    *_, summary = sum_up(world)
    with pytest.raises(InputError, match="2 tables and 1 outputs"):
        tables.run(summary=summary, tables=["scores", "similarity"], outputs=[world["folder"] / "no.csv"])


def test_a_table_of_what_was_not_stacked_is_refused(world):
    *_, summary = sum_up(world)
    with pytest.raises(InputError, match=r"The summary lacks .*, which the table 'independence' is made of"):
        tables.run(summary=summary, tables=["independence"], outputs=[world["folder"] / "no.csv"])


def test_every_variable_says_its_unit_and_every_file_its_case(world):
    for path in (activate(world), multiply(world), compare(multiply(world)), predict(world)):
        with xr.open_dataset(path) as found:
            assert all({"units", "long_name"} <= set(variable.attrs) for variable in found.data_vars.values())
            names = {"model", "field", "domain", "split", "redshift", "maps_sha256", "weights_sha256"}
            assert names <= set(found.attrs)


# examples


def choose(world, domain=HOME, *, maps=None, case=None):
    output, files = world["folder"] / f"example_{domain.name}.nc", world[domain.name]
    case = predict(world, domain) if case is None else case
    examples.run(case=case, maps=maps or files.maps, measured=files.measured, output=output)
    return output


def test_the_example_is_the_map_nearest_the_middle_of_the_parameters_ranges(world):
    parameters = scale_parameters(np.loadtxt(world["home"].parameters))
    nearest = int(np.argmin(np.square(parameters - 0.5).sum(axis=1)))
    with xr.open_dataset(choose(world)) as found:
        assert found["simulation"].values.tolist() == [nearest]
        position = found["position"].item()
        assert np.array_equal(found["example"][0], open_maps(world["home"].maps)[position])
        assert found["example"].attrs["units"] == "K"
        assert (found.attrs["chosen"], found.attrs["logarithm"]) == ("middle", "taken")
        assert found.attrs["case_sha256"] == sha256(predict(world))


def test_the_example_is_the_first_map_where_there_is_no_label(world):
    compared = compare(multiply(world))
    with xr.open_dataset(choose(world, case=compared)) as found, xr.open_dataset(compared) as case:
        assert found["map"].item() == case["map"].values[0]
        assert found.attrs["chosen"] == "first"


def test_an_example_of_other_maps_is_refused(world):
    other = world["away"]
    with pytest.raises(InputError, match="is not the file that the case was made of: its field is 'T'"):
        examples.run(case=predict(world), maps=other.maps, measured=other.measured, output=world["folder"] / "no.nc")


# figures


def test_the_similarity_figure_is_the_same_bytes_again(world):
    how = {
        "cka": [compare(multiply(world, domain)) for domain in (HOME, AWAY)],
        "scores": [score(world, domain) for domain in (HOME, AWAY)],
        "example_maps": [choose(world, domain) for domain in (HOME, AWAY)],
    }
    written = []
    for name in ("a", "b"):
        outputs = [world["folder"] / f"{name}{suffix}" for suffix in (".pdf", ".png")]
        figure1.run(
            **how,
            models=["T-MockTNG"],
            estimator="debiased",
            boxes=[75.0, 75.0],
            outputs=outputs,
        )
        written.append([output.read_bytes() for output in outputs])
    assert written[0] == written[1]


def test_a_figure_that_lacks_a_file_is_refused(world):
    with pytest.raises(InputError, match="1 files of example_maps and 2 boxes"):
        figure1.run(
            cka=[world["folder"] / "none.nc"],
            models=["T-MockTNG"],
            estimator="debiased",
            example_maps=[world["folder"] / "none.nc"],
            boxes=[75.0, 75.0],
            outputs=[],
        )


def test_measures_are_drawn(world):
    output, compared = world["folder"] / "measures.png", compare(multiply(world), measures=["procrustes_angle"])
    measures_figure.run(cka=[compared], estimator="debiased", measures=["procrustes_angle"], outputs=[output])
    assert output.stat().st_size > 10_000


def test_comparisons_are_drawn(world):
    paths, _ = table_of_comparisons(world)
    output = world["folder"] / "comparisons.png"
    comparisons_figure.run(comparisons=paths, estimator="minibatch", outputs=[output])
    assert output.stat().st_size > 10_000


def test_predictions_are_drawn(world):
    output = world["folder"] / "predictions.png"
    how = {"parameters": ["Omega_m", "sigma_8"], "outputs": [output]}
    predictions_figure.run(predictions=[predict(world)], scores=[score(world)], **how)
    assert output.stat().st_size > 10_000


# training


def learn(files, folder):
    train.run(
        **paths_of(files),
        suite="MockTNG",
        field="T",
        hidden=1,
        dropout=0.0,
        seed=1,
        epochs=2,
        batch_size=32,
        learning_rate=3e-3,
        weight_decay=0.0,
        patience=2,
        device="cpu",
        threads=1,
        configuration='{"set": "LH"}',
        code="0123",
        checkpoint=folder / ".checkpoint.pt",
        output=folder / "trained.pt",
        output_curve=folder / "trained.csv",
    )


def test_training_writes_a_model_its_curve_and_no_checkpoint(write_simulations, tmp_path):
    learn(write_simulations(n_simulations=40), tmp_path)
    _, description = read_model(tmp_path / "trained.pt")
    assert description.preprocessing == Preprocessing()
    assert description.provenance["n_training_maps"] == 36 * 15
    assert set(description.provenance["validation_r2"]) >= {"Omega_m", "sigma_8"}
    assert len(pd.read_csv(tmp_path / "trained.csv")) == 2
    assert not (tmp_path / ".checkpoint.pt").exists()


def test_publishing_to_where_a_model_was_trained_is_refused(world):
    with pytest.raises(InputError, match=r"model.pt is where the model was trained"):
        publish.run(weights=world["weights"], output=world["weights"])


def test_publishing_copies_the_model(world):
    publish.run(weights=world["weights"], output=world["folder"] / "published.pt")
    assert (world["folder"] / "published.pt").read_bytes() == world["weights"].read_bytes()
    assert read_model(world["folder"] / "published.pt")


def test_too_few_simulations_to_validate_are_refused_before_training(write_simulations, tmp_path):
    with pytest.raises(InputError, match="20 simulations leave 1 for validation"):
        learn(write_simulations(n_simulations=20), tmp_path)


# the command line


def test_what_the_user_can_mend_is_one_line_and_exit_2(tmp_path, capfd):
    arguments = ["maps", "measure", "--maps", str(tmp_path / "no.npy"), "--field", "T", "--output", "x.json"]
    assert main([*arguments, "--smoothing", "0", "--monopole", "kept"]) == 2
    error = capfd.readouterr().err
    assert error.startswith("repshift: error: ")
    assert error.count("\n") == 1
    assert "no.npy" in error


def test_an_unknown_stage_is_exit_2(capfd):
    with pytest.raises(SystemExit) as stopped:
        main(["paint"])
    assert stopped.value.code == 2
    assert "paint" in capfd.readouterr().err


def test_cuda_without_a_device_is_exit_2(world, monkeypatch, capfd):
    monkeypatch.setattr(torch.cuda, "is_available", lambda: False)
    arguments = ["grams", "multiply", "--activations", str(activate(world)), "--device", "cuda", "--threads", "1"]
    assert main([*arguments, "--output", str(world["folder"] / "g.nc")]) == 2
    assert "torch finds no CUDA device" in capfd.readouterr().err
    assert not Path(world["folder"] / "g.nc").exists()


def test_several_maps_of_a_simulation_are_compared_with_those_of_others_alone(world):
    """The debiased CKA of the file is that of `between_cka_matrix`, and not that of all pairs."""
    with xr.open_dataset(multiply(world, maps_each=2, n_maps=16)) as store:
        values, simulations = store["gram"].to_numpy(), store["simulation"].to_numpy()
    with xr.open_dataset(compare(world["folder"] / f"grams_{HOME.name}.nc")) as found:
        debiased = found["cka_debiased"].to_numpy()
    assert len(set(simulations.tolist())) == 8
    assert debiased == pytest.approx(between_cka_matrix(values, simulations=simulations), abs=1e-12)
    assert not np.allclose(debiased, cka_matrix(values, estimator="debiased"), atol=1e-3)
