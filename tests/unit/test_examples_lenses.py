"""The lens finder's example: the lens equation, the cut-outs, the network and how it was trained."""

import json
from hashlib import sha256
from pathlib import Path

import numpy as np
import pytest
import torch
from lenses import arc_shares, sie, sky, train
from lenses.arcs import Source, arcs, surface_brightness
from lenses.companions import N_COMPANIONS, N_NUMBERS, draw_companions
from lenses.impostors import draw_form, impostor
from lenses.network import finder
from lenses.sheet import chosen, picture
from lenses.sie import Ellipsoid
from scipy.ndimage import label
from skies.sersic import half_light_constant
from skies.stamp import Stamp
from skies.surveys import DES

from repshift.storage.generators import objects_of
from repshift.study.generation import generator_of
from repshift.study.preparations import preparations
from repshift.study.reading import read_study, read_yaml
from repshift.vocabulary import InputError

EXAMPLE = Path(train.__file__).parent

LENSES = [Ellipsoid(1.3), Ellipsoid(1.3, 0.8, 0.3), Ellipsoid(0.9, 0.4, 2.0)]
each_lens = pytest.mark.parametrize("lens", LENSES)


def circle(radius, n_points=20000):
    angle = 2 * np.pi * (np.arange(n_points) + 0.5) / n_points
    return radius * np.cos(angle), radius * np.sin(angle)


def gradient(lens, x, y, step=1e-5):
    """Return the derivatives of the deflection, [component][direction], by differences."""
    along = [np.subtract(sie.deflection(lens, x + step, y), sie.deflection(lens, x - step, y)) / (2 * step)]
    along.append(np.subtract(sie.deflection(lens, x, y + step), sie.deflection(lens, x, y - step)) / (2 * step))
    return np.swapaxes(along, 0, 1)


def test_a_sphere_deflects_by_its_einstein_radius(rng):
    x, y = rng.normal(size=(2, 50))
    deflection = sie.deflection(Ellipsoid(1.3), x, y)
    assert np.allclose(deflection, 1.3 * np.stack((x, y)) / np.hypot(x, y), rtol=1e-14)


def test_an_ellipsoid_becomes_the_sphere(rng):
    x, y = rng.normal(size=(2, 50))
    sphere = np.asarray(sie.deflection(Ellipsoid(1.3), x, y))
    away = [abs(sie.deflection(Ellipsoid(1.3, 1 - e, 0.4), x, y) - sphere).max() for e in (1e-2, 1e-4, 1e-8, 1e-15)]
    assert away[0] > 1e-3
    assert all(distance < 2 * e for distance, e in zip(away, (1e-2, 1e-4, 1e-8, 1e-14), strict=True))


@each_lens
def test_the_divergence_of_the_deflection_is_the_mass(lens, rng):
    x, y = rng.normal(size=(2, 50))
    (xx, xy), (yx, yy) = gradient(lens, x, y)
    assert np.allclose(xx + yy, 2 * sie.convergence(lens, x, y), rtol=1e-6)
    assert np.allclose(xy, yx, atol=1e-6 * abs(xy).max())


@each_lens
def test_outside_of_a_circle_its_mass_acts_as_a_point(lens):
    radius = 2.0
    x, y = circle(radius)
    inward = np.sum(np.asarray(sie.deflection(lens, x, y)) * (x, y), axis=0) / radius
    mean_convergence = 2 * np.mean(sie.convergence(lens, *circle(1.0))) / radius
    mass = mean_convergence * radius**2  # in units of pi times the critical density
    assert np.mean(inward) == pytest.approx(mass / radius, rel=1e-9)  # the deflection by a point mass


