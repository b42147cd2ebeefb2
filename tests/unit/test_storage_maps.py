"""Maps, parameters and what was measured: read as written, and what does not fit is named."""

import dataclasses
import json
import subprocess
import sys

import numpy as np
import pytest

from repshift import InputError
from repshift.networks.channels import Moments, Preprocessing
from repshift.storage.files import sha256
from repshift.storage.labels import read_parameters
from repshift.storage.maps import chunks_of, open_maps
from repshift.storage.measurement import Estimate, Measurement, Source, read_measured, write_measured
from repshift.storage.simulations import open_simulations


def test_a_set_of_simulations_is_read_as_written(write_simulations):
    files = write_simulations(n_simulations=4)
    simulations = open_simulations(files.maps, files.parameters, files.measured)
    assert simulations.channels[0].maps.shape == (60, 16, 16)
    assert simulations.parameters.shape == (4, 6)
    assert simulations.sha256 == sha256(files.maps)
    logarithms = np.log10(simulations.channels[0].maps.astype(float))
    assert simulations.moments[0].mean == pytest.approx(logarithms.mean())


@pytest.mark.parametrize(
    ("array", "message"),
    [
        (np.ones((15, 8, 8)), r"holds float64 of shape \(15, 8, 8\). Maps are float32 .* Convert them once: python -c"),
        (np.ones((15, 8, 8), ">f4"), "holds >f4 of shape"),
        (np.ones((15, 8, 8), "u1"), "holds uint8 of shape"),
        (np.asfortranarray(np.ones((15, 8, 8), "f4")), "in Fortran order"),
        (np.ones((15, 1, 8, 8), "f4"), r"np.load\('maps.npy'\)\[:, 0\], dtype='<f4'"),
        (np.ones((15, 8, 8), bool), "holds bool. Maps are float32"),
        (np.ones((15, 3, 8, 9), np.float32), r"has shape \(15, 3, 8, 9\)"),
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


@pytest.mark.parametrize(
    "array", [np.arange(960.0).reshape(15, 8, 8), np.asfortranarray(np.ones((15, 8, 8))), np.ones((15, 1, 8, 8), ">f4")]
)
def test_the_line_that_the_message_gives_converts(tmp_path, array):
    np.save(tmp_path / "odd.npy", array)
    with pytest.raises(InputError, match="Convert them once: ") as refused:
        open_maps(tmp_path / "odd.npy")
    line = str(refused.value).partition("Convert them once: ")[2].replace("python", sys.executable, 1)
    subprocess.run(line, shell=True, cwd=tmp_path, check=True)
    assert np.array_equal(open_maps(tmp_path / "maps.npy"), array.reshape(15, 8, 8).astype("f4"))


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


MEASURED = Measurement("T", Moments(4.5, 0.7), 75, (16, 16), "abc")
FULL = Measurement(
    "Mstar",
    Moments(4.5, 0.7),
    75,
    (16, 24),
    "abc",
    preprocessing=Preprocessing(2.5, "removed", logarithm=False, arcsinh=0.1, clip=(None, 9.0), scale=2.0),
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


def test_standardised_maps_are_preprocessed_as_measured(write_simulations):
    files = write_simulations(n_simulations=2, smoothing=1.5, monopole="removed")
    simulations = open_simulations(files.maps, files.parameters, files.measured)
    moments = simulations.moments
    assert moments[0].mean == pytest.approx(0, abs=1e-12)
    inputs = simulations.standardised(np.arange(30), moments)
    assert (inputs.mean(axis=(1, 2, 3)), inputs.std()) == (pytest.approx(np.zeros(30), abs=1e-6), pytest.approx(1))


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
    moments = whole.moments
    assert np.array_equal(part.standardised(positions, moments), whole.standardised(positions, moments))
    assert part.parameters.shape == (12, 6)


def test_a_simulation_outside_a_slice_is_named(whole_and_slice):
    with pytest.raises(InputError, match=r"part.npy does not hold simulation 5: it is a slice of 3 simulations"):
        opened(whole_and_slice[1]).standardised(np.array([30, 80]), [Moments(0, 1)])


def test_a_map_is_read_raw_from_the_whole_or_a_slice(whole_and_slice):
    whole, part = (opened(files).raw(np.array([2 * 15 + 4])) for files in whole_and_slice)
    assert np.array_equal(whole[0, 0], open_maps(whole_and_slice[0].maps)[34])
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
