"""Measuring a file of maps takes the same memory whatever its size."""

import re
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

import repshift
from repshift.storage.measurement import read_measured

SOURCE = str(Path(repshift.__file__).parents[1])


@pytest.fixture(params=[1_500, pytest.param(15_000, marks=pytest.mark.slow)])
def n_maps(request):
    """Of 256 pixels each: 0.4 GB, and the 3.9 GB that a file of CMD has."""
    return request.param


@pytest.fixture
def large_file(tmp_path, n_maps):
    """A file of which the disk holds the ten maps that are not 0."""
    path = tmp_path / "large.npy"
    maps = np.lib.format.open_memmap(path, mode="w+", dtype="<f4", shape=(n_maps, 256, 256))
    maps[:5], maps[-5:] = 1e9, 1e10
    maps.flush()
    yield path
    path.unlink()


def peak_of(code):
    """Return the largest resident memory of a process, in MB.

    Read from /proc: ru_maxrss of a child begins at the size of the process that started it, here pytest with torch.
    """
    code += "; print(Path('/proc/self/status').read_text())"
    command = [sys.executable, "-c", code]
    found = subprocess.run(command, env={"PYTHONPATH": SOURCE}, capture_output=True, text=True, check=True)
    return int(re.search(r"VmHWM:\s+(\d+) kB", found.stdout)[1]) / 1024


def test_measuring_a_file_of_cmd_takes_less_than_300_mb(large_file, n_maps, tmp_path):
    output = tmp_path / "a.json"
    arguments = f"maps=Path({str(large_file)!r}), field='Mstar'"
    code = "from pathlib import Path; from repshift.stages.maps import measure"
    assert peak_of(f"{code}; measure.run({arguments}, output=Path({str(output)!r}))") < 300
    # Mstar: log10(map + 1), so that the holes are 0
    assert read_measured(output).moments.mean == pytest.approx(5 * (9 + 10) / n_maps, rel=1e-9)
