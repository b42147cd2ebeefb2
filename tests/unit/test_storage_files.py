"""Files are whole or absent, whatever ends the process that writes them."""

import signal
import subprocess
import sys
from pathlib import Path

import pytest

import repshift
from repshift import InputError
from repshift.storage.files import read_json, replacing


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
