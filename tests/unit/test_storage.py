"""Files are whole or absent, the same content is the same bytes, and what is wrong is named."""

import dataclasses
import json
import pickle
import signal
import subprocess
import sys
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import torch
import xarray as xr
from matplotlib.figure import Figure

import repshift
from repshift import InputError
from repshift.networks.cmd import CMDNetwork
from repshift.networks.preprocessing import Moments, Preprocessing
from repshift.storage.datasets import open_dataset, write_dataset
from repshift.storage.figures import write_figure
from repshift.storage.files import read_json, replacing, sha256
from repshift.storage.labels import read_parameters
from repshift.storage.maps import chunks_of, open_maps, open_simulations
from repshift.storage.measurement import Estimate, Measurement, Source, read_measured, write_measured
from repshift.storage.models import (
    CMD_NETWORK,
    Description,
    read_checkpoint,
    read_model,
    require_fitting,
    write_checkpoint,
    write_model,
)
from repshift.storage.tables import read_table, write_table
from repshift.storage.weights import load_weights


def test_an_error_leaves_nothing_behind(tmp_path):
    with pytest.raises(KeyboardInterrupt), replacing(tmp_path / "result.nc") as temporary:
        temporary.write_text("half")
        raise KeyboardInterrupt
    assert list(tmp_path.iterdir()) == []


def write_and_wait(path, sign):
    """Send a signal to a stage that is writing a file."""
    code = f"""
import sys, time
from pathlib import Path
from repshift.__main__ import main
from repshift.stages import sample_size
from repshift.storage.files import replacing

def run(**arguments):
    with replacing(Path({str(path)!r})) as temporary:
        temporary.write_text("half")
        print("writing", flush=True)
        time.sleep(60)

sample_size.run = run
arguments = "--grams a --sizes 10 --draws 2 --seed 1 --output a"
sys.exit(main(["sample_size", *arguments.split()]))
"""
    source = str(Path(repshift.__file__).parents[1])
    process = subprocess.Popen([sys.executable, "-c", code], env={"PYTHONPATH": source}, stdout=subprocess.PIPE)
    assert process.stdout.readline() == b"writing\n"
    process.send_signal(sign)
    process.communicate()
    assert process.returncode != 0


def test_a_stage_that_is_terminated_leaves_nothing_behind(tmp_path):
    write_and_wait(tmp_path / "result.nc", signal.SIGTERM)
    assert list(tmp_path.iterdir()) == []


def test_what_a_killed_stage_leaves_is_overwritten(tmp_path):
    write_and_wait(tmp_path / "result.nc", signal.SIGKILL)
    assert [path.name for path in tmp_path.iterdir()] == [".result.part.nc"]
    with replacing(tmp_path / "result.nc") as temporary:
        temporary.write_text("whole")
    assert [path.name for path in tmp_path.iterdir()] == ["result.nc"]


def test_an_error_keeps_what_was_there(tmp_path):
    path = tmp_path / "result.txt"
    path.write_text("old")
    with pytest.raises(ValueError, match="stop"), replacing(path) as temporary:
        temporary.write_text("new")
        raise ValueError("stop")
    assert path.read_text() == "old"


@pytest.mark.parametrize(("text", "message"), [("{", "is not JSON"), ("[1]", "holds a JSON list")])
def test_what_is_no_json_object_is_refused(tmp_path, text, message):
    path = tmp_path / "a.json"
    path.write_text(text)
    with pytest.raises(InputError, match=message):
        read_json(path)


# Maps and parameters


def test_a_set_of_simulations_is_read_as_written(write_simulations):
    files = write_simulations(n_simulations=4)
    simulations = open_simulations(files.maps, files.parameters, files.measured)
    assert simulations.maps.shape == (60, 16, 16)
    assert simulations.parameters.shape == (4, 6)
    assert simulations.measured.sha256 == sha256(files.maps)
    assert simulations.measured.moments.mean == pytest.approx(np.log10(simulations.maps.astype(float)).mean())


