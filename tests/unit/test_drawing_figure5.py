"""Figure 5: maps of attribution on symmetric scales, shares, gains and rank correlations with their intervals."""

from functools import cache

import numpy as np
import pytest

from attribution_datasets import DEPTHS, METHODS, OUTPUTS, attribution_dataset
from repshift import InputError
from repshift.drawing.attribution_maps import signed_scale
from repshift.drawing.attribution_nulls import INPUT_MARKER
from repshift.drawing.attribution_page import page_of, pages_of_sections
from repshift.drawing.attribution_shares import INPUT
from repshift.drawing.figure5 import draw_figure5
from repshift.drawing.plotting import HOUSE
from repshift.drawing.stress_page import PAGE_HEIGHT
from repshift.drawing.style import PAGE_WIDTH

TEN = {f"method_{number}": (f"method {number}", number == 0) for number in range(10)}
PANELS = (
    "share_over_pixels",
    "share_over_input",
    "faithfulness",
    "randomisation_signed",
    "randomisation_absolute",
)


def both(**how):
    """Return a model at home and away."""
    return [attribution_dataset("away", inside=False, **how), attribution_dataset(**how)]


@cache
def of_both():
    """Return the figure of both cases, once for all tests."""
    return draw_figure5(both())


@cache
def of_home():
    """Return the figure of the case in distribution, once for all tests."""
    return draw_figure5([attribution_dataset()])


def of_one(*cases, method="gradient", output="Omega_m"):
    """Return the figure of one method and output."""
    return draw_figure5(cases, methods=[method], outputs=[output])


def panel(figure, name):
    (found,) = [axes for axes in figure.axes if axes.get_label() == name]
    return found


def pixels(figure, name):
    return np.asarray(panel(figure, name).images[0].get_array())


def labels(figure):
    return {axes.get_label() for axes in figure.axes}


def marks(axes, name):
    (line,) = [line for line in axes.lines if line.get_gid() == name]
    return line.get_xydata()


def intervals(axes, name):
    (lines,) = [one for one in axes.collections if one.get_gid() == name]
    return np.array([path[:, 1] for path in lines.get_segments()])


def words(figure):
    return {text.get_gid(): text.get_text() for text in figure.texts if text.get_gid()}


def test_each_method_and_its_null_have_a_map_a_domain():
    drawn = {
        f"{kind} {method} {domain} {output}"
        for kind in ("attribution", "null")
        for method in METHODS
        for domain in ("home", "away")
        for output in OUTPUTS
    }
    maps = {f"input {domain} {output}" for domain in ("home", "away") for output in OUTPUTS}
    panels = {f"{name} {output}" for name in PANELS for output in OUTPUTS}
    bars = {"input colour bar", "signed colour bar"}
    assert labels(of_both()) == drawn | maps | panels | bars
    assert of_both().get_figwidth() == PAGE_WIDTH


def test_the_maps_of_the_example_are_drawn():
    case = attribution_dataset().assign_attrs(example=3)
    figure = of_one(case, method="occlusion", output="sigma_8")
    held = case.isel(map=3).sel(output="sigma_8")
    drawn = pixels(figure, "attribution occlusion home sigma_8")
    assert drawn == pytest.approx(held["attribution"].values[2, 0], rel=1e-6)
    drawn = pixels(figure, "null occlusion home sigma_8")
    assert drawn == pytest.approx(case["null_attribution"].values[2, 1, 0], rel=1e-6)
    assert pixels(figure, "input home sigma_8") == pytest.approx(held["input"].values[0])


def test_domains_share_a_scale_that_is_symmetric_about_0():
    away, home = both()
    away["attribution"] = 3 * away["attribution"]
    figure = draw_figure5([away, home], methods=["occlusion"])
    images = [panel(figure, f"attribution occlusion {name} Omega_m").images[0] for name in ("home", "away")]
    ends = [image.get_clim() for image in images]
    assert ends[0] == ends[1]
    assert ends[0][0] == -ends[0][1]
    assert ends[0][1] > 2 * signed_scale([home["attribution"].values[2, 0, 0, 0]]).vmax
    other = panel(figure, "attribution occlusion home sigma_8").images[0]
    assert other.get_clim() != ends[0]


