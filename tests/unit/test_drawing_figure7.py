"""Figure 7: a row a rung with its control, what rungs were tuned on, matrices, numbers that need no labels."""

from functools import cache

import numpy as np
import pytest

from repair_datasets import RUNGS, TRAINED, repair_dataset
from repshift import InputError
from repshift.drawing.figure7 import draw_figure7, n_pages
from repshift.drawing.style import PAGE_WIDTH

SKIES = ("target", "home", "mixed")


def ladder(**how):
    return repair_dataset(np.random.default_rng(1), **how)


def trained(**how):
    """Return the file of a trained rung, as its attribute says."""
    return ladder(rungs=TRAINED, **how).assign_attrs(steps=40)


@cache
def whole():
    return draw_figure7([ladder(), trained()])


def panel(figure, name):
    (found,) = [axes for axes in figure.axes if axes.get_label() == name]
    return found


def places(axes, name):
    return [(float(line.get_xdata()[0]), float(line.get_ydata()[0])) for line in axes.lines if line.get_gid() == name]


def value(case, name, rung, *, prior="same", n=25, **where):
    held = case.isel(entry=[i for i, one in enumerate(case.entry_rung.values) if one == rung])
    kept = (held.entry_prior == prior) & (held.entry_n_simulations == n)
    return float(held[name].sel(where).isel(entry=int(np.flatnonzero(kept)[0])))


def words(figure):
    return {text.get_gid(): text.get_text() for text in figure.texts if text.get_gid()}


def test_each_output_has_a_panel_a_sky():
    names = {axes.get_label() for axes in whole().axes}
    assert {f"rungs {sky} {output}" for sky in SKIES for output in ("Omega_m", "sigma_8")} <= names
    assert whole().get_figwidth() == PAGE_WIDTH


def test_a_rung_is_drawn_tuned_by_most_simulations():
    axes = panel(whole(), "rungs target sigma_8")
    expected = value(ladder(), "score", "batch_norm", judged_on="target", parameter="sigma_8")
    assert places(axes, "rung batch_norm") == [pytest.approx((expected, 2.0))]


def test_each_rung_has_one_row_over_several_files():
    rows = [name for name in words(whole()) if name.startswith("rung ")]
    assert rows == [
        "rung none",
        "rung bound",
        "rung batch_norm",
        "rung recalibration",
        "rung mmd",
        "rung source_training",
    ]


def test_intervals_and_splits_are_drawn():
    axes = panel(whole(), "rungs home Omega_m")
    where = {"judged_on": "home", "parameter": "Omega_m"}
    for gid, names in (("interval rung batch_norm", ("low", "high")), ("splits batch_norm", ("lowest", "highest"))):
        drawn = [np.sort(line.get_xdata()) for line in axes.lines if line.get_gid() == gid]
        ends = sorted(value(ladder(), f"score_{end}", "batch_norm", **where) for end in names)
        assert drawn[0] == pytest.approx(ends)


def test_a_control_is_the_score_less_the_gain_over_it():
    case, where = trained(), {"judged_on": "target", "parameter": "Omega_m"}
    axes = panel(whole(), "rungs target Omega_m")
    expected = value(case, "score", "mmd", **where) - value(case, "gain_over_control", "mmd", **where)
    ((drawn, row),) = places(axes, "control mmd")
    assert drawn == pytest.approx(expected)
    assert row == pytest.approx(places(axes, "rung mmd")[0][1] + 0.3)
    assert not places(axes, "control batch_norm")


def test_what_lies_far_below_is_an_arrow_in_grey():
    case = ladder()
    case["score"].loc[{"judged_on": "target"}] = -500.0
    axes = panel(draw_figure7([case]), "rungs target Omega_m")
    assert axes.get_xlim()[0] == -30
    assert places(axes, "rung batch_norm") == [(-30.0, 2.0)]
    assert [patch.get_gid() for patch in axes.patches] == ["gone"]


def test_learning_curves_are_by_number_of_simulations():
    axes = panel(whole(), "score simulations Omega_m")
    (line,) = [line for line in axes.lines if line.get_gid() == "line batch_norm"]
    where = {"judged_on": "target", "parameter": "Omega_m"}
    assert line.get_ydata() == pytest.approx([value(ladder(), "score", "batch_norm", n=n, **where) for n in (1, 5, 25)])
    assert line.get_xdata() == pytest.approx([1, 5, 25], rel=0.1)


def test_labelled_simulations_are_a_dashed_line():
    axes = panel(whole(), "score simulations Omega_m")
    styles = {line.get_gid(): line.get_linestyle() for line in axes.lines}
    assert styles["line recalibration"] == "--"
    assert styles["line batch_norm"] == "-"


def test_priors_are_beside_each_other():
    axes = panel(whole(), "score prior Omega_m")
    assert [text.get_text() for text in axes.get_xticklabels()] == [
        "same prior",
        "random half",
        "lower half\nof $\\Omega_\\mathrm{m}$",
    ]
    (line,) = [line for line in axes.lines if line.get_gid() == "line batch_norm"]
    where = {"judged_on": "target", "parameter": "Omega_m", "n": 12}
    expected = value(ladder(), "score", "batch_norm", prior="lower half of Omega_m", **where)
    assert line.get_ydata()[np.round(line.get_xdata()) == 2] == pytest.approx([expected])


def test_a_repair_that_needs_the_prior_has_a_dagger():
    case = ladder()
    case["needs_same_prior"][:] = ["yes" if rung == "batch_norm" else "no" for rung in case.entry_rung.values]
    figure = draw_figure7([case])
    assert words(figure)["rung batch_norm"].endswith("\N{DAGGER}")
    assert not words(figure)["rung recalibration"].endswith("\N{DAGGER}")
    assert "prior" in words(figure)
    assert "prior" not in words(whole())


