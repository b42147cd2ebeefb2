"""Files are whole or absent, whatever ends the process that writes them."""

import os
import re
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

import repshift
from repshift import InputError
from repshift.storage.datasets import open_dataset
from repshift.storage.files import read_json, replacing, sha256
from repshift.storage.labels import read_table
from repshift.storage.maps import open_maps
from repshift.storage.weights import read_content


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
    pipes = {"stdout": subprocess.PIPE, "stderr": subprocess.PIPE}
    process = subprocess.Popen([sys.executable, "-c", code], env={"PYTHONPATH": source}, **pipes)
    assert process.stdout.readline() == b"writing\n"
    process.send_signal(sign)
    said = process.communicate()[1].decode()
    assert process.returncode != 0
    return said


@pytest.mark.parametrize("sign", [signal.SIGTERM, signal.SIGINT])
def test_a_stage_that_is_stopped_leaves_nothing_behind(tmp_path, sign):
    said = write_and_wait(tmp_path / "result.nc", sign)
    assert list(tmp_path.iterdir()) == []
    assert "Traceback" not in said


def test_what_a_killed_stage_leaves_goes_a_day_later(tmp_path):
    write_and_wait(tmp_path / "result.nc", signal.SIGKILL)
    (left,) = tmp_path.iterdir()
    assert re.fullmatch(r"\.result\.\d+\.part\.nc", left.name)
    for age, expected in ((0, {left.name, "result.nc"}), (90_000, {"result.nc"})):
        os.utime(left, (time.time() - age,) * 2)
        with replacing(tmp_path / "result.nc") as temporary:
            assert temporary != left
            temporary.write_text("whole")
        assert {path.name for path in tmp_path.iterdir()} == expected


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda path: path.mkdir(), "is a directory. Expected a file"),
        (lambda path: os.mkfifo(path), "is a pipe. Expected a file"),
    ],
)
def test_what_is_no_file_is_refused_before_it_is_read(tmp_path, make, message):
    make(tmp_path / "a.json")
    for read in (sha256, read_json, open_maps, read_table, read_content, open_dataset):
        with pytest.raises(InputError, match=message):
            read(tmp_path / "a.json")


def test_a_directory_is_not_written_over(tmp_path):
    (tmp_path / "result.nc").mkdir()
    with pytest.raises(InputError, match="result.nc is a directory"), replacing(tmp_path / "result.nc"):
        pass


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
