"""Each axis does to maps what its name says: widths, fluxes, variances, centroids, ellipses, shares, levels."""

from dataclasses import replace
from io import BytesIO

import numpy as np
import pytest
from PIL import Image
from scipy.ndimage import map_coordinates
from scipy.special import ndtr
from scipy.stats import poisson

from repshift.perturbation.axes import AXES, Sky, perturbed
from repshift.perturbation.axes.beam import moffat_weights
from repshift.perturbation.axes.compression import decompressed
from repshift.perturbation.axes.geometry import interpolated
from repshift.perturbation.axes.photometry import noise_of
from repshift.perturbation.axes.photons import poisson_quantiles
from repshift.perturbation.beam import beamed

BOX = Sky((True,), (2e4,), is_periodic=True)
IMAGE = Sky((False,), (3.0,), is_periodic=False)
TILE = Sky((False,), (3.0,), is_periodic=True)
SIZE = 64


def perturb(name, maps, strength, sky=IMAGE, **arguments):
    entropy = [[3, number] for number in range(len(maps))]
    return perturbed(AXES[name], maps, strength, sky=sky, entropy=entropy, arguments=arguments)[0]


@pytest.fixture
def flat():
    return np.full((20, 1, SIZE, SIZE), 100.0)


@pytest.fixture
def lognormal(rng):
    return 10 ** (4 + 0.5 * beamed(rng.normal(size=(6, 1, SIZE, SIZE)), fwhm=3))


def gaussian(size=SIZE, width=4.0, centre=None, matrix=None):
    """Return an image (1, 1, y, x) of a Gaussian; `matrix` (y, x) brings an offset back to where it is round."""
    middle = (size - 1) / 2
    offsets = np.indices((size, size)) - np.reshape(centre or (middle, middle), (2, 1, 1))
    offsets = offsets if matrix is None else np.einsum("ij,jyx->iyx", matrix, offsets)
    return np.exp(-(offsets**2).sum(0) / 2 / width**2)[None, None]


def point(*, at, size=33):
    image = np.zeros((1, 1, size, size))
    image[0, 0, at[0], at[1]] = 1.0
    return image


def centroid(image):
    return (np.indices(image.shape) * image).sum((1, 2)) / image.sum()


def width_at_half(row):
    """Return the full width at half maximum of a row whose largest pixel is its middle one."""
    middle = int(row.argmax())
    above = np.flatnonzero(row[middle:] < row[middle] / 2)[0] + middle
    return 2 * (above - 1 + (row[above - 1] - row[middle] / 2) / (row[above - 1] - row[above]) - middle)


# Noise


@pytest.mark.parametrize("name", ["noise", "correlated_noise"])
@pytest.mark.parametrize("strength", [0.02, 0.3])
def test_noise_has_its_deviation_in_dex(name, strength, flat):
    dex = np.log10(perturb(name, flat, strength, BOX)) - 2
    assert dex.std() == pytest.approx(strength, rel=0.03)
    assert dex.mean() == pytest.approx(0, abs=0.05 * strength)


@pytest.mark.parametrize("sky", [IMAGE, TILE], ids=["image", "box"])
@pytest.mark.parametrize("length", [0.5, 4.0, 30.0])
def test_correlated_noise_has_its_deviation_at_any_length(sky, length):
    noise = perturb("correlated_noise", np.zeros((300, 1, 16, 16)), 2.0, sky, length=length)
    assert noise[:, 0, [0, 5, 15], [0, 9, 15]].std() == pytest.approx(2, rel=0.07)


def test_correlated_noise_has_its_length(flat):
    noise = perturb("correlated_noise", flat, 1.0, TILE, length=4.0) - flat
    neighbours = [(noise * np.roll(noise, lag, axis=-1)).mean() / noise.var() for lag in (4, 12)]
    assert neighbours == pytest.approx([0.25, 0.0], abs=0.04)  # of a Gaussian smoothed twice: 1/4 at its width


