"""The stretch and the JPEG that make a picture of fluxes."""

import numpy as np
import pytest
from galaxies.development import BLACK, SKY, STRETCHES, WHITE, compressed, layered, rounded, values
from galaxies.hubble import picture
from scipy import ndimage

NOISE = np.array([2.0, 3.0, 5.0])


def sky_of_the_picture():
    """Return the pixels (band, y, x) of the picture, and which lie far from every object (y, x)."""
    pixels = picture().astype(float)
    objects = ndimage.gaussian_filter(pixels.mean(axis=0), 1.5) > 16
    return pixels, ~ndimage.binary_dilation(objects, iterations=4)


def simulated_sky(rng, *, size=256):
    images = rng.normal(size=(3, size, size)) * NOISE[:, None, None]
    return compressed(rounded(layered(images, NOISE))).astype(float)


def neighbours(plane, inside):
    """Return the correlation of the pixels of a plane (y, x) with the next ones along x."""
    both = inside[:, 1:] & inside[:, :-1]
    return np.corrcoef(plane[:, 1:][both], plane[:, :-1][both])[0, 1]


@pytest.fixture
def skies(rng):
    simulated = simulated_sky(rng)
    return {"simulated": (simulated, np.full(simulated.shape[1:], True)), "real": sky_of_the_picture()}


def test_the_sky_has_the_level_and_spread_of_the_picture(skies):
    levels = {name: pixels[:, inside].mean(axis=1) for name, (pixels, inside) in skies.items()}
    spreads = {name: pixels[:, inside].std(axis=1) for name, (pixels, inside) in skies.items()}
    assert levels["simulated"] == pytest.approx(levels["real"], abs=1.5)
    assert spreads["simulated"] == pytest.approx(spreads["real"], abs=0.5)


def test_bands_of_the_sky_go_together_as_in_the_picture(skies):
    found = {name: np.corrcoef(pixels[:, inside]) for name, (pixels, inside) in skies.items()}
    assert found["simulated"] == pytest.approx(found["real"], abs=0.1)


def test_neighbours_of_the_sky_go_together_as_in_the_picture(skies):
    grey = [neighbours(pixels.mean(axis=0), inside) for pixels, inside in skies.values()]
    colour = [neighbours(pixels[0] - pixels[1], inside) for pixels, inside in skies.values()]
    assert grey[0] == pytest.approx(grey[1], abs=0.05)
    assert colour[0] == pytest.approx(colour[1], abs=0.1)


def test_black_and_white_are_0_and_255():
    assert values(np.sinh([BLACK, WHITE])) == pytest.approx([0, 255])


def test_a_stretch_of_the_mean_keeps_grey():
    images = np.full((3, 20, 20), 40.0) * NOISE[:, None, None]
    assert STRETCHES["coloured"](images, NOISE) == pytest.approx(float(values(np.array(40 * SKY))))


def test_a_stretch_of_the_mean_keeps_the_ratios_of_bands():
    images = np.array([60.0, 40.0, 20.0])[:, None, None] * NOISE[:, None, None] * np.ones((20, 20))
    above = STRETCHES["coloured"](images, NOISE)[:, 0, 0] - values(np.zeros(()))
    assert above / above[1] == pytest.approx([1.5, 1.0, 0.5])


def test_layers_keep_the_mean_of_stretched_bands():
    images = np.array([60.0, 40.0, 20.0])[:, None, None] * NOISE[:, None, None] * np.ones((20, 20))
    expected = values(SKY * np.array([60.0, 40.0, 20.0])).mean()
    assert layered(images, NOISE).mean() == pytest.approx(expected)


def test_a_stretch_does_not_divide_by_an_empty_sky():
    assert STRETCHES["coloured"](np.zeros((3, 8, 8)), NOISE) == pytest.approx(255 * -BLACK / (WHITE - BLACK))


def test_pixels_are_rounded_and_clipped():
    assert rounded(np.array([-3.0, 11.4, 11.6, 300.0])).tolist() == [0, 11, 12, 255]


def test_jpeg_changes_noise_and_keeps_a_flat_block(rng):
    flat, noisy = np.full((3, 16, 16), 77, dtype=np.uint8), rounded(rng.normal(60, 5, size=(3, 16, 16)))
    assert np.array_equal(compressed(flat), flat)
    assert 0 < np.abs(compressed(noisy).astype(int) - noisy).mean() < 5


def test_jpeg_again_on_its_grid_changes_the_picture_little(rng):
    """The picture's own blocks were quantised with these tables: on its grid they hardly move, off it they do."""
    blocks, shifted = (picture()[:, at : at + 256, at : at + 256] for at in (400, 404))
    moved = [np.abs(compressed(part).astype(int) - part).mean() for part in (blocks, shifted)]
    assert moved[0] < 0.1 * moved[1]