def test_a_null_has_its_own_symmetric_scale():
    case = attribution_dataset()
    case["null_attribution"] = 1000 * case["null_attribution"]
    figure = of_one(case)
    low, high = panel(figure, "null gradient home Omega_m").images[0].get_clim()
    assert low == -high
    assert high > 100 * panel(figure, "attribution gradient home Omega_m").images[0].get_clim()[1]


def test_single_pixels_do_not_set_the_scale(rng):
    maps = rng.normal(size=(64, 64))
    maps[3, 3] = 1e6
    assert signed_scale([maps]).vmax < 10
    assert signed_scale([np.zeros((8, 8))]).vmax == 1


def test_channels_are_summed_and_their_shares_drawn():
    case = attribution_dataset(channels=("image-g", "image-r", "image-i"))
    figure = draw_figure5([case], outputs=["Omega_m"])
    drawn = pixels(figure, "attribution gradient home Omega_m")
    assert drawn == pytest.approx(case["attribution"].values[0, 0, 0].sum(axis=0), rel=1e-5)
    assert pixels(figure, "input home Omega_m").shape[-1] == 3
    axes = panel(figure, "channel_share Omega_m")
    assert [text.get_text() for text in axes.get_xticklabels()] == ["g", "r", "i"]
    assert marks(axes, "marks occlusion home")[:, 1] == pytest.approx(case["channel_share"].values[2, 0])


def test_shares_are_drawn_with_their_intervals():
    case = attribution_dataset()
    axes = panel(of_home(), "share_over_input sigma_8")
    named = {"method": "integrated_gradients", "output": "sigma_8"}
    held = [case[f"share_over_input{end}"].sel(named).values for end in ("", "_low", "_high")]
    assert marks(axes, "marks integrated_gradients home")[:, 1] == pytest.approx(held[0])
    assert intervals(axes, "intervals integrated_gradients home") == pytest.approx(np.stack(held[1:], axis=1))
    assert axes.get_yscale() == "log"


def test_a_share_that_is_the_same_by_construction_has_no_mark():
    case = attribution_dataset(channels=("long-band-1", "long-band-2"))
    for end in ("", "_low", "_high"):
        case[f"channel_share{end}"].loc[{"method": "occlusion"}] = 0.5
    axes = panel(draw_figure5([case], outputs=["Omega_m"]), "channel_share Omega_m")
    drawn = {line.get_gid() for line in axes.lines if str(line.get_gid()).startswith("marks")}
    assert drawn == {"marks gradient home", "marks integrated_gradients home"}
    assert {text.get_rotation() for text in axes.get_xticklabels()} == {90.0}


def test_the_legend_has_the_line_of_each_domain():
    lines = [line for legend in of_both().legends for line in legend.get_lines() if "baseline" in line.get_label()]
    assert [(line.get_label()[-4:], line.get_linestyle()) for line in lines] == [("home", "-"), ("away", "--")]
    assert panel(of_both(), "share_over_pixels Omega_m").get_ylabel() == "ratio, logarithmic"


def test_shares_of_0_lie_on_the_edge_of_the_axis():
    case = attribution_dataset()
    for end in ("", "_low"):
        case[f"share_over_pixels{end}"][0, 0, 4] = 0.0
    axes = panel(of_one(case), "share_over_pixels Omega_m")
    edge = axes.get_ylim()[0]
    assert edge > 0
    assert marks(axes, "marks gradient home")[4, 1] == pytest.approx(edge)
    assert intervals(axes, "intervals gradient home")[4, 0] == pytest.approx(edge)


def test_shares_of_pixels_have_the_input_alone_beside_them():
    case = attribution_dataset()
    axes = panel(of_home(), "share_over_pixels Omega_m")
    share = np.array([0.5, 0.3, 0.15, 0.04, 0.01])
    assert intervals(axes, "input home")[:, 0] == pytest.approx(case["input_share"].values / share)