def test_opposite_edges_are_correlated_in_a_box_alone():
    for sky, low, high in ((TILE, 0.8, 1.0), (IMAGE, -0.2, 0.2)):
        noise = perturb("correlated_noise", np.zeros((300, 1, 16, 16)), 1.0, sky, length=4.0)[:, 0, 8]
        assert low < np.corrcoef(noise[:, 0], noise[:, -1])[0, 1] < high


@pytest.mark.parametrize("strength", [0.02, 0.3, 1.5])
def test_photons_have_the_variance_of_poisson(strength):
    ramp = np.tile(np.linspace(1, 199, 100), (30, 1, 40, 1))
    seen = perturb("poisson", ramp, strength)
    assert seen.mean((0, 1, 2)) == pytest.approx(ramp[0, 0, 0], abs=6 * strength * 200 / np.sqrt(1200))
    relative = seen.var((0, 1, 2)) / (100 * strength**2 * ramp[0, 0, 0])
    assert relative.mean() == pytest.approx(1, abs=0.02)
    counts = seen / (100 * strength**2)
    assert np.allclose(counts, np.rint(counts), rtol=0, atol=1e-6)


def test_photons_at_all_strengths_share_their_draws(flat):
    moved = [(perturb("poisson", flat, strength) - flat).ravel() for strength in (0.01, 0.1)]
    assert np.corrcoef(*moved)[0, 1] > 0.99


def test_few_photons_are_quantiles_exactly(rng):
    expected, normal = rng.uniform(0, 4, 4000), rng.normal(size=4000)
    assert np.array_equal(poisson_quantiles(expected, normal), poisson.ppf(ndtr(normal), expected))


def test_many_photons_are_quantiles_but_for_one_in_500(rng):
    expected, normal = np.geomspace(4.001, 1e6, 20000), rng.normal(size=20000)
    off = np.abs(poisson_quantiles(expected, normal) - poisson.ppf(ndtr(normal), expected))
    assert off.max() <= 1
    assert (off > 0).mean() < 1 / 500


def test_pixels_without_light_have_no_photons():
    dark = np.array([-2.0, 0.0, 500.0, 700.0]).reshape(1, 1, 2, 2)
    assert perturb("poisson", dark, 0.1)[0, 0, 0].tolist() == [-2.0, 0.0]


# Beams


@pytest.mark.parametrize("sky", [IMAGE, TILE], ids=["image", "box"])
@pytest.mark.parametrize("name", ["beam", "moffat"])
class TestBeams:
    @pytest.mark.parametrize("at", [(16, 16), (0, 1)])
    @pytest.mark.parametrize("fwhm", [0.1, 1.0, 5.0])
    def test_a_beam_keeps_the_light(self, name, sky, fwhm, at):
        assert perturb(name, point(at=at), fwhm, sky).sum() == pytest.approx(1, abs=1e-12)

    @pytest.mark.parametrize("fwhm", [6.0, 9.0])
    def test_a_point_has_the_width_asked_for(self, name, sky, fwhm):
        row = perturb(name, point(at=(32, 32), size=65), fwhm, sky)[0, 0, 32]
        assert width_at_half(row) == pytest.approx(fwhm, rel=0.03)  # the pixel adds a little

    def test_a_beam_wider_than_the_map_leaves_its_mean(self, name, sky, lognormal):
        seen = perturb(name, lognormal[..., :9, :12], 100.0, sky)
        assert seen.mean((1, 2, 3)) == pytest.approx(lognormal[..., :9, :12].mean((1, 2, 3)))
        assert (seen.std((1, 2, 3)) < 0.7 * lognormal[..., :9, :12].std((1, 2, 3))).all()

    def test_a_box_goes_on_at_its_other_edge(self, name, sky):
        seen = perturb(name, point(at=(0, 16)), 3.0, sky)[0, 0]
        assert (seen[-1, 16] == pytest.approx(seen[1, 16])) == sky.is_periodic

    def test_no_pixel_leaves_the_range(self, name, sky, lognormal):
        seen = perturb(name, lognormal**3, 1.0, sky)
        assert (seen.min((1, 2, 3)) >= (lognormal**3).min((1, 2, 3)) * (1 - 1e-12)).all()

    def test_a_wider_beam_blurs_more(self, name, sky, lognormal):
        spreads = [perturb(name, lognormal, fwhm, sky).std() for fwhm in (0.2, 0.5, 1.0, 3.0)]
        assert (np.diff([lognormal.std(), *spreads]) < 0).all()


