"""The real galaxies without their neighbours."""

import numpy as np
import pytest
from galaxies import alone
from galaxies.alone import cutout_alone, object_numbers, other_objects
from galaxies.hubble import SIZE, catalogue, cutout

from repshift.vocabulary import InputError

HALF = SIZE // 2


@pytest.fixture(scope="module")
def galaxies():
    return [{"x": galaxy.x, "y": galaxy.y} for galaxy in catalogue()]


def test_the_galaxy_itself_is_not_touched(galaxies, rng):
    for place in galaxies:
        own = object_numbers()[place["y"] - HALF : place["y"] + HALF, place["x"] - HALF : place["x"] + HALF]
        own = own == own[HALF, HALF]
        assert np.array_equal(cutout_alone(place, rng)[:, own], cutout(place, rng)[:, own])


def test_other_objects_are_gone(galaxies, rng):
    """Of the pixels above 60 more than 10 pixels from the centre, mean of the bands, nearly all were of others."""
    rows, columns = np.indices((SIZE, SIZE)) - HALF
    outside = np.hypot(rows, columns) > 10
    left = {
        one.__name__: np.mean([(one(place, rng).mean(axis=0)[outside] > 60).mean() for place in galaxies])
        for one in (cutout, cutout_alone)
    }
    assert left["cutout_alone"] < 0.2 * left["cutout"]


def test_what_is_filled_in_is_sky(galaxies, rng):
    filled = np.concatenate([cutout_alone(one, rng)[:, other_objects(one["x"], one["y"])] for one in galaxies], axis=1)
    assert filled.mean() == pytest.approx(12, abs=2)
    assert filled.std() < 8


def test_the_grid_of_jpeg_goes_on(galaxies, rng):
    """Neighbours across a block's border differ as much as they do in the cut-out itself, to a fifth."""
    place = galaxies[5]
    images = cutout_alone(place, rng), cutout(place, rng)
    steps = [np.abs(np.diff(image.mean(axis=0), axis=0)).mean() for image in images]
    assert steps[0] < steps[1] * 1.2


def test_a_neighbour_without_sky_in_its_place_is_refused(galaxies, rng, monkeypatch):
    monkeypatch.setattr(alone, "object_numbers", lambda: np.maximum(object_numbers(), 1))
    with pytest.raises(InputError, match=r"After 1000 draws \d+ pixels of the cut-out about x = .* have no sky"):
        cutout_alone(next(one for one in galaxies if other_objects(one["x"], one["y"]).any()), rng)


def test_the_same_numbers_fill_in_the_same_sky(galaxies):
    images = [cutout_alone(galaxies[3], np.random.default_rng(2)) for _ in range(2)]
    assert np.array_equal(*images)


def test_every_galaxy_lies_on_an_object_of_its_own(galaxies):
    numbers = [object_numbers()[one["y"], one["x"]] for one in galaxies]
    assert 0 not in numbers
    assert len(set(numbers)) == len(numbers)
