"""The stage maps: a simulated suite, what is measured of maps, and how its commands end."""

import subprocess
import sys
import time

import numpy as np
import psutil
import pytest

from repshift import InputError
from repshift.__main__ import main
from repshift.networks.channels import Preprocessing
from repshift.simulation.seeds import entropy_of
from repshift.stages.maps import simulate as simulate_action
from repshift.storage.maps import open_maps
from world import ENVIRONMENT, measure


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


def test_what_the_user_can_mend_is_one_line_and_exit_2(tmp_path, capfd):
    arguments = ["maps", "measure", "--maps", str(tmp_path / "no.npy"), "--field", "T", "--output", "x.json"]
    assert main([*arguments, "--smoothing", "0", "--monopole", "kept"]) == 2
    error = capfd.readouterr().err
    assert error.startswith("repshift: error: ")
    assert error.count("\n") == 1
    assert "no.npy" in error
