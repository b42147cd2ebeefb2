"""What a notebook gets of an attribution in one call is what the stage writes for the same maps."""

from dataclasses import replace

import numpy as np
import pytest

import repshift
from attribution_run import METHOD, METHODS, attribute, read
from repshift.storage.models import read_model
from world import HOME


@pytest.mark.parametrize("method", METHODS)
def test_an_attribution_is_that_of_the_stage(first_world, tmp_path, method):
    world = {**first_world, "folder": tmp_path}
    stage = read(attribute(world, HOME, method=replace(METHOD, methods=(method,), baseline="blur", fill="blur")))
    network, _ = read_model(world["weights"])
    how = {name: getattr(METHOD, name) for name in ("nodes", "window", "stride")}
    how |= {"baseline": "blur", "fill": "blur", "periodic": True}
    found = repshift.attribute(network, stage["input"].values, method=method, output=["Omega_m", "sigma_8"], **how)
    one = stage.isel(method=0)
    for name in ("attribution", "completeness_error", "value", "baseline_value"):
        expected = one[name].transpose(*found[name].dims).values
        assert found[name].values == pytest.approx(expected, rel=1e-4, abs=1e-6, nan_ok=True), name
    assert np.array_equal(found["input"], stage["input"])
