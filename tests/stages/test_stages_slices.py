"""Actions sample and slice of the stage maps: from a server to files that the other stages take."""

import dataclasses

import numpy as np
import pytest

from repshift import InputError
from repshift.__main__ import main
from repshift.mock_server.faults import Faults
from repshift.mock_server.server import Server
from repshift.networks.channels import Preprocessing
from repshift.stages.maps import measure
from repshift.stages.maps import sample as sampling
from repshift.stages.maps import slice as slicing
from repshift.statistics.selection import maps_of, split_simulations
from repshift.storage.files import sha256
from repshift.storage.maps import open_maps
from repshift.storage.measurement import read_measured
from repshift.storage.simulations import open_simulations

CONNECTION = {"attempts": 2, "timeout": 5.0}


@pytest.fixture
def files(write_simulations):
    return write_simulations(n_simulations=40)


@pytest.fixture
def server(files):
    with Server(files.maps.parent) as running:
        yield running


@pytest.fixture
def address(server, files):
    return f"{server.address}/{files.maps.name}"


def sample(address, output, **changes):
    arguments = {"field": "T", "sample": 40, "seed": 1} | changes
    root, _, name = address.rpartition("/")
    sampling.run(files=[name], roots=[root], output=output, **CONNECTION, **arguments)
    return read_measured(output)


def cut(folder, measured, *, split="test"):
    outputs = {"output": folder / "part.npy", "output_measured": folder / "part.json"}
    slicing.run(measured=measured, split=split, **CONNECTION, **outputs)
    return outputs


@pytest.mark.parametrize("how", [(0.0, "kept"), (1.5, "removed")])
def test_all_maps_give_what_a_file_on_disk_gives(files, address, tmp_path, how):
    options = {"preprocessing": Preprocessing(*how)}
    measure.run(maps=files.maps, field="T", output=tmp_path / "disk.json", **options)
    found = sample(address, tmp_path / "server.json", sample=None, **options)
    assert dataclasses.replace(found, source=None) == read_measured(tmp_path / "disk.json")
    assert found.source.size == files.maps.stat().st_size


def test_a_sample_gives_an_estimate_with_its_error(files, server, address, tmp_path):
    found = sample(address, tmp_path / "a.json")
    exact = read_measured(files.measured)
    assert (found.n_maps, found.size, found.sha256) == (600, (16, 16), "")
    assert (found.estimate.n_maps, found.estimate.seed) == (40, 1)
    assert abs(found.moments.mean - exact.moments.mean) < 4 * found.estimate.mean_error
    assert abs(found.moments.std - exact.moments.std) < 4 * found.estimate.std_error
    assert server.sent < files.maps.stat().st_size / 10


def test_a_sample_follows_its_seed(address, tmp_path):
    first, again, other = (sample(address, tmp_path / "a.json", seed=seed) for seed in (1, 1, 2))
    assert first == again
    assert first.moments != other.moments


@pytest.mark.parametrize("number", [-3, 0, 1])
def test_an_impossible_sample_is_refused(address, tmp_path, number):
    with pytest.raises(InputError, match=r"MockTNG.npy: A sample of .* of 600 maps"):
        sample(address, tmp_path / "a.json", sample=number)


def test_a_map_without_a_logarithm_is_named_with_its_address(write_simulations, server, tmp_path):
    path = write_simulations("Spoilt", n_simulations=2, field="Mstar", change=lambda number, values: values * number)
    with pytest.raises(InputError, match=r"Spoilt.npy: Map 0 of field 'T' holds 0.0"):
        sample(f"{server.address}/{path.maps.name}", tmp_path / "a.json", sample=None)


