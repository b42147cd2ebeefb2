"""Runs of the workflow as a user starts them, and configurations changed for a test. No test."""

import atexit
import os
import shutil
import signal
import subprocess
import sys
import tempfile
from functools import cache
from pathlib import Path

import yaml

from forking import call

ROOT = Path(__file__).parents[1]
TREE = ("Snakefile", "config", "envs", "profiles", "resources/cmd.yaml", "resources/models", "src", "workflow")
COMMAND = [str(Path(sys.executable).parent / "snakemake")]
TEST = ("--configfile", "config/test.yaml")


def copy_tree(folder, *more):
    """Copy what a run needs, and more of the tree, as a clone would hold it in which something has run before."""
    folder.mkdir(exist_ok=True)
    for name in (*TREE, *more):
        source, target = ROOT / name, folder / name
        if name == "src":
            shutil.copytree(compiled_source(), target)
        elif source.is_dir():
            shutil.copytree(source, target, ignore=shutil.ignore_patterns("__pycache__"))
        else:
            target.parent.mkdir(parents=True, exist_ok=True)
            shutil.copy(source, target)
    return folder


COMPILE = """
import compileall, sys
from pathlib import Path

source = Path(sys.argv[1])
compileall.compile_dir(source, quiet=1)
from repshift.provenance.code import joint_digest

joint_digest((f"repshift.stages.{path.stem}" for path in source.glob("repshift/stages/[a-z]*")), source=source)
"""


@cache
def compiled_source():
    """Return a copy of the source as a first run leaves it: compiled, and with what the digests of its code are of.

    Without them every copy would be compiled again, in part by two jobs at a time.
    """
    held = tempfile.TemporaryDirectory()
    atexit.register(held.cleanup)
    source = Path(held.name) / "src"
    shutil.copytree(ROOT / "src", source, ignore=shutil.ignore_patterns("__pycache__"))
    subprocess.run([sys.executable, "-c", COMPILE, str(source)], check=True, env={"PYTHONPATH": str(source)})
    return source


def variables_of(folder):
    """Return an environment that holds nothing of this one's Python."""
    return {"PATH": os.environ["PATH"], "HOME": os.environ.get("HOME", str(folder)), "CUDA_VISIBLE_DEVICES": ""}


def start(folder, *arguments, cores=2, **variables):
    """Start a run in a process group of its own."""
    with (folder / "output.txt").open("w") as output:
        return subprocess.Popen(
            [*COMMAND, "--cores", str(cores), *arguments],
            cwd=folder,
            env=variables_of(folder) | variables,
            stdout=output,
            stderr=subprocess.STDOUT,
            start_new_session=True,
            preexec_fn=heed_interrupts,
        )


def heed_interrupts():
    """Take SIGINT as a run on a terminal does; what a shell starts in the background is told to ignore it."""
    signal.signal(signal.SIGINT, signal.SIG_DFL)


def run(folder, *arguments, cores=2, expect=0, **variables):
    """Run to the end what is typed, where Snakemake is imported already; return what it says.

    On one core, jobs make maps by themselves, without processes that import all that they have imported.
    """
    words = ("--cores", str(cores), *map(str, arguments))
    where = {"folder": folder, "environment": variables_of(folder) | variables, "output": folder / "output.txt"}
    return said(folder, call("forking:type_snakemake", *words, **where), expect)


def run_alone(folder, *arguments, expect=0):
    """Run to the end in an interpreter of its own, as a user does; return what it says."""
    return said(folder, start(folder, *arguments).wait(), expect)


def said(folder, status, expect):
    output = (folder / "output.txt").read_text()
    assert status == expect, output[-3000:]
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
