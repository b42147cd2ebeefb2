"""Profiles, seeing, pixels and noise of the examples' skies, against closed forms and astropy."""

import re

import numpy as np
import pytest
import scipy.integrate
import scipy.special
import torch
from astropy.modeling.models import Sersic2D
from skies.radial import RadialTable
from skies.seeing import moffat_scale, moffat_transform, point_source_transform
from skies.sersic import enclosed_fraction, half_light_constant, half_light_radius, hankel_table, sersic_transform
from skies.stamp import Stamp, pixel_transform, shift_transform
from skies.surveys import DES, HSC, HST, SDSS, SURVEYS, flux, magnitude, survey
from skies.training import turned

from repshift.vocabulary import InputError

BANDS = ("g", "r", "i")


def light_in_the_square(index, half_side):
    """Return the share of a round profile's light within a square: its half side in units of the half-light radius."""

    def along(angle):
        return float(enclosed_fraction(index, half_side / np.cos(angle)))

    return scipy.integrate.quad(along, 0, np.pi / 4)[0] / (np.pi / 4)


def sampled(index, radius, points, *, axis_ratio=1.0, angle=0.0):
    """Return astropy's profile of unit flux at the points, per square arcsec."""
    constant = half_light_constant(index)
    scale = 2 * np.pi * index * np.exp(constant) * constant ** (-2 * index)
    total = scale * radius**2 * axis_ratio * scipy.special.gamma(2 * index)
    model = Sersic2D(1 / total, radius, index, 0, 0, 1 - axis_ratio, angle)
    return model(*np.meshgrid(points, points))


def radius_of_half(image, points):
    """Return the radius of the circle that holds half of the unit flux."""
    distance = np.hypot(points[:, None], points)
    order = np.argsort(distance, axis=None)
    return np.interp(0.5, np.cumsum(image.flat[order]), distance.flat[order])


@pytest.mark.parametrize("index", [1, 4])
@pytest.mark.parametrize("radius", [0.3, 1.0])
def test_the_stamp_holds_the_flux_it_should(index, radius):
    stamp = Stamp(size=64, pixel_scale=0.168, padding=6, oversampling=4)
    image = stamp.image(sersic_transform(stamp, index, radius=radius) * pixel_transform(stamp))
    # Light from outside of the period comes in again: 0.03 % of a bulge of 1 arcsec.
    assert image.sum() == pytest.approx(light_in_the_square(index, stamp.side / 2 / radius), abs=5e-4)


@pytest.mark.parametrize("index", [1, 2.5, 4])
def test_half_the_light_is_within_the_radius(index):
    stamp = Stamp(size=256, pixel_scale=0.05, padding=4)
    image = stamp.image(sersic_transform(stamp, index, radius=1.0) * pixel_transform(stamp))
    assert radius_of_half(image, stamp.positions()) == pytest.approx(1.0, rel=0.01)


@pytest.mark.parametrize("index", [1, 4])
def test_pixels_agree_with_astropy_integrated_finely(index):
    stamp = Stamp(size=16, pixel_scale=0.2, padding=24, oversampling=8)
    shape = {"axis_ratio": 0.6, "angle": 0.4}
    image = stamp.image(sersic_transform(stamp, index, radius=0.8, **shape) * pixel_transform(stamp))
    fine = sampled(index, 0.8, stamp.positions(100), **shape) * (stamp.pixel_scale / 100) ** 2
    integrated = fine.reshape(16, 100, 16, 100).sum(axis=(1, 3))
    # Wave numbers above eight times the Nyquist frequency hold 0.4 % of the pixels beside the cusp.
    np.testing.assert_allclose(image, integrated, rtol=5e-3)


def test_sampled_pixels_of_a_bulge_are_not_its_flux():
    points = np.arange(-32, 33) * 1.0
    assert sampled(4, 1.0, points).sum() == pytest.approx(95, abs=1)  # the cusp, read where it is highest
    assert sampled(1, 4.0, points).sum() == pytest.approx(1, abs=0.02)


def test_the_table_agrees_with_the_closed_form_of_a_disk():
    wave_numbers = np.geomspace(1e-4, 1e4, 500)
    exact = (1 + wave_numbers**2 / half_light_constant(1) ** 2) ** -1.5
    np.testing.assert_allclose(hankel_table(1.0).at_square(wave_numbers**2), exact, atol=1e-6)


