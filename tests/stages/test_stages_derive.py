"""Suites made from others, as files: matched, with noise, with a beam; and what is refused."""

import numpy as np
import pytest

from repshift import InputError
from repshift.cli.commands import call_of
from repshift.perturbation import CHANGES
from repshift.perturbation.matching import spectrum_of
from repshift.stages.maps.derive import run as derive
from repshift.storage import maps as storage
from repshift.storage.maps import open_maps


@pytest.fixture
def two(write_simulations):
    """A suite, and another whose pixels are raised to a power, brighter, and smoother."""
    rolled = [(number, axis) for number in (-1, 0, 1) for axis in (1, 2)]

    def smooth(number, maps):
        return 1e3 * np.exp(sum(np.roll(np.log(maps), *roll) for roll in rolled) / 3)

    return write_simulations("MockTNG"), write_simulations("MockSIMBA", seed=1, change=smooth)


def logarithms(path):
    return np.log10(np.array(open_maps(path), np.float64))


def derived(files, tmp_path, name="derived", **settings):
    path = tmp_path / f"{name}.npy"
    (change,) = (key for key in CHANGES if key in settings)
    derive(maps=files.maps, field="T", output=path, change=(change, settings.pop(change)), **settings)
    return path


@pytest.mark.parametrize("matching", ["one_point", "power_spectrum"])
def test_a_matched_suite_has_the_other_s_mean_and_variance(two, tmp_path, matching):
    made, other = (
        logarithms(path) for path in (derived(two[0], tmp_path, matching=matching, like=two[1].maps), two[1].maps)
    )
    assert made.shape == other.shape
    assert (made.mean(), made.std()) == pytest.approx((other.mean(), other.std()), rel=1e-3)


def test_matched_pixels_have_the_other_s_quantiles(two, tmp_path):
    made = logarithms(derived(two[0], tmp_path, matching="one_point", like=two[1].maps))
    levels = [0, 0.001, 0.1, 0.5, 0.9, 0.999, 1]
    assert np.quantile(made, levels) == pytest.approx(np.quantile(logarithms(two[1].maps), levels), abs=0.01)


def test_a_matched_spectrum_is_the_other_s(two, tmp_path):
    made = logarithms(derived(two[0], tmp_path, matching="power_spectrum", like=two[1].maps))
    found, wanted = (spectrum_of(lambda v=values: iter([v])).power for values in (made, logarithms(two[1].maps)))
    assert found == pytest.approx(wanted, rel=1e-3)  # maps are float32


@pytest.mark.parametrize("change", [{"noise": 0.5}, {"beam": 2.0}, {"matching": "power_spectrum"}])
def test_the_size_of_pieces_changes_nothing(two, tmp_path, monkeypatch, change):
    change = {**change, "like": two[1].maps} if "matching" in change else change
    whole = derived(two[0], tmp_path, "whole", **change)
    monkeypatch.setattr(storage, "_MOST_MAPS", 7)
    assert logarithms(derived(two[0], tmp_path, "pieces", **change)) == pytest.approx(logarithms(whole), abs=1e-6)


def test_noise_is_in_units_of_all_pixels_and_of_its_names(two, tmp_path):
    plain = logarithms(two[0].maps)
    first, again, other = (
        logarithms(derived(two[0], tmp_path, str(i), noise=0.5, seed=1, names=[name, "LHT", "T"]))
        for i, name in enumerate(("A", "A", "B"))
    )
    assert (first - plain).std() == pytest.approx(0.5 * plain.std(), rel=0.02)
    assert np.array_equal(first, again)
    assert abs(np.corrcoef((first - plain).ravel(), (other - plain).ravel())[0, 1]) < 0.03


def test_a_beam_smooths_the_maps_themselves(two, tmp_path):
    maps, seen = np.array(open_maps(two[0].maps)), np.array(open_maps(derived(two[0], tmp_path, beam=3.0)))
    assert seen.mean((1, 2)) == pytest.approx(maps.mean((1, 2)), rel=1e-5)
    assert seen.std() < 0.7 * maps.std()


def test_without_the_logarithm_pixels_may_be_negative(write_simulations, tmp_path, rng):
    files = write_simulations("linear")
    values = rng.normal(size=open_maps(files.maps).shape).astype(np.float32)
    np.save(files.maps, values)
    made = np.array(open_maps(derived(files, tmp_path, noise=0.5, logarithm=False)))
    assert (made - values).std() == pytest.approx(0.5 * values.std(), rel=0.02)


def test_maps_with_zeros_keep_their_offset(write_simulations, tmp_path):
    files = write_simulations("stars", field="Mstar", change=lambda number, maps: np.where(maps < 1e5, 0, maps))
    path = tmp_path / "stars-noise.npy"
    derive(maps=files.maps, field="Mstar", output=path, change=("noise", 1e-6))
    assert np.array(open_maps(path)) == pytest.approx(np.array(open_maps(files.maps)), rel=1e-3, abs=1e-3)


def test_maps_to_be_like_go_with_matching_alone(two, tmp_path):
    with pytest.raises(InputError, match=r"MockTNG\.npy: the change 'matching' takes maps to be like; found none"):
        derived(two[0], tmp_path, matching="one_point")
    with pytest.raises(InputError, match=r"MockTNG\.npy: the change 'noise' takes no maps to be like; found x"):
        derived(two[0], tmp_path, noise=1.0, like="x")


def test_an_unknown_change_is_refused(two, tmp_path):
    with pytest.raises(InputError, match=r"Unknown change of maps 'aperture'\. There are "):
        derive(maps=two[0].maps, field="T", output=tmp_path / "a.npy", change=("aperture", 1.0))


@pytest.mark.parametrize("words", ["", "--noise 1 --beam 1", "--matching median", "--noise loud", "--beam 200"])
def test_a_command_line_has_one_change_of_a_strength_it_has(capsys, words):
    line = f"maps derive --maps a.npy --field T --output b.npy {words}"
    with pytest.raises(SystemExit, match="2"):
        call_of(line.split())
    assert capsys.readouterr().err


def test_a_command_line_names_a_change_by_its_flag():
    line = "maps derive --maps a.npy --field T --output b.npy --noise 0.1 --seed 3 --names A LHT T"
    call = call_of(line.split())
    assert call.arguments["change"] == ("noise", 0.1)


def test_a_pixel_without_a_logarithm_is_named(write_simulations, tmp_path):
    files = write_simulations("negative")
    maps = np.array(open_maps(files.maps))
    maps[5, 3, 3] = -1
    np.save(files.maps, maps)
    with pytest.raises(InputError, match=r"negative\.npy: Map 5 of field 'T' holds -1\.0"):
        derived(files, tmp_path, noise=1.0)
    assert not (tmp_path / "derived.npy").exists()
