"""Sheets of features draw what the file holds: maps on shared scales, spectra, numbers beside them."""

import numpy as np
import pytest
import xarray as xr

from repshift import InputError
from repshift.drawing.feature_filters import MOST_STARTS
from repshift.drawing.feature_sheet import feature_strips
from repshift.drawing.feature_strips import Strip, draw_strips, pages_of_strips
from repshift.drawing.plotting import Look, Plotting
from repshift.evidence.attribution.feature_quantities import FEATURE_QUANTITIES, feature_map_of

SIZES = {"feature": 3, "filter": 2, "start": 4, "goal": 3, "dreamt": 2, "wavenumber": 4, "y": 8, "x": 8}
SIZES |= {"constraint": 2}
LAYERS = {"C02": (2, 8, 8), "C12": (1, 4, 6)}


def case_of(rng, *, domains=("MockTNG", "MockSIMBA"), channels=("T",), filters=True):
    """Return an invented file of the action features."""
    sizes = SIZES | {"domain": len(domains), "channel": len(channels)}
    variables = {}
    for name, one in FEATURE_QUANTITIES.items():
        if (name == "shift" and len(domains) == 1) or ("filter" in one.dims and not filters):
            continue
        values = np.abs(rng.normal(size=[sizes[dim] for dim in one.dims]))
        variables |= {f"{name}{end}": (one.dims, values) for end in (("", "_low", "_high") if one.has_ends else ("",))}
    for place, (layer, shape) in enumerate(LAYERS.items()):
        one = feature_map_of(place, layer)
        variables[one.name] = (one.dims, rng.normal(size=(len(domains), *shape)))
    coordinates = {
        "domain": list(domains),
        "channel": list(channels),
        "constraint": ["spectrum", "size"],
        "output": ["Omega_m"],
        "goal": ["Omega_m up", "Omega_m down", "C12 up"],
        "goal_of": ("goal", ["Omega_m", "Omega_m", "C12"]),
        "goal_direction": ("goal", ["up", "down", "up"]),
        "wavenumber": np.arange(1, 5),
        "layer": ("feature", ["C02", "C02", "C12"]),
        "unit": ("feature", [5, 1, 0]),
        "reason": ("feature", ["activation" if len(domains) == 1 else "shift", "activation", "activation"]),
        "filter_layer": ("filter", ["C02", "C12"]),
        "filter_unit": ("filter", [5, 0]),
    }
    about = {"model": "T-MockTNG", "field": "+".join(channels), "domain": domains[-1], "test_suite": domains[-1]}
    about |= {"own_domain": "MockTNG", "own_suite": "MockTNG", "layers": "C02, C12", "dream_size": 0.2}
    return xr.Dataset(variables, coordinates, about)


def panels(figure):
    return {axes.get_label(): axes for axes in figure.axes}


def words_of(figure):
    return " ".join(text.get_text() for text in figure.texts)


@pytest.fixture
def drawn(rng):
    case = case_of(rng)
    return case, draw_strips(feature_strips(case))


def test_feature_maps_of_both_domains_share_a_scale(drawn):
    case, figure = drawn
    own, other = (panels(figure)[f"C02 1 {name}"].images[0] for name in ("MockTNG", "MockSIMBA"))
    assert np.asarray(own.get_array()) == pytest.approx(case["feature_map_0"].values[0, 1])
    assert np.asarray(other.get_array()) == pytest.approx(case["feature_map_0"].values[1, 1])
    assert own.get_clim() == other.get_clim()
    assert own.get_clim()[0] == -own.get_clim()[1]


def test_optimised_maps_stand_beside_the_largest_real_one(drawn):
    case, figure = drawn
    real, found = (panels(figure)[f"C02, channel 5 {name}"].images[0] for name in ("real", "size 2"))
    assert np.asarray(real.get_array()) == pytest.approx(case["largest_map"].values[0, 0])
    assert np.asarray(found.get_array()) == pytest.approx(case["filter_map"].values[1, 0, 2, 0])
    assert real.get_clim() == found.get_clim()
    assert f"C02, channel 5 size {MOST_STARTS}" not in panels(figure)


def test_dreams_are_the_map_with_what_is_added(drawn):
    case, figure = drawn
    changed, added = (panels(figure)[f"C12 up spectrum {name}"].images[0] for name in ("changed", "added"))
    expected = case["dream_added"].values[0, 2, 0]
    assert np.asarray(added.get_array()) == pytest.approx(expected.mean(0))
    assert np.asarray(changed.get_array()) == pytest.approx((case["input"].values[0] + expected)[0])


def test_spectra_are_those_of_the_file(drawn):
    case, figure = drawn
    axes = panels(figure)["C12 up spectra"]
    lines = {line.get_label(): line.get_ydata() for line in axes.lines}
    assert lines["maps"] == pytest.approx(case["map_power"].values[0])
    assert lines["size"] == pytest.approx(case["dream_power"].values[1, 2, 0])
    assert axes.get_ylim()[0] < axes.get_ylim()[1]


def test_numbers_stand_beside_what_they_are_of(drawn):
    case, figure = drawn
    moved, random = (f"{float(case[name][0, 2, 0, 0]):.2f}" for name in ("dream_moved", "dream_random"))
    assert f"moves it {moved} [{random}]" in words_of(figure)
    assert f"5: differs most {float(case['shift'][0]):.1f} [" in words_of(figure)
    assert f"pixels {float(case['pixel_similarity'][0, 1]):.2f} (random phases" in words_of(figure)


def test_names_of_the_configuration_stand_in_the_sheets(rng):
    looks = Plotting(models={"T-MockTNG": Look(label="hot")}, domains={"MockSIMBA": Look(label="other physics")})
    figure = draw_strips(feature_strips(case_of(rng), plotting=looks))
    assert "hot: feature maps" in words_of(figure)
    assert "other physics" in words_of(figure)


@pytest.mark.parametrize("channels", [("image-g", "image-r", "image-i"), ("T", "Mtot")])
def test_several_channels_are_pictures(rng, channels):
    figure = draw_strips(feature_strips(case_of(rng, channels=channels)))
    assert panels(figure)["C02, channel 5 real"].images[0].get_array().shape[2] == 3
    assert panels(figure)["C12 up size added"].images[0].get_array().ndim == 2


def test_one_domain_has_no_filters_unless_asked(rng):
    figure = draw_strips(feature_strips(case_of(rng, domains=("MockTNG",), filters=False)))
    assert "maps that a channel responds to most" not in words_of(figure)
    assert "5: largest" in words_of(figure)


def test_pages_begin_with_titles_and_hold_no_more_than_fits():
    strips = [Strip(4.0, None), Strip(4.0, None), Strip(4.0, None), Strip(1.0, None, starts_page=True)]
    assert [len(page) for page in pages_of_strips(strips)] == [2, 1, 1]


def test_a_file_without_feature_maps_is_refused(rng):
    with pytest.raises(InputError, match="needs the variables 'feature_map_0' and so on"):
        feature_strips(case_of(rng).drop_vars("feature_map_1"))
