"""What a stress says in words claims no more than its intervals."""

import math

import pytest
from docutils.core import publish_parts

from repshift.wording.numbers import Estimate
from repshift.wording.stress import (
    Place,
    Side,
    StressResult,
    alarm_sentence,
    breaking_sentence,
    place_sentence,
    safe_sentence,
    stress_section,
    stress_sentences,
    warning_sentence,
)

NEVER = Estimate(math.inf, math.inf, math.inf)
FIRST = Estimate(0.012, 0.01, 0.015)


def side(critical=None, **changes):
    values = {
        "label": "white noise",
        "units": "dex",
        "sign": "",
        "smallest": 0.003,
        "largest": 0.3,
        "moves_labels": False,
    } | changes
    return Side(**values, critical={"Omega_m": NEVER, "sigma_8": FIRST} if critical is None else critical)


def warned(*ratios):
    """Return a side of which each score has a ratio."""
    return side(warnings={f"score {number}": {"sigma_8": one} for number, one in enumerate(ratios)})


def test_what_breaks_first_is_named_first():
    said = breaking_sentence("R²", side())
    assert "R² of sigma_8 falls by 0.1 at 0.012 [0.01, 0.015], that of Omega_m not reached within 0.3." in said
    assert said.startswith("**white noise [dex]**")


def test_an_end_that_the_band_does_not_reach_is_said():
    said = breaking_sentence("R²", side({"sigma_8": Estimate(0.1, 0.05, math.inf)}))
    assert "at 0.1 [0.05, not reached]" in said


def test_what_breaks_before_the_smallest_strength_is_not_placed():
    said = breaking_sentence("R²", side({"sigma_8": Estimate(0.001, 0.0005, 0.002)}))
    assert said.endswith("falls by 0.1 below 0.003, the smallest strength.")
    said = breaking_sentence("R²", side({"sigma_8": Estimate(0.001, 0.0005, 0.004)}))
    assert said.endswith("falls by 0.1 at 0.001 [0.0005, 0.004].")


@pytest.mark.parametrize(
    ("ratios", "said"),
    [
        ([Estimate(0.5, 0.3, 0.8)], '(1 of 1, first "score 0", at 0.5 [0.3, 0.8] of the critical strength).'),
        ([Estimate(0.5, 0.3, 1.2)], "**No early warning**: none of 1 label-free scores was seen to warn"),
        ([NEVER, Estimate(2.0, 1.5, 3.0)], "**No early warning**: none of 2 label-free scores was seen to warn"),
        ([NEVER, Estimate(0.7, 0.6, 0.9), Estimate(0.4, 0.3, 0.6)], '(2 of 3, first "score 2"'),
    ],
)
def test_a_score_warns_where_its_whole_interval_is_below_one(ratios, said):
    assert said in warning_sentence([warned(*ratios)])


def test_axes_without_a_warning_are_counted():
    assert warning_sentence([warned(Estimate(0.5, 0.3, 0.8)), warned(NEVER)]).endswith(
        "Along 1 more, no score was seen to."
    )


def test_warnings_are_of_the_output_that_breaks_first():
    known = side(warnings={"score": {"Omega_m": Estimate(0.1, 0.05, 0.2), "sigma_8": NEVER}})
    assert "No early warning" in warning_sentence([known])


def test_without_scores_nothing_is_said_of_warnings():
    assert not any("warn" in said for said in stress_sentences(StressResult("T", "TNG", "R²", [side()])))


def test_axes_that_move_labels_are_said_to():
    assert "The labels should change along this axis." in breaking_sentence("R²", side(moves_labels=True))
    assert "labels should" not in breaking_sentence("R²", side())


def test_what_is_not_reached_says_how_far_it_was_tried():
    kept = [side({"sigma_8": NEVER}), side({"sigma_8": Estimate(math.inf, 0.2, math.inf)}, label="gain")]
    said = safe_sentence("R²", kept)
    assert "not reached along white noise (to 0.3 dex)" in said
    assert "gain (to 0.3 dex, though the band leaves it open from 0.2)" in said


def test_a_network_that_guesses_is_said_to_have_no_critical_strength():
    (said,) = stress_sentences(StressResult("T", "TNG", "R²", []))
    assert said.startswith("**No critical strength**: even unperturbed, R² of no output is far enough")
    assert not any("No critical" in one for one in stress_sentences(StressResult("T", "TNG", "R²", [side()])))


def test_false_alarms_are_named_by_axis():
    assert alarm_sentence([side({"sigma_8": NEVER}, label="shift", alarms=("a", "b"))]).endswith('shift: "a", "b".')


def places(*values, **changes):
    return Place(side({}, **changes), {f"score {number}": value for number, value in enumerate(values)})


def test_the_other_suite_lies_at_the_middle_of_the_scores():
    at = [Estimate(value, value / 2, 2 * value) for value in (0.02, 0.1)]
    said = place_sentence("SIMBA", [places(*at, NEVER)])
    assert said == (
        "By the middle of 3 scores, **SIMBA** looks to this network like white noise at 0.1 [0.05, 0.2] dex "
        '("score 1"; 2 reach it).'
    )


def test_a_suite_that_few_scores_reach_is_not_placed():
    said = place_sentence("SIMBA", [places(Estimate(0.1), NEVER, NEVER, sign="negative", label="gain")])
    assert said == "At most half of 3 scores reach **SIMBA** along negative gain (1)."


def test_a_suite_that_is_like_no_perturbation_is_said_to_be():
    said = place_sentence("SIMBA", [places(Estimate(0.0, 0.0, 0.1), Estimate(0.0, 0.0, 0.2), Estimate(0.1))])
    assert said == "By the middle of 3 scores, **SIMBA** looks like no perturbation along white noise."


def test_an_axis_without_r2_is_not_spoken_of():
    assert stress_sentences(StressResult("T", "TNG", "R²", [side({})])) == []


def test_a_stress_is_restructured_text_without_a_complaint():
    result = StressResult(
        "T_", "TNG*", "R²", [warned(FIRST), side({"A_": NEVER}, alarms=("a*",))], {"S_": [places(FIRST)]}
    )
    html = publish_parts(stress_section([result]), writer="html5", settings_overrides={"report_level": 1})["html_body"]
    assert "system-message" not in html
    assert "How far may the maps change?" in html