@each_lens
def test_the_mass_in_the_critical_curve_is_that_of_a_point(lens):
    x, y = sie.critical_curve(lens, 20000)
    area = 0.5 * np.sum(x * np.roll(y, -1) - y * np.roll(x, -1))
    assert area == pytest.approx(np.pi * lens.einstein_radius**2, rel=1e-6)
    # Gauss: the flux out of a curve is 2 pi times the mass; a point of mass t^2 has a ring of radius t.
    deflection_x, deflection_y = sie.deflection(lens, x, y)
    step_x, step_y = (np.roll(axis, -1) - np.roll(axis, 1) for axis in (x, y))
    flux = np.sum(deflection_x * step_y - deflection_y * step_x) / 2
    assert flux / (2 * np.pi) == pytest.approx(lens.einstein_radius**2, rel=1e-6)


@each_lens
def test_the_magnification_is_the_change_of_area(lens, rng):
    x, y = rng.normal(size=(2, 50))
    (xx, xy), (yx, yy) = gradient(lens, x, y)
    determinant = (1 - xx) * (1 - yy) - xy * yx
    assert np.allclose(1 / sie.magnification(lens, x, y), determinant, atol=1e-5)
    assert np.allclose(1 / sie.magnification(lens, *sie.critical_curve(lens)), 0, atol=1e-12)


def test_the_caustic_of_a_sphere_is_a_point():
    assert np.allclose(sie.caustic(Ellipsoid(1.3)), 0, atol=1e-12)
    assert np.allclose(np.hypot(*sie.cut(Ellipsoid(1.3))), 1.3)


@pytest.mark.parametrize(("source", "images"), [((0.02, 0.03), 4), ((0.4, 0.3), 2), ((1.4, 0.9), 1)])
def test_a_source_has_as_many_images_as_curves_say(source, images):
    lens = Ellipsoid(1.2, 0.7, 0.5)
    axis = (np.arange(1200) + 0.5) / 200 - 3
    x, y = np.meshgrid(axis, axis)
    inside = np.hypot(*np.subtract(sie.shoot(lens, x, y), np.reshape(source, (2, 1, 1)))) < 0.03
    inside &= np.hypot(x, y) > 0.05  # the singular centre has no image of its own
    assert label(inside, np.ones((3, 3)))[1] == images


def test_a_lens_that_cannot_be_is_refused():
    with pytest.raises(InputError, match="axis ratio of the lens is 1.2. It must be above 0 and at most 1"):
        sie.deflection(Ellipsoid(1, 1.2), np.ones(1), np.ones(1))
    with pytest.raises(InputError, match="Einstein radius is -1 arcsec. It must be 0 or more"):
        sie.convergence(Ellipsoid(-1), np.ones(1), np.ones(1))


PARAMETERS = {
    "kind": "lens",
    "einstein_radius": 1.4,
    "lens_axis_ratio": 0.8,
    "lens_angle": 0.4,
    "lens_radius": 0.9,
    "lens_magnitude": 18.0,
    "lens_g_r": 1.6,
    "lens_r_i": 0.7,
    "source_distance": 0.3,
    "source_direction": 1.0,
    "source_axis_ratio": 0.7,
    "source_angle": 2.0,
    "source_radius": 0.3,
    "source_magnitude": 23.0,
    "source_g_r": 0.1,
    "source_r_i": 0.1,
    "seeing": 0.96,
}
STAMP = DES.stamp(64)
FINE = Stamp(size=128, pixel_scale=0.05, oversampling=1)


def cut_out(*, state=3, arguments=None, **changed):
    return sky.cutout(PARAMETERS | changed, np.random.default_rng(state), **(arguments or {})).astype(float)


@pytest.mark.parametrize(
    ("changed", "sentence"),
    [
        ({"lens_radius": 9.0}, "Half the light of the galaxy is 10.1 arcsec from its centre: expected at most 8.42"),
        ({"einstein_radius": 8.3}, "The outer image of the source is 8.6 arcsec"),
        ({"source_distance": 20.0, "kind": "galaxy"}, "The outer image of the source is 21.4 arcsec"),
        ({"seeing": 10.0}, "The width of the seeing is 10 arcsec"),
        ({"source_radius": -0.1}, "radius=-0.1, .* is no source"),
        ({"source_axis_ratio": 0.0}, "axis_ratio=0.0, .* is no source"),
        ({"arguments": {"exposure": 0}}, "exposure is 0 times that of DES"),
        ({"arguments": {"lens_colour": [1.0]}}, "A colour is .1.0.. Expected what is added to g - r and to r - i"),
    ],
)
def test_what_a_cut_out_does_not_hold_is_refused(changed, sentence):
    with pytest.raises(InputError, match=sentence):
        cut_out(**changed)


