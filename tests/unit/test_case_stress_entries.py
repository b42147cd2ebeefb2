"""What the maps of a case are beside their pixels, and axes as they are given."""

from types import SimpleNamespace

import numpy as np
import pytest

from repshift.case.stress.entries import sky_of
from repshift.networks.channels import Moments, Preprocessing


def sky_of_maps(maps, moments, *, field="T", **preprocessing):
    measured = SimpleNamespace(field=field, preprocessing=Preprocessing(**preprocessing))
    file = SimpleNamespace(maps=maps, measured=measured)
    simulations = SimpleNamespace(channels=(file,), measured=(measured,))
    return sky_of(SimpleNamespace(simulations=simulations, moments=(moments,)), is_periodic=True)


@pytest.mark.parametrize(
    ("preprocessing", "fill"),
    [
        ({}, 100.0),
        ({"field": "Mstar"}, 99.0),
        ({"logarithm": False}, 2.0),
        ({"logarithm": False, "arcsinh": 3.0, "scale": 2.0}, 6 * np.sinh(2)),
    ],
)
def test_masks_are_filled_by_the_training_mean(preprocessing, fill):
    assert sky_of_maps(np.ones((1, 2, 2)), Moments(2.0, 1.0), **preprocessing).fills == pytest.approx((fill,))


def test_without_the_monopole_masks_are_filled_by_the_maps():
    maps = np.full((3, 2, 2), 1000.0)
    assert sky_of_maps(maps, Moments(0.0, 1.0), monopole="removed").fills == pytest.approx((1000.0,))


def test_a_sky_knows_what_takes_a_logarithm():
    assert sky_of_maps(np.ones((1, 2, 2)), Moments(0, 1), logarithm=False).logarithms == (False,)
    assert sky_of_maps(np.ones((1, 2, 2)), Moments(0, 1), field="Mstar").offsets == (1.0,)
