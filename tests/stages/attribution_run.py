"""The stage attribution run in the small worlds. No test."""

import numpy as np
import xarray as xr

from case_inputs import on_case
from repshift.case.attribution.settings import Faithfulness, MethodSettings, Randomisation
from repshift.stages.attribution import maps, shift
from world import HOME, once, paths_of

METHODS = ("gradient", "integrated_gradients", "occlusion")
SHARED = {"outputs": ["Omega_m", "sigma_8"], "n_maps": 11, "seed": 1, "resamples": 100}
SHARED |= {"batch_size": 5, "device": "cpu", "threads": 1}
METHOD = MethodSettings(METHODS, nodes=4, window=4, stride=4)
NULLS = {
    "faithfulness": Faithfulness(maps=10, window=4, steps=4, fills=("blur", "donor")),
    "randomisation": Randomisation(maps=11, integrated_maps=10, depths=2),
}


def read(path):
    with xr.open_dataset(path, decode_times=False) as opened:
        return opened.load()


def attribute(world, domain=HOME, *, name=None, write=None, **changes):
    """Run the action maps in the small world, once for what it is given, and return where it wrote."""
    output = world["folder"] / f"attribution_{name or domain.name}.nc"
    given = {"model": "T-MockTNG", "weights": world["weights"], "method": METHOD, "periodic": True} | SHARED | changes
    stage = on_case(write) if write else once(on_case(maps.run))
    stage(domain=domain, output=output, **paths_of(world[domain.name]) | given)
    return output


def attribute_shift(world, twin, *, domain=HOME, write=None, **changes):
    """Run the action shift in the small world, and return where it wrote."""
    output = world["folder"] / f"attribution_{domain.name}_to_twin.nc"
    of_twin = {f"twin_{name}": path for name, path in paths_of(twin).items()}
    given = {"model": "T-MockTNG", "weights": world["weights"], "twin": "MockTWIN", "nodes": 16} | SHARED | changes
    given = paths_of(world[domain.name]) | of_twin | given
    stage = on_case(write) if write else once(on_case(shift.run))
    stage(domain=domain, output=output, **given)
    return output


def hotter(number, maps):
    """Return maps as under other physics: hot pixels hotter."""
    return maps * (1 + 0.3 * np.sin(np.arange(maps.size)).reshape(maps.shape) ** 2)
