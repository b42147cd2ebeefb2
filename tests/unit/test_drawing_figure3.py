"""Figure 3 shows the numbers of its tables, strongest first, and says what it is asked for."""

import numpy as np
import pandas as pd
import pytest

from repshift import InputError
from repshift.drawing.figure3 import LEADING, draw_figure3
from repshift.drawing.shift_scores import FAMILY_COLOURS, FAMILY_WORDS, predictor_label
from repshift.evidence.shift_scores.score import FAMILIES as ALL

FAMILIES = {
    LEADING: "cka",
    "mmd_rbf_mean": "distances",
    "auc_last": "distances",
    "sigma_ratio": "outputs",
    "pixel_mean": "input",
}
RHO = dict(zip(FAMILIES, (0.2, 0.9, 0.5, -0.7, 0.1), strict=True))


def tables():
    rng = np.random.default_rng(1)
    failures = pd.DataFrame(
        [
            {
                **{"model": f"{field}-{trial}", "field": field, "train_suite": "A", "domain": f"d{number}"},
                **{"test_suite": f"d{number}", "shift": "noise" if number else "suite", "condition": f"d{number}"},
                "parameter": parameter,
                **{"log_rmse_ratio": number + (parameter == "sigma_8"), "n_maps": 50},
                **dict.fromkeys(FAMILIES, float(number + 1) * (1 + rng.uniform())),
            }
            for field in ("T", "Mtot")
            for trial in range(5)
            for number in range(3)
            for parameter in ("Omega_m", "sigma_8")
        ]
    )
    correlations = pd.DataFrame(
        [
            {
                **{"parameter": parameter, "predictor": name, "family": family},
                **{"rho": RHO[name], "rho_low": RHO[name] - 0.1, "rho_high": RHO[name] + 0.1},
                **{"partial_rho": RHO[name] / 2, "partial_rho_low": -0.1, "partial_rho_high": 0.6},
            }
            for parameter in ("Omega_m", "mean")
            for name, family in FAMILIES.items()
        ]
    )
    transfers = pd.DataFrame(
        [
            {"parameter": "mean", "predictor": name, "held_out_field": field, "rho": 0.3 if field == "T" else -0.3}
            for name in FAMILIES
            for field in ("T", "Mtot")
        ]
    )
    return failures, correlations, transfers


def panels(figure):
    return {axes.get_label(): axes for axes in figure.axes}


def points(axes):
    return {line.get_gid(): line for line in axes.lines if line.get_gid()}


def test_the_failure_of_classifiers_is_a_difference_of_log_loss():
    failures, *others = tables()
    figure = draw_figure3(failures.rename(columns={"log_rmse_ratio": "log_loss_difference"}), *others)
    expected = panels(draw_figure3(*tables()))[LEADING]
    axes = panels(figure)[LEADING]
    assert (axes.get_ylabel(), expected.get_ylabel()) == ("Log loss, out minus in", "ln(RMSE out / in)")
    assert axes.lines[0].get_ydata().tolist() == expected.lines[0].get_ydata().tolist()


def test_predictors_stand_in_the_order_of_their_correlations():
    axes = panels(draw_figure3(*tables()))["rho"]
    words = [text.get_text() for text in axes.get_yticklabels()]
    order = sorted(RHO, key=RHO.get, reverse=True)
    assert words == [predictor_label(name) for name in order]
    assert [points(axes)[name].get_xdata()[0] for name in order] == sorted(RHO.values(), reverse=True)


def test_a_point_has_the_colour_of_its_family():
    drawn = points(panels(draw_figure3(*tables()))["rho"])
    assert {name: point.get_color() for name, point in drawn.items()} == {
        name: FAMILY_COLOURS[family] for name, family in FAMILIES.items()
    }


def test_a_correlation_without_an_interval_is_a_point():
    failures, correlations, transfers = tables()
    bare = correlations.assign(rho_low=np.nan, rho_high=np.nan)
    assert points(panels(draw_figure3(failures, bare, transfers))["rho"]).keys() == FAMILIES.keys()


def test_the_words_say_what_was_resampled_and_what_selected():
    words = " ".join(text.get_text() for text in draw_figure3(*tables()).texts)
    assert "10 networks in 2 groups of field and suite, 30 pairs, 3 shifts" in words
    assert "each of 5 shift_scores alone" in words
    assert "moments and spectrum" in words
    assert "the strongest of two other families, so selected" in words


def test_intervals_and_partial_correlations_are_drawn():
    drawn = panels(draw_figure3(*tables()))
    bars = [line for line in drawn["rho"].lines if len(line.get_xdata()) == 2 and line.get_ydata()[0] == 0]
    assert any(list(bar.get_xdata()) == pytest.approx([0.8, 1.0]) for bar in bars)
    assert points(drawn["partial"])["sigma_ratio"].get_xdata()[0] == pytest.approx(-0.35)


def test_fields_have_their_own_marks():
    marks = [line for line in panels(draw_figure3(*tables()))["fields"].lines if line.get_marker() == "|"]
    assert len(marks) == 10
    assert len({line.get_color() for line in marks}) == 2


def test_pairs_are_drawn_by_cka_and_two_other_families():
    drawn = panels(draw_figure3(*tables()))
    assert list(drawn)[3:] == [LEADING, "mmd_rbf_mean", "sigma_ratio"]


def test_a_point_is_a_pair_at_the_mean_over_the_parameters():
    axes = panels(draw_figure3(*tables()))[LEADING]
    clouds = [line for line in axes.lines if line.get_marker() in "os"]
    assert sum(len(line.get_xdata()) for line in clouds) == 30
    assert sorted({float(value) for line in clouds for value in line.get_ydata()}) == [0.5, 1.5, 2.5]


def test_a_predictor_without_a_correlation_is_left_out():
    failures, correlations, transfers = tables()
    correlations.loc[correlations["predictor"] == "auc_last", "rho"] = np.nan
    assert "auc_last" not in points(panels(draw_figure3(failures, correlations, transfers))["rho"])


def test_tables_of_unknown_families_are_refused():
    failures, correlations, transfers = tables()
    with pytest.raises(InputError, match="has no predictor with a correlation"):
        draw_figure3(failures, correlations.assign(rho=np.nan), transfers)
    with pytest.raises(InputError, match="has unknown families magic"):
        draw_figure3(failures, correlations.assign(family="magic"), transfers)


def test_an_unknown_kind_of_shift_is_refused():
    failures, correlations, transfers = tables()
    with pytest.raises(InputError, match=r"Unknown kind of shift 'dust'\. There are suite, "):
        draw_figure3(failures.assign(shift="dust"), correlations, transfers)


def test_every_predictor_is_called_something_else():
    estimators = [f"cka_{one}_{number}" for one in ("biased", "debiased") for number in ("mean_rise", "distance")]
    names = [*estimators, "mmd_rbf_mean", "mmd_rbf_last", "pixel_mmd_rbf", "pixel_mean", "disagreement_in_sigma"]
    assert len({predictor_label(name) for name in names} | set(names)) == 2 * len(names)
    with pytest.raises(InputError, match="Unknown shift score 'of_my_own'"):
        predictor_label("of_my_own")


def test_every_family_has_its_words_and_its_colour():
    assert FAMILY_COLOURS.keys() == FAMILY_WORDS.keys() == set(ALL)
    assert len(set(FAMILY_COLOURS.values())) == len(ALL)
