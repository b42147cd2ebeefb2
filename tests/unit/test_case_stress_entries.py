"""What the maps of a case are beside their pixels, and axes as they are given."""

from types import SimpleNamespace

import numpy as np
import pytest

from repshift import InputError
from repshift.case.stress.entries import Setting, sky_of, sources_of
from repshift.case.stress.source import TwinMaps
from repshift.networks.channels import Moments, Preprocessing
from repshift.perturbation.axes import Sky


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


def twins_of(maps, others, *, strengths=(0.0, 1.0), **sky):
    sides = []
    for values in (maps, others):
        measured = SimpleNamespace(field="Mstar", size=2, n_maps=1, maps_per_simulation=1)
        file = SimpleNamespace(path="maps.npy")
        raw = {"raw": lambda positions, values=values: np.array(values)[None, None]}
        sides.append(SimpleNamespace(channels=(file,), measured=(measured,), names="maps", **raw))
    return TwinMaps("t", "t", strengths, Sky((True,), (1.0,), is_periodic=True, **sky), *sides)


def test_the_way_to_a_twin_is_in_the_logarithm_that_is_taken():
    twins = twins_of([[0.0, 3.0]], [[3.0, 0.0]], offsets=(1.0,))
    assert twins.raw(np.array([0]), 1.0)[0].ravel() == pytest.approx([3, 0])
    assert twins.raw(np.array([0]), 0.5)[0].ravel() == pytest.approx([1, 1])  # sqrt((0 + 1) (3 + 1)) - 1


def test_pixels_without_a_logarithm_have_no_twin():
    with pytest.raises(InputError, match=r"map 0 holds pixels that are not above 0, so there is no way to its twin"):
        twins_of([[0.0, 3.0]], [[3.0, 1.0]]).raw(np.array([0]), 1.0)


@pytest.mark.parametrize("strength", [1e4, -1e4])
def test_far_beyond_a_twin_there_are_no_pixels(strength):
    with pytest.raises(InputError, match=f"Axis 't' at strength {strength:g} makes pixels .* Expected a strength near"):
        twins_of([[1.0, 3.0]], [[3.0, 1.0]]).raw(np.array([0]), strength)


@pytest.mark.parametrize(
    ("entry", "message"),
    [
        ({"name": 3, "axis": "gain"}, "Expected a name for each"),
        ({"name": "t", "twin": "x", "strengths": [0, 1]}, "is of a twin, and lacks maps, measured"),
        ({"name": "p", "parameter": "x", "strengths": [0, 1]}, "is of a parameter, and lacks generator"),
        ({"name": "t", "twin": "x", "maps": [], "measured": [], "strengths": [0, float("nan")]}, "nan is out of range"),
        ({"name": "t", "twin": "x", "maps": [], "measured": [], "strengths": [0]}, "Expected 0, .* and one more"),
    ],
)
def test_entries_that_lack_something_are_refused(entry, message):
    with pytest.raises(InputError, match=message):
        sources_of([entry], Setting(SimpleNamespace(), Sky((True,), (1.0,), is_periodic=True), 1))