@pytest.mark.parametrize(("fwhm", "beta"), [(0.2, 2.5), (1.0, 2.5), (3.0, 4.0), (3.0, 1.5)])
def test_a_moffat_is_integrated_over_pixels(fwhm, beta):
    fine = 101
    width = fwhm / 2 / np.sqrt(2 ** (1 / beta) - 1)
    places = (np.arange(-3 * fine, 4 * fine) + 0.5) / fine - 0.5
    profile = (1 + (places[:, None] ** 2 + places**2) / width**2) ** -beta
    shares = profile.reshape(7, fine, 7, fine).sum((1, 3))
    found = moffat_weights(fwhm, beta=beta, reach=(40, 40))[:4, :4]
    assert found / found[0, 0] == pytest.approx(shares[3:, 3:] / shares[3, 3], abs=2e-3)


def test_a_moffat_of_large_exponent_is_a_gaussian():
    seen = perturb("moffat", point(at=(16, 16)), 4.0, beta=100.0)
    assert seen == pytest.approx(beamed(point(at=(16, 16)), fwhm=4.0), abs=4e-4)


def test_a_moffat_has_wings():
    rows = [perturb(name, point(at=(16, 16)), 3.0)[0, 0, 16] for name in ("beam", "moffat")]
    assert rows[1][26] > 1e6 * rows[0][26]


def test_the_light_at_an_edge_comes_back_as_in_a_mirror(rng):
    image = rng.random((1, 1, 12, 15))
    doubled = np.concatenate([image, image[:, :, ::-1]], axis=2)
    doubled = np.concatenate([doubled, doubled[..., ::-1]], axis=3)
    for name in ("beam", "moffat"):
        seen, twin = perturb(name, image, 1.5, IMAGE), perturb(name, doubled, 1.5, TILE)[..., :12, :15]
        assert seen == pytest.approx(twin, abs=2e-2 if name == "moffat" else 1e-12)  # wings end elsewhere


# Photometry


def test_gain_is_in_dex(lognormal):
    assert perturb("gain", lognormal, -0.2) == pytest.approx(lognormal * 10**-0.2)


def test_an_offset_is_in_training_means_or_in_the_field(lognormal):
    assert perturb("offset", lognormal, 0.1, BOX) == pytest.approx(lognormal + 2e3)
    assert perturb("offset", lognormal, 0.1, IMAGE) == pytest.approx(lognormal + 0.1)


def test_contrast_is_about_the_mean_logarithm(lognormal):
    before, after = np.log10(lognormal), np.log10(perturb("contrast", lognormal, 0.2, BOX))
    assert after.mean((1, 2, 3)) == pytest.approx(before.mean((1, 2, 3)), abs=1e-12)
    assert after.std((1, 2, 3)) == pytest.approx(1.2 * before.std((1, 2, 3)))


def test_amplitude_is_about_the_mean(lognormal):
    after = perturb("amplitude", lognormal, -0.2, BOX)
    assert after.mean((1, 2, 3)) == pytest.approx(lognormal.mean((1, 2, 3)))
    assert after.std((1, 2, 3)) == pytest.approx(0.8 * lognormal.std((1, 2, 3)))


def test_a_fainter_source_keeps_the_noise_of_its_image(rng):
    noise, source = 0.5 * rng.normal(size=(40, 1, SIZE, SIZE)), 100 * gaussian()
    seen = perturb("magnitude", source + noise, 1.5)
    factor = 10 ** (-0.4 * 1.5)
    assert seen.mean(0)[0, 28:36, 28:36].sum() == pytest.approx(factor * source[0, 0, 28:36, 28:36].sum(), rel=0.01)
    assert seen[:, 0, :10].std() == pytest.approx(0.5, rel=0.02)


def test_a_background_does_not_become_fainter(rng):
    image = 7 + 0.5 * rng.normal(size=(4, 1, SIZE, SIZE))
    assert perturb("magnitude", image, 3.0, background=7.0).mean() == pytest.approx(7, abs=0.02)


