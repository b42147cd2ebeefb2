"""Maps of several channels: three bands in colour, other channels side by side."""

import numpy as np
import pytest
from matplotlib.colors import LogNorm
from matplotlib.figure import Figure

from repshift.drawing.pictures import draw_picture, picture_scale

BANDS = ("image-g", "image-r", "image-i")


@pytest.fixture
def bands(rng):
    """Two maps of three bands, 6 by 8 pixels, the sky 1 and a source of one colour."""
    sky = 1 + 0.01 * rng.normal(size=(2, 3, 6, 8))
    sky[:, :, 2, 3] += np.array([10.0, 20.0, 40.0])
    return sky


def test_the_reddest_band_is_drawn_red(bands):
    picture = picture_scale(list(bands), BANDS).picture(bands[0])
    assert picture.shape == (6, 8, 3)
    assert picture.min() == 0
    assert picture.max() <= 1
    faint = bands[0].copy()
    faint[:2] = 1.0  # nothing but the reddest band
    assert picture_scale(list(bands), BANDS).picture(faint)[2, 3].argmax() == 0


def test_the_stretch_keeps_the_colour_of_a_pixel(bands):
    scale = picture_scale(list(bands), BANDS)
    low, high = np.array(scale.lows), np.array(scale.highs)
    shares = (bands[0, :, 2, 3] - low) / (high - low)
    found = scale.picture(bands[0])[2, 3]
    assert found[::-1] / found.max() == pytest.approx(shares / shares.max())


def test_red_green_and_blue_are_drawn_as_they_are(rng):
    maps = rng.integers(0, 256, size=(2, 3, 4, 4)).astype(np.float32)
    low, high = maps.min(), maps.max()
    picture = picture_scale(list(maps), ("image-r", "image-g", "image-b")).picture(maps[1])
    assert picture == pytest.approx(np.moveaxis((maps[1] - low) / (high - low), 0, -1))


def test_fields_stand_side_by_side_each_on_its_scale(rng):
    maps = 10.0 ** rng.normal(size=(3, 2, 4, 6))
    scale = picture_scale(list(maps), ("T", "Mtot"))
    assert scale.words == "T, Mtot:\neach on its own scale"
    assert all(isinstance(one, LogNorm) for one in scale.scales)
    assert scale.scales[1].vmax == maps[:, 1].max()
    assert scale.picture(maps[0]).shape == (4, 12, 3)


def test_three_fields_are_no_colours(rng):
    maps = 10.0 ** rng.normal(size=(1, 3, 4, 4))
    assert len(picture_scale(list(maps), ("T", "Mtot", "HI")).scales) == 3


def test_equal_pixels_have_a_picture():
    maps = np.ones((1, 3, 4, 4))
    assert np.isfinite(picture_scale(list(maps), BANDS).picture(maps[0])).all()


@pytest.mark.parametrize("box", [None, 25.0])
def test_a_picture_keeps_its_shape(rng, box):
    axes = Figure().add_subplot()
    draw_picture(axes, rng.random(size=(4, 8, 3)), box=box)
    left, right, bottom, top = axes.images[0].get_extent()
    assert (right - left) / (top - bottom) == 2


def test_maps_in_other_units_have_a_scale_each(bands):
    maps = [bands[0], 300 * bands[1]]
    scale = picture_scale(maps, BANDS)
    assert scale.words.endswith("each map on its own scale")
    for one in maps:
        assert np.array_equal(scale.picture(one), picture_scale([one], BANDS).picture(one))
    assert "own scale" not in picture_scale(list(bands), BANDS).words


@pytest.mark.parametrize(
    ("bands", "words"),
    [
        ("g r i", "i, r, g"),
        ("i r g", "i, r, g"),
        ("V U I", "I, V, U"),
        ("F1 F2 F3", "F3, F2, F1"),
        ("Y g J", "J, Y, g"),
    ],
)
def test_bands_of_one_letter_go_by_their_wavelength(rng, bands, words):
    names = [f"image-{band}" for band in bands.split()]
    maps = rng.lognormal(size=(3, 4, 5))
    scale = picture_scale([maps], names)
    assert scale.words == f"RGB = {words}\narcsinh stretch"
    order = [bands.split().index(band) for band in reversed(words.split(", "))]
    same = picture_scale([maps[order]], [f"image-x{number}" for number in range(3)])
    assert np.array_equal(scale.picture(maps), same.picture(maps[order]))
