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

FUNCTION = """\
suites:
  Near:
    provider: function
    generator: "sky:galaxy"
    path: .
    parameters:
      flux: {range: [1, 10], units: nJy, distribution: log_uniform}
      kind: {values: [galaxy, lens]}
    labels: {function: "sky:apparent", columns: {size: arcsec}}
    sets: {LH: 60, LHT: 20, real: real.csv}
    size: 16
    bands: [g, r]
    field: image
    maps_per_simulation: 2
    seed: 7
  Blurred:
    provider: function
    generator: "sky:galaxy"
    path: .
    arguments: {seeing: 3.0}
    parameters:
      flux: {range: [1, 10], units: nJy, distribution: log_uniform}
      kind: {values: [galaxy, lens]}
    labels: {function: "sky:apparent", columns: {size: arcsec}}
    sets: {LH: 60}
    size: [16, 16]
    bands: [g, r]
    field: image
    maps_per_simulation: 2
    twin_of: Near
  Other:
    provider: function
    generator: "sky:galaxy"
    path: .
    parameters: {flux: {range: [1, 10]}}
    labels: {function: "sky:apparent", columns: {size: arcsec}}
    sets: {LH: 60}
    size: 16
    bands: [g, r]
    field: image
    maps_per_simulation: 2
  Faint: {provider: derived, of: Blurred, noise: 1.0, logarithm: false}
fields:
  image: {long_name: brightness, units: nJy}
domains:
  Sky: {suite: Near, set: real}
models:
  net:
    suite: Near
    field: image
    network: {path: ., constructor: "net:build", weights: net.pt, outputs: [flux, size]}
    preprocessing: {logarithm: false}
cases:
  net: [Near, Blurred, Other, Faint, Sky]
activations: {n_maps: 4}
cka: {batch_size: 4}
"""
"""A configuration of suites that a function makes: one, its twin, another, one made of the twin."""

_TEXTS = {"smallest": SMALLEST, "function": FUNCTION}


@cache
def _read(base):
    return yaml.safe_load(_TEXTS[base] if base in _TEXTS else (ROOT / f"config/{base}.yaml").read_text())


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
