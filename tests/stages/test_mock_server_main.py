"""The command line of the stand-in: a copy of CMD in both layouts, and a server with faults."""

import os
import subprocess
import sys
from pathlib import Path
from urllib.request import urlopen

import pytest

import repshift
from repshift.mock_server import __main__ as standin
from repshift.storage.maps import open_maps
from repshift.storage.studies import read_trial

SMALL = "--simulations 2 --copies 20 --size 16 --particles 16 --trials 1 --epochs 1 --hidden 1 1 --processes 1"


@pytest.fixture(scope="module")
def made(tmp_path_factory):
    """A copy of CMD of the smallest maps."""
    directory = tmp_path_factory.mktemp("standin")
    assert standin.main(["make", "--directory", str(directory), *SMALL.split()]) == 0
    return directory


@pytest.mark.parametrize(("layout", "folder"), [("nested", "SIMBA"), ("flat", "")])
def test_both_layouts_hold_the_same_copy(made, layout, folder):
    root = made / layout / "2D_maps"
    assert open_maps(root / "data" / folder / "Maps_Mtot_SIMBA_LH_z=0.00.npy").shape == (300, 16, 16)
    assert (root / "data" / folder / "params_LH_SIMBA.txt").exists()
    study = root / "inference/databases/SIMBA_o3_Mtot_all_steps_500_500_o3.db"
    assert read_trial(study, study="wd_dr_hidden_lr_o3", rank=1).number == 0
    assert (root / "inference/weights/weights_SIMBA_Mtot_0_all_steps_500_500_o3.pt").exists()


def test_what_is_made_is_kept(made):
    before = {path: path.stat().st_mtime_ns for path in made.rglob("*") if path.is_file()}
    assert standin.main(["make", "--directory", str(made), *SMALL.split()]) == 0
    assert {path: path.stat().st_mtime_ns for path in made.rglob("*") if path.is_file()} == before


def test_layouts_are_names_and_no_copies(made):
    inodes = {path.stat().st_ino for path in made.rglob("Maps_T_SIMBA_LH_z=0.00.npy") if "few" not in path.parts}
    assert len(inodes) == 1


def test_what_cannot_be_linked_is_copied(tmp_path, monkeypatch):
    def fail(*_):
        raise OSError(18, "Invalid cross-device link")

    monkeypatch.setattr(os, "link", fail)
    (tmp_path / "a").write_text("maps")
    standin._link(tmp_path / "a", tmp_path / "b")
    assert (tmp_path / "b").read_text() == "maps"


def serving(directory, *words):
    environment = os.environ | {"PYTHONPATH": str(Path(repshift.__file__).parents[1])}
    command = [sys.executable, "-m", "repshift.mock_server", "serve", "--directory", str(directory), "--port", "0"]
    return subprocess.Popen([*command, *words], env=environment, stderr=subprocess.PIPE, text=True)


def test_the_command_line_serves_a_directory_and_faults(tmp_path):
    for name in ("a.npy", "a.txt"):
        (tmp_path / name).write_bytes(b"maps")
    with serving(tmp_path, "--wrong", "--match", "npy$") as process:
        try:
            lines = [next(process.stderr) for _ in range(2)]
            assert "maps.cmd.addresses" in lines[0]
            address = next(word for word in lines[1].split() if word.startswith("http"))
            for name, content in (("a.npy", b"nbqt"), ("a.txt", b"maps")):
                with urlopen(f"{address}/{name}", timeout=10) as answer:
                    assert answer.read() == content
        finally:
            process.terminate()


def test_without_options_there_are_no_faults(monkeypatch, tmp_path):
    found = {}
    monkeypatch.setattr(standin, "serve_directory", lambda directory, *, port, faults: found.update(faults=faults))
    standin.main(["serve", "--directory", str(tmp_path)])
    assert found["faults"] == standin.Faults()


def test_every_fault_is_an_option(monkeypatch, tmp_path):
    found = {}
    monkeypatch.setattr(standin, "serve_directory", lambda directory, *, port, faults: found.update(faults=faults))
    words = "--cut 3 --ignore-range --change --wrong --stall 0.5 --status 503 --redirect http://b --no-validator"
    standin.main(["serve", "--directory", str(tmp_path), *words.split(), "--match", "x", "--times", "2"])
    assert found["faults"] == standin.Faults(3, True, True, True, 0.5, 503, "http://b", True, "x", 2)
