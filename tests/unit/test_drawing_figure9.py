"""Figure 9: what trust scores are worth, curves of risk, calibration, conformal intervals, errors of maps."""

from functools import cache

import numpy as np
import pytest

from repshift import InputError
from repshift.drawing.figure9 import draw_figure9, pages_of_outputs
from repshift.drawing.plotting import HOUSE
from repshift.drawing.style import PAGE_WIDTH
from repshift.drawing.trust_page import sections_of
from trust_datasets import KINDS, SCORES, SHARES, trust_dataset

AWAY = {"domain": "away", "suite": "MockSIMBA"}


def case(**how):
    return trust_dataset(np.random.default_rng(1), **how)


@cache
def both():
    return draw_figure9([case(**AWAY), case()])


def panel(figure, name):
    (found,) = [axes for axes in figure.axes if axes.get_label() == name]
    return found


def line(axes, name):
    (found,) = [line for line in axes.lines if line.get_gid() == name]
    return found.get_xydata()


@pytest.mark.parametrize("variable", ["rank_correlation", "auc_worst_tenth", "risk_area"])
def test_scores_have_a_row_with_what_they_are_worth(variable):
    axes = panel(both(), f"{variable} sigma_8")
    drawn = [line(axes, f"{name} home")[0] for name in SCORES]
    assert [x for x, _ in drawn] == pytest.approx(case()[variable].sel(parameter="sigma_8").values)
    assert [round(y + 0.25) for _, y in drawn] == list(range(len(SCORES)))


def test_intervals_of_numbers_are_drawn():
    axes = panel(both(), "rank_correlation Omega_m")
    ends = np.sort(line(axes, "interval predicted_std away")[:, 0])
    where = {"score": "predicted_std", "parameter": "Omega_m"}
    held = case(**AWAY)
    assert ends == pytest.approx([float(held[f"rank_correlation_{end}"].sel(where)) for end in ("low", "high")])


def test_the_baseline_is_a_dotted_line():
    axes = panel(both(), "rank_correlation Omega_m")
    (dotted,) = [one for one in axes.lines if one.get_gid() == "baseline home"]
    assert dotted.get_xdata()[0] == pytest.approx(float(case()["rank_correlation"][0, 0]))
    assert dotted.get_linestyle() == ":"


def test_domains_are_told_apart_once():
    names = [axes.get_label() for axes in both().axes]
    assert "auc_domain Omega_m" in names
    assert "auc_domain sigma_8" not in names
    gids = [one.get_gid() for one in panel(both(), "auc_domain Omega_m").lines]
    assert "pixel_std away" in gids
    assert "pixel_std home" not in gids


def test_risk_is_drawn_against_the_share_kept():
    drawn = line(panel(both(), "risk away Omega_m"), "risk mahalanobis_C41")
    held = case(**AWAY)["risk_coverage"].sel(score="mahalanobis_C41", parameter="Omega_m")
    assert drawn == pytest.approx(np.stack([SHARES, held.values], axis=1))


def test_calibration_has_bands_and_what_it_should_be():
    held = case()
    pit = panel(both(), "pit Omega_m")
    (step,) = [patch for patch in pit.patches if patch.get_gid() == "pit home"]
    assert step.get_data().values == pytest.approx(held["pit"].sel(parameter="Omega_m").values)
    drawn = line(panel(both(), "coverage Omega_m"), "coverage home")
    assert drawn[:, 1] == pytest.approx(held["coverage"].sel(parameter="Omega_m").values)
    assert {one.get_gid() for one in pit.lines} == {"calibrated"}


def test_conformal_intervals_are_of_the_level_asked_for():
    axes = panel(both(), "conformal Omega_m")
    drawn = [line(axes, f"{kind} away")[0, 1] for kind in KINDS]
    assert drawn == pytest.approx(case(**AWAY)["conformal_coverage"].sel(parameter="Omega_m", level=0.9).values)
    assert line(axes, "level")[0, 1] == 0.923


def test_infinite_intervals_are_open():
    axes = panel(both(), "width Omega_m")
    faces = {one.get_gid(): one.get_markerfacecolor() for one in axes.lines}
    assert faces["weighted home"] == "white"
    assert faces["plain home"] != "white"


def test_errors_are_drawn_against_each_score():
    held = case()
    drawn = line(panel(both(), "scatter predicted_std sigma_8"), "maps home")
    assert drawn[:, 0] == pytest.approx(
        held["values_by_parameter"].sel(score="predicted_std", parameter="sigma_8").values
    )
    assert drawn[:, 1] == pytest.approx(np.abs(held["error"].sel(parameter="sigma_8").values))


def test_classes_have_accuracy_by_probability():
    figure = draw_figure9([case(classes=True, parameters=("class",))])
    names = {axes.get_label() for axes in figure.axes}
    assert {"reliability class", "width class"} <= names
    assert "pit class" not in names


def test_bins_without_an_interval_are_on_no_line():
    given = case(classes=True, parameters=("class",))
    given["accuracy_low"][2], given["accuracy_high"][2] = np.nan, np.nan
    axes = panel(draw_figure9([given]), "reliability class")
    assert line(axes, "few home") == pytest.approx(np.stack([given["confidence"], given["accuracy"]], axis=1)[2:3])
    assert len(line(axes, "accuracy home")) == given.sizes["bin"] - 1


def test_no_score_has_the_colour_of_a_domain():
    figure = draw_figure9([case(), case(domain="other", suite="Other")])
    domains = {handle.get_color() for handle in figure.legends[0].legend_handles}
    drawn = {one.get_color() for one in panel(figure, "marks Omega_m").lines}
    assert len(drawn) == len(SCORES)
    assert not domains & drawn


def test_lines_of_panels_are_about_as_long():
    domains = [case(), *(case(domain=name, suite=name) for name in ("one", "other"))]
    (section,) = sections_of(domains, ["Omega_m"], HOUSE)
    assert [len(panels) for panels in section.panel_lines] == [4, 3]
    assert section.height_of_line(0) < section.height_of_line(1)


def test_without_labels_domains_are_told_apart_alone():
    figure = draw_figure9([case(**AWAY, labels=False)])
    assert {axes.get_label() for axes in figure.axes} == {"marks Omega_m", "auc_domain Omega_m"}


def test_each_output_that_fills_a_page_has_one():
    assert pages_of_outputs([case(), case(**AWAY)]) == [["Omega_m"], ["sigma_8"]]
    assert pages_of_outputs([case(**AWAY, labels=False)]) == [["Omega_m"]]
    assert both().get_figwidth() == PAGE_WIDTH


def test_cases_of_several_models_are_refused():
    with pytest.raises(InputError, match="The figure of trust was given cases of first, second"):
        draw_figure9([case(), case(model="second")])
