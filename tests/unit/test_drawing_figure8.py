"""Figure 8: losses of replaced layers, networks trained again beside their control, scores against CKA reached."""

import numpy as np
import pytest

from pruning_datasets import SINGLE, cause_dataset, pruning_dataset, retrained_dataset
from repshift import InputError
from repshift.drawing.figure8 import draw_figure8
from repshift.drawing.style import PAGE_WIDTH

AWAY = {"domain": "away", "suite": "MockSIMBA"}


def case(kind=pruning_dataset, **how):
    return kind(np.random.default_rng(1), **how)


def panel(figure, name):
    (found,) = [axes for axes in figure.axes if axes.get_label() == name]
    return found


def line(axes, name):
    (found,) = [line for line in axes.lines if line.get_gid() == name]
    return found.get_xydata()


def single(held, variable, way="linear", output="Omega_m"):
    chosen = held.isel(change=slice(len(SINGLE)))[variable].sel(parameter=output, way=way).values
    return chosen[np.isfinite(chosen)]


def test_losses_are_drawn_by_layer():
    axes = panel(draw_figure8([case()]), "depth Omega_m")
    drawn = line(axes, "losses linear home")
    assert drawn[:, 1] == pytest.approx(single(case(), "score_lost"))
    assert np.round(drawn[:, 0] - 0.25) == pytest.approx(np.arange(len(SINGLE)))
    assert [text.get_text() for text in axes.get_xticklabels()] == list(SINGLE)


def test_losses_are_drawn_by_cka_and_parameters():
    figure, held = draw_figure8([case()]), case().isel(change=slice(len(SINGLE)))
    drawn = line(panel(figure, "cka_with_neighbour Omega_m"), "losses linear home")
    assert drawn[:, 0] == pytest.approx(held["cka_with_neighbour"].values)
    drawn = line(panel(figure, "parameters_saved Omega_m"), "losses linear home")
    assert drawn[:, 0] == pytest.approx(held["parameters_saved"].sel(way="linear").values / 1e6)


def test_a_change_that_is_not_possible_is_left_out():
    drawn = line(panel(draw_figure8([case()]), "depth Omega_m"), "losses identity home")
    assert len(drawn) == len(SINGLE) - 1


def test_runs_have_a_panel_where_there_are_any():
    figure = draw_figure8([case()])
    drawn = line(panel(figure, "n_layers Omega_m"), "losses linear home")
    assert np.round(drawn[:, 0]) == pytest.approx([2, 3, 6])
    names = [axes.get_label() for axes in draw_figure8([case(runs={})]).axes]
    assert "n_layers Omega_m" not in names


def test_a_loss_beyond_the_axis_is_an_arrow():
    held = case()
    held["score_lost"][1, 1] = 1e6
    axes = panel(draw_figure8([held]), "depth Omega_m")
    top = axes.get_ylim()[1]
    arrows = [one for one in axes.lines if one.get_marker() == "^"]
    assert top == 30
    assert [float(one.get_ydata()[0]) for one in arrows] == [top]


def test_intervals_of_losses_are_drawn():
    held = case(domain="home").isel(parameter=[0])
    axes = panel(draw_figure8([held]), "depth Omega_m")
    (lines,) = [one for one in axes.collections if one.get_gid() == "intervals linear home"]
    ends = np.array([path[:, 1] for path in lines.get_segments()])
    assert ends[:, 0] == pytest.approx(single(held, "score_lost_low"))


def test_rank_correlations_stand_above_the_panels():
    held = case()
    value = float(held["rank_correlation"].sel(relation="depth", way="linear", parameter="Omega_m"))
    titles = [text.get_text() for text in draw_figure8([held]).texts]
    assert any(title.startswith("$\\Omega_\\mathrm{m}$, by layer") and f"{abs(value):.2f}" in title for title in titles)
    held["rank_correlation"][:] = np.nan
    assert not any("rho$ =" in text.get_text() for text in draw_figure8([held]).texts)


def test_domains_are_beside_each_other():
    axes = panel(draw_figure8([case(**AWAY), case()]), "depth sigma_8")
    colours = {one.get_gid(): one.get_color() for one in axes.lines if one.get_gid()}
    assert colours["losses linear home"] != colours["losses linear away"]


def test_retrained_networks_are_beside_what_they_were():
    held = case(retrained_dataset)
    figure = draw_figure8([held])
    axes = panel(figure, "retrained Omega_m")
    where = {"change": "C12", "way": "linear", "parameter": "Omega_m"}
    assert line(axes, "after C12 linear home")[0, 0] == pytest.approx(float(held["score_lost"].sel(where)))
    assert line(axes, "before C12 linear home")[0, 0] == pytest.approx(float(held["score_lost_before"].sel(where)))
    rows = [text.get_text() for text in figure.texts if (text.get_gid() or "").startswith("row ")]
    assert len(rows) == 2 * held.sizes["change"] - 1


def test_the_cause_is_a_score_against_the_cka_reached():
    held = case(cause_dataset)
    axes = panel(draw_figure8([held]), "target_score MockSIMBA Omega_m")
    drawn = np.array([one.get_xydata()[0] for one in axes.lines if (one.get_gid() or "").startswith("run")])
    assert drawn[:, 0] == pytest.approx(held["cka_reached"].values)
    assert drawn[:, 1] == pytest.approx(held["target_score"].sel(parameter="Omega_m").values)


def test_runs_that_lose_the_score_at_home_are_open():
    held = case(cause_dataset)
    axes = panel(draw_figure8([held]), "source_score MockSIMBA Omega_m")
    open_ones = [one.get_markerfacecolor() == "white" for one in axes.lines if (one.get_gid() or "").startswith("run")]
    assert open_ones == list(held["home_held"].values == 0)
    assert any(open_ones)


def test_what_all_actions_wrote_is_on_one_page():
    every = [case(), case(**AWAY), case(retrained_dataset), case(cause_dataset)]
    figure = draw_figure8(every, outputs=["sigma_8"])
    assert figure.get_figwidth() == PAGE_WIDTH
    assert {"losses", "retrained", "cause"} <= {text.get_gid() for text in figure.texts}
    assert not any(axes.get_label().endswith("Omega_m") for axes in figure.axes)


def test_accuracy_lost_is_called_so():
    figure = draw_figure8([case(classes=True, parameters=("class",))])
    (heading,) = [text.get_text() for text in figure.texts if text.get_gid() == "losses"]
    assert heading == "Accuracy lost where a layer is replaced, without training"


def test_cases_of_several_models_are_refused():
    with pytest.raises(InputError, match="The figure of pruning was given cases of first, second"):
        draw_figure8([case(), case(model="second")])