def test_the_noise_is_found_beside_a_smooth_source(rng):
    image = 0.3 * rng.normal(size=(30, 1, SIZE, SIZE)) + 50 * gaussian(width=10)
    assert noise_of(image).mean() == pytest.approx(0.3, rel=0.03)
    assert noise_of(50 * gaussian(width=10)).item() < 0.01


def test_colour_is_in_magnitudes_of_one_band(rng):
    maps, sky = rng.random((2, 3, 8, 8)), Sky((False,) * 3, (1.0,) * 3, is_periodic=False, bands=("g", "r", "i"))
    seen = perturb("colour", maps, 0.75, sky, band="r")
    assert -2.5 * np.log10(seen[:, 1] / maps[:, 1]) == pytest.approx(0.75)
    assert np.array_equal(seen[:, [0, 2]], maps[:, [0, 2]])
    assert np.array_equal(perturb("colour", maps, 0.75, sky)[:, 1:], maps[:, 1:])


def test_a_missing_band_is_its_training_mean(rng):
    maps, sky = 1 + rng.random((2, 2, 8, 8)), Sky((True, False), (7.0, 8.0), is_periodic=False)
    for channel, fill in enumerate(sky.fills):
        seen = perturb("missing_band", maps, 1.0, sky, band=str(channel))
        assert seen[:, channel] == pytest.approx(fill)
        assert seen[:, 1 - channel] == pytest.approx(maps[:, 1 - channel])
    half = perturb("missing_band", maps, 0.5, sky)
    assert half[:, 0] == pytest.approx(np.sqrt(7 * maps[:, 0]))


# Geometry


@pytest.mark.parametrize("sky", [IMAGE, TILE], ids=["image", "box"])
@pytest.mark.parametrize(("strength", "direction"), [(0.3, 0.0), (0.5, 90.0), (2.25, 30.0)])
def test_a_shift_moves_the_centroid_by_exactly_that(sky, strength, direction):
    image = gaussian()
    moved = perturb("shift", image, strength, sky, direction=direction)
    angle = np.deg2rad(direction)
    wanted = strength * np.array([np.sin(angle), np.cos(angle)])
    assert centroid(moved[0, 0]) - centroid(image[0, 0]) == pytest.approx(wanted, abs=1e-9)


def test_a_shift_by_whole_pixels_moves_them(lognormal):
    for size in (SIZE, SIZE - 1):
        maps = lognormal[..., :size]
        assert np.allclose(perturb("shift", maps, 3.0, BOX), np.roll(maps, 3, axis=-1), rtol=1e-9)
    image = perturb("shift", lognormal, 3.0, IMAGE)
    assert np.allclose(image[..., 3:], lognormal[..., :-3], rtol=1e-9)
    assert np.allclose(image[..., :3], lognormal[..., 2::-1], rtol=1e-9)


def test_shifts_of_a_box_add_up(rng):
    smooth = rng.normal(size=(1, 1, 15, 33))  # of odd sizes: no wave is cut
    parts = perturb("shift", perturb("shift", smooth, 0.4, TILE, direction=20.0), 0.4, TILE, direction=20.0)
    assert parts == pytest.approx(perturb("shift", smooth, 0.8, TILE, direction=20.0), abs=1e-9)


@pytest.mark.parametrize("sky", [IMAGE, TILE, BOX], ids=["image", "tile", "box"])
def test_a_rotation_is_that_of_the_profile(sky):
    angle = np.deg2rad(25.0)
    long = np.diag([2.0, 0.8])
    turn = np.array([[np.cos(angle), -np.sin(angle)], [np.sin(angle), np.cos(angle)]])
    before, wanted = (1 + gaussian(matrix=matrix) for matrix in (long, long @ turn))
    assert perturb("rotation", before, 25.0, sky) == pytest.approx(wanted, abs=2e-3)
    assert np.abs(before - wanted).max() > 0.2


