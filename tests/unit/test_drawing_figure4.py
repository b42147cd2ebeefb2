"""Figure 4: curves along the axes of a stress, critical strengths, early warnings, where another suite lies."""

from functools import cache

import numpy as np
import pytest
from matplotlib.colors import to_hex

from repshift import InputError
from repshift.drawing.figure4 import draw_figure4, pages_of_axes
from repshift.drawing.plotting import make_plotting
from repshift.drawing.stress_page import PAGE_HEIGHT
from repshift.drawing.style import PAGE_WIDTH
from stress_datasets import AXES, OUTPUTS, SCORES, drawn_stress


def both(**how):
    """Return a model at home and away."""
    return [drawn_stress("away", inside=False, start=(-1.7, -4.8), **how), drawn_stress(**how)]


@cache
def of_both():
    """Return the figure of both cases, once for all tests."""
    return draw_figure4(both())


@cache
def of_home():
    """Return the figure of the case in distribution, once for all tests."""
    return draw_figure4([drawn_stress()])


def panel(figure, name):
    (found,) = [axes for axes in figure.axes if axes.get_label() == name]
    return found


def points(axes, name):
    """Return what the lines of a name hold, one after the other."""
    return [line.get_xydata() for line in axes.lines if line.get_gid() == name]


def words(figure):
    return {text.get_gid(): text.get_text() for text in figure.texts if text.get_gid()}


def test_a_row_is_an_axis_and_a_column_an_output():
    figure = of_both()
    curves = {f"{axis} r2 {output}" for axis in AXES for output in OUTPUTS}
    scores = {f"{axis} {kind}" for axis in AXES for kind in ("warnings", "positions")}
    assert {axes.get_label() for axes in figure.axes} == curves | scores
    assert figure.get_figwidth() == PAGE_WIDTH


def test_bands_are_of_the_change_about_the_start():
    away, home = both()
    axes = panel(draw_figure4([away, home], axes=["noise"]), "noise r2 sigma_8")
    for case in (away, home):
        held = case.isel(level=np.flatnonzero(case["axis"] == "noise")).sel(output="sigma_8")
        (drawn,) = points(axes, f"curve {case.attrs['domain']}")
        assert drawn == pytest.approx(np.stack([held["strength"], held["r2"]], axis=1))
        (band,) = [one for one in axes.collections if one.get_gid() == f"band {case.attrs['domain']}"]
        heights = band.get_paths()[0].vertices[:, 1]
        start = float(held["r2"][0])
        ends = held["r2_change_low"].values.min(), held["r2_change_high"].values.max()
        assert (heights.min(), heights.max()) == pytest.approx((start + ends[0], start + ends[1]))


def test_a_band_has_no_width_at_strength_0():
    axes = panel(of_home(), "gain r2 Omega_m")
    (band,) = [one for one in axes.collections if one.get_gid() == "band home"]
    at_zero = [height for strength, height in band.get_paths()[0].vertices if strength == 0]
    assert at_zero == pytest.approx([0.94] * len(at_zero))


def test_levels_are_drawn_in_ascending_order():
    case = drawn_stress()
    shuffled = case.isel(level=np.random.default_rng(3).permutation(case.sizes["level"]))
    for one in (case, shuffled):
        (drawn,) = points(panel(draw_figure4([one], axes=["gain"]), "gain r2 Omega_m"), "curve home")
        assert drawn[:, 0].tolist() == list(AXES["gain"][2])


def test_the_case_in_distribution_is_solid_and_first():
    plotting = make_plotting({"suites": {"TNG": {"color": "#010203"}}})
    figure = draw_figure4(both(), axes=["noise"], plotting=plotting)
    axes = panel(figure, "noise r2 Omega_m")
    styles = {line.get_gid(): (line.get_linestyle(), to_hex(line.get_color())) for line in axes.lines}
    assert styles["curve home"] == ("-", "#010203")
    assert styles["curve away"][0] == "--"


def test_critical_strengths_are_marked_on_both_sides():
    figure = of_both()
    axes = panel(figure, "gain r2 sigma_8")
    marks = np.concatenate(points(axes, "critical home"))
    assert marks == pytest.approx(np.array([[0.06, 0.64], [-0.06, 0.64]]))
    intervals = points(axes, "interval home")
    assert sorted(intervals[0][:, 0]) == pytest.approx([0.06 * 0.8, 0.06 * 1.25])
    assert sorted(intervals[1][:, 0]) == pytest.approx([-0.06 * 1.25, -0.06 * 0.8])


