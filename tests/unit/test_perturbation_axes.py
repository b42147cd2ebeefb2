"""What every axis keeps to: strength 0, common random numbers, batches, floors; and what is refused, in a sentence."""

from dataclasses import replace

import numpy as np
import pytest

from repshift import InputError
from repshift.perturbation.axes import AXES, FIELD, MEAN, PIXEL, Argument, Sky, axis_of, own_axis, perturbed

N, SIZE = 5, (17, 24)
ENTROPY = [[7, number] for number in range(N)]


@pytest.fixture
def maps(rng):
    """Maps of two bands with a gradient, bright pixels and faint ones, over three decades."""
    slope = np.linspace(0, 1, SIZE[1])
    return 10 ** (3 + slope + 0.5 * rng.normal(size=(N, 2, *SIZE)))


def sky_of(*, logarithm=True, is_periodic=True, **given):
    return Sky((logarithm,) * 2, (3e3, 4e3), is_periodic, ("g", "r"), **given)


SKIES = {
    "box": sky_of(),
    "image": sky_of(logarithm=False, is_periodic=False),
    "mixed": Sky((True, False), (3e3, 4e3), is_periodic=True, offsets=(1.0, 0.0)),
}


def largest(axis):
    return max(axis.strengths, key=abs)


@pytest.mark.parametrize("sky", SKIES.values(), ids=SKIES)
@pytest.mark.parametrize("axis", AXES.values(), ids=AXES)
class TestEachAxis:
    def test_strength_zero_is_the_maps_bit_for_bit(self, axis, sky, maps):
        found, floored = perturbed(axis, maps, 0.0, sky=sky, entropy=ENTROPY)
        assert found is maps
        assert floored.tolist() == [0] * N

    def test_it_is_the_same_once_more_and_maps_stay(self, axis, sky, maps):
        kept = maps.copy()
        first, second = (perturbed(axis, maps, largest(axis), sky=sky, entropy=ENTROPY) for _ in range(2))
        assert np.array_equal(maps, kept)
        assert np.array_equal(first[0], second[0])
        assert np.array_equal(first[1], second[1])

    def test_a_map_does_not_depend_on_its_batch(self, axis, sky, maps):
        order = [3, 0, 4]
        for strength in axis.strengths:
            all_maps, all_floored = perturbed(axis, maps, strength, sky=sky, entropy=ENTROPY)
            entropy = [ENTROPY[number] for number in order]
            some, floored = perturbed(axis, maps[order], strength, sky=sky, entropy=entropy)
            assert np.array_equal(some, all_maps[order])
            assert np.array_equal(floored, all_floored[order])

    def test_it_changes_maps_and_keeps_their_shape(self, axis, sky, maps):
        found, _ = perturbed(axis, maps, largest(axis), sky=sky, entropy=ENTROPY)
        assert found.shape == maps.shape
        assert (np.abs(found - maps).max((1, 2, 3)) > 1e-3).all()
        assert (found[:, sky.logarithms] > np.array(sky.floors)[np.array(sky.logarithms), None, None]).all()

    def test_a_small_strength_changes_little(self, axis, sky, maps):
        change = [
            np.abs(perturbed(axis, maps, strength, sky=sky, entropy=ENTROPY)[0] - maps).mean()
            for strength in axis.strengths
            if strength >= 0
        ]
        assert change[1] < change[-1]


@pytest.mark.parametrize("axis", AXES.values(), ids=AXES)
def test_it_says_what_it_is(axis):
    assert axis_of(axis.name) is axis
    assert axis.label
    assert axis.units
    assert axis.description.endswith(".")
    assert len(axis.strengths) == 7
    axis.require_strengths(axis.strengths)
    assert axis.moves_labels == (axis.name in {"contrast", "amplitude"})
    assert axis.chosen() == {name: argument.default for name, argument in axis.arguments.items()}


def random_axes():
    return [axis for axis in AXES.values() if "rng" in axis.needs]


@pytest.mark.parametrize("axis", random_axes(), ids=[axis.name for axis in random_axes()])
def test_maps_and_axes_have_draws_of_their_own(axis, maps):
    alike = np.repeat(maps[:1], 2, axis=0)
    found, _ = perturbed(axis, alike, largest(axis), sky=SKIES["image"], entropy=ENTROPY[:2])
    assert not np.array_equal(found[0], found[1])