def test_gains_are_drawn_with_their_intervals():
    home = attribution_dataset()
    axes = panel(of_both(), "faithfulness Omega_m")
    held = [float(home[f"deletion_gain{end}"].values[0, 2, 0]) for end in ("", "_low", "_high")]
    assert marks(axes, "deletion_gain occlusion home")[0, 0] == pytest.approx(held[0])
    assert marks(axes, "interval deletion_gain occlusion home")[:, 0] == pytest.approx(held[1:])
    names = [text.get_text().replace("\n", " ") for text in axes.get_yticklabels()]
    assert names == [*(label for label, _ in METHODS.values()), "Input alone"]


@pytest.mark.parametrize(("domain", "gain"), [("home", -0.03), ("away", 0.02)])
def test_the_size_of_the_input_s_gain_is_drawn_in_grey(domain, gain):
    cases = both()
    (case,) = [one for one in cases if one.attrs["domain"] == domain]
    for end, reach in {"": 0, "_low": -0.01, "_high": 0.02}.items():
        case[f"input_deletion_gain{end}"][:] = gain + reach
    axes = panel(draw_figure5(cases), "faithfulness Omega_m")
    name = f"input deletion_gain {domain}"
    ends = sorted([abs(gain) + np.sign(gain) * -0.01, abs(gain) + np.sign(gain) * 0.02])
    assert marks(axes, name)[0, 0] == pytest.approx(abs(gain))
    assert marks(axes, f"interval {name}")[:, 0] == pytest.approx(ends)
    (line,) = [line for line in axes.lines if line.get_gid() == name]
    assert line.get_color() == INPUT
    assert line.get_ydata()[0] > len(METHODS) - 0.5  # below the methods


@pytest.mark.parametrize("nulls", [("deletion",), ()])
def test_the_legend_has_the_mark_of_the_input_where_it_is_drawn(nulls):
    figure = of_one(attribution_dataset(nulls=nulls))
    (handle,) = [
        handle
        for legend in figure.legends
        for handle, text in zip(legend.legend_handles, legend.get_texts(), strict=True)
        if text.get_text().endswith("alone")
    ]
    assert (handle.get_marker() == INPUT_MARKER) == bool(nulls)


def test_gains_of_several_fills_lie_below_each_other():
    nulls = ("deletion", "insertion", "randomisation")
    figure = of_one(attribution_dataset(fills=("blur", "donor"), nulls=nulls), method="occlusion")
    axes = panel(figure, "faithfulness Omega_m")
    drawn = [line for line in axes.lines if str(line.get_gid()).endswith("_gain occlusion home")]
    gains = [line for line in drawn if not line.get_gid().startswith("interval")]
    assert [line.get_markerfacecolor() == "white" for line in gains] == [False, False, True, True]
    heights = [float(line.get_ydata()[0]) for line in gains]
    assert heights == sorted(set(heights))
    assert words(figure)["kinds of gains"].startswith("Gains of a method from the top: deletion with fill blur, del")


def test_rank_correlations_begin_at_the_network_itself():
    case = attribution_dataset()
    axes = panel(of_home(), "randomisation_absolute Omega_m")
    held = case["randomisation_absolute"].sel({"method": "gradient", "output": "Omega_m"}).values
    assert [text.get_text() for text in axes.get_xticklabels()] == ["none", *DEPTHS]
    assert marks(axes, "line gradient home")[:, 1] == pytest.approx([1.0, *held[:-1]])
    assert marks(axes, "marks gradient home")[:, 1] == pytest.approx(held)


def test_of_many_depths_all_of_the_weights_is_named():
    case = attribution_dataset()
    many = case.isel(depth=[0, 1, 2] * 6 + [3, 4])
    many = many.assign_coords(depth=[f"stages.{number}.0" for number in range(18)] + ["all", "untrained"])
    axes = panel(of_one(many), "randomisation_signed Omega_m")
    named = [text.get_text() for text in axes.get_xticklabels()]
    assert named[19] == "all"
    assert 3 < len([name for name in named if name]) < 15
    assert marks(axes, "line gradient home").shape == (20, 2)


def test_rank_correlations_below_0_stay_on_the_axis():
    case = attribution_dataset()
    for end in ("", "_low", "_high"):
        case[f"randomisation_signed{end}"][0] = -0.8
    low, _ = panel(of_one(case), "randomisation_signed Omega_m").get_ylim()
    assert -1.1 < low < -0.8


