"""Figure 6: map, twin and contributions of the shift; its parts with intervals, beside the maps' difference."""

from functools import cache

import numpy as np
import pytest

from attribution_datasets import LAYERS, shift_dataset
from repshift import InputError
from repshift.drawing.attribution_shift_page import pages_of_shifts
from repshift.drawing.figure6 import draw_figure6
from repshift.drawing.stress_page import PAGE_HEIGHT
from repshift.drawing.style import PAGE_WIDTH

BANDS = ("image-g", "image-r", "image-i")


@cache
def of_home():
    """Return the figure of a shift, once for all tests."""
    return draw_figure6([shift_dataset()])


def of_one(case):
    return draw_figure6([case], outputs=["Omega_m"])


def panel(figure, name):
    (found,) = [axes for axes in figure.axes if axes.get_label() == name]
    return found


def pixels(figure, name):
    return np.asarray(panel(figure, name).images[0].get_array())


def heights(axes, name):
    (line,) = [line for line in axes.lines if line.get_gid() == name]
    return np.asarray(line.get_ydata())


def bars(axes, name):
    return np.array([patch.get_height() for patch in axes.patches if patch.get_gid() == name])


def words(figure):
    return {text.get_gid(): text.get_text() for text in figure.texts if text.get_gid()}


def names_below(axes):
    return [text.get_text() for text in axes.get_xticklabels()]


def test_a_shift_has_maps_above_and_its_parts_below():
    maps = {"input", "twin", "difference", "attribution Omega_m", "attribution sigma_8"}
    dims = ("environment", "pixel_value", "scale", "layer")
    parts = {f"{dim} {output}" for dim in dims for output in ("Omega_m", "sigma_8")}
    bars_of_colour = {"input colour bar", "signed colour bar"}
    assert {axes.get_label() for axes in of_home().axes} == maps | parts | bars_of_colour
    assert of_home().get_figwidth() == PAGE_WIDTH


def test_the_map_of_the_median_shift_is_drawn():
    case = shift_dataset(n_maps=11)
    case["value"][:] = 0.0
    case["twin_value"][:] = np.roll(np.arange(11.0), 3)
    held = case.isel(map=8)
    figure = of_one(case)
    assert pixels(figure, "input") == pytest.approx(held["input"].values[0])
    assert pixels(figure, "twin") == pytest.approx(held["twin_input"].values[0])
    assert pixels(figure, "difference") == pytest.approx((held["twin_input"] - held["input"]).values[0])
    assert pixels(figure, "attribution Omega_m") == pytest.approx(held["attribution"].values[0, 0])


def test_map_and_twin_share_a_scale():
    limits = [panel(of_home(), name).images[0].get_clim() for name in ("input", "twin")]
    assert limits[0] == limits[1]
    low, high = panel(of_home(), "attribution Omega_m").images[0].get_clim()
    assert low == -high


@pytest.mark.parametrize("dim", ["environment", "pixel_value", "scale", "layer"])
def test_parts_are_drawn_with_their_intervals(dim):
    case = shift_dataset().sel(output="sigma_8")
    axes = panel(of_home(), f"{dim} sigma_8")
    assert heights(axes, f"parts {dim}") == pytest.approx(case[f"{dim}_shift"].values)
    (lines,) = [one for one in axes.collections if one.get_gid() == f"intervals parts {dim}"]
    ends = np.array([path[:, 1] for path in lines.get_segments()])
    assert ends == pytest.approx(np.stack([case[f"{dim}_shift_low"], case[f"{dim}_shift_high"]], axis=1))


@pytest.mark.parametrize("dim", ["environment", "pixel_value", "scale"])
def test_bars_are_the_shift_by_the_difference_of_maps(dim):
    case = shift_dataset().sel(output="Omega_m")
    drawn = bars(panel(of_home(), f"{dim} Omega_m"), f"difference {dim}")
    assert drawn == pytest.approx(float(case["shift"]) * case[f"{dim}_difference_share"].values)


def test_divisions_of_one_output_share_their_scale():
    limits = {panel(of_home(), f"{dim} Omega_m").get_ylim() for dim in ("environment", "pixel_value", "scale")}
    assert len(limits) == 1


def test_layers_have_the_whole_shift_and_the_part_of_offsets():
    case = shift_dataset().sel(output="Omega_m")
    axes = panel(of_home(), "layer Omega_m")
    assert heights(axes, "shift")[0] == pytest.approx(float(case["shift"]))
    assert heights(axes, "offsets layer") == pytest.approx(case["layer_offset_shift"].values)
    assert names_below(axes) == list(LAYERS)


def test_scales_are_named_by_their_wavelength():
    names = names_below(panel(of_home(), "scale Omega_m"))
    lengths = shift_dataset()["physical_wavelength"].values[1:]
    assert names == ["mean", *(f"{length:.2g}" for length in lengths)]
    assert "by wavelength [Mpc/h]" in [text.get_text() for text in of_home().texts]


def test_without_a_pixel_s_side_wavelengths_are_in_pixels():
    figure = of_one(shift_dataset().drop_vars("physical_wavelength"))
    assert "by wavelength [pixel]" in [text.get_text() for text in figure.texts]


def test_the_heading_has_the_shift_and_what_is_left():
    assert words(of_home())["twins"] == "From home to twin"
    assert words(of_home())["shift Omega_m"] == ("Shift of $\\Omega_\\mathrm{m}$: 0.50 [0.40, 0.60]; left over: 0.010")


def test_the_legend_says_that_scales_are_of_the_square():
    (legend,) = of_one(shift_dataset()).legends
    assert any("by wavelength, to its square" in text.get_text() for text in legend.get_texts())


def test_without_intervals_a_shift_is_a_number():
    case = shift_dataset()
    for end in ("low", "high"):
        case[f"shift_{end}"][:] = np.nan
    assert ": 0.50; left over" in words(of_one(case))["shift Omega_m"]


def test_ranks_of_pixel_values_are_drawn_once():
    figure = of_one(shift_dataset().assign_attrs(environment="pixel value"))
    labels = {axes.get_label() for axes in figure.axes}
    assert "pixel_value Omega_m" in labels
    assert "environment Omega_m" not in labels


def test_a_shift_without_layers_has_no_panel_of_them():
    labels = {axes.get_label() for axes in of_one(shift_dataset(layers=())).axes}
    assert not [label for label in labels if label.startswith("layer")]


def test_channels_are_summed_and_have_parts():
    case = shift_dataset(channels=BANDS)
    figure = of_one(case)
    assert names_below(panel(figure, "channel Omega_m")) == ["g", "r", "i"]
    shifts = (case["twin_value"] - case["value"]).values[0]
    chosen = int(np.argmin(np.abs(shifts - np.median(shifts))))
    held = case["attribution"].values[0, chosen].sum(axis=0)
    assert pixels(figure, "attribution Omega_m") == pytest.approx(held, rel=1e-5)


def test_pages_hold_every_shift_once_and_fit_on_a4():
    cases = [shift_dataset(twin=f"twin {number}", n_maps=2) for number in range(3)]
    pages = pages_of_shifts(cases)
    assert [case.attrs["twin"] for page in pages for case in page] == ["twin 0", "twin 1", "twin 2"]
    assert draw_figure6(pages[0]).get_figheight() <= PAGE_HEIGHT


def test_shifts_of_two_models_are_refused():
    with pytest.raises(InputError, match="figure of a shift was given cases of first, second"):
        draw_figure6([shift_dataset(), shift_dataset(model="second")])
    with pytest.raises(InputError, match="figure of a shift was given no case"):
        draw_figure6([])