@pytest.mark.parametrize("name", ["noise", "correlated_noise"])
def test_noise_is_drawn_once_and_scaled(name, maps):
    sky = SKIES["box"]
    moved = [
        sky.stretched(perturbed(AXES[name], maps, strength, sky=sky, entropy=ENTROPY)[0]) - sky.stretched(maps)
        for strength in (0.01, 0.2)
    ]
    assert moved[1] == pytest.approx(20 * moved[0], abs=1e-9)


@pytest.mark.parametrize("name", ["masked_square", "masked_pixels", "dead_lines", "hot_pixels", "cosmic_rays"])
def test_masks_lie_inside_each_other(name, maps):
    axis, before = AXES[name], np.zeros(maps.shape, dtype=bool)
    for strength in axis.strengths[1:]:
        found = perturbed(axis, maps, strength, sky=SKIES["image"], entropy=ENTROPY)[0] != maps
        assert found[before].all()
        assert found.any((1, 2, 3)).all()
        before = found
    assert before.sum() > N * 2


# Floors


def test_pixels_below_the_logarithm_are_raised_and_counted(maps):
    sky, strength = SKIES["box"], -0.5
    found, floored = perturbed(AXES["offset"], maps, strength, sky=sky, entropy=ENTROPY)
    below = maps + strength * np.reshape(sky.fills, (2, 1, 1)) <= 0
    least = np.broadcast_to(maps.min((-2, -1), keepdims=True), maps.shape)
    assert floored.tolist() == below.sum((1, 2, 3)).tolist()
    assert floored.min() > 0
    assert np.array_equal(found[below], least[below])


def test_nothing_is_raised_without_a_logarithm(maps):
    found, floored = perturbed(AXES["offset"], maps, -1e6, sky=SKIES["image"], entropy=ENTROPY)
    assert found.max() < 0
    assert floored.tolist() == [0] * N


def test_what_the_logarithm_adds_is_allowed_for(maps):
    maps[:, 0, 3, 3] = 0.0
    found, floored = perturbed(AXES["dead_lines"], maps, 0.3, sky=SKIES["mixed"], entropy=ENTROPY)
    assert floored.tolist() == [0] * N
    assert (found[:, 0] == 0).any()


def test_no_pixel_left_is_refused(maps):
    with pytest.raises(
        InputError,
        match=r"Axis 'offset' at strength -100 leaves no pixel above 0 in 5 of 5 maps of channel g, whose logarithm is "
        r"taken: all 408 would be raised to the least pixel before\. Expected a smaller strength\.",
    ):
        perturbed(AXES["offset"], maps, -100.0, sky=SKIES["box"], entropy=ENTROPY)


def test_pixels_without_a_logarithm_before_are_refused(maps):
    maps[1, 1, 2, 2] = -3
    with pytest.raises(InputError, match=r"'noise' on channel r, whose logarithm is taken: 1 pixels are not above 0"):
        perturbed(AXES["noise"], maps, 0.1, sky=SKIES["box"], entropy=ENTROPY)


def test_two_pixels_show_no_noise(maps):
    with pytest.raises(InputError, match=r"Maps of \(2, 24\) pixels show no noise\. Expected 3 or more"):
        perturbed(AXES["magnitude"], maps[:, :, :2], 1.0, sky=SKIES["image"], entropy=ENTROPY)


def test_pixels_that_are_no_numbers_are_refused(maps):
    maps[0, 0, 0, 0] = 1e34  # in single precision pixels go to 3e38
    with pytest.raises(InputError, match=r"'gain' at strength 5 makes pixels that are no finite numbers in single"):
        perturbed(AXES["gain"], maps, 5.0, sky=SKIES["box"], entropy=ENTROPY)


# Strengths, options, bands


