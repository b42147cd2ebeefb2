"""The stage stress run in the small worlds. No test."""

import xarray as xr

from case_inputs import on_case
from repshift.stages.stress import curves
from world import HOME, paths_of

AXES = [
    {"name": "noise", "axis": "noise", "strengths": [0, 0.1, 0.5]},
    {"name": "gain", "axis": "gain", "strengths": [-0.2, 0, 0.2]},
]
HOW = {"maps_each": 2, "seed": 1, "resamples": 200, "halves": 3, "batch_size": 50, "device": "cpu", "threads": 1}


def stress(world, domain=HOME, *, name=None, home=None, read=True, **changes):
    """Run the stage in the small world, and return what it wrote, or where."""
    output = world["folder"] / f"stress_{name or domain.name}.nc"
    if home is not None:
        own = paths_of(world["home"])
        changes |= {"reference": home, "reference_maps": own["maps"], "reference_measured": own["measured"]}
    given = {"model": "T-MockTNG", "weights": world["weights"], "axes": AXES, "periodic": True} | HOW | changes
    on_case(curves.run)(domain=domain, output=output, **paths_of(world[domain.name]) | given)
    if not read:
        return output
    with xr.open_dataset(output, decode_times=False) as found:
        return found.load()