@pytest.mark.parametrize(
    ("nulls", "missing"),
    [
        ((), {"faithfulness", "randomisation_signed", "randomisation_absolute"}),
        (("deletion",), {"randomisation_signed", "randomisation_absolute"}),
        (("randomisation",), {"faithfulness"}),
    ],
)
def test_nulls_that_were_not_asked_for_have_no_panel(nulls, missing):
    figure = of_one(attribution_dataset(nulls=nulls))
    held = {name for name in PANELS if f"{name} Omega_m" in labels(figure)}
    assert held == set(PANELS) - missing
    has_null = "null gradient home Omega_m" in labels(figure)
    assert has_null == ("randomisation" in nulls)


def test_a_method_that_the_other_domain_lacks_is_drawn():
    away, home = both()
    less = away.sel({"method": ["gradient", "occlusion"]}).drop_dims(["method_other", "order"])
    figure = draw_figure5([less, home], methods=["occlusion"])
    assert "attribution occlusion away Omega_m" in labels(figure)


def test_numbers_without_an_interval_are_marks_alone():
    case = attribution_dataset()
    for name in case.data_vars:
        if name.endswith(("_low", "_high")):
            case[name][:] = np.nan
    axes = panel(of_one(case), "share_over_pixels Omega_m")
    assert len(marks(axes, "marks gradient home")) == 5
    assert len(intervals(axes, "intervals gradient home")) == 0


def test_the_domain_in_distribution_is_first_and_solid():
    axes = panel(of_both(), "randomisation_signed Omega_m")
    lines = [line for line in axes.lines if str(line.get_gid()).startswith("line gradient")]
    assert [(line.get_gid(), line.get_linestyle()) for line in lines] == [
        ("line gradient home", "-"),
        ("line gradient away", "--"),
    ]


def test_pages_hold_every_method_once_and_fit_on_a4():
    cases = both(methods=TEN, n_maps=2)
    pages = pages_of_sections(cases)
    assert [method for methods, _ in pages for method in methods] == list(TEN)
    assert all(len(methods) > 1 for methods, _ in pages)
    assert all(outputs == list(OUTPUTS) for _, outputs in pages)
    heights = [page_of(cases, outputs, methods, HOUSE).height for methods, outputs in pages]
    assert max(heights) <= PAGE_HEIGHT + 1e-9


def test_many_domains_have_a_page_an_output():
    cases = [attribution_dataset(f"domain {number}", n_maps=2) for number in range(4)]
    pages = pages_of_sections(cases)
    assert [outputs for _, outputs in pages] == [["Omega_m"], ["sigma_8"]]
    assert page_of(cases, ["Omega_m"], None, HOUSE).height <= PAGE_HEIGHT


def test_outputs_that_are_asked_for_are_attributed():
    figure = draw_figure5([attribution_dataset()], outputs=["sigma_8", "A_SN1"], methods=["gradient"])
    assert {name for name in words(figure) if name.startswith("output")} == {"output sigma_8"}


def test_sensitivities_are_per_unit_of_a_pixel():
    bars = [axes.get_xlabel() for axes in of_both().axes if axes.get_label() == "signed colour bar"]
    assert bars[:3] == ["change per unit of pixel", "contribution of a pixel", "contribution of a pixel"]


def test_attributions_of_two_models_are_refused():
    with pytest.raises(InputError, match="figure of an attribution was given cases of first, second"):
        draw_figure5([attribution_dataset(), attribution_dataset(model="second")])
    with pytest.raises(InputError, match="figure of an attribution was given no case"):
        draw_figure5([])


def test_methods_that_no_case_has_are_refused():
    with pytest.raises(
        InputError, match="none of the methods lime. Its cases have gradient, integrated_gradients, occ"
    ):
        draw_figure5([attribution_dataset()], methods=["lime"])


def test_the_legend_of_many_domains_stays_on_the_page():
    cases = [attribution_dataset(f"domain of number {number}", inside=number == 0) for number in range(4)]
    figure = draw_figure5(cases, outputs=["Omega_m"])
    figure.draw_without_rendering()
    assert figure.legends[-1].get_window_extent().x1 / figure.dpi < PAGE_WIDTH