@pytest.mark.parametrize(
    ("name", "strengths", "words"),
    [
        (
            "noise",
            (0, 0.2, 0.1),
            r"Strengths of axis 'noise' are 0, 0\.2, 0\.1\. Expected them increasing, each once\.",
        ),
        ("noise", (0, 0.1, 0.1), r"are 0, 0\.1, 0\.1\. Expected them increasing"),
        ("noise", (0.1, 0.2), r"are 0\.1, 0\.2\. Expected 0, which leaves maps as they are, and one more at least\."),
        ("noise", (0,), r"are 0\. Expected 0, .* and one more"),
        ("noise", (), r"are none\. Expected 0"),
        ("noise", (-0.1, 0), r"axis 'noise': -0\.1 is out of range\. Expected finite numbers from 0\."),
        ("noise", (0, np.inf), r"inf is out of range"),
        ("gain", (0, np.nan), r"nan is out of range\. Expected finite numbers from -10 up to 10\."),
        ("masked_pixels", (0, 2), r"2 is out of range\. Expected finite numbers from 0 up to 1\."),
        ("jpeg", (0, 2.5), r"2\.5 is no whole number\. Expected finite whole numbers from 0 up to 99\."),
    ],
)
def test_strengths_that_cannot_be_are_refused(name, strengths, words):
    with pytest.raises(InputError, match=words):
        AXES[name].require_strengths(strengths)


def test_an_unknown_axis_is_refused():
    with pytest.raises(InputError, match=r"Unknown axis 'fog'\. There are .*noise"):
        axis_of("fog")


@pytest.mark.parametrize("name", ["colour", "missing_band"])
def test_an_axis_of_bands_needs_two(name, maps):
    with pytest.raises(InputError, match=rf"Axis '{name}' needs two bands or more; the maps have 1\."):
        perturbed(AXES[name], maps[:, :1], 0.5, sky=Sky((True,), (1.0,), is_periodic=True), entropy=ENTROPY)


def test_an_unknown_band_is_refused(maps):
    with pytest.raises(InputError, match=r"The maps have no band 'i'\. They have g, r\."):
        perturbed(AXES["colour"], maps, 0.5, sky=SKIES["box"], entropy=ENTROPY, arguments={"band": "i"})


@pytest.mark.parametrize(
    ("name", "arguments", "words"),
    [
        ("moffat", {"beta": 1.0}, r"Option 'beta' of axis 'moffat' is 1\.0\. Expected a number from 1\.1 to 100\."),
        ("moffat", {"beta": True}, r"is True\. Expected a number"),
        ("moffat", {"alpha": 2}, r"Axis 'moffat' has no option 'alpha'\. Its options are beta\."),
        ("gain", {"alpha": 2}, r"Axis 'gain' has no option 'alpha'\. It has none\."),
        ("masked_square", {"fill": "donor"}, r"Option 'fill' .* is 'donor'\. Expected mean or blur\."),
        ("colour", {"band": 1}, r"Option 'band' .* is 1\. Expected a word\."),
    ],
)
def test_options_that_cannot_be_are_refused(name, arguments, words):
    with pytest.raises(InputError, match=words):
        AXES[name].chosen(arguments)


def test_a_whole_number_is_an_option_too():
    assert AXES["moffat"].chosen({"beta": 3}) == {"beta": 3.0}
    assert Argument(1.0, "any").value(7, name="x") == 7.0


@pytest.mark.parametrize("units", [FIELD, MEAN])
def test_units_of_the_field_have_no_default_strengths(units):
    axis = replace(AXES["noise"], units=units)
    assert axis.defaults_in(SKIES["box"]) == axis.strengths
    for sky in (SKIES["image"], SKIES["mixed"]):
        with pytest.raises(InputError, match=r"'noise' has no strengths by default where no logarithm is taken"):
            axis.defaults_in(sky)
    with pytest.raises(InputError, match=r"'noise' has no strengths by default\. Give some, ascending and with 0\."):
        replace(axis, strengths=None).defaults_in(SKIES["box"])


def test_units_follow_the_logarithm():
    assert [AXES["noise"].units_in(sky) for sky in SKIES.values()] == [
        "dex",
        "unit of the field",
        "dex or unit of the field",
    ]
    assert AXES["offset"].units_in(SKIES["box"]) == "training mean"
    assert AXES["gain"].units_in(SKIES["image"]) == "dex"


def test_a_strength_in_pixels_is_a_length_on_the_sky():
    sky = sky_of(pixel=0.4, pixel_units="Mpc/h")
    assert AXES["beam"].physical(2.5, sky) == (1.0, "Mpc/h")
    assert AXES["beam"].physical(2.5, SKIES["box"]) is None
    assert AXES["noise"].physical(2.5, sky) is None
    assert {axis.name for axis in AXES.values() if axis.units == PIXEL} == {"beam", "moffat", "shift", "resolution"}


