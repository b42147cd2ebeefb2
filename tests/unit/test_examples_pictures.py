"""Simulated galaxies as cut-outs of a press picture, beside the real ones."""

import json
from dataclasses import replace
from hashlib import sha256
from pathlib import Path

import numpy as np
import pytest
from galaxies import hubble, pictures
from galaxies.hubble import SIZE
from galaxies.pictures import CAMERAS, cutout_of_picture, in_pixels
from galaxies.sheet import sheet
from galaxies.sky import appearance, noiseless

from repshift.simulation.objects import Objects
from repshift.storage.generators import objects_of
from repshift.study.generation import function_suite, generator_of
from repshift.study.reading import read_study, read_yaml
from repshift.vocabulary import InputError

CONFIGURATION = Path(__file__).parents[2] / "examples/galaxies/pictures.yaml"
GALAXY = {
    "absolute_magnitude": -21.5,
    "bulge_fraction": 0.4,
    "disk_radius": 2.0,
    "radius_ratio": 0.4,
    "disk_axis_ratio": 0.6,
    "bulge_axis_ratio": 0.8,
    "disk_blueness": 0.3,
}
BRIGHT = slice(8, 24)


@pytest.fixture(scope="module")
def study():
    return read_study(read_yaml(CONFIGURATION), files=[CONFIGURATION])


@pytest.fixture(scope="module")
def cutouts(study):
    """Simulated and real cut-outs, (n, band, y, x)."""

    def made(suite, number) -> Objects:
        objects = objects_of(generator_of(study, suite))
        return np.stack([objects.maps("LH", index) for index in range(number)])

    return {"simulated": made("Pictures", 40), "real": made("Hubble", 151)}


def drawn(seed=1, *, changed=None, **arguments):
    return cutout_of_picture(GALAXY | (changed or {}), np.random.default_rng(seed), **arguments)


def test_a_cutout_has_8_bits_in_three_bands():
    image = drawn()
    assert image.shape == (3, SIZE, SIZE)
    assert np.array_equal(image, image.round())
    assert 0 <= image.min() < 12 < 150 < image.max() <= 255


def test_the_galaxy_is_where_cutouts_have_theirs():
    """Within the shift of 0.1 arcsec that the sky draws, and that of the noise."""
    rows, columns = np.indices((SIZE, SIZE))
    for seed in range(8):
        light = (drawn(seed).mean(axis=0) - 30).clip(0)
        centre = [float((light * at).sum() / light.sum()) for at in (rows, columns)]
        assert centre == pytest.approx([SIZE // 2] * 2, abs=1.0)


def test_the_frame_of_jpeg_is_cut_back_to_the_galaxy(monkeypatch):
    """With a JPEG that changes nothing, a cut-out is the one that is not compressed, at each place of the grid."""
    frames = []
    monkeypatch.setattr(pictures, "compressed", lambda pixels: frames.append(pixels.shape) or pixels)
    for seed in range(8):
        assert np.array_equal(drawn(seed), drawn(seed, jpeg=False))
    assert set(frames) == {(3, 40, 40)}


def test_cutouts_lie_anywhere_on_the_grid_of_jpeg(monkeypatch):
    """The corner of a frame without its stretch says where the grid begins."""
    corners = set()
    monkeypatch.setattr(
        pictures, "rounded", lambda _: np.broadcast_to(np.add.outer(np.arange(49) * 64, np.arange(49)), (3, 49, 49))
    )
    monkeypatch.setattr(pictures, "compressed", lambda pixels: corners.add(int(pixels[0, 0, 0])) or pixels)
    for seed in range(150):
        drawn(seed)
    rows, columns = np.divmod(sorted(corners), 64)
    assert set(rows) == set(columns) == set(range(1, 9))


def test_jpeg_leaves_the_galaxy_as_it_is_to_a_few_levels():
    difference = np.abs(drawn() - drawn(jpeg=False))
    assert 0.5 < difference.mean() < 4


@pytest.mark.parametrize("arguments", [{"survey": "HSC"}, {"jpeg": False}, {"stretch": "coloured"}, {"redshift": 0.5}])
def test_twins_draw_the_same_numbers(arguments):
    """The generator is in the same state after each, so noise and place on the grid were the same."""
    states = []
    for given in ({}, arguments):
        rng = np.random.default_rng(3)
        cutout_of_picture(GALAXY, rng, **given)
        states.append(rng.bit_generator.state)
    assert states[0] == states[1]


def test_one_parameter_changed_is_the_paired_image():
    pair = drawn(jpeg=False), drawn(jpeg=False, changed={"disk_radius": 1.5})
    corners = [image[:, [0, 0, -1, -1], [0, -1, 0, -1]] for image in pair]
    assert np.abs(corners[0] - corners[1]).max() <= 1
    assert np.abs(pair[0] - pair[1]).max() > 20


def test_finer_oversampling_changes_no_peak():
    compact = GALAXY | {"disk_radius": 1.0, "radius_ratio": 0.15, "bulge_fraction": 1.0}
    peaks = []
    for oversampling in (CAMERAS["HST"].oversampling, 8):
        camera = replace(CAMERAS["HST"], oversampling=oversampling)
        seen = appearance(compact, camera, 0.8)
        images = noiseless(seen, camera, camera.stamp(pictures.FRAME), np.random.default_rng(1))
        peaks.append(hubble.ndimage.gaussian_filter(images, (0, 0.47, 0.47)).max())
    assert peaks[0] == pytest.approx(peaks[1], rel=1e-3)


def test_labels_are_in_pixels_of_the_survey():
    pixels = {survey: 10 ** in_pixels(GALAXY, survey=survey)["log10_pixels"] for survey in ("HST", "HSC")}
    assert pixels["HST"] / pixels["HSC"] == pytest.approx(0.168 / 0.14, rel=0.01)
    # 2 kpc at redshift 0.8 are 0.26 arcsec; the axis ratio and the bulge make it smaller.
    assert 0.5 * 0.26 / 0.14 < pixels["HST"] < 0.26 / 0.14


def test_labels_know_nothing_of_stretch_and_jpeg():
    assert in_pixels(GALAXY, jpeg=False, stretch="coloured") == in_pixels(GALAXY)


def test_a_galaxy_wider_than_the_cutout_is_refused():
    with pytest.raises(
        InputError, match=r"The cut-out of HST does not hold the galaxy: \d+% of its light is outside of 4\.5"
    ):
        drawn(changed={"disk_radius": 20.0})


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"survey": "SDSS"}, "No survey of pictures is named 'SDSS': choose one of HST, HSC."),
        ({"stretch": "linear"}, "No stretch is named 'linear': choose one of layered, coloured."),
    ],
)
def test_unknown_names_are_refused(arguments, message):
    with pytest.raises(InputError) as error:
        drawn(**arguments)
    assert str(error.value) == message


