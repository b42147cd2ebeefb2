"""Runs of the workflow as a user starts them, and configurations changed for a test. No test."""

import os
import shutil
import signal
import subprocess
import sys
from pathlib import Path

import yaml

ROOT = Path(__file__).parents[1]
TREE = ("Snakefile", "config", "envs", "profiles", "resources/cmd.yaml", "resources/models", "src", "workflow")
COMMAND = [str(Path(sys.executable).parent / "snakemake")]
TEST = ("--configfile", "config/test.yaml")


def copy_tree(folder, *more):
    """Copy what a run needs, and more of the tree, as a clone would hold it."""
    folder.mkdir(exist_ok=True)
    for name in (*TREE, *more):
        source, target = ROOT / name, folder / name
        if source.is_dir():
            shutil.copytree(source, target, ignore=shutil.ignore_patterns("__pycache__"))
        else:
            target.parent.mkdir(parents=True, exist_ok=True)
            shutil.copy(source, target)
    return folder


def start(folder, *arguments, cores=2, **variables):
    """Start a run in a process group of its own, in an environment that holds nothing of this one's Python."""
    environment = {"PATH": os.environ["PATH"], "HOME": os.environ.get("HOME", str(folder)), "CUDA_VISIBLE_DEVICES": ""}
    environment |= variables
    with (folder / "output.txt").open("w") as output:
        return subprocess.Popen(
            [*COMMAND, "--cores", str(cores), *arguments],
            cwd=folder,
            env=environment,
            stdout=output,
            stderr=subprocess.STDOUT,
            start_new_session=True,
            preexec_fn=heed_interrupts,
        )


def heed_interrupts():
    """Take SIGINT as a run on a terminal does; what a shell starts in the background is told to ignore it."""
    signal.signal(signal.SIGINT, signal.SIG_DFL)


def run(folder, *arguments, cores=2, expect=0, **variables):
    process = start(folder, *arguments, cores=cores, **variables)
    process.wait()
    output = (folder / "output.txt").read_text()
    assert process.returncode == expect, output[-3000:]
    return output


def jobs_of(dry_run):
    """Return how many jobs of each rule a dry run lists."""
    lines = dry_run.partition("Job stats:")[2].partition("total")[0].splitlines()[3:]
    return {line.split()[0]: int(line.split()[1]) for line in lines if line.strip()}


def results(folder):
    """Return every result but the run times, by its path."""
    paths = (path for path in (folder / "results").rglob("*") if path.is_file())
    found = {str(path.relative_to(folder)): path.read_bytes() for path in paths}
    return {path: content for path, content in found.items() if not path.startswith("results/benchmarks/")}


def configure(folder, *changes, base="test"):
    """Write a changed configuration and return the arguments that choose it."""
    configuration = yaml.safe_load((ROOT / f"config/{base}.yaml").read_text())
    for change in changes:
        change(configuration)
    path = folder / "changed.yaml"
    path.write_text(yaml.safe_dump(configuration, sort_keys=False))
    return ("--configfile", str(path))


def put(*keys, value):
    def change(configuration):
        for key in keys[:-1]:
            missing = isinstance(configuration, dict) and key not in configuration
            configuration = configuration.setdefault(key, {}) if missing else configuration[key]
        configuration[keys[-1]] = value

    return change


def drop(*keys):
    def change(configuration):
        for key in keys[:-1]:
            configuration = configuration[key]
        del configuration[keys[-1]]

    return change