@pytest.mark.parametrize(
    ("array", "message"),
    [
        (np.ones((15, 8, 8)), "holds float64. Maps are float32"),
        (np.ones((15, 8, 9), np.float32), r"has shape \(15, 8, 9\)"),
        (np.ones((15, 64), np.float32), r"has shape \(15, 64\)"),
        (np.ones((16, 8, 8), np.float32), "holds 16 maps. A simulation has 15"),
        (np.ones((0, 8, 8), np.float32), "holds 0 maps"),
        (np.array([{}], dtype=object), "not a whole .npy file"),
    ],
)
def test_maps_of_another_form_are_refused(tmp_path, array, message):
    np.save(tmp_path / "maps.npy", array)
    with pytest.raises(InputError, match=message):
        open_maps(tmp_path / "maps.npy")


def test_truncated_maps_are_refused(write_simulations):
    path = write_simulations().maps
    path.write_bytes(path.read_bytes()[:-7])
    with pytest.raises(InputError, match=r"MockTNG.npy is not a whole .npy file"):
        open_maps(path)


def test_missing_maps_are_named(tmp_path):
    with pytest.raises(FileNotFoundError, match=r"nothing.npy"):
        open_maps(tmp_path / "nothing.npy")


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("1 2 3 4 5 6\n", "has 1 rows, but .* is of 30 maps, so 2 rows were expected"),
        ("1 2\n3 4\n", "has 2 rows of 2 columns. Parameters have 6 columns"),
        ("1 2 3 4 5 x\n", "is not a table of numbers"),
        ("1 2 3 4 5 6\n1 2 3 nan 5 6\n", "not finite in row 1"),
    ],
)
def test_parameters_that_do_not_fit_are_refused(write_simulations, text, message):
    files = write_simulations(n_simulations=2)
    files.parameters.write_text(text)
    with pytest.raises(InputError, match=message):
        read_parameters(files.parameters, n_maps=30, maps_path=files.maps)


def test_measures_of_another_file_are_refused(write_simulations):
    files, others = write_simulations("A", n_simulations=2), write_simulations("B", n_simulations=3)
    with pytest.raises(InputError, match="was measured of 45 maps"):
        open_simulations(files.maps, files.parameters, others.measured)


def test_a_json_of_something_else_is_no_measure(tmp_path):
    (tmp_path / "a.json").write_text('{"mean": 1}')
    with pytest.raises(InputError, match="does not say what was measured"):
        read_measured(tmp_path / "a.json")


MEASURED = Measurement("T", Moments(4.5, 0.7), 75, 16, "abc")
FULL = Measurement(
    "Mstar",
    Moments(4.5, 0.7),
    75,
    16,
    "abc",
    preprocessing=Preprocessing(2.5, "removed"),
    simulations=(4, 1),
    estimate=Estimate(50, 1, 0.01, 0.02),
    source=Source("http://a/b.npy", 1234, '"etag"'),
)


@pytest.mark.parametrize("measured", [MEASURED, FULL])
def test_what_was_measured_is_read_as_written(tmp_path, measured):
    write_measured(measured, tmp_path / "a.json")
    assert read_measured(tmp_path / "a.json") == measured


def test_a_measure_of_before_there_was_preprocessing_is_read(tmp_path):
    old = {"field": "T", "moments": {"mean": 4.5, "std": 0.7}, "n_maps": 75, "size": 16, "sha256": "abc"}
    (tmp_path / "a.json").write_text(json.dumps(old))
    assert read_measured(tmp_path / "a.json") == MEASURED


def test_an_impossible_preprocessing_is_named_with_its_file(tmp_path):
    write_measured(MEASURED, tmp_path / "a.json")
    text = (tmp_path / "a.json").read_text().replace("kept", "lost")
    (tmp_path / "a.json").write_text(text)
    with pytest.raises(InputError, match=r"a.json does not say .* monopole is 'lost'"):
        read_measured(tmp_path / "a.json")


@pytest.mark.parametrize(("size", "lengths"), [(16, [150, 30]), (64, [150, 30]), (256, [9] * 20)])
def test_pieces_of_a_file_are_its_maps_in_order(write_simulations, size, lengths):
    path = write_simulations(size=size).maps
    chunks = list(chunks_of(path))
    assert [len(chunk) for chunk in chunks] == lengths
    assert np.array_equal(np.concatenate(chunks), open_maps(path))