def test_no_critical_strength_where_there_is_no_r2():
    assert points(panel(of_both(), "noise r2 Omega_m"), "critical away") == []


def test_a_strength_not_reached_is_an_arrow():
    axes = panel(of_both(), "shift r2 Omega_m")
    (arrow,) = [line for line in axes.lines if line.get_gid() == "critical home"]
    assert arrow.get_marker() == ">"
    assert arrow.get_xdata()[0] == axes.get_xlim()[1]


def test_early_warnings_are_ratios_with_intervals():
    home = drawn_stress()
    axes = panel(draw_figure4([home], axes=["noise"]), "noise warnings")
    held = home["early_warning"].sel(score="mmd_linear_last", output="Omega_m").values[0]
    (mark,) = points(axes, "mmd_linear_last Omega_m")
    (interval,) = points(axes, "interval mmd_linear_last Omega_m")
    assert mark[0, 0] == pytest.approx(held)
    assert interval[:, 0] == pytest.approx([0.8 * held, 1.25 * held])


def test_a_score_that_never_rises_is_an_arrow():
    axes = panel(of_home(), "noise warnings")
    lines = [line for line in axes.lines if line.get_gid() == "cka_debiased_mean_rise sigma_8"]
    assert [line.get_marker() for line in lines] == [">"]


def test_false_alarms_are_marked_where_the_axis_costs_nothing():
    figure = of_home()
    alarms = {
        axis: {line.get_gid() for line in panel(figure, f"{axis} warnings").lines if line.get_marker() == "x"}
        for axis in AXES
    }
    assert alarms.pop("shift") == {f"false alarm {name}" for name in SCORES if name != "cka_debiased_mean_rise"}
    assert set().union(*alarms.values()) == set()


def test_nothing_warns_where_no_error_is_known():
    case = drawn_stress(start=(-1.7, -4.8))
    assert not [axes for axes in draw_figure4([case]).axes if axes.get_label().endswith("warnings")]


def test_no_panel_is_drawn_where_no_score_has_a_number():
    cases = both()
    for case in cases:
        rows = np.flatnonzero(case["branch_axis"] == "beam")
        for name in {"score_critical", "early_warning", "position"} & set(case.data_vars):
            case[name][rows] = np.nan
    names = {axes.get_label() for axes in draw_figure4(cases, axes=["beam", "noise"]).axes}
    assert {"noise warnings", "noise positions"} <= names
    assert not {"beam warnings", "beam positions"} & names


def test_scores_are_named_where_no_error_is_known():
    cases = [drawn_stress(start=(-1.7, -4.8)), both()[0]]
    axes = panel(draw_figure4(cases, axes=["beam"]), "beam positions")
    assert [text.get_text() for text in axes.get_yticklabels()] == [label for label, _ in SCORES.values()]


def test_scores_of_outputs_that_are_not_drawn_are_left_out():
    case = drawn_stress()
    names = [f"sigma_ratio_{output}" for output in OUTPUTS]
    case = case.assign_coords(score=[*case["score"].values[:3], *names])
    named = panel(draw_figure4([case], outputs=["sigma_8"], axes=["noise"]), "noise warnings").get_yticklabels()
    labels = [label for label, _ in SCORES.values()]
    assert [text.get_text() for text in named] == [*labels[:3], labels[4]]


def test_the_other_suite_lies_where_each_score_is_its_own():
    away, home = both()
    axes = panel(draw_figure4([away, home], axes=["beam"]), "beam positions")
    held = away["position"].sel(score="mmd_linear_last").values[1]
    (mark,) = points(axes, "mmd_linear_last")
    assert mark[0, 0] == pytest.approx(held)
    (arrow,) = [line for line in axes.lines if line.get_gid() == "cka_debiased_mean_rise"]
    assert arrow.get_marker() == ">"


def test_axes_that_move_labels_say_so():
    said = words(of_home())
    assert said["moves contrast"] == "the labels should change with it"
    assert [name for name in said if name.startswith("moves")] == ["moves contrast"]


def test_axes_whose_truth_moves_along_say_so():
    case = drawn_stress()
    case.attrs["axes"]["noise"]["moves_truth"] = True
    assert words(draw_figure4([case]))["moves noise"] == "the truth of an output moves along"