def test_rotations_by_quarters_turn_the_pixels(lognormal):
    for sky in (BOX, replace(BOX, is_periodic=False)):
        for angle, quarters in ((90.0, 3), (-90.0, 1)):
            turned = np.rot90(lognormal, quarters, (2, 3))
            assert np.allclose(perturb("rotation", lognormal, angle, sky), turned, rtol=1e-9)


@pytest.mark.parametrize("direction", [0.0, 45.0, 110.0])
def test_a_shear_makes_an_ellipse_of_its_axis_ratio(direction):
    shear = 0.25
    seen = perturb("shear", gaussian(), shear, direction=direction)[0, 0]
    offsets = np.indices(seen.shape) - np.reshape(centroid(seen), (2, 1, 1))
    moments = np.einsum("iyx,jyx,yx->ij", offsets, offsets, seen) / seen.sum()
    values, vectors = np.linalg.eigh(moments)
    assert np.sqrt(values[0] / values[1]) == pytest.approx((1 - shear) / (1 + shear), rel=1e-3)
    long = np.rad2deg(np.arctan2(*vectors[:, 1])) % 180
    assert long == pytest.approx(direction, abs=0.1)
    assert seen.sum() == pytest.approx(gaussian().sum(), rel=1e-4)  # the area stays


@pytest.mark.parametrize(("is_periodic", "mode"), [(True, "grid-wrap"), (False, "reflect")])
def test_places_are_interpolated_as_by_scipy(rng, is_periodic, mode):
    maps, places = rng.normal(size=(2, 3, 12, 15)), rng.uniform(-30, 30, size=(2, 12, 15))
    found = interpolated(maps, places, is_periodic=is_periodic)
    for image, seen in zip(maps.reshape(-1, 12, 15), found.reshape(-1, 12, 15), strict=True):
        assert seen == pytest.approx(map_coordinates(image, places, order=3, mode=mode), abs=1e-9)


# Masks and detectors


@pytest.mark.parametrize("fill", ["mean", "blur"])
@pytest.mark.parametrize("share", [0.002, 0.02, 0.25, 1.0])
def test_the_share_asked_for_is_masked(share, fill, lognormal):
    pixels = perturb("masked_pixels", lognormal, share, BOX, fill=fill) != lognormal
    assert pixels.mean((1, 2, 3)) == pytest.approx(share, abs=0.5 / SIZE**2)
    square = perturb("masked_square", lognormal, share, BOX, fill=fill) != lognormal
    assert np.sqrt(square.mean((1, 2, 3))) == pytest.approx(np.sqrt(share), abs=0.5 / SIZE)


def test_a_masked_square_is_one_square_inside_the_map(lognormal):
    for image in perturb("masked_square", lognormal, 0.1, BOX)[:, 0] == 2e4:
        rows, columns = np.flatnonzero(image.any(1)), np.flatnonzero(image.any(0))
        assert len(rows) == len(columns) == 20
        assert image[rows[0] : rows[-1] + 1, columns[0] : columns[-1] + 1].all()


def test_a_mask_is_filled_by_the_mean_or_the_blurred_map(lognormal):
    blurred = 10 ** beamed(np.log10(lognormal), fwhm=8.0)
    assert perturb("masked_pixels", lognormal, 1.0, BOX) == pytest.approx(2e4)
    assert perturb("masked_square", lognormal, 1.0, BOX, fill="blur") == pytest.approx(blurred)


def test_masks_are_the_same_in_all_bands(rng):
    maps, sky = rng.random((3, 2, 16, 16)), Sky((False,) * 2, (5.0, 6.0), is_periodic=False)
    for name in ("masked_square", "masked_pixels", "dead_lines", "hot_pixels", "cosmic_rays"):
        changed = perturb(name, maps, max(AXES[name].strengths), sky) != maps
        allowed = changed[:, 0] == changed[:, 1]
        assert allowed.mean() > 0.99  # the brightest pixel itself may be hot


@pytest.mark.parametrize(("direction", "axis"), [("rows", 2), ("columns", 1)])
def test_dead_lines_are_whole_lines_of_zeros(direction, axis, lognormal):
    dead = perturb("dead_lines", lognormal, 0.1, direction=direction)[:, 0] == 0
    assert dead.all(axis).sum(1).tolist() == [6] * len(lognormal)
    assert dead.mean() == pytest.approx(6 / SIZE)