def radii(stamp):
    axis = stamp.positions(stamp.oversampling)
    return np.hypot(axis[:, None], axis)


@pytest.mark.parametrize("einstein_radius", [0.8, 1.4, 2.2])
def test_a_source_behind_the_centre_is_a_ring_of_its_radius(einstein_radius):
    light = arcs(FINE, Source(0, 0, 0.05), Ellipsoid(einstein_radius))
    assert np.average(radii(FINE), weights=light) == pytest.approx(einstein_radius, rel=0.01)
    assert np.average(abs(radii(FINE) - einstein_radius), weights=light) < 0.06  # nothing but the ring


@pytest.mark.parametrize("einstein_radius", [0.8, 1.4, 2.2])
def test_the_ring_has_its_radius_in_the_pixels_of_the_survey(einstein_radius):
    sharp = DES.changed(seeing=0.01)
    transform = STAMP.transform(arcs(STAMP, Source(0, 0, 0.1), Ellipsoid(einstein_radius)))
    ring = STAMP.image(transform * sharp.point_source(STAMP, "r"))
    axis = STAMP.positions()
    squared = np.average(np.square(axis[:, None]) + np.square(axis), weights=ring) - STAMP.pixel_scale**2 / 6
    width = 2 * 3 * (0.1 / half_light_constant(1.0)) ** 2 * 3 / 2  # of the ring: variances add, to second order
    assert np.sqrt(squared - width) == pytest.approx(einstein_radius, rel=0.01)


def test_flux_grows_by_the_magnification_of_a_sphere():
    # The images b + t and b - t of a point at b behind a sphere of t have 2 t / b times its flux; of a disk, the mean.
    mean_square = 6 * (0.06 / half_light_constant(1.0)) ** 2
    for b in (0.4, 0.8):
        light = arcs(FINE, Source(b, 0, 0.06), Ellipsoid(1.2))
        assert light.sum() == pytest.approx(2 * 1.2 / b * (1 + mean_square / (4 * b**2)), rel=0.005)


def test_the_survey_s_pixels_hold_enough_rays():
    source, lens = Source(0.3, 0.2, 0.1, 0.35, 0.5), Ellipsoid(1.1, 0.5, 0.4)
    finest = arcs(Stamp(size=512, pixel_scale=0.03, oversampling=1), source, lens)
    assert arcs(STAMP, source, lens).sum() == pytest.approx(finest.sum(), rel=0.02)  # of the smallest source


def test_flux_grows_by_the_magnifications_of_the_images():
    lens, stamp = Ellipsoid(1.2, 0.7, 0.5), Stamp(size=512, pixel_scale=0.01, oversampling=1)
    light = arcs(stamp, Source(0.4, 0.3, 0.01), lens)
    blobs, n_images = label(light > light.max() * 1e-2, np.ones((3, 3)))
    axis = stamp.positions()
    places = [[np.average(grid, weights=light * (blobs == n)) for grid in np.meshgrid(axis, axis)] for n in (1, 2)]
    assert n_images == 2
    expected = sum(abs(float(sie.magnification(lens, *np.array(place)[:, None])[0])) for place in places)
    assert light.sum() == pytest.approx(expected, rel=0.02)


def test_lensing_keeps_the_surface_brightness():
    source = Source(0.1, 0, 0.5)
    x, y = np.meshgrid(FINE.positions(), FINE.positions())
    behind = surface_brightness(source, *sie.shoot(Ellipsoid(1.3, 0.8), x, y)) * FINE.pixel_scale**2
    lensed = arcs(FINE, source, Ellipsoid(1.3, 0.8))
    bright = lensed > 1e-2 * lensed.max()
    assert np.median(lensed[bright] / behind[bright]) == pytest.approx(1, abs=0.01)
    assert lensed.max() <= surface_brightness(source, np.array(0.1), np.array(0.0)) * FINE.pixel_scale**2


