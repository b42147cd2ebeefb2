"""The workflow on Slurm through profiles/slurm: where jobs run, with what, and what is lost when something dies."""

import os
import re
import signal
import time
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from types import SimpleNamespace

import pytest
from snakemake_executor_plugin_slurm.utils import set_gres_string

import slurm
from running import configure, copy_tree, jobs_of, put, results, run_alone, start

pytestmark = pytest.mark.skipif(bool(slurm.reason_against()), reason=slurm.reason_against())

PROFILE = ("--workflow-profile", "profiles/slurm")
IMPATIENT = (
    *("--slurm-init-seconds-before-status-checks", "2", "--max-status-checks-per-second", "1"),
    *("--latency-wait", "10", "--slurm-keep-successful-logs"),
)
TARGETS = ("results/cka/T-MockTNG/MockSIMBA.nc", "results/shift_scores/T-MockTNG/MockSIMBA.nc")
ON_GPU = ("training", "network_T-MockTNG_1")
"""Rules that use a GPU."""


def name_partitions(folder):
    """Take the last comment of the profile, which names a partition of GPUs, for what it is."""
    path = folder / "profiles/slurm/config.yaml"
    before, key, after = path.read_text().partition("# slurm-partition-config:")
    path.write_text(before + key.removeprefix("# ") + after)


def submitted(name):
    """Return the jobs of a rule that Slurm knows, the oldest first."""
    return [job for job in slurm.jobs().values() if job["Comment"].startswith(f"rule_{name}")]


def wait_for(name, process, *, seconds=0):
    """Wait until a job of a rule has run for some time."""

    def runs():
        assert process.poll() is None, (process.args, process.returncode)
        times = [job["RunTime"] for job in submitted(name) if job["JobState"] == "RUNNING"]
        return any(time >= f"00:00:{seconds:02}" for time in times)

    slurm.wait_until(runs, f"No job of {name} ran", patience=600)


def commands(words, folder):
    """Return the processes that run a command of the package in a folder."""
    found = []
    for path in Path("/proc").glob("[0-9]*"):
        try:
            command = (path / "cmdline").read_bytes().replace(b"\0", b" ").decode()
            if "repshift" in command and f" {words} " in command and (path / "cwd").resolve() == folder:
                found.append(int(path.name))
        except OSError:
            continue
    return found


@pytest.mark.parametrize(("gpu", "asked"), [(0, ""), (1, " --gpus=1")])
def test_no_gpu_is_asked_for_where_the_device_is_the_cpu(gpu, asked):
    assert set_gres_string(SimpleNamespace(resources={"gpu": gpu})) == asked


@dataclass
class History:
    """What was seen of a run that was stopped in every way and went on."""

    folder: Path
    of_controller: dict[int, dict[str, str]]
    cancelled: list[str]
    locked: str
    last: str
    again: str


@pytest.fixture(scope="module")
def cluster():
    if reason := slurm.reason_against():
        pytest.skip(reason)
    try:
        slurm.start()
        yield
    finally:
        slurm.stop()


@pytest.fixture(scope="module")
def history(cluster, tmp_path_factory):
    """Run the workflow; kill in turn the controller, a job on its node, the run by SIGINT, and the run by SIGKILL."""
    folder = copy_tree(tmp_path_factory.mktemp("slurm")).resolve()
    name_partitions(folder)
    arguments = (*TARGETS, *PROFILE, *IMPATIENT, *configure(folder, put("device", value="auto")))
    with running(folder, arguments) as process:
        wait_for("maps", process, seconds=7)  # Slurm writes what it knows every five seconds
        slurm.end("slurmctld", signal.SIGKILL)
        slurm.start_controller()
        of_controller = slurm.jobs()
        wait_for("training", process)
        kill_on_the_node("training train", folder)
        wait_for("network_T-MockTNG_1", process)
        process.send_signal(signal.SIGINT)
        process.wait()
    cancelled = [job["JobState"] for job in submitted("network_T-MockTNG_1")]
    with running(folder, arguments) as process:
        wait_for("statistics_T-MockTNG_1", process)
    locked = run_alone(folder, *arguments, expect=1)
    slurm.call("scancel", "--user=root")
    slurm.wait_until(slurm.is_empty, "Jobs did not end")
    run_alone(folder, *arguments, "--unlock")
    last = run_alone(folder, *arguments)
    return History(folder, of_controller, cancelled, locked, last, run_alone(folder, *arguments, "-n"))


@contextmanager
def running(folder, arguments):
    """Start a run, and kill what is left of it at the end."""
    process = start(folder, *arguments)
    try:
        yield process
    finally:
        if process.poll() is None:
            os.killpg(process.pid, signal.SIGKILL)
            process.wait()


def kill_on_the_node(words, folder):
    """Kill the command of a job as a node does that runs out of memory."""
    slurm.wait_until(lambda: commands(words, folder), f"No process of {words}", patience=600)
    time.sleep(0.5)
    for pid in commands(words, folder):
        os.kill(pid, signal.SIGKILL)


def test_the_bytes_are_those_of_a_run_on_this_machine(history, finished):
    found, expected = results(history.folder), results(finished)
    assert [path for path in found if found[path] != expected[path]] == []
    assert set(TARGETS) <= set(found)


def test_jobs_that_use_a_gpu_have_one_and_others_none(history):
    for job in slurm.jobs().values():
        uses = job["Comment"].removeprefix("rule_").startswith(ON_GPU)
        place = ("gpu", "gpu1", "gres:gpu:1") if uses else ("cpu", "cpu1", None)
        found = (job["Partition"], job["NodeList"], job.get("TresPerJob"))
        assert found == place or job["JobState"] == "CANCELLED", job
    assert all(submitted(name) for name in ON_GPU)


def growth(attempts, key):
    """Return how many times what the first of several jobs asked for each of them did."""
    asked = [int(re.sub(r"\D", "", job[key])) for job in attempts]
    return [amount / asked[0] for amount in asked]


def minutes(job):
    """Return the time limit of a job."""
    days, _, clock = job["TimeLimit"].rpartition("-")
    hours, minutes, _ = map(int, clock.split(":"))
    return 1440 * int(days or 0) + 60 * hours + minutes


def test_a_job_killed_on_its_node_is_tried_again_with_more(history):
    first, second = submitted("training")
    assert (first["JobState"], second["JobState"]) == ("FAILED", "COMPLETED")
    assert growth([first, second], "MinMemoryNode") == [1, 2]
    assert minutes(second) == 2 * minutes(first)


def test_the_controller_may_be_killed(history):
    running = [number for number, job in history.of_controller.items() if job["JobState"] == "RUNNING"]
    assert running
    after = slurm.jobs()
    assert {after[number]["JobState"] for number in running} == {"COMPLETED"}
    # Each of the three sets of simulations was submitted once, and none of them by Slurm again.
    assert [job["Restarts"] for job in submitted("maps")] == ["0"] * 3


def test_an_interrupted_run_leaves_no_job(history):
    assert history.cancelled == ["CANCELLED"]


def test_after_sigkill_only_what_was_in_flight_runs_again(history):
    assert "--unlock" in history.locked
    again = jobs_of(history.last)
    assert again
    assert not {"maps", "derive", "training", "network_T-MockTNG_1"} & set(again)
    assert "Nothing to be done" in history.again
