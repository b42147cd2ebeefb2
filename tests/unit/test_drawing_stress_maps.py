"""The sheet of example maps: a row an axis, a column a strength, on the scale of the unperturbed map."""

import numpy as np
import pytest

from repshift import InputError
from repshift.drawing.stress_maps import MOST_STRENGTHS, draw_stress_maps, drawn_levels, pages_of_maps
from repshift.drawing.stress_page import PAGE_HEIGHT
from stress_datasets import AXES, drawn_stress


def panels(figure):
    return {axes.get_label(): axes for axes in figure.axes if axes.get_label() != "map colour bar"}


def test_a_map_is_drawn_at_each_strength_of_each_axis():
    drawn = panels(draw_stress_maps(drawn_stress()))
    assert set(drawn) == {f"{axis} {strength:g}" for axis, about in AXES.items() for strength in about[2]}


def test_maps_are_those_of_their_levels_on_the_scale_at_zero():
    case = drawn_stress()
    image = panels(draw_stress_maps(case))["noise 0.3"].images[0]
    (level,) = np.flatnonzero((case["axis"] == "noise") & (case["strength"] == 0.3))
    assert np.asarray(image.get_array()) == pytest.approx(case["example"].values[level])
    unperturbed = case["example"].values[0]
    assert (image.norm.vmin, image.norm.vmax) == pytest.approx((unperturbed.min(), unperturbed.max()))


def test_bands_are_drawn_in_colour():
    case = drawn_stress()
    maps = case["example"].values
    case["example"] = (("level", "channel", "y", "x"), np.stack([maps, 2 * maps, 3 * maps], axis=1))
    figure = draw_stress_maps(case, channels=["image-g", "image-r", "image-i"], logarithmic=False)
    assert panels(figure)["gain 0"].images[0].get_array().shape == (24, 24, 3)
    assert [text.get_text() for text in figure.texts if text.get_gid() == "colours"] == [
        "RGB = i, r, g, arcsinh stretch"
    ] * len(AXES)


def test_of_many_strengths_the_ends_and_zero_are_drawn():
    strengths = tuple(one / 10 for one in range(-15, 10))
    case = drawn_stress(axes={"gain": (*AXES["gain"][:2], strengths, *AXES["gain"][3:])})
    drawn = case["strength"].values[drawn_levels(case, "gain")]
    assert len(drawn) == MOST_STRENGTHS
    assert {-1.5, 0.0, 0.9} <= set(drawn)
    assert (np.diff(drawn) > 0).all()


def test_pages_of_maps_fit_on_a4():
    case = drawn_stress(axes={f"{name}{copy}": about for copy in range(3) for name, about in AXES.items()})
    pages = pages_of_maps(case)
    assert len(pages) > 1
    assert all(draw_stress_maps(case, axes=page).get_figheight() <= PAGE_HEIGHT for page in pages)


def test_a_case_without_examples_is_refused():
    with pytest.raises(InputError, match="needs the variable 'example'"):
        draw_stress_maps(drawn_stress().drop_vars("example"))
