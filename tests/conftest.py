"""Fixtures: seeded random numbers, small files in the form of CMD, a run of the test configuration."""

import gc
import os
from dataclasses import dataclass
from pathlib import Path

THREADS = ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS")
os.environ |= dict.fromkeys(THREADS, "1")  # as every command of the workflow; threads that wait take four times the CPU

# ruff: noqa: E402 - numpy and torch read the environment when they are imported
import numpy as np
import pytest

from repshift.networks.channels import Preprocessing
from repshift.storage.checksums import locked
from repshift.storage.maps import write_parameters, writing_maps
from repshift.vocabulary import MAPS_PER_SIMULATION, PARAMETERS
from running import TEST, copy_tree, run_alone


def pytest_collection_finish():
    """Leave what was imported out of every later search for garbage: there are millions of objects."""
    gc.collect()
    gc.freeze()


FIRST = (
    "slurm",
    "workflow_mock_server",
    "workflow",
    "archive",
    "workflow_stopped",
    "report",
    "workflow_own",
    "environments",
)
"""The longest files, by their names without test_."""


def pytest_collection_modifyitems(items):
    """Run the longest files first, then other runs of the workflow, short files last: two cores end together."""

    def place(item):
        name, folder = item.path.stem.removeprefix("test_"), item.path.parent.name
        return FIRST.index(name) if name in FIRST else len(FIRST), folder != "workflow", folder != "stages"

    items.sort(key=place)


@pytest.fixture
def rng():
    return np.random.default_rng(20261122)


@pytest.fixture(scope="session")
def finished(tmp_path_factory, request):
    """A directory in which the test configuration has run, on two cores: one for all tests, also of other processes.

    Sets of maps are simulated two at a time, by one process each: others take longer to start than to simulate.
    Nothing in it may be changed but by a dry run.
    """
    base = tmp_path_factory.getbasetemp()
    folder = (base.parent if hasattr(request.config, "workerinput") else base) / "finished"
    with locked(folder.with_suffix(".lock")):
        if not (folder / "done").exists():
            run_alone(copy_tree(folder), *TEST, "--set-threads", "maps=1")
            (folder / "done").touch()
    return folder


@dataclass(frozen=True)
class Files:
    """A set of simulations on disk."""

    maps: Path
    parameters: Path
    measured: Path


@pytest.fixture
def write_simulations(tmp_path):
    """Write lognormal maps of 16 pixels whose mean follows Omega_m, with the parameters they belong to."""
    return writer(tmp_path)


@pytest.fixture(scope="module")
def write_simulations_once(tmp_path_factory):
    """Write them for all tests of a module."""
    return writer(tmp_path_factory.mktemp("simulations"))


def writer(folder):
    def write(
        name="MockTNG", *, n_simulations=12, size=16, field="T", seed=0, change=None, smoothing=0.0, monopole="kept"
    ):
        from repshift.stages.maps import measure

        rng = np.random.default_rng(seed)
        lows = np.array([parameter.minimum for parameter in PARAMETERS.values()])
        highs = np.array([parameter.maximum for parameter in PARAMETERS.values()])
        parameters = rng.uniform(lows, highs, size=(n_simulations, len(PARAMETERS)))
        files = Files(*(folder / f"{name}{suffix}" for suffix in (".npy", ".txt", ".json")))
        with writing_maps(files.maps, n_simulations=n_simulations, size=(size, size)) as append:
            for number, row in enumerate(parameters):
                maps = 10 ** (4 + 3 * row[0] + rng.normal(size=(MAPS_PER_SIMULATION, size, size)))
                append(maps if change is None else change(number, maps))
        write_parameters(parameters, files.parameters)
        how = Preprocessing(smoothing, monopole)
        measure.run(maps=files.maps, field=field, output=files.measured, preprocessing=how)
        return files

    return write
