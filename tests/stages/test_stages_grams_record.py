"""Gram matrices of a network of one's own, with and without the cache."""

import re

import numpy as np
import pytest
import xarray as xr

import repshift
from own_network import AWAY, HOME, HOW, make_world, multiply, take
from repshift import InputError
from repshift.__main__ import main
from repshift.stages.grams import multiply as grams
from repshift.storage.datasets import layer_of, variable_of
from repshift.storage.measurement import read_measured
from repshift.storage.models import read_model


@pytest.fixture
def world(code, tmp_path):
    return make_world(code, tmp_path)


@pytest.mark.parametrize("domain", [HOME, AWAY])
@pytest.mark.parametrize("changes", [{}, {"passes": 2, "dropout": "on"}])
def test_grams_without_the_cache_equal_those_with_it(world, domain, changes):
    taken = take(world)
    written = [multiply(world, taken, cache=cache, domain=domain, **changes) for cache in (True, False)]
    with xr.open_dataset(written[0]) as cached, xr.open_dataset(written[1]) as straight:
        largest = np.abs(cached["gram"].to_numpy()).max()
        assert straight["gram"].to_numpy() == pytest.approx(cached["gram"].to_numpy(), rel=1e-6, abs=1e-6 * largest)
        assert straight.coords.to_dataset().equals(cached.coords.to_dataset())
        assert straight.attrs == cached.attrs
        assert cached.sizes["map"] == (8 if domain is HOME else 16)


@pytest.mark.parametrize("cache", [True, False])
@pytest.mark.parametrize("domain", [HOME, AWAY])
def test_layers_below_single_precision_are_recorded_in_double(world, domain, cache):
    taken = take(world, "Faint")
    network = read_model(taken["weights"], own=taken["own"])[0].double()
    with xr.open_dataset(multiply(world, taken, cache=cache, domain=domain)) as found:
        assert found.attrs["layers_in_double"] == ":relu:0 :relu:1"
        assert (found["relative_spread"] < 1e-5).all()
        assert (found["relative_spread"] > 1e-12).all()
        shown = found["domain"].values == domain.name
        maps = np.load(world[domain.name]["maps"])[found["position"].values[shown]]
        moments = read_measured(world["home"]["measured"]).moments
        inputs = ((maps.astype(np.float64) - moments.mean) / moments.std).astype(np.float32)[:, None]
        expected = repshift.cka_matrix(repshift.record_grams(network, inputs), estimator="debiased")
        grams = found["gram"].values[:, shown][:, :, shown]
        assert repshift.cka_matrix(grams, estimator="debiased") == pytest.approx(expected, abs=1e-6)


def test_a_network_that_knows_no_doubles_is_named_with_its_case(world):
    with pytest.raises(
        InputError, match=r"Model 'Narrow' on domain 'home': Layers \[':relu:0'\] differ between the maps"
    ):
        multiply(world, take(world, "Narrow"), cache=True)


def test_activations_without_their_spread_are_made_again(world):
    multiply(world, take(world), cache=True)
    path = world["folder"] / "activations_0.nc"
    with xr.open_dataset(path) as opened:
        old = opened.load()
    for variable in old.data_vars.values():
        variable.attrs.pop("relative_spread", None)
    old.to_netcdf(path)
    with pytest.raises(InputError, match="lacks the attribute 'relative_spread'. Make the activations again"):
        grams.run(activations=path, reference=None, device="cpu", threads=1, output=world["folder"] / "g.nc")


def test_layers_of_the_network_itself_keep_their_names(world):
    with xr.open_dataset(multiply(world, take(world), cache=True)) as found:
        assert list(found["layer"].values) == [":relu:0", ":relu:1"]
        assert list(found["simulation"].values) == [position // 2 for position in found["position"].values]


def test_layers_that_netcdf_renames_keep_their_names(world):
    layers = ["map", "odd.*", "first", ""]
    taken = take(world, "Oddly", layers=layers)
    for cache in (True, False):
        with xr.open_dataset(multiply(world, taken, cache=cache, domain=AWAY)) as found:
            names = ["first", "map", *(f"odd.{name}:0" for name in ("a/b", "map", "x y ", "_c", "ü")), ""]
            assert list(found["layer"].values) == names


@pytest.mark.parametrize(
    "layer", ["", "head", "_a", "__a", "_:a", ":relu:0", "a/b", "_a%2Fb", "a%2Fb", "map", "pass", "unit_head", "ü "]
)
def test_the_variable_of_a_layer_says_which(layer):
    assert layer_of(variable_of(layer)) == layer
    assert variable_of(layer) not in ("map", "pass", "unit_head")
    assert re.fullmatch(r"\w[\w.%:~-]*", variable_of(layer), re.ASCII)


def test_layers_named_as_before_keep_their_variables():
    assert [variable_of(name) for name in ("block.1.relu:0", ":relu:0")] == ["block.1.relu:0", "_:relu:0"]


def record_words(world, *words):
    """Return the command of a stage that records."""
    taken, files = take(world), world["away"]
    how = {name.replace("_", "-"): value for name, value in HOW.items()}
    shown = {"domain": "away", "suite": "Clumpy", "set": "test", "split": "all", "standardisation": "training"}
    named = {"model": "Small", "weights": taken["weights"], "constructor": "small_network:Small"}
    named |= {"source": world["own"].directory, **files, **shown, **how, "output": world["folder"] / "grams.nc"}
    return ["grams", "record", *(str(word) for key, value in named.items() for word in (f"--{key}", value)), *words]


def test_a_part_of_a_reference_is_one_line_and_exit_2(world, capfd):
    assert main(record_words(world, "--reference-domain", "home", "--reference-suite", "Smooth")) == 2
    message = "error: The model's own domain lacks --reference-set, --reference-split, --reference-standardisation, -"
    assert message in capfd.readouterr().err


def test_code_without_a_constructor_is_one_line_and_exit_2(world, capfd):
    words = record_words(world)
    del words[words.index("--constructor") : words.index("--constructor") + 2]
    assert main(words) == 2
    assert "--constructor is missing. It says what to import from there." in capfd.readouterr().err


@pytest.mark.parametrize(("name", "value"), [("threads", "0"), ("batch-size", "0"), ("seed", "-1"), ("n-maps", "many")])
def test_a_number_out_of_range_is_refused_by_the_parser(world, capfd, name, value):
    with pytest.raises(SystemExit, match="2"):
        main(record_words(world, f"--{name}", value))
    assert f"argument --{name}: found '{value}'. Expected a whole number, " in capfd.readouterr().err


def test_a_network_whose_answers_are_no_tensor_is_compared(world):
    with xr.open_dataset(multiply(world, take(world, "Talkative", outputs=[]), cache=False)) as found:
        assert found.sizes["layer"] == 2
