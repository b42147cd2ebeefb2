"""The stage grams: Gram matrices of layers and pixels."""

from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest
import torch
import xarray as xr

import repshift
from repshift import InputError
from repshift.__main__ import main
from repshift.stages.grams import multiply as grams
from repshift.storage.datasets import layer_of, variable_of, write_dataset
from repshift.storage.models import read_model
from repshift.storage.simulations import open_simulations
from world import AWAY, activate, compare, multiply


def test_grams_are_those_of_the_activations(world):
    with xr.open_dataset(multiply(world)) as found, xr.open_dataset(activate(world)) as cached:
        assert found["gram"].dims == ("layer", "map", "map_other")
        for layer in found["layer"].values:
            expected = repshift.linear_gram(cached[layer].values)
            assert found["gram"].sel(layer=layer).values == pytest.approx(expected, rel=1e-5, abs=1e-4)


def test_grams_out_of_distribution_hold_both_domains(world):
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


def test_pixels_are_multiplied_as_a_layer_with_one_offset(world):
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


def test_a_shared_simulation_makes_no_layer_like_the_pixels(tmp_path, rng):
    simulation = np.repeat(np.arange(10), 5)
    alike = [rng.normal(size=(10, 60))[simulation] + 0.3 * rng.normal(size=(50, 60)) for _ in range(2)]
    layer, pixels = (one @ one.T for one in alike)
    layers = np.stack([layer, pixels[::-1, ::-1]])
    about = {"units": "1", "long_name": "Gram matrix"}
    dataset = xr.Dataset(
        {
            "gram": (("layer", "map", "map_other"), layers, about),
            "gram_pixels": (("map", "map_other"), pixels, about),
        },
        coords={
            "layer": ["C01", "C02"],
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


def test_cuda_without_a_device_is_exit_2(world, monkeypatch, capfd):
    monkeypatch.setattr(torch.cuda, "is_available", lambda: False)
    arguments = ["grams", "multiply", "--activations", str(activate(world)), "--device", "cuda", "--threads", "1"]
    assert main([*arguments, "--output", str(world["folder"] / "g.nc")]) == 2
    assert "torch finds no CUDA device" in capfd.readouterr().err
    assert not Path(world["folder"] / "g.nc").exists()


def test_matrices_that_the_disk_cannot_hold_are_refused(world, tmp_path, monkeypatch):
    how = {"activations": activate(world), "reference": None, "device": "cpu", "threads": 1}
    monkeypatch.setattr("repshift.case.products.shutil.disk_usage", lambda _: SimpleNamespace(free=100))
    with pytest.raises(InputError, match=r"Gram matrices of \d+ layers over \d+ maps take .* GB left"):
        grams.run(**how, output=tmp_path / "grams.nc")
    assert not (tmp_path / "grams.nc").exists()
