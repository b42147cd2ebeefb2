"""Configurations of the repository, changed for a test. No test."""

from copy import deepcopy
from functools import cache
from pathlib import Path

import pytest
import yaml

from repshift.study.reading import read_study
from repshift.vocabulary import InputError
from running import drop as drop
from running import put as put

ROOT = Path(__file__).parents[2]
SMALLEST = """\
suites:
  Ours: {provider: files, maps: {density: ours.npy}, labels: ours.csv}
  Theirs: {provider: files, maps: {density: theirs.npy}, labels: theirs.csv}
fields:
  density: {long_name: surface density}
models:
  mine:
    suite: Ours
    field: density
    network: {path: ., constructor: "mine:build", weights: mine.pt, outputs: [Omega_m]}
cases:
  mine: [Ours, Theirs]
"""
"""The smallest configuration of your own network on two suites of files, which config/README.md shows."""


@cache
def _read(base):
    return yaml.safe_load(SMALLEST if base == "smallest" else (ROOT / f"config/{base}.yaml").read_text())


def changed(*changes, base="test"):
    """Return a configuration of the repository after some changes."""
    configuration = deepcopy(_read(base))
    for change in changes:
        change(configuration)
    return configuration


def study_of(*changes, base="test", archived=False):
    return read_study(changed(*changes, base=base), archived=archived)


def refusal(*changes, base="test"):
    """Return the sentence that a configuration is refused in."""
    with pytest.raises(InputError) as error:
        study_of(*changes, base=base)
    (line,) = str(error.value).splitlines()
    return line


def derive(**how):
    """Return the change that adds a derived suite."""
    return put("suites", "derived", value={"provider": "derived", **how})


def compare(rows, columns, *, times=1, **pairing):
    """Return the change that puts one comparison in the place of all."""
    return put("comparisons", value=[{"rows": rows.split(), "columns": columns.split(), **pairing}] * times)
