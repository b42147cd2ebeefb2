"""The package alone, without the repository: it has with it what it reads of one."""

import os
import shutil
import subprocess
import sys
import tomllib

import pytest

from repshift.study.catalogue import shipped
from running import ROOT

BUILD = tomllib.loads((ROOT / "pyproject.toml").read_text())["tool"]["hatch"]["build"]["targets"]["wheel"]


@pytest.fixture(scope="module")
def installed(tmp_path_factory):
    """A folder that holds the package as a wheel does."""
    folder = tmp_path_factory.mktemp("installed")
    (package,) = BUILD["packages"]
    shutil.copytree(ROOT / package, folder / "repshift", ignore=shutil.ignore_patterns("__pycache__"))
    for source, target in BUILD["force-include"].items():
        (folder / target).parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(ROOT / source, folder / target)
    shutil.copy(ROOT / "config/paper.yaml", folder)
    return folder


def test_what_is_read_of_the_repository_is_in_the_wheel():
    for name in BUILD["force-include"]:
        assert shipped(name) == ROOT / name
        assert str(shipped(name, ROOT / "none")).endswith(BUILD["force-include"][name])


@pytest.mark.parametrize("options", [[], ["--quick"]])
def test_a_configuration_is_checked_without_the_repository(installed, options):
    words = [sys.executable, "-m", "repshift", "check", *options, "paper.yaml"]
    environment = {"PATH": os.environ["PATH"], "PYTHONPATH": str(installed)}
    done = subprocess.run(words, cwd=installed, env=environment, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    assert ("to fetch" in done.stdout) == (not options)
