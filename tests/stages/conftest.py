"""Fixtures of the stages."""

import shutil
import sys
from dataclasses import replace

import pytest

import inspected
from own_network import NETWORK
from world import initialise


@pytest.fixture(scope="module")
def first_world(write_simulations_once, tmp_path_factory):
    """Two suites and an untrained model of the first, which no test may change."""
    home, away = write_simulations_once("MockTNG", seed=1), write_simulations_once("MockSIMBA", seed=2)
    weights = initialise(home, tmp_path_factory.mktemp("world") / "model.pt")
    return {"home": home, "away": away, "weights": weights}


@pytest.fixture
def world(first_world, tmp_path):
    """The same in a folder of its own."""
    copied = {name: copy(first_world[name], tmp_path) for name in ("home", "away")}
    for path in (first_world["weights"], first_world["weights"].with_suffix(".json")):
        shutil.copy(path, tmp_path)
    return {**copied, "weights": tmp_path / "model.pt", "folder": tmp_path}


def copy(files, folder):
    return replace(files, **{name: shutil.copy(path, folder / path.name) for name, path in vars(files).items()})


@pytest.fixture(scope="session")
def code(tmp_path_factory):
    """A folder of code of one's own, and of modules called like packages: one, for Python imports a name once."""
    folder = tmp_path_factory.mktemp("code")
    (folder / "small_network.py").write_text(NETWORK)
    (folder / "inspected_network.py").write_text(inspected.NETWORK)
    (folder / "broken_network.py").write_text("def network(:")
    (folder / "small_part.py").write_text("MORE = 2")
    (folder / "small_rest.py").write_text("LESS = 1")
    for installed in ("netCDF4", "xarray"):
        (folder / f"{installed}.py").write_text("class Net: pass")
    yield folder
    for name in ("small_network", "inspected_network"):
        sys.modules.pop(name, None)
