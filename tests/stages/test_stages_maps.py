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


def simulate(folder, processes, seed=1, suite="MockTNG", size=16, **how):
    outputs = {name: folder / f"{name}.npy" for name in ("mtot", "t")}
    chosen = {"set": "LHT", "simulations": 3, "supernova": [0.1, 0, 100, 0.5], "agn": [2e-3, 0, 100, 0.5], **how}
    simulate_action.run(
        suite=suite,
        **chosen,
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


OTHER_FEEDBACK = {"supernova": [0.1, 2, 10, 0], "agn": [3e-2, 1, 1, 0]}


def test_a_twin_has_the_parameters_and_skies_of_its_suite(tmp_path):
    read = {}
    for suite, how in (("MockTNG", {}), ("Twin", {"seeds": "MockTNG", **OTHER_FEEDBACK}), ("Other", OTHER_FEEDBACK)):
        simulate(tmp_path, 1, suite=suite, size=32, **how)
        maps = np.log10(np.load(tmp_path / "t.npy")).reshape(45, -1)
        read[suite] = maps, (tmp_path / "parameters.txt").read_bytes()
    assert read["Twin"][1] == read["MockTNG"][1] != read["Other"][1]
    alike, others = (
        [np.corrcoef(*pair)[0, 1] for pair in zip(read["MockTNG"][0], read[suite][0], strict=True)]
        for suite in ("Twin", "Other")
    )
    assert np.median(alike) > 0.8
    assert abs(np.median(others)) < 0.3


def test_a_realisation_of_1p_shares_its_initial_conditions(tmp_path):
    simulate(tmp_path, 1, set="1P", simulations=60)
    maps = np.load(tmp_path / "mtot.npy").reshape(2, 6, 5, 15, 16, 16)
    assert np.array_equal(maps[0, 0, 2], maps[0, 5, 2])
    # feedback moves gas alone: matter stays where it was
    assert np.corrcoef(np.log(maps[0, 3, 0, 0]).ravel(), np.log(maps[0, 0, 2, 0]).ravel())[0, 1] > 0.9
    assert not np.array_equal(maps[0, 0, 0], maps[0, 0, 2])
    assert abs(np.corrcoef(np.log(maps[0, 0, 2, 0]).ravel(), np.log(maps[1, 0, 2, 0]).ravel())[0, 1]) < 0.5


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
