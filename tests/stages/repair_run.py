"""The stage repair run in the small worlds. No test."""

from dataclasses import replace

import numpy as np
import torch
import xarray as xr

from repshift.case.domain_files import DomainFiles
from repshift.case.domain_maps import KnownLabels
from repshift.case.repair.open_ladder import open_ladder
from repshift.case.repair.perturbations import Perturbations
from repshift.case.repair.run_outcomes import run_outcomes
from repshift.case.repair.settings import LadderFiles, LadderSettings, TrainingSettings
from repshift.stages.repair import join, ladder, train
from repshift.storage.simulations import SimulationFiles
from world import AWAY, HOME, paths_of

SETTINGS = LadderSettings(
    simulations=(1, 2), splits=2, maps_each=2, tuned_maps_each=3, seed=1, resamples=100, batch_size=16
)
TRAINING = TrainingSettings("mmd", seeds=1, steps=2, batch=2, candidates=(0.5, 5.0))
HERE = {"device": "cpu", "threads": 1}


def read(path):
    with xr.open_dataset(path, decode_times=False) as opened:
        return opened.load()


def domain_files(domain, files):
    """Return a domain of the small world, from what names its files."""
    given = files if isinstance(files, dict) else paths_of(files)
    return DomainFiles(domain, SimulationFiles(given["maps"], given["parameters"], given["measured"]))


def ladder_files(world, **changes):
    target, home = domain_files(AWAY, world["away"]), domain_files(HOME, world["home"])
    return LadderFiles("T-MockTNG", world["weights"], target, home, **changes)


def training_files(world, **changes):
    """Return the same with labelled maps of the model's suite to train with: those of its own domain."""
    return ladder_files(world, training=domain_files(replace(HOME, name="training"), world["home"]), **changes)


def labels_of(world):
    return KnownLabels(world["away"].parameters)


def opened(world, settings=SETTINGS, *, labelled=True, **changes):
    """Return the small world opened."""
    labels = labels_of(world) if labelled else None
    return open_ladder(ladder_files(world, **changes), settings, labels=labels, device=torch.device("cpu"))


def run_ladder(world, *, name="ladder", settings=SETTINGS, labelled=True, files=None, **changes):
    """Run the action ladder, and return where it wrote."""
    output = world["folder"] / f"{name}.nc"
    labels = labels_of(world) if labelled else None
    ladder.run(files=files or ladder_files(world), settings=settings, labels=labels, output=output, **HERE, **changes)
    return output


def run_train(world, rung, *, name=None, settings=SETTINGS, files=None, control=None, chosen=None, **changes):
    """Run the action train, and return where it wrote."""
    output = world["folder"] / f"{name or rung}.nc"
    train.run(
        files=files or training_files(world),
        settings=settings,
        training=replace(TRAINING, rung=rung, **changes),
        labels=labels_of(world),
        perturbations=Perturbations({"noise": 0.1, "beam": 1.0}, is_periodic=True),
        control=control,
        chosen=chosen,
        output=output,
        **HERE,
    )
    return output


def run_join(world, parts, *, control):
    output = world["folder"] / "joined.nc"
    join.run(parts=parts, control=control, output=output)
    return output


def noise_labels(world):
    """Replace the labels of the target by noise, in the range of the true ones."""
    rng = np.random.default_rng(7)
    true = np.loadtxt(world["away"].parameters)
    noise = rng.uniform(true.min(0), true.max(0), size=true.shape)
    np.savetxt(world["away"].parameters, noise)


def networks_of(ladder, planned, numbers):
    """Return the state of each network that is made, by its run; add the label-free numbers of all to `numbers`."""
    states = {}

    def keep(one, network):
        states[one.run] = network.state_dict()

    runs = run_outcomes(ladder, planned, made=keep)
    numbers.append([[*one.label_free.values(), *(matrix.tobytes() for matrix in one.cka.values())] for one in runs])
    return states


def same_networks(states, others):
    """Say whether the same runs made the same networks, bit for bit."""
    same_runs = states.keys() == others.keys() and len(states) > 0
    return same_runs and all(
        torch.equal(value, others[run][name]) for run, state in states.items() for name, value in state.items()
    )
