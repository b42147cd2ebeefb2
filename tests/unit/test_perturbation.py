"""Maps made from others: matched in distribution and spectrum, with noise, with a beam; in one piece and in many."""

import numpy as np
import pytest
from scipy.ndimage import gaussian_filter

from repshift import InputError
from repshift.perturbation import ANOTHER_SUITE, CHANGES, SHIFTS, change_of
from repshift.perturbation.beam import beamed
from repshift.perturbation.matching import distribution_of, filtered, matched, spectrum_of, transfer
from repshift.perturbation.noise import noisy

SIZE = 16


def in_pieces(values, n=7):
    return lambda: (values[start : start + n] for start in range(0, len(values), n))


@pytest.fixture
def skewed(rng):
    return 4 + 0.5 * rng.gamma(2.0, size=(60, SIZE, SIZE))


@pytest.fixture
def other(rng):
    smooth = beamed(rng.normal(size=(40, SIZE, SIZE)), fwhm=3.0)
    return 6 + 2 * smooth + 0.3 * rng.normal(size=(40, 1, 1))


def one_point(values, like, n=7):
    return matched(values, of=distribution_of(in_pieces(values, n)), like=distribution_of(in_pieces(like, n)))


def test_the_distribution_becomes_the_other_s(skewed, other):
    levels = np.linspace(0, 1, 101)
    found = np.quantile(one_point(skewed, other), levels)
    assert found == pytest.approx(np.quantile(other, levels), abs=0.01)
    assert found[[0, -1]] == pytest.approx([other.min(), other.max()], abs=1e-12)


def test_matching_keeps_the_order_of_pixels(skewed, other):
    moved = one_point(skewed, other)
    assert (np.diff(moved.ravel()[np.argsort(skewed.ravel())]) >= 0).all()


def test_a_planted_monotone_change_is_undone(skewed):
    assert one_point(np.exp(skewed), skewed) == pytest.approx(skewed, abs=5e-3)  # the bins are of the exponential


def test_a_suite_matched_to_itself_stays(skewed):
    assert one_point(skewed, skewed) == pytest.approx(skewed, abs=1e-12)


def test_pieces_change_no_bit_of_the_matching(skewed, other):
    assert np.array_equal(one_point(skewed, other, n=1), one_point(skewed, other, n=60))


def test_what_tells_maps_apart_stays(skewed, other):
    brighter = skewed + np.linspace(0, 3, len(skewed))[:, None, None]
    assert (np.diff(one_point(brighter, other).mean((1, 2))) > 0).mean() > 0.8


def test_equal_pixels_have_no_distribution():
    with pytest.raises(InputError, match=r"All pixels are 3, so they have no distribution to match\."):
        distribution_of(in_pieces(np.full((4, SIZE, SIZE), 3.0)))


def test_the_spectrum_is_that_of_the_variance(other):
    spectrum = spectrum_of(in_pieces(other))
    modes = np.rint(np.hypot(*np.meshgrid(*[np.fft.fftfreq(SIZE, 1 / SIZE)] * 2))).astype(int)
    assert spectrum.mean == pytest.approx(other.mean())
    assert spectrum.power[0] == pytest.approx(other.mean((1, 2)).var())
    assert spectrum.power[modes].sum() == pytest.approx(other.var())


def test_the_spectrum_of_a_wave_is_at_its_number():
    wave = 100 + np.sqrt(2) * np.cos(2 * np.pi * 3 * np.arange(SIZE) / SIZE) * np.ones((5, SIZE, 1))
    power = spectrum_of(in_pieces(wave)).power
    assert power.argmax() == 3
    assert np.delete(power, 3) == pytest.approx(0, abs=1e-12)


@pytest.mark.parametrize("size", [8, 9])
def test_the_mean_spectrum_becomes_the_other_s(rng, size):
    red, white = beamed(rng.normal(size=(30, size, size)), fwhm=2.0), rng.normal(2, 1, size=(20, size, size))
    of, like = spectrum_of(in_pieces(red)), spectrum_of(in_pieces(white))
    made = filtered(red, mean=of.mean, factors=transfer(of=of, like=like), new_mean=like.mean)
    again = spectrum_of(in_pieces(made))
    assert again.power == pytest.approx(like.power, rel=1e-6)
    assert (again.mean, made.var()) == pytest.approx((like.mean, white.var()), rel=1e-6)


def test_pieces_change_the_spectrum_by_rounding_alone(other):
    powers = [spectrum_of(in_pieces(other, n)).power for n in (1, len(other))]
    assert powers[0] == pytest.approx(powers[1], rel=1e-10)


def test_maps_of_two_sizes_have_no_common_waves(rng):
    spectra = [spectrum_of(in_pieces(rng.normal(size=(4, size, size)))) for size in (8, 16)]
    with pytest.raises(InputError, match=r"Maps of 8 pixels a side and of 16 pixels a side do not have the same waves"):
        transfer(of=spectra[0], like=spectra[1])


def test_no_power_is_made_of_nothing(rng):
    of = spectrum_of(in_pieces(np.tile(np.arange(8.0), (3, 8, 1))))
    with pytest.raises(InputError, match=r"no power at 0 waves a side"):
        transfer(of=of, like=spectrum_of(in_pieces(rng.normal(size=(3, 8, 8)))))


def test_noise_has_the_deviation_asked_for(rng):
    added = noisy(np.full((50, SIZE, SIZE), 2.0), std=0.3, rng=rng) - 2
    assert (added.mean(), added.std()) == pytest.approx((0, 0.3), abs=0.01)


