"""The stage example_maps: which map it takes."""

import numpy as np
import pytest
import xarray as xr

from repshift import InputError
from repshift.networks.preprocessing import scale_parameters
from repshift.stages import example_maps as examples
from repshift.storage.files import sha256
from repshift.storage.maps import open_maps
from world import choose, compare, multiply, predict


def test_the_example_is_nearest_the_middle_of_the_ranges(world):
    parameters = scale_parameters(np.loadtxt(world["home"].parameters))
    nearest = int(np.argmin(np.square(parameters - 0.5).sum(axis=1)))
    with xr.open_dataset(choose(world)) as found:
        assert found["simulation"].values.tolist() == [nearest]
        position = found["position"].item()
        assert np.array_equal(found["example"][0], open_maps(world["home"].maps)[position])
        assert found["example"].attrs["units"] == "K"
        assert (found.attrs["chosen"], found.attrs["logarithm"]) == ("middle", "taken")
        assert found.attrs["case_sha256"] == sha256(predict(world))


def test_the_example_is_the_first_map_where_there_is_no_label(world):
    compared = compare(multiply(world))
    with xr.open_dataset(choose(world, case=compared)) as found, xr.open_dataset(compared) as case:
        assert found["map"].item() == case["map"].values[0]
        assert found.attrs["chosen"] == "first"


def test_an_example_of_other_maps_is_refused(world):
    other = world["away"]
    with pytest.raises(InputError, match="is not the file that the case was made from: its field is 'T'"):
        examples.run(case=predict(world), maps=other.maps, measured=other.measured, output=world["folder"] / "no.nc")