def test_a_table_keeps_its_ends_beyond_them():
    table = RadialTable(0.0, 1.0, np.array([1.0, 0.5, 0.0]))
    np.testing.assert_allclose(table.at_square(np.array([0.0, 1.0, np.e, 1e9])), [1.0, 1.0, 0.75, 0.0])


def test_two_equal_profiles_have_their_own_half_light_radius():
    assert half_light_radius(np.array([0.3, 0.7]), np.array([4, 4]), np.array([2.0, 2.0])) == 2.0


@pytest.mark.parametrize("radius", [-1.0, 0.0, np.nan, np.inf])
def test_a_radius_that_is_none_holds_no_half_of_the_light(radius):
    with pytest.raises(InputError, match=f"The radii are 0.5, {radius:g}, expected finite ones above 0"):
        half_light_radius(np.array([0.4, 0.6]), np.array([4.0, 1.0]), np.array([0.5, radius]))


def test_half_the_light_of_two_profiles_is_within_the_radius():
    fractions, indices, radii = np.array([0.4, 0.6]), np.array([4.0, 1.0]), np.array([0.5, 2.0])
    radius = half_light_radius(fractions, indices, radii)
    assert 0.4 * enclosed_fraction(4, radius / 0.5) + 0.6 * enclosed_fraction(1, radius / 2) == pytest.approx(0.5)


@pytest.mark.parametrize("beta", [2.5, 4.765])
def test_seeing_has_its_full_width_at_half_maximum(beta):
    stamp = Stamp(size=129, pixel_scale=0.02, padding=8)
    image = stamp.image(moffat_transform(stamp, 0.8, beta=beta))
    assert np.interp(0.4, stamp.positions()[64:], image[64, 64:] / image[64, 64]) == pytest.approx(0.5, abs=2e-3)


@pytest.mark.parametrize("beta", [2.5, 4.765])
def test_seeing_holds_its_flux_within_a_radius(beta):
    stamp = Stamp(size=201, pixel_scale=0.02, padding=4)
    image = stamp.image(moffat_transform(stamp, 0.8, beta=beta))
    distance = np.hypot(stamp.positions()[:, None], stamp.positions())
    expected = 1 - (1 + (1.0 / moffat_scale(0.8, beta)) ** 2) ** (1 - beta)
    assert image[distance < 1.0].sum() == pytest.approx(expected, abs=2e-3)


def test_a_shift_moves_the_light():
    stamp = Stamp(size=64, pixel_scale=0.1)
    transform = point_source_transform(stamp, 0.5, beta=4.765) * shift_transform(stamp, 0.33, -0.2)
    image = stamp.image(transform)
    points = stamp.positions()
    assert np.array([image.sum(axis=0) @ points, image.sum(axis=1) @ points]) == pytest.approx([0.33, -0.2], abs=2e-3)


@pytest.mark.parametrize("oversampling", [2, 3])
def test_a_sampled_source_is_seen_as_its_transform(oversampling):
    stamp = Stamp(size=48, pixel_scale=0.25, oversampling=oversampling)
    points = stamp.positions(oversampling)
    gaussian = np.exp(-((points[:, None] - 0.4) ** 2 + (points + 0.7) ** 2) / (2 * 0.6**2))
    fine = gaussian / gaussian.sum()
    seen = point_source_transform(stamp, 0.9, beta=4.765)
    radius = 0.6 * np.sqrt(2 * np.log(2))
    expected = sersic_transform(stamp, 0.5, radius=radius) * shift_transform(stamp, -0.7, 0.4)
    np.testing.assert_allclose(stamp.image(stamp.transform(fine) * seen), stamp.image(expected * seen), atol=1e-6)


@pytest.mark.parametrize("name", SURVEYS)
def test_a_finer_grid_changes_no_pixel(name):
    camera = survey(name)
    coarse, fine = camera.stamp(32), Stamp(32, camera.pixel_scale, oversampling=2 * camera.oversampling)
    images = [s.image(sersic_transform(s, 4, radius=0.5) * camera.point_source(s, "i")) for s in (coarse, fine)]
    np.testing.assert_allclose(*images, atol=2e-4 * images[0].max())