def test_the_configuration_holds_the_whole_catalogue(study):
    suite = function_suite(study, "Hubble")
    assert list(suite.parameters) == ["x", "y", "area", "radius", "peak"]
    assert len(hubble.catalogue()) == study.suites["Pictures"].sets["LH"]


def test_galaxies_are_as_bright_as_the_real_ones(cutouts):
    """The quartiles of the smoothed pixel in the centre, mean of the bands, agree to 20 of 255."""
    peaks = {}
    for name, images in cutouts.items():
        smooth = hubble.ndimage.gaussian_filter(images.mean(axis=1), (0, 1, 1))
        peaks[name] = np.percentile(smooth[:, 14:19, 14:19].max(axis=(1, 2)), [25, 50, 75])
    assert peaks["simulated"] == pytest.approx(peaks["real"], abs=20)


def test_galaxies_have_the_mean_colour_of_the_real_ones(cutouts):
    """Over pixels of middling brightness: red less green and blue less green agree to 15 of 255."""
    colours = {}
    for name, images in cutouts.items():
        inner = images[:, :, BRIGHT, BRIGHT]
        middling = (inner.mean(axis=1) > 60) & (inner.mean(axis=1) < 150)
        red, green, blue = (inner[:, band][middling] for band in range(3))
        colours[name] = [float((red - green).mean()), float((blue - green).mean())]
        assert 10 < (red - green).std() < 60
    assert colours["simulated"] == pytest.approx(colours["real"], abs=15)


def test_real_galaxies_have_redder_and_bluer_ones(cutouts):
    """The simulation has one redshift and two spectra: its red less green spreads half as far as the real one."""
    spread = {}
    for name, images in cutouts.items():
        inner = images[:, :, BRIGHT, BRIGHT]
        spread[name] = (inner[:, 0] - inner[:, 1])[inner.mean(axis=1) > 60].std()
    assert spread["simulated"] < 0.7 * spread["real"]


def test_the_simulation_has_no_neighbours(cutouts):
    """Outside of 10 pixels from the centre, real cut-outs have pixels above 60 of 255; simulated ones hardly any."""
    rows, columns = np.indices((SIZE, SIZE)) - SIZE // 2
    outside = np.hypot(rows, columns) > 10
    share = {name: float((images.mean(axis=1)[:, outside] > 60).mean()) for name, images in cutouts.items()}
    assert share["real"] > 0.01 > 5 * share["simulated"]


def test_the_shipped_weights_are_those_of_their_provenance(study):
    weights = Path(study.models["pictures"].network.weights)
    found = json.loads(weights.with_suffix(".json").read_text())
    suite = function_suite(study, "Pictures")
    assert found["sha256"] == sha256(weights.read_bytes()).hexdigest()
    assert found["numbers"] == {name: suite.sets[name] for name in ("Train", "Validation")}
    assert (found["suite_seed"], found["arguments"]) == (suite.seed, suite.arguments)
    assert found["parameters"] == {name: list(one.range) for name, one in suite.parameters.items()}
    assert tuple(found["outputs"]) == study.models["pictures"].network.outputs


def test_a_sheet_has_a_row_for_each_suite(study):
    figure = sheet(study, columns=2)
    names = [axis.get_ylabel() for axis in figure.axes]
    assert names[:3] == ["Hubble", "Hubble-alone", "Pictures"]
    assert set(names) == set(study.suites)
    assert figure.axes[0].images[0].get_array().shape == (SIZE, 2 * (SIZE + 2), 3)