def test_a_title_has_the_unit_and_what_it_is_in_the_sky():
    said = words(of_home())
    assert said["axis noise"] == "White noise [dex]"
    assert said["axis beam"] == "Beam, FWHM [pixel = 0.4 Mpc/h]"


def test_strengths_over_decades_are_logarithmic():
    figure = of_home()
    scales = {axis: panel(figure, f"{axis} r2 Omega_m").get_xscale() for axis in AXES}
    assert scales == {**dict.fromkeys(AXES, "linear"), "noise": "symlog"}
    assert set(panel(figure, "noise r2 Omega_m").get_xticks()) <= set(AXES["noise"][2])


def test_r2_far_below_zero_leaves_the_rest_readable():
    axes = panel(of_both(), "noise r2 sigma_8")
    low, zero, high = axes.transData.transform([[0, axes.get_ylim()[0]], [0, 0], [0, 1]])[:, 1]
    assert axes.get_ylim()[0] == -30
    assert (high - zero) / (high - low) > 0.3
    assert [patch.get_gid() for patch in axes.patches] == ["gone"]


def test_the_bias_is_drawn_where_the_truth_does_not_spread():
    case = drawn_stress()
    case["r2"][np.flatnonzero((case["axis"] == "beam") & (case["strength"] != 0))] = np.nan
    figure = draw_figure4([case], axes=["noise", "beam"])
    assert words(figure)["instead beam"] == "Bias / RMSE in place of R²"
    assert [name for name in words(figure) if name.startswith("instead")] == ["instead beam"]
    (drawn,) = points(panel(figure, "beam bias sigma_8"), "curve home")
    assert drawn[:, 1] == pytest.approx(case["bias"].sel(output="sigma_8").values[case["axis"] == "beam"])


def test_classes_are_drawn_by_accuracy_and_log_loss():
    figure = draw_figure4([drawn_stress(outputs=("shape",), of_classes=True)], axes=["noise"])
    assert {"noise accuracy shape", "noise log_loss shape"} <= {axes.get_label() for axes in figure.axes}


def test_without_scores_curves_alone_are_drawn():
    figure = draw_figure4([drawn_stress(with_scores=False)], axes=["noise", "gain"])
    assert len(figure.axes) == 2 * len(OUTPUTS)


def test_a_case_may_lack_an_axis():
    home, away = drawn_stress(), drawn_stress("away", inside=False, axes={"noise": AXES["noise"]})
    axes = panel(draw_figure4([home, away], axes=["gain"]), "gain r2 Omega_m")
    assert points(axes, "curve away") == []
    assert len(points(axes, "curve home")) == 1


def test_the_outputs_that_are_asked_for_are_drawn():
    figure = draw_figure4([drawn_stress()], outputs=["sigma_8", "A_SN1"], axes=["noise"])
    assert {axes.get_label().split()[-1] for axes in figure.axes} == {"sigma_8", "warnings"}


def test_pages_hold_every_axis_once_and_fit_on_a4():
    axes = {f"{name}{copy}": about for copy in range(4) for name, about in AXES.items()}
    cases = both(axes=axes)
    pages = pages_of_axes(cases)
    assert [name for page in pages for name in page] == list(axes)
    assert len(pages) > 1
    assert draw_figure4(cases, axes=max(pages, key=len)).get_figheight() <= PAGE_HEIGHT


def test_cases_of_two_models_are_refused():
    with pytest.raises(InputError, match="cases of first, second. It draws the cases of one model"):
        draw_figure4([drawn_stress(), drawn_stress(model="second")])
    with pytest.raises(InputError, match="no case"):
        draw_figure4([])


def test_axes_that_no_case_has_are_refused():
    with pytest.raises(InputError, match="no axis"):
        draw_figure4([drawn_stress()], axes=["wind"])


def test_outputs_without_names_are_called_outputs():
    case = drawn_stress().assign_coords(output=["0", "1"])
    texts = [text.get_text() for text in draw_figure4([case]).texts]
    assert {"$R^2$ of output 0", "$R^2$ of output 1"} <= set(texts)


def test_scores_of_an_output_have_its_symbol():
    case = drawn_stress()
    labels = [f"{label}, sigma_8" for label in case["score_label"].to_numpy()]
    axes = panel(draw_figure4([case.assign_coords(score_label=("score", labels))]), "beam warnings")
    assert all(text.get_text().endswith(", $\\sigma_8$") for text in axes.get_yticklabels())