def test_signed_axes_have_strengths_on_both_sides():
    signed = {"gain", "offset", "contrast", "amplitude", "colour"}
    assert {axis.name for axis in AXES.values() if min(axis.strengths) < 0} == signed
    assert all(axis.minimum < 0 < max(axis.strengths) for axis in map(axis_of, signed))


def test_channels_of_a_sky_have_one_of_each():
    with pytest.raises(InputError, match=r"A sky has 2 channels and 1 fills\. Expected one for each\."):
        Sky((True, True), (1.0,), is_periodic=True)
    with pytest.raises(InputError, match=r"A sky has 1 channels and 2 bands"):
        Sky((True,), (1.0,), is_periodic=True, bands=("g", "r"))


@pytest.mark.parametrize("side", [0.0, -1.0, float("nan"), float("inf")])
def test_a_pixel_has_a_side(side):
    with pytest.raises(InputError, match=r"The side of a pixel is .*\. Expected a number above 0"):
        sky_of(pixel=side)


def test_the_stretch_is_undone(maps):
    for sky in SKIES.values():
        assert sky.unstretched(sky.stretched(maps)) == pytest.approx(maps, rel=1e-12)
    assert SKIES["box"].stretched(maps) == pytest.approx(np.log10(maps), abs=1e-12)


# An axis of one's own


def own(function, strengths=(0.0, 1.0)):
    return own_axis(function, name="mine", label="mine", units="1", strengths=strengths)


def test_an_own_axis_has_the_generator_of_its_map(maps):
    axis = own(lambda maps, strength, rng: maps + strength * rng.random(maps.shape))
    moved = [perturbed(axis, maps, s, sky=SKIES["image"], entropy=ENTROPY)[0] - maps for s in (1.0, -2.0)]
    assert moved[1] == pytest.approx(-2 * moved[0], abs=1e-9)
    assert not np.array_equal(moved[0][0], moved[0][1])


def test_an_own_axis_cannot_change_the_maps(maps):
    def in_place(maps, strength, rng):
        maps += strength
        return maps

    kept = maps.copy()
    assert perturbed(own(in_place), maps, 1.0, sky=SKIES["box"], entropy=ENTROPY)[0] == pytest.approx(kept + 1)
    assert np.array_equal(maps, kept)


@pytest.mark.parametrize(
    ("function", "words"),
    [
        (
            lambda maps, strength, rng: maps[:, 0],
            r"returned float64 of shape \(1, 17, 24\)\. Expected .* \(1, 2, 17, 24\)",
        ),
        (lambda maps, strength, rng: maps > 1, r"returned bool of shape"),
        (lambda maps, strength, rng: None, r"returned object of shape \(\)"),
        (lambda maps, strength, rng: maps / 0, r"'mine' at strength 1 makes pixels that are no finite numbers"),
        (
            lambda maps, strength, rng: 1 / 0,
            r"is your own code: at strength 1 it raised ZeroDivisionError: division by zero",
        ),
        (lambda maps, strength, rng: np.ma.masked_greater(maps, 1), r"returned a masked array"),
        (lambda maps, strength, rng: maps + np.random.default_rng().random(), r"returned another map"),
        (lambda maps, strength, rng: maps + np.random.random(), r"Draw random numbers from the third argument"),
        (lambda maps, strength, rng, calls=[]: maps + len(calls.append(0) or calls), r"keep nothing between calls"),
    ],
)
def test_what_an_own_axis_returns_is_checked(function, words, maps):
    with pytest.raises(InputError, match=words):
        perturbed(own(function), maps, 1.0, sky=SKIES["box"], entropy=ENTROPY)


def test_what_an_own_axis_raises_is_one_line(maps):
    def two_lines(maps, strength, rng):
        raise ValueError("no\nway")

    with pytest.raises(InputError) as error:
        perturbed(own(two_lines), maps, 1.0, sky=SKIES["box"], entropy=ENTROPY)
    assert str(error.value) == "Axis 'mine' is your own code: at strength 1 it raised ValueError: no."


def test_strengths_of_an_own_axis_are_checked():
    with pytest.raises(InputError, match=r"Strengths of axis 'mine' are 1, 2\. Expected 0"):
        own(lambda maps, strength, rng: maps, strengths=(1.0, 2.0))