def test_standardised_maps_are_preprocessed_as_they_were_measured(write_simulations):
    files = write_simulations(n_simulations=2, smoothing=1.5, monopole="removed")
    simulations = open_simulations(files.maps, files.parameters, files.measured)
    moments = simulations.measured.moments
    assert moments.mean == pytest.approx(0, abs=1e-12)
    inputs = simulations.standardised(np.arange(30), moments)
    assert (inputs.mean(axis=(1, 2, 3)), inputs.std()) == (pytest.approx(np.zeros(30), abs=1e-6), pytest.approx(1))


# Slices


@pytest.fixture
def whole_and_slice(write_simulations):
    """A set of 12 simulations, and a slice of it: the simulations 7, 2 and 11."""
    whole = write_simulations("Whole")
    files = dataclasses.replace(
        whole, maps=whole.maps.with_name("part.npy"), measured=whole.maps.with_name("part.json")
    )
    np.save(files.maps, open_maps(whole.maps).reshape(12, 15, 16, 16)[[7, 2, 11]].reshape(45, 16, 16))
    measured = dataclasses.replace(read_measured(whole.measured), simulations=(7, 2, 11), sha256=sha256(files.maps))
    write_measured(measured, files.measured)
    return whole, files


def opened(files):
    return open_simulations(files.maps, files.parameters, files.measured)


def test_a_slice_gives_the_maps_of_the_whole_at_its_positions(whole_and_slice):
    whole, part = map(opened, whole_and_slice)
    positions = np.array([7 * 15 + 3, 11 * 15, 2 * 15 + 14, 7 * 15])
    moments = whole.measured.moments
    assert np.array_equal(part.standardised(positions, moments), whole.standardised(positions, moments))
    assert part.parameters.shape == (12, 6)


def test_a_simulation_outside_a_slice_is_named(whole_and_slice):
    with pytest.raises(InputError, match=r"part.npy does not hold simulation 5: it is a slice of 3 simulations"):
        opened(whole_and_slice[1]).standardised(np.array([30, 80]), Moments(0, 1))


def test_a_map_is_read_raw_from_the_whole_or_a_slice(whole_and_slice):
    whole, part = (opened(files).raw(np.array([2 * 15 + 4])) for files in whole_and_slice)
    assert np.array_equal(whole[0], open_maps(whole_and_slice[0].maps)[34])
    assert np.array_equal(part, whole)


def test_a_map_outside_a_slice_is_not_read(whole_and_slice):
    with pytest.raises(InputError, match=r"part.npy does not hold simulation 0"):
        opened(whole_and_slice[1]).raw(np.array([4]))


def test_a_slice_with_the_measures_of_the_whole_is_refused(whole_and_slice):
    whole, part = whole_and_slice
    with pytest.raises(InputError, match=r"part.npy has shape \(45, 16, 16\), but .* measured of 180 maps"):
        open_simulations(part.maps, part.parameters, whole.measured)
    with pytest.raises(InputError, match="measured of 180 maps of 16 pixels a side, of which its file holds 45"):
        open_simulations(whole.maps, part.parameters, part.measured)


# Models


@pytest.fixture
def description():
    network = CMDNetwork(1, size=16)
    arguments = {"hidden": 1, "dropout": 0.0, "channels": 1, "size": 16}
    return Description("MockTNG", "T", CMD_NETWORK, arguments, tuple(network.layers), Moments(4.7, 0.8))


@pytest.fixture
def model(tmp_path, description):
    path = tmp_path / "model.pt"
    torch.manual_seed(0)
    write_model(CMDNetwork(1, size=16), path, description=description)
    return path


def rewrite(path, state):
    """Replace the weights, and the checksum with them."""
    torch.save(state, path)
    record = json.loads(path.with_suffix(".json").read_text())
    path.with_suffix(".json").write_text(json.dumps(record | {"sha256": sha256(path)}))


def test_a_model_is_read_as_written(model, description):
    network, found = read_model(model)
    assert found.moments == description.moments
    assert found.layers == description.layers
    assert not network.training


def test_the_same_weights_are_the_same_bytes_under_any_name(model, description):
    other = model.with_name("another.pt")
    network, _ = read_model(model)
    write_model(network, other, description=description)
    assert other.read_bytes() == model.read_bytes()


def test_a_changed_file_is_refused_by_its_checksum(model):
    model.write_bytes(model.read_bytes()[:-1] + b"x")
    with pytest.raises(InputError, match=r"model.pt has the SHA-256 .* but .*model.json says"):
        read_model(model)


