"""Networks that read several channels, and maps that are not square, through the stages."""

import json

import numpy as np
import pytest
import torch
import xarray as xr

from case_inputs import on_case
from own_network import NETWORK
from repshift import InputError
from repshift.networks.channels import Preprocessing
from repshift.networks.cmd import CMDNetwork
from repshift.networks.symmetries import draw_shifts, symmetric_copies
from repshift.stages import activations, example_maps, influence, predictions, shift_scores, symmetries
from repshift.stages.grams import multiply, record
from repshift.stages.maps import measure
from repshift.stages.models import network as own_network
from repshift.stages.models.choose import run as choose
from repshift.stages.models.initialise import run as initialise
from repshift.storage.functions import Constructor
from repshift.storage.models import read_model
from repshift.storage.simulations import open_simulations
from repshift.vocabulary import Domain

HOME, AWAY = Domain("home", "MockTNG", "LHT", "all"), Domain("away", "MockSIMBA", "LHT", "all")
TORCH = {"device": "cpu", "threads": 1}
RECORDED = {"n_maps": 12, "seed": 1, "batch_size": 5, "passes": 1, "dropout": "off", "precision": "float32", **TORCH}


def in_two_fields(write, name, factor):
    """Write temperature and, of the same simulations, its square; return the files of both."""
    first = write(f"{name}_T", change=lambda number, maps: factor * maps)
    second = write(f"{name}_Mtot", field="Mtot", change=lambda number, maps: factor * maps**2)
    return {
        "maps": [first.maps, second.maps],
        "parameters": first.parameters,
        "measured": [first.measured, second.measured],
    }


@pytest.fixture(scope="module")
def two(write_simulations_once, tmp_path_factory):
    """Two suites in two fields, and an untrained network of CMD's kind that reads both."""
    write, folder = write_simulations_once, tmp_path_factory.mktemp("two")
    home, away = in_two_fields(write, "home", 1.0), in_two_fields(write, "away", 3.0)
    how = {"hidden": 1, "dropout": 0.0, "seed": 1, "split": "all", "batch_size": 32, "threads": 1}
    initialise(**home, suite="MockTNG", field="T+Mtot", output=folder / "both.pt", **how)
    case = {"model": "both", "weights": folder / "both.pt"}
    for domain, files in ((HOME, home), (AWAY, away)):
        of_case = folder / f"activations_{domain.name}.nc"
        on_case(activations.run)(**case, **files, domain=domain, output=of_case, **RECORDED)
        of_case = folder / f"predictions_{domain.name}.nc"
        on_case(predictions.run)(**case, **files, domain=domain, batch_size=50, output=of_case, **TORCH)
    paths = {name: folder / f"activations_{name}.nc" for name in ("home", "away")}
    multiply.run(activations=paths["away"], reference=paths["home"], output=folder / "grams.nc", **TORCH)
    multiply.run(activations=paths["home"], reference=None, output=folder / "grams_home.nc", **TORCH)
    return {"folder": folder, "home": home, "away": away, "case": case}


def test_the_description_says_both_channels(two):
    network, description = read_model(two["case"]["weights"])
    assert network(torch.zeros(2, 2, 16, 16)).shape == (2, 12)
    assert [channel.field for channel in description.channels] == ["T", "Mtot"]
    assert description.moments[1].std == pytest.approx(2 * description.moments[0].std, rel=1e-3)
    record = json.loads(two["case"]["weights"].with_suffix(".json").read_text())
    assert (record["field"], len(record["channels"]), "moments" in record) == ("T+Mtot", 2, False)


def test_a_network_of_one_channel_has_no_list_in_its_description(two, write_simulations):
    files, path = write_simulations(), two["folder"] / "one.pt"
    how = {"hidden": 1, "dropout": 0.0, "seed": 1, "split": "all", "batch_size": 32, "threads": 1}
    names = {"maps": files.maps, "parameters": files.parameters, "measured": files.measured}
    initialise(**names, suite="MockTNG", field="T", output=path, **how)
    keys = ["suite", "field", "constructor", "arguments", "layers", "moments", "provenance", "sha256"]
    assert list(json.loads(path.with_suffix(".json").read_text())) == [*keys, "preprocessing", "outputs"]


