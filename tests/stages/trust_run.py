"""The stage trust run in the small worlds. No test."""

import xarray as xr

from case_inputs import on_case
from repshift.case.trust.settings import TrustSettings
from repshift.stages import trust as stage
from world import HOME, paths_of

HOW = {"maps_each": 4, "splits": 2, "level": 0.8, "neighbours": 3, "resamples": 100, "batch_size": 50}


def trust(world, domain=HOME, *, home=None, name=None, read=True, settings=None, **changes):
    """Run the stage in the small world, and return what it wrote, or where."""
    output = world["folder"] / f"trust_{name or domain.name}.nc"
    if home is not None:
        own = {f"reference_{part}": path for part, path in paths_of(world["home"]).items()}
        changes = {"reference": home, **own, **changes}
    given = {"model": "T-MockTNG", "weights": world.get("weights"), "device": "cpu", "threads": 1} | changes
    files = world[domain.name]
    of_domain = (files if isinstance(files, dict) else paths_of(files)) | given
    on_case(stage.run)(domain=domain, settings=TrustSettings(**HOW | (settings or {})), output=output, **of_domain)
    if not read:
        return output
    with xr.open_dataset(output, decode_times=False) as found:
        return found.load()