def test_without_mass_the_source_is_itself():
    source = Source(0.4, -0.3, 0.4, 0.6, 0.5)
    light = arcs(FINE, source, Ellipsoid(0.0))
    x, y = np.meshgrid(FINE.positions(), FINE.positions())
    assert light.sum() == pytest.approx(1, abs=2e-3)
    assert np.average(x, weights=light) == pytest.approx(0.4, abs=1e-3)
    assert np.average(y, weights=light) == pytest.approx(-0.3, abs=1e-3)


def test_another_einstein_radius_changes_the_arcs_alone():
    # One electron more or less changes the noise as well: only of a faint arc the scale of the noise stays.
    one, other = (cut_out(einstein_radius=radius, source_magnitude=26.0) for radius in (1.0, 1.6))
    difference = abs(one - other).max(axis=0)
    axis = STAMP.positions()
    distance = np.hypot(axis[:, None], axis)
    assert difference[distance > 6].max() < 0.02 * difference[distance < 2.5].max()
    galaxies = [cut_out(kind="galaxy", einstein_radius=radius) for radius in (1.0, 1.6)]
    assert np.array_equal(*galaxies)


def test_the_same_state_gives_the_same_companions_and_noise():
    lens, galaxy = cut_out(), cut_out(kind="galaxy")
    noiseless = sky.image(DES, STAMP, [(sky.arc_light(STAMP, PARAMETERS), sky.fluxes(PARAMETERS, "source"))])
    # What is left is the photon noise of the arcs, with the same sign as the noise of the galaxy.
    assert (lens - galaxy - noiseless).std() < 0.05 * DES.sky_sigma("g")
    assert not np.array_equal(lens, cut_out(state=4))


def test_what_blurs_or_colours_draws_the_same_numbers():
    shorter = cut_out(kind="galaxy", arguments={"exposure": 0.1}) - cut_out(kind="galaxy")
    sharper = cut_out(kind="galaxy", arguments={"exposure": 10.0}) - cut_out(kind="galaxy")
    # The same noise times sqrt(10) - 1 and times 1 / sqrt(10) - 1.
    ratio = (np.sqrt(10) - 1) / (np.sqrt(0.1) - 1)
    assert np.allclose(shorter, ratio * sharper, atol=0.05)


def test_a_tenth_of_the_time_is_ten_times_the_variance():
    shorter = sky.observing(DES, seeing=0.96, exposure=0.1)
    assert shorter.sky_sigma("g") == pytest.approx(np.sqrt(10) * DES.sky_sigma("g"))
    assert shorter.band("g").electrons == pytest.approx(DES.band("g").electrons / 10)
    assert [shorter.band(band).seeing for band in "gri"] == pytest.approx([1.12, 0.96, 0.88])


def test_a_galaxy_has_nothing_behind_it():
    images = [cut_out(kind="galaxy", source_magnitude=magnitude) for magnitude in (22.2, 25.4)]
    assert np.array_equal(*images)


def test_rings_and_arms_change_galaxies_alone():
    impostors = {"impostors": True}
    assert np.array_equal(cut_out(), cut_out(arguments=impostors))
    assert not np.array_equal(cut_out(kind="galaxy"), cut_out(kind="galaxy", arguments=impostors))


def test_all_objects_of_a_suite_can_be_of_one_kind():
    given = {"impostors": True, "kind": "galaxy"}
    assert np.array_equal(cut_out(arguments=given), cut_out(kind="galaxy", arguments={"impostors": True}))