def test_matrices_are_before_and_after_each_repair():
    case = ladder()
    found = [axes for axes in whole().axes if axes.get_label().startswith("cka_")]
    drawn = {axes.get_label(): np.asarray(axes.images[0].get_array()) for axes in found}
    others = {f"cka_target {rung}" for rung in {**RUNGS, **TRAINED} if rung != "bound"}
    assert set(drawn) == {"cka_source none", "cka_target bound second", *others}
    kept = (case.entry_rung == "batch_norm") & (case.entry_n_simulations == 25) & (case.entry_prior == "same")
    (expected,) = case["cka_target"].values[kept.values]
    assert drawn["cka_target batch_norm"] == pytest.approx(expected)


def test_scores_are_against_numbers_without_labels():
    case = ladder()
    case["label_free_entries"][:] = 7
    figure = draw_figure7([case])
    axes = panel(figure, "number mmd_rbf_last Omega_m")
    drawn = {line.get_xdata()[0] for line in axes.lines if line.get_gid() == "score recalibration"}
    kept = case.entry_rung.values == "recalibration"
    assert drawn == set(case["label_free_change"].sel(label_free_name="mmd_rbf_last").values[kept])
    rho = float(case["label_free_correlation"].sel(label_free_name="mmd_rbf_last", parameter="Omega_m"))
    assert f"RBF MMD, last layer\n$\\rho$ = {rho:.2f}, n = 7" in [text.get_text() for text in figure.texts]


def test_correlations_are_of_repairs_without_training():
    titles = [text.get_text() for text in whole().texts if "rho$ =" in text.get_text()]
    rho = float(ladder()["label_free_correlation"].sel(label_free_name="mmd_rbf_last", parameter="Omega_m"))
    assert len(titles) == 4
    assert titles[0].startswith(f"RBF MMD, last layer\n$\\rho$ = {rho:.2f}")
    assert not any("rho$ =" in text.get_text() for text in draw_figure7([trained()]).texts)


def unlabelled():
    """Return a ladder whose target has no labels, so that it has no scores there."""
    case = ladder(labels=False)
    for name in [name for name in case if name.startswith(("score", "gain"))]:
        case[name].loc[{"judged_on": ["target", "mixed"]}] = np.nan
    return case


def test_numbers_that_need_no_labels_have_two_or_three_ticks():
    case = unlabelled()
    case["label_free"][:] = np.linspace(0.1, 0.9, case.sizes["entry"])[:, None]
    axes = panel(draw_figure7([case]), "rungs mmd_rbf_last")
    low, high = axes.get_xlim()
    assert 2 <= sum(low <= tick <= high for tick in axes.get_xticks()) <= 3


def test_without_labels_rungs_have_numbers_that_need_none():
    case = unlabelled()
    figure = draw_figure7([case])
    names = [axes.get_label() for axes in figure.axes if axes.get_label().startswith("rungs ")]
    assert names == ["rungs home Omega_m", "rungs home sigma_8", "rungs mmd_rbf_last", "rungs off_diagonal_mean"]
    ((drawn, _),) = places(panel(figure, "rungs mmd_rbf_last"), "rung batch_norm")
    assert drawn == pytest.approx(value(case, "label_free", "batch_norm", label_free_name="mmd_rbf_last"))


def test_accuracy_is_drawn_from_nothing_to_all():
    figure = draw_figure7([ladder(classes=("lens", "galaxy"))])
    low, high = panel(figure, "rungs target quality").get_xlim()
    assert (low, high) == (-0.03, 1.03)
    assert words(figure)["score"] == "Rungs by Accuracy"


def test_one_rung_alone_can_be_drawn():
    figure = draw_figure7([ladder(parameters=("Omega_m",)).isel(entry=[0])])
    assert "rungs target Omega_m" in {axes.get_label() for axes in figure.axes}


def test_targets_have_sections_of_their_own():
    figure = draw_figure7([ladder(), ladder(domain="third")])
    assert [text.get_text() for text in figure.texts if text.get_gid() == "heading"] == [
        "From home to other",
        "From home to third",
    ]


def test_pages_hold_all_that_is_drawn():
    cases = [ladder(domain=name) for name in ("one", "two")]
    pages = [draw_figure7(cases, page=page) for page in range(n_pages(cases))]
    labels = [axes.get_label() for page in pages for axes in page.axes]
    assert len(pages) > 1
    assert all(page.get_figheight() <= 10.9 for page in pages)
    parts = [name for name in labels if name.startswith(("rungs", "score", "cka", "number"))]
    one = [
        axes.get_label()
        for axes in draw_figure7(cases).axes
        if axes.get_label().startswith(("rungs", "score", "cka", "number"))
    ]
    assert sorted(parts) == sorted(one)


@pytest.mark.parametrize(("files", "found"), [([], "no file"), ([{}, {"model": "second"}], "files of first, second")])
def test_files_of_no_or_several_models_are_refused(files, found):
    with pytest.raises(InputError, match=f"given {found}. It draws the ladders of one model"):
        draw_figure7([ladder(**how) for how in files])


def test_lines_part_bounds_repairs_trained_ones_and_controls():
    axes = panel(whole(), "rungs target Omega_m")
    assert [float(line.get_ydata()[0]) for line in axes.lines if line.get_gid() == "group"] == [1.5, 3.5, 4.5]