def test_hot_pixels_are_as_bright_as_asked(lognormal):
    seen = perturb("hot_pixels", lognormal, 0.01, brightness=3.0)
    hot = seen == 3 * lognormal.max((-2, -1), keepdims=True)
    assert hot.sum((1, 2, 3)).tolist() == [41] * len(lognormal)
    assert np.array_equal(seen[~hot], lognormal[~hot])


def test_a_cosmic_ray_is_a_trace_of_its_brightness():
    maps = np.ones((200, 1, SIZE, SIZE))
    hits = perturb("cosmic_rays", maps, 1.0, brightness=5.0) - 1
    assert set(np.unique(hits)) == {0.0, 5.0}
    lengths = (hits > 0).sum((1, 2, 3))
    assert lengths.min() >= 1
    assert 5 < lengths.mean() < 12
    for image in hits[:20, 0] > 0:
        places = np.argwhere(image)
        spread = np.linalg.svd(places - places.mean(0), compute_uv=False)
        assert len(places) < 3 or spread[-1] < 0.75 * np.sqrt(len(places))  # along a line


def test_saturated_pixels_are_those_above_a_level(lognormal):
    seen = perturb("saturation", lognormal, 0.02)
    changed = seen != lognormal
    assert changed.sum((1, 2, 3)).tolist() == [82] * len(lognormal)
    for before, after, image in zip(lognormal, seen, changed, strict=True):
        level = before[~image].max()
        assert np.array_equal(after, np.minimum(before, level))


# Compression


@pytest.mark.parametrize("side", [2.0, 3.0, 16.0, 100.0])
def test_a_block_average_keeps_the_mean(side, lognormal):
    seen = perturb("resolution", lognormal, side)
    assert seen.mean((1, 2, 3)) == pytest.approx(lognormal.mean((1, 2, 3)))
    step = min(int(side), SIZE)
    assert seen[..., :step, :step] == pytest.approx(
        np.broadcast_to(lognormal[..., :step, :step].mean((-2, -1), keepdims=True), (6, 1, step, step))
    )


@pytest.mark.parametrize("bits", [1, 3, 8])
def test_quantised_maps_have_so_many_levels(bits, lognormal):
    logarithms = np.log10(perturb("quantisation", lognormal, 16.0 - bits, BOX))
    for before, after in zip(np.log10(lognormal), logarithms, strict=True):
        levels = np.unique(np.round(after, 9))
        assert len(levels) <= 2**bits
        assert np.diff(levels).min() == pytest.approx(np.ptp(before) / (2**bits - 1), rel=1e-6)
        assert np.abs(after - before).max() <= 0.5001 * np.ptp(before) / (2**bits - 1)
        assert (levels[0], levels[-1]) == pytest.approx((before.min(), before.max()), abs=1e-9)


def test_a_flat_map_has_no_levels(flat):
    for name in ("quantisation", "jpeg"):
        assert np.allclose(perturb(name, flat, 8.0, BOX), flat)


@pytest.mark.parametrize("size", [1, 7, 16, 30])
@pytest.mark.parametrize("quality", [99, 50, 1])
def test_images_in_one_jpeg_are_as_in_one_each(rng, size, quality):
    images = rng.integers(0, 256, (2300 if size == 30 else 50, size, size + 5), dtype=np.uint8)
    found = decompressed(images, quality=quality)
    for number in range(0, len(images), len(images) // 50):
        kept = BytesIO()
        Image.fromarray(images[number]).save(kept, format="JPEG", quality=quality)
        assert np.array_equal(found[number], np.asarray(Image.open(kept)))


def test_a_jpeg_of_lower_quality_is_further_off(lognormal):
    off = [np.abs(np.log10(perturb("jpeg", lognormal, s, BOX) / lognormal)).mean() for s in (1.0, 10.0, 50.0, 95.0)]
    assert (np.diff(off) > 0).all()
    assert off[0] < np.ptp(np.log10(lognormal)) / 255