def test_a_slice_serves_the_split_as_the_whole_does(files, server, address, tmp_path):
    sample(address, tmp_path / "a.json")
    before = server.sent
    outputs = cut(tmp_path, tmp_path / "a.json")
    assert server.sent - before < files.maps.stat().st_size / 10
    simulations = split_simulations(40, split="test")
    found = open_simulations(outputs["output"], files.parameters, outputs["output_measured"])
    whole = open_simulations(files.maps, files.parameters, files.measured)
    positions, moments = maps_of(simulations), found.moments
    assert np.array_equal(found.standardised(positions, moments), whole.standardised(positions, moments))
    assert found.measured[0].simulations == tuple(simulations)
    assert found.sha256 == sha256(outputs["output"])
    assert found.measured[0].estimate == read_measured(tmp_path / "a.json").estimate


def test_another_split_than_the_slice_s_is_refused(files, address, tmp_path):
    sample(address, tmp_path / "a.json")
    outputs = cut(tmp_path, tmp_path / "a.json")
    found = open_simulations(outputs["output"], files.parameters, outputs["output_measured"])
    with pytest.raises(InputError, match=r"part.npy does not hold simulation \d+: it is a slice of 2 simulations"):
        found.standardised(maps_of(split_simulations(40, split="train")), found.moments)


def test_a_file_that_changed_since_it_was_sampled_is_refused(files, address, tmp_path):
    sample(address, tmp_path / "a.json")
    np.save(files.maps, np.array(open_maps(files.maps)) * 2)
    with pytest.raises(InputError, match=r"on the server changed since it was sampled: .* Run 'maps sample' and"):
        cut(tmp_path, tmp_path / "a.json")
    assert not (tmp_path / "part.npy").exists()


@pytest.mark.parametrize("number", [600, 1000])
def test_a_sample_as_large_as_the_file_is_every_map(files, address, tmp_path, number):
    found = sample(address, tmp_path / "a.json", sample=number)
    assert (found.estimate, found.moments) == (None, read_measured(files.measured).moments)


def test_a_sample_goes_on_at_the_next_mirror(files, server, tmp_path):
    with Server(files.maps.parent, faults=Faults(ignore_range=True)) as bad:
        arguments = {"field": "T", "sample": 40, "seed": 1}
        roots = [bad.address, server.address]
        sampling.run(files=["MockTNG.npy"], roots=roots, output=tmp_path / "a.json", **CONNECTION, **arguments)
    assert read_measured(tmp_path / "a.json").source.address == f"{server.address}/MockTNG.npy"


def test_measures_of_a_file_on_disk_are_no_ground_for_a_slice(files, address, tmp_path):
    with pytest.raises(InputError, match=r"MockTNG.json was measured of a file on disk"):
        cut(tmp_path, files.measured)


def test_a_server_without_ranges_is_refused(server, address, tmp_path):
    server.faults = Faults(ignore_range=True)
    with pytest.raises(InputError, match="ignores Range"):
        sample(address, tmp_path / "a.json")


def run(*arguments):
    return main([str(argument) for argument in arguments])


def test_sample_and_slice_are_commands(files, address, tmp_path, caplog):
    caplog.set_level("INFO")
    root, _, name = address.rpartition("/")
    patience = ["--attempts", 2, "--timeout", 5]
    source = ["--files", "gone.npy", name, "--roots", root, *patience]
    how = ["--field", "T", "--seed", 1, "--smoothing", 2.0, "--monopole", "removed"]
    assert run("maps", "sample", *source, *how, "--sample", "all", "--output", tmp_path / "all.json") == 0
    assert run("maps", "sample", *source, *how, "--sample", 50, "--output", tmp_path / "a.json") == 0
    outputs = ["--output", tmp_path / "part.npy", "--output-measured", tmp_path / "part.json"]
    assert run("maps", "slice", *patience, "--measured", tmp_path / "a.json", "--split", "validation", *outputs) == 0
    assert open_maps(tmp_path / "part.npy").shape == (30, 16, 16)
    assert "MB of maps; the whole of" in caplog.text


def test_a_sample_that_is_no_number_is_exit_2(tmp_path, capfd):
    with pytest.raises(SystemExit):
        run("maps", "sample", "--sample", "many")
    assert "--sample: invalid" in capfd.readouterr().err