def test_weights_of_another_width_are_refused(model):
    rewrite(model, CMDNetwork(2, size=16).state_dict())
    with pytest.raises(InputError, match=r"'C01.weight' of shape \(4, 1, 3, 3\); the network needs \(2, 1, 3, 3\)"):
        read_model(model)


def test_weights_of_another_network_are_refused(model):
    rewrite(model, {"somewhere.weight": torch.ones(2)})
    with pytest.raises(InputError, match=r"does not fit the network: missing .*'B01.bias'.* unknown \['somewhere"):
        read_model(model)


def test_a_truncated_file_is_refused(model):
    cut = model.read_bytes()[:-3000]
    model.write_bytes(cut)
    record = json.loads(model.with_suffix(".json").read_text())
    model.with_suffix(".json").write_text(json.dumps(record | {"sha256": sha256(model)}))
    with pytest.raises(InputError, match=r"model.pt is not a whole file of weights"):
        read_model(model)


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"<html>", "begins like neither"),
        (b"", "begins like neither"),
        (b"\x80\x02}q\x00", "not a whole file of weights"),
    ],
)
def test_what_is_no_file_of_weights_is_refused(tmp_path, content, message):
    (tmp_path / "a.pt").write_bytes(content)
    with pytest.raises(InputError, match=message):
        load_weights(CMDNetwork(1, size=16), tmp_path / "a.pt")


class Explosive:
    """Runs code when it is unpickled."""

    def __reduce__(self):
        return (exec, ("raise SystemExit('the file ran code')",))


@pytest.mark.parametrize("save", [torch.save, lambda content, path: path.write_bytes(pickle.dumps(content, 2))])
def test_a_pickle_that_would_run_code_is_refused(model, save):
    save({"C01.weight": Explosive()}, model)
    record = json.loads(model.with_suffix(".json").read_text())
    model.with_suffix(".json").write_text(json.dumps(record | {"sha256": sha256(model)}))
    with pytest.raises(InputError, match="holds more than tensors, so it was not loaded"):
        read_model(model)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"constructor": "os.system"}, "names the constructor 'os.system'"),
        ({"arguments": {"depth": 3}}, r"cannot take \{'depth': 3\}"),
        ({"moments": {"mean": 1}}, "does not describe a model"),
        ({"preprocessing": {"smoothing": -1}}, "does not describe a model: The smoothing is -1 pixels"),
        ({"colour": "red"}, "does not describe a model"),
    ],
)
def test_a_description_of_something_else_is_refused(model, change, message):
    record = json.loads(model.with_suffix(".json").read_text())
    model.with_suffix(".json").write_text(json.dumps(record | change))
    with pytest.raises(InputError, match=message):
        read_model(model)


def test_a_description_of_before_there_was_preprocessing_is_read(model):
    record = json.loads(model.with_suffix(".json").read_text())
    assert record.pop("preprocessing") == {"smoothing": 0.0, "monopole": "kept", "logarithm": True}
    model.with_suffix(".json").write_text(json.dumps(record))
    assert read_model(model)[1].preprocessing == Preprocessing()


def test_a_model_keeps_its_preprocessing(model, description):
    described = dataclasses.replace(description, preprocessing=Preprocessing(2.0, "removed"))
    write_model(read_model(model)[0], model, description=described)
    assert read_model(model)[1].preprocessing == Preprocessing(2.0, "removed")


def test_maps_of_another_preprocessing_do_not_fit(description):
    require_fitting(description, MEASURED, Path("a.npy"))
    other = dataclasses.replace(MEASURED, preprocessing=Preprocessing(2.5, "removed"))
    message = (
        "a.npy was measured with smoothing 2.5 and monopole removed, .* trained with smoothing 0 and monopole kept"
    )
    with pytest.raises(InputError, match=message):
        require_fitting(description, other, Path("a.npy"))


def test_a_checkpoint_of_other_settings_is_left_alone(tmp_path):
    path = tmp_path / "checkpoint.pt"
    write_checkpoint({"curve": [{"epoch": 1}]}, path, identity={"seed": 1})
    assert read_checkpoint(path, identity={"seed": 1}) == {"curve": [{"epoch": 1}]}
    assert read_checkpoint(path, identity={"seed": 2}) is None
    assert read_checkpoint(tmp_path / "none.pt", identity={"seed": 1}) is None