def test_noise_in_pieces_is_the_noise_at_once(other):
    rng = np.random.default_rng(1)
    pieces = [noisy(piece, std=0.3, rng=rng) for piece in in_pieces(other)()]
    assert np.array_equal(np.concatenate(pieces), noisy(other, std=0.3, rng=np.random.default_rng(1)))


def test_a_beam_keeps_the_mean_and_what_is_positive(rng):
    maps = rng.lognormal(sigma=3, size=(5, SIZE, SIZE)).astype(np.float32)
    seen = beamed(maps, fwhm=2.5)
    assert seen.mean((1, 2)) == pytest.approx(maps.mean((1, 2)), rel=1e-6)
    assert (seen > 0).all()


@pytest.mark.parametrize("fwhm", [0.05, 0.3, 0.5, 0.7, 1.0, 2.0])
def test_a_narrow_beam_is_integrated_over_pixels(fwhm):
    point = np.zeros((1, 16, 16))
    point[0, 8, 8] = 1
    fine = 400
    width = fwhm / (2 * np.sqrt(2 * np.log(2)))
    middles = (np.arange(-8 * fine, 8 * fine) + 0.5) / fine
    shares = np.exp(-(middles**2) / 2 / width**2)
    shares = np.roll(shares, fine // 2).reshape(16, fine).sum(1) / shares.sum()
    assert beamed(point, fwhm=fwhm)[0] == pytest.approx(np.outer(shares, shares), abs=2e-4)


@pytest.mark.parametrize(("fwhm", "least"), [(0.5, 0.03), (0.6, 0.07), (0.7, 0.12)])
def test_a_beam_below_a_pixel_does_something(fwhm, least, rng):
    maps = rng.normal(size=(2, 32, 32))
    assert np.abs(beamed(maps, fwhm=fwhm) - maps).max() > least
    assert beamed(maps, fwhm=fwhm).sum() == pytest.approx(maps.sum(), abs=1e-9)


def test_a_beam_of_many_pixels_is_the_gaussian(rng):
    maps = rng.normal(size=(2, 64, 64))
    width = 12 / (2 * np.sqrt(2 * np.log(2)))
    sampled = gaussian_filter(maps, (0, width, width), mode="wrap", truncate=6)
    assert beamed(maps, fwhm=12) == pytest.approx(sampled, abs=0.01 * np.abs(sampled).max())


def test_a_beam_has_the_width_asked_for_and_is_periodic():
    point = np.zeros((1, 33, 33))
    point[0, 0, 0] = 1
    row = beamed(point, fwhm=8.0)[0, 0]
    assert row[4] / row[0] == pytest.approx(0.5, abs=0.005)  # as integrated over pixels
    assert row[-4] == pytest.approx(row[4])


# What every change declares

STRENGTHS = {"beam": 2.0, "matching": "power_spectrum", "noise": 0.1}
CONDITIONS = {"beam": "beam 2", "matching": "power_spectrum like X", "noise": "noise 0.1"}


@pytest.mark.parametrize("change", CHANGES.values(), ids=CHANGES)
class TestEachChange:
    def changed(self, change, pixels, other):
        given = {"std": pixels.std(), "rng": np.random.default_rng(1), "like": in_pieces(other)}
        needed = {name: given[name] for name in change.needs}
        return np.concatenate(list(change.function(in_pieces(pixels), STRENGTHS[change.name], **needed)))

    def test_it_changes_maps_and_keeps_their_shape(self, change, skewed, other):
        found = self.changed(change, skewed, other)
        assert found.shape == skewed.shape
        assert np.isfinite(found).all()
        assert np.abs(found - skewed).max() > 1e-3

    def test_it_is_the_same_once_more(self, change, skewed, other):
        assert np.array_equal(self.changed(change, skewed, other), self.changed(change, skewed, other))

    def test_tables_say_what_was_done(self, change):
        settings = {"of": "Y", "like": "X", change.name: STRENGTHS[change.name]}
        assert change_of(settings) is change
        assert change.condition_of(settings) == CONDITIONS[change.name]

    def test_it_says_what_it_is(self, change):
        assert change.description.endswith(".")
        assert change.units
        assert SHIFTS[change.shift.name] is change.shift

    def test_a_strength_that_is_none_is_refused(self, change):
        for wrong in ("0", "-1", "nan", "inf", "word"):
            with pytest.raises(InputError, match=rf"{change.name}.*{wrong}"):
                change.strength(wrong)


def test_the_kinds_of_shift_differ_in_name_word_and_marker():
    assert len(SHIFTS) == 1 + len(CHANGES)
    for name in ("name", "label", "marker"):
        assert len({getattr(shift, name) for shift in SHIFTS.values()}) == len(SHIFTS)
    assert SHIFTS["suite"] is ANOTHER_SUITE


@pytest.mark.parametrize(
    ("settings", "found"),
    [({"of": "X"}, "none"), ({"dust": 3}, "none"), ({"noise": None}, "none"), ({"noise": 1, "beam": 2}, "beam, noise")],
)
def test_a_derived_suite_has_one_change_that_is_known(settings, found):
    with pytest.raises(InputError, match=f"A derived suite has one of {', '.join(CHANGES)}; found {found}"):
        change_of(settings)


def test_a_strength_has_a_largest_value():
    with pytest.raises(InputError, match="The strength of beam is '200'; expected a number above 0 and at most 128"):
        CHANGES["beam"].strength("200")