@pytest.mark.parametrize("arms", [0.0, 1.0])
def test_impostors_are_where_the_arcs_would_be(arms):
    form = draw_form(np.array([arms, 0.5, 0.5, 0.5]), 1.5, axis_ratio=1.0, angle=0.0)
    light = impostor(FINE, form)
    assert form.arms == (arms < 0.5)
    assert light.sum() == pytest.approx(1)
    assert np.average(radii(FINE), weights=light) == pytest.approx(1.5, rel=0.1)


def test_redder_means_fainter_in_g():
    bluer = sky.fluxes(PARAMETERS, "lens")
    redder = sky.fluxes(PARAMETERS, "lens", redder=(0.5, 0.2))
    assert 2.5 * np.log10(bluer / redder) == pytest.approx([0.7, 0.2, 0])
    assert 31.4 - 2.5 * np.log10(bluer) == pytest.approx([20.3, 18.7, 18.0])


def test_companions_come_at_the_rate_that_is_said(rng):
    drawn = [draw_companions(rng.uniform(size=(N_COMPANIONS, N_NUMBERS))) for _ in range(2000)]
    assert np.mean([len(companions) for companions in drawn]) == pytest.approx(1.5, abs=0.1)
    distances = [one.distance for companions in drawn for one in companions]
    assert np.percentile(distances, [0, 50, 100]) == pytest.approx([1, 4.5, 8], abs=0.2)


def test_another_kind_is_refused():
    with pytest.raises(InputError, match="An object is of kind 'quasar'. Expected one of galaxy, lens"):
        cut_out(kind="quasar")


def test_no_exposure_and_no_seeing_are_refused():
    with pytest.raises(InputError, match="The exposure is 0 times that of DES. Expected a number above 0"):
        cut_out(arguments={"exposure": 0})
    with pytest.raises(InputError, match="The seeing is 0.0"):
        cut_out(arguments={"blur": 0})


CONFIGURATION = EXAMPLE / "config.yaml"


@pytest.fixture(scope="module")
def study():
    return read_study(read_yaml(CONFIGURATION), files=[CONFIGURATION])


@pytest.fixture(scope="module")
def trained(tmp_path_factory):
    path = tmp_path_factory.mktemp("finder") / "finder.pt"
    epochs = train.run(configuration=CONFIGURATION, output=path, schedule=train.Schedule(epochs=2), n_objects=60)
    return path, epochs


def objects_in(study, suite):
    return objects_of(generator_of(study, suite))


def test_every_lens_of_the_configuration_has_two_images(study):
    columns = study.suites["DES"].parameters
    lens = Ellipsoid(columns["einstein_radius"].range[0], columns["lens_axis_ratio"].range[0])
    assert columns["source_distance"].range[1] < np.hypot(*sie.cut(lens)).min()


def test_twins_are_the_objects_of_home(study):
    home, twin, again = (objects_in(study, suite) for suite in ("DES", "Blurred", "DES-again"))
    assert home.parameters("LHT", 5) == twin.parameters("LHT", 5)
    assert home.parameters("LHT", 5) != again.parameters("LHT", 5)
    assert home.maps("LHT", 5).std() > twin.maps("LHT", 5).std()


def test_a_pair_of_images_differs_in_the_arcs(study):
    home = objects_in(study, "DES")
    number = next(n for n in range(20) if home.parameters("LHT", n)["kind"] == "lens")
    one, other = (home.maps("LHT", number, changed={"einstein_radius": radius}) for radius in (1.0, 1.1))
    rows, columns = np.nonzero(abs(one - other).max(axis=0) > 0.5 * abs(one - other).max())
    assert np.hypot(*(STAMP.positions()[axis] for axis in (rows, columns))).max() < 2.5


def test_the_network_is_as_small_as_said():
    layers = list(finder().modules())
    assert sum(isinstance(layer, torch.nn.ReLU) for layer in layers) == 9
    assert sum(weights.numel() for weights in finder().parameters()) == 84_530


