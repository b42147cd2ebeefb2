"""A run that is stopped, then killed, as a user starts it again."""

import os
import signal
import time
from pathlib import Path

from running import TEST, copy_tree, results, run, start

ONE_MODEL = (
    "results/shift_scores/T-MockTNG/MockSIMBA.nc",
    "results/shift_steps/T-MockTNG.nc",
    "results/cka/T-MockTNG/MockSIMBA.nc",
)
"""Targets that most stages work for: the simulations, training, the network's job and the statistics of one model."""


def stop(folder, sign, *arguments, once):
    """Start a run and stop it once a file of a pattern is there: SIGTERM lets running jobs end, SIGKILL ends all."""
    process = start(folder, *arguments)
    deadline = time.monotonic() + 300
    while not list(folder.glob(once)) and process.poll() is None and time.monotonic() < deadline:
        time.sleep(0.02)
    if sign == signal.SIGKILL:
        os.killpg(process.pid, sign)
    else:
        process.send_signal(sign)
    assert process.wait() != 0


def test_a_stopped_run_goes_on_to_the_same_bytes(finished, tmp_path):
    folder, arguments = copy_tree(tmp_path), (*ONE_MODEL, *TEST)
    stop(folder, signal.SIGTERM, *arguments, once="results/maps/*/params_*.txt")
    assert not (folder / "results/training").exists()
    stop(folder, signal.SIGKILL, *arguments, once="results/training/.*.checkpoint.pt")
    assert list((folder / "results/training").glob(".*.checkpoint.pt"))
    assert "--unlock" in run(folder, *arguments, expect=1)
    run(folder, *arguments, "--unlock")
    run(folder, *arguments, cores=1)
    found, expected = results(folder), results(finished)
    assert [path for path in found if Path(path).name.startswith(".")] == []
    assert [path for path in found if found[path] != expected[path]] == []
    assert set(ONE_MODEL) <= set(found)