# Datasets, tables, figures


@pytest.fixture
def dataset(rng):
    attributes = {"units": "1", "long_name": "a number"}
    values = rng.normal(size=(3, 4))
    return xr.Dataset(
        {"value": (("map", "unit"), values, attributes)},
        coords={"map": ["a", "b", "c"]},
        attrs={"model": "T-MockTNG", "seed": 1},
    )


def test_a_dataset_is_read_as_written(tmp_path, dataset):
    write_dataset(dataset, tmp_path / "a.nc")
    with open_dataset(tmp_path / "a.nc") as found:
        assert found.load().identical(dataset)


def test_the_same_dataset_is_the_same_bytes(tmp_path, dataset):
    for name in ("a.nc", "b.nc"):
        write_dataset(dataset, tmp_path / name)
    assert (tmp_path / "a.nc").read_bytes() == (tmp_path / "b.nc").read_bytes()


def test_a_variable_without_units_is_refused(tmp_path, dataset):
    dataset["value"].attrs.pop("units")
    with pytest.raises(InputError, match=r"Variable 'value' for .* lacks \['units'\]"):
        write_dataset(dataset, tmp_path / "a.nc")


def test_a_truncated_dataset_is_refused(tmp_path, dataset):
    write_dataset(dataset, tmp_path / "a.nc")
    content = (tmp_path / "a.nc").read_bytes()
    (tmp_path / "a.nc").write_bytes(content[: len(content) // 2])
    with pytest.raises(InputError, match=r"a.nc is not a whole netCDF file"):
        open_dataset(tmp_path / "a.nc")


def test_a_missing_dataset_is_named(tmp_path):
    with pytest.raises(FileNotFoundError, match=r"nothing.nc"):
        open_dataset(tmp_path / "nothing.nc")


def test_a_dataset_of_another_stage_is_refused(tmp_path, dataset):
    write_dataset(dataset, tmp_path / "a.nc")
    with pytest.raises(InputError, match=r"lacks the attributes \['domain'\]"):
        open_dataset(tmp_path / "a.nc", attributes=("model", "domain"))


def test_a_table_is_read_as_written(tmp_path, rng):
    table = pd.DataFrame({"name": ["a", "b"], "value": rng.normal(size=2)})
    write_table(table, tmp_path / "a.csv")
    pd.testing.assert_frame_equal(read_table(tmp_path / "a.csv", columns=("value",)), table)


@pytest.mark.parametrize(
    ("text", "message"), [("", "is not a table"), ("a,b\n1,2\n", r"lacks the columns \['epoch'\]")]
)
def test_another_table_is_refused(tmp_path, text, message):
    (tmp_path / "a.csv").write_text(text)
    with pytest.raises(InputError, match=message):
        read_table(tmp_path / "a.csv", columns=("epoch",))


@pytest.mark.parametrize("suffix", [".pdf", ".png"])
def test_the_same_figure_is_the_same_bytes(tmp_path, suffix):
    for name in ("a", "b"):
        figure = Figure()
        figure.subplots().plot([1, 2, 3])
        write_figure(figure, tmp_path / f"{name}{suffix}")
    assert (tmp_path / f"a{suffix}").read_bytes() == (tmp_path / f"b{suffix}").read_bytes()


def test_a_pdf_has_fonts_that_journals_take(tmp_path):
    figure = Figure()
    figure.text(0.5, 0.5, "words")
    write_figure(figure, tmp_path / "a.pdf")
    content = (tmp_path / "a.pdf").read_bytes()
    assert b"/CIDFontType2" in content
    assert b"/Type3" not in content


def test_longer_words_are_not_cut_to_the_width_they_were_read_with(tmp_path):
    for name, words in (("short", ["TNG", "TNG"]), ("long", ["SIMBA", "SIMBA"])):
        write_dataset(xr.Dataset(coords={"suite": ("map", words)}), tmp_path / f"{name}.nc")
    parts = [open_dataset(tmp_path / f"{name}.nc").load() for name in ("short", "long")]
    write_dataset(xr.concat(parts, "map"), tmp_path / "both.nc")
    with open_dataset(tmp_path / "both.nc") as both:
        assert both["suite"].to_numpy().tolist() == ["TNG", "TNG", "SIMBA", "SIMBA"]