def test_training_writes_what_it_learned_from(trained):
    path, epochs = trained
    origin = json.loads(path.with_suffix(".json").read_text())
    assert origin["sha256"] == sha256(path.read_bytes()).hexdigest()
    assert origin["epochs"] == epochs
    assert (origin["maps"]["n_train"], origin["maps"]["n_validation"]) == (54, 6)
    finder().load_state_dict(torch.load(path, weights_only=True))


def test_training_twice_gives_the_same_weights(trained, tmp_path):
    again = tmp_path / "finder.pt"
    train.run(configuration=CONFIGURATION, output=again, schedule=train.Schedule(epochs=2), n_objects=60)
    assert again.read_bytes() == trained[0].read_bytes()


def test_the_shipped_weights_are_of_this_configuration(study):
    weights = EXAMPLE / "weights" / "finder.pt"
    origin = json.loads(weights.with_suffix(".json").read_text())
    assert origin["sha256"] == sha256(weights.read_bytes()).hexdigest()
    assert weights.stat().st_size < 4e6
    columns = generator_of(study, "DES").columns
    assert origin["maps"]["parameters"] == {one.name: list(one.values or (one.low, one.high)) for one in columns}
    assert origin["maps"]["arguments"] == study.suites["DES"].arguments
    assert origin["maps"]["arcsinh"] == [one.chosen.arcsinh for one in preparations(study, "finder")]


def test_the_shipped_network_finds_lenses(study):
    network = finder()
    network.load_state_dict(torch.load(EXAMPLE / "weights" / "finder.pt", weights_only=True))
    images, kinds = train.draw_sample(study, "LHT", n_objects=80)
    assert 0.85 < train.scores(network.eval(), images, kinds)["accuracy"] < 1


def test_the_sheet_has_twins_in_one_row(study):
    numbers = {suite: chosen(objects_in(study, suite)) for suite in study.suites}
    assert all(numbers[suite] == numbers["DES"] for suite in numbers if suite != "DES-again")
    assert [objects_in(study, "DES").parameters("LHT", n)["kind"] for n in numbers["DES"]] == ["lens"] * 2 + [
        "galaxy"
    ] * 2
    assert picture(np.full((3, 2, 2), 30.0), (30, 40, 70)).shape == (2, 2, 3)


@pytest.fixture(scope="module")
def pairs():
    study = read_study(read_yaml(EXAMPLE / "config.yaml"), files=[EXAMPLE / "config.yaml"])
    return arc_shares.pairs_of(study, n_objects=40)


def test_arcs_are_where_a_lens_differs_from_its_galaxy(pairs):
    """Beyond the arcs' pixels they differ by less than the noise of the sky, a third of the softening."""
    change = np.abs(pairs.with_source - pairs.without).max(axis=1)
    assert change[~pairs.arcs].max() < 0.4
    assert change[pairs.arcs].mean() > 0.5
    assert 0.02 < pairs.arcs.mean() < 0.12


def test_a_map_of_the_arcs_alone_has_all_of_its_share_there(pairs):
    inputs = {"lens": np.abs(pairs.with_source).sum(1), "without": np.abs(pairs.without).sum(1)}
    found = {"lens": pairs.arcs.astype(float), "without": np.ones(pairs.arcs.shape)}
    numbers = arc_shares.summary(found, inputs, pairs.arcs)
    assert numbers["share"] == numbers["share_low"] == numbers["lit"] == 1
    assert numbers["over_pixels"] == numbers["gain"] == pytest.approx(1 / pairs.arcs.mean())
    assert numbers["sum"] == numbers["sum_without"] == pytest.approx(pairs.arcs.sum((1, 2)).mean())


def test_grad_cam_of_the_third_stage_lights_the_arcs(pairs, monkeypatch):
    chosen = ("Grad-CAM, last, 4 x 4", "Grad-CAM, third stage, 8 x 8")
    monkeypatch.setattr(arc_shares, "METHODS", {name: arc_shares.METHODS[name] for name in chosen})
    _, last, third = arc_shares.rows(arc_shares.trained(), pairs)
    assert third["gain_low"] > 1 > last["gain_high"]
    assert third["sum_low"] > 0 > third["sum_without_high"]