def test_a_network_is_shown_each_channel_by_its_constants(two):
    description = read_model(two["case"]["weights"])[1]
    simulations = open_simulations(two["home"]["maps"], None, two["home"]["measured"])
    inputs = simulations.standardised(np.arange(30), description.moments)
    assert inputs.shape == (30, 2, 16, 16)
    stored = xr.open_dataset(two["folder"] / "activations_home.nc")
    chosen = simulations.standardised(stored["position"].to_numpy(), description.moments)
    assert np.array_equal(stored["pixels"].to_numpy().reshape(chosen.shape), chosen)
    assert stored.attrs["channels"] == "T, Mtot"
    assert len(stored.attrs["moments_mean"].split(", ")) == 2


def test_layers_may_be_chosen_of_a_network_of_two_channels(two):
    output = two["folder"] / "chosen.pt"
    choose(weights=two["case"]["weights"], suite="MockTNG", field="T+Mtot", layers=["FC?:0"], output=output)
    assert read_model(output)[1].layers == ("FC1:0", "FC2:0")


def test_shift_scores_of_pixels_are_means_over_channels(two):
    folder, output = two["folder"], two["folder"] / "shift_scores.nc"
    files = {name: two["away"][name] for name in ("maps", "measured")}
    files |= {f"own_{name}": two["home"][name] for name in ("maps", "measured")}
    files |= {"predictions": folder / "predictions_away.nc", "own_predictions": folder / "predictions_home.nc"}
    how = {"paired": False, "shift": "suite", "condition": "MockSIMBA", "components": 3, "folds": 2, "seed": 1}
    shift_scores.run(grams=folder / "grams.nc", own_grams=folder / "grams_home.nc", **files, **how, output=output)
    found = xr.open_dataset(output)["value"].sel(predictor="pixel_mean").item()
    description = read_model(two["case"]["weights"])[1]
    shifts = [np.log10(3.0) / moments.std for moments in description.moments]
    assert found == pytest.approx(np.mean(shifts), rel=0.1)


def test_maps_that_are_drawn_have_their_channels(two):
    folder = two["folder"]
    files = {name: two["away"][name] for name in ("maps", "measured")}
    example_maps.run(case=folder / "predictions_away.nc", **files, output=folder / "example.nc")
    example = xr.open_dataset(folder / "example.nc")["example"]
    assert (example.dims, example.shape) == (("shown", "channel", "y", "x"), (1, 2, 16, 16))
    assert example["channel"].to_numpy().tolist() == ["T", "Mtot"]
    assert example.attrs["long_name"] == "gas temperature, total matter surface density"


def test_extremes_of_fields_of_several_units_are_not_mixed(two):
    files = {name: two["away"][name] for name in ("maps", "measured")}
    output = two["folder"] / "influence.nc"
    influence.run(grams=two["folder"] / "grams.nc", **files, most=1, draws=5, seed=1, output=output)
    found = xr.open_dataset(output)
    assert np.isnan(found["pixel_maximum"]).all()
    assert np.isfinite(found["input_maximum"]).all()
    assert found["influential_map"].dims == ("shown", "channel", "y", "x")


def test_recorded_grams_are_those_of_activations(two):
    reference = {f"reference_{name}": two["home"][name] for name in ("maps", "measured")}
    on_case(record.run)(
        **two["case"], **two["away"], domain=AWAY, reference=HOME, **reference,
        output=two["folder"] / "recorded.nc", **RECORDED,
    )  # fmt: skip
    found, expected = (xr.open_dataset(two["folder"] / name)["gram"] for name in ("recorded.nc", "grams.nc"))
    assert np.array_equal(found, expected)


def test_channels_of_other_simulations_are_refused(two, write_simulations):
    files = write_simulations("few", n_simulations=5)
    maps, measured = [two["home"]["maps"][0], files.maps], [two["home"]["measured"][0], files.measured]
    with pytest.raises(InputError, match="are of different simulations: n_maps is 75 and 180"):
        open_simulations(maps, None, measured)
    larger = write_simulations("large", size=32)
    with pytest.raises(InputError, match=r"large.npy holds maps of 32 pixels a side, but .* of 16 pixels a side"):
        open_simulations([maps[0], larger.maps], None, [measured[0], larger.measured])
    with pytest.raises(InputError, match="2 files of maps and 1 of what was measured: a channel needs both"):
        open_simulations(maps, None, measured[:1])


def test_fields_in_another_order_are_refused(two):
    files = two["away"] | {name: two["away"][name][::-1] for name in ("maps", "measured")}
    with pytest.raises(InputError, match=r"holds field 'Mtot', but the model reads field 'T'"):
        on_case(activations.run)(**two["case"], **files, domain=AWAY, output=two["folder"] / "x.nc", **RECORDED)