@pytest.mark.parametrize("camera", [SDSS, HSC, HST, DES], ids=lambda camera: camera.name)
def test_noise_has_the_variance_of_the_survey(camera):
    brightness = np.array([0.0, 50.0, 5000.0])
    for number, band in enumerate(BANDS):
        images = np.repeat(brightness, 100 * 100).reshape(3, 100, 100)
        noise = camera.expose(images, np.random.default_rng(number), bands=[band] * 3) - images
        expected = camera.sky_sigma(band) ** 2 + brightness / camera.bands[band].electrons
        # 10,000 pixels know a variance to 1.4 %.
        np.testing.assert_allclose(noise.var(axis=(1, 2)), expected, rtol=0.05)


@pytest.mark.parametrize("camera", [SDSS, HSC], ids=lambda camera: camera.name)
def test_a_point_source_at_the_depth_has_five_sigma(camera, rng):
    stamp = camera.stamp(32)
    profile = stamp.image(camera.point_source(stamp, "r"))
    faint = flux(camera.bands["r"].depth)
    empty = camera.expose(np.zeros((600, 32, 32)), rng, bands=["r"] * 600)
    fitted = (empty * profile).sum(axis=(1, 2)) / (profile**2).sum()
    assert faint / fitted.std() == pytest.approx(5, rel=0.1)


@pytest.mark.parametrize("camera", [SDSS, HSC, DES], ids=lambda camera: camera.name)
def test_depth_agrees_with_sky_and_exposure(camera):
    for name, band in camera.bands.items():
        photons = np.sqrt(flux(band.sky) * camera.pixel_scale**2 / band.electrons)
        assert 2.5 * np.log10(photons / camera.sky_sigma(name)) == pytest.approx(0, abs=0.4)


def test_paired_images_share_their_noise():
    faint, bright = np.zeros((3, 8, 8)), np.full((3, 8, 8), 1e4)
    residuals = [
        (HSC.expose(image, np.random.default_rng(1)) - image)
        / np.sqrt([[[HSC.sky_sigma(band) ** 2 + image.max() / HSC.bands[band].electrons]] for band in BANDS])
        for image in (faint, bright)
    ]
    np.testing.assert_allclose(*residuals)


def test_worse_seeing_leaves_the_noise_of_a_pixel():
    worse = HSC.changed(seeing=1.5)
    assert worse.bands["i"].seeing == pytest.approx(0.915)
    assert worse.sky_sigma("i") == pytest.approx(HSC.sky_sigma("i"))


def test_a_shallower_survey_has_more_noise():
    assert DES.changed(depth=-1.0).sky_sigma("g") == pytest.approx(10**0.4 * DES.sky_sigma("g"))


@pytest.mark.parametrize("camera", [HST, SDSS], ids=lambda camera: camera.name)
def test_other_pixels_leave_the_noise_of_the_sky(camera):
    assert camera.changed(pixel_scale=0.168).sky_sigma("r") / 0.168 == pytest.approx(
        camera.sky_sigma("r") / camera.pixel_scale
    )


def test_a_magnitude_comes_back_from_its_flux():
    assert magnitude(flux(21.3)) == pytest.approx(21.3)
    assert flux(31.4) == 1


def test_an_image_has_eight_symmetries():
    image = torch.arange(9.0).reshape(1, 1, 3, 3)
    assert len({tuple(turned(image, number).flatten().tolist()) for number in range(8)}) == 8


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: survey("LSST"), "No survey is named 'LSST': choose one of SDSS, HSC, HST, DES."),
        (lambda: HSC.band("z"), "HSC has no band 'z', but g, r, i."),
        (lambda: Stamp(size=1, pixel_scale=0.2), "is no stamp: size and padding are at least 2"),
        (lambda: HSC.stamp(8).transform(np.ones((8, 8))), "An image of shape (8, 8) is not on the stamp's fine grid"),
        (lambda: sersic_transform(HSC.stamp(8), 1, radius=0), "The radius is 0 and the axis ratio 1.0"),
        (lambda: sersic_transform(HSC.stamp(8), 9, radius=1), "The Sersic index is 9, expected one from 0.5 to 6.0."),
        (lambda: moffat_scale(0.8, 1.0), "The seeing is 0.8 with beta 1.0"),
        (lambda: HSC.expose(np.ones((2, 8, 8)), np.random.default_rng(1)), "shape (2, 8, 8) are not of 3 bands"),
    ],
)
def test_what_is_no_sky_is_refused_in_a_sentence(call, message):
    with pytest.raises(InputError, match=re.escape(message)):
        call()