# Maps that are not square, prepared by a function of one's own


PREPARE = """
import numpy as np

def halve(maps):
    return maps / 2
"""


@pytest.fixture(scope="module")
def wide(tmp_path_factory):
    """Twelve maps of 8 by 12 pixels and a network of one's own, with a function that prepares them."""
    tmp_path, rng = tmp_path_factory.mktemp("wide"), np.random.default_rng(1)
    (tmp_path / "wide_network.py").write_text(NETWORK + PREPARE)
    np.save(tmp_path / "maps.npy", rng.normal(size=(12, 8, 12)).astype("f4"))
    own = Constructor("wide_network:Small", tmp_path)
    how = {"preprocessing": Preprocessing(logarithm=False, function="wide_network:halve")}
    function = [Constructor("wide_network:halve", tmp_path)]
    measured = tmp_path / "maps.json"
    about = {"quantity": ("image", "1"), "maps_per_simulation": 1}
    measure.run(maps=tmp_path / "maps.npy", field="image", functions=function, output=measured, **how, **about)
    own_network.run(
        own, arguments={"width": 3}, weights=None, seed=1, layers=None, outputs=["a", "b"], moments=None,
        measured=measured, suite="in", field="image", output=tmp_path / "wide.pt",
    )  # fmt: skip
    (tmp_path / "labels.csv").write_text("a,b\n" + "1,2\n" * 12)
    files = {"maps": tmp_path / "maps.npy", "parameters": tmp_path / "labels.csv", "measured": measured}
    case = {"model": "wide", "weights": tmp_path / "wide.pt", "own": own, "functions": function}
    return {"folder": tmp_path, "files": files, "case": case}


def test_rectangles_go_through_the_stages(wide):
    domain = Domain("in", "in", "LH", "all", redshift=None)
    how = {**wide["case"], **wide["files"], "domain": domain}
    on_case(activations.run)(**how, output=wide["folder"] / "a.nc", **RECORDED)
    on_case(predictions.run)(**how, batch_size=5, output=wide["folder"] / "p.nc", **TORCH)
    chosen = {"n_maps": 12, "seed": 1, "shifts": 1, "shifts_seed": 1, "batch_size": 5}
    on_case(symmetries.run)(**how, **chosen, output=wide["folder"] / "s.nc", **TORCH)
    found = xr.open_dataset(wide["folder"] / "s.nc")
    assert found.attrs["symmetries"] == 8  # four that keep the shape, each also shifted
    stored = xr.open_dataset(wide["folder"] / "a.nc")
    assert stored.attrs["function"] == "wide_network:halve"
    raw = np.load(wide["folder"] / "maps.npy")[stored["position"].to_numpy()] / 2
    expected = (raw - stored.attrs["moments_mean"]) / stored.attrs["moments_std"]
    assert stored["pixels"].to_numpy() == pytest.approx(expected.reshape(12, -1), abs=1e-5)


def test_maps_that_a_function_prepares_are_not_read_without_it(wide):
    simulations = open_simulations(*(wide["files"][name] for name in ("maps", "parameters", "measured")))
    with pytest.raises(InputError, match=r"maps.npy: Maps are prepared by 'wide_network:halve', which is not given"):
        simulations.standardised(np.arange(3), simulations.moments)


def test_a_network_of_cmd_takes_no_rectangles(wide):
    how = {"hidden": 1, "dropout": 0.0, "seed": 1, "split": "all", "batch_size": 32, "threads": 1}
    with pytest.raises(InputError, match="have 8 x 12 pixels. A network of CMD takes square ones"):
        initialise(**wide["files"], suite="in", field="image", output=wide["folder"] / "x.pt", **how)


def test_symmetric_copies_of_a_rectangle_keep_its_shape():
    maps = torch.arange(24.0).reshape(1, 1, 4, 6)
    copies = list(symmetric_copies(maps, shifts=draw_shifts(1, size=(4, 6), seed=1)))
    assert {copy.shape for copy in copies} == {maps.shape}
    assert len({tuple(copy.flatten().tolist()) for copy in copies}) == 8


def test_a_network_of_two_channels_has_the_keys_of_one():
    one, two = CMDNetwork(1, size=16).state_dict(), CMDNetwork(1, channels=2, size=16).state_dict()
    assert list(one) == list(two)
    assert two["C01.weight"].shape == (2, 2, 3, 3)
