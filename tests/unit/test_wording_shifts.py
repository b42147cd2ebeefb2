"""Sentences on a network away from home say what their numbers allow, whatever is missing."""

import math
import re

import pytest
from docutils.core import publish_parts

from repshift.wording.details import details_page
from repshift.wording.failures import Correlation, correlation_sentence
from repshift.wording.numbers import Estimate
from repshift.wording.shifts import (
    LabelFree,
    Network,
    Shift,
    SwapResult,
    accuracy_sentences,
    shift_sentences,
    similarity_sentence,
    verdict,
)

RISE = Estimate(0.17, 0.07, 0.26)
ALIKE = (Estimate(0.72, 0.64, 0.79), Estimate(0.89, 0.82, 0.93))
ANSWERED = {"r2": {"Omega_m": (Estimate(0.95, 0.92, 0.96), Estimate(-1.72, -3.23, -0.79))}}
SORTED = {"r2": {}, "accuracy": {"kind": (Estimate(0.97, 0.95, 0.99), Estimate(0.61, 0.5, 0.7))}}


def shift(**changes):
    values = {"test": SwapResult(RISE, 0.002, 1999), "accuracy": ANSWERED} | changes
    return Shift("MockTNG", "MockSIMBA", ALIKE, 50, **values)


def correlation(rho, predictor="the rise"):
    return Correlation(predictor, rho, Estimate(0.1, -0.5, 0.6), n_pairs=96, n_models=12, n_groups=6, n_shifts=9)


def network(*shifts, is_trained=True):
    return Network("T-MockTNG", "T", "MockTNG", is_trained=is_trained, shifts=shifts)


@pytest.mark.parametrize(
    ("p_value", "change", "said"),
    [
        (0.002, RISE, "rises beyond chance"),
        (0.002, Estimate(-0.2, -0.3, -0.1), "falls beyond chance"),
        (0.049, Estimate(0.2), "rises beyond chance"),
        (0.05, RISE, "was not seen to change beyond chance"),
        (0.94, Estimate(-0.01, -0.08, 0.08), "was not seen to change beyond chance"),
    ],
)
def test_a_change_is_beyond_chance_where_its_test_says_so(p_value, change, said):
    sentence = similarity_sentence(shift(test=SwapResult(change, p_value, 1999)))
    assert f"mean debiased CKA of distinct layers **{said}**: 0.72 [0.64, 0.79] to 0.89 [0.82, 0.93], by" in sentence
    assert f"p = {p_value:.2g} (1999 swaps, 50 maps of each)." in sentence


@pytest.mark.parametrize(
    ("p_value", "change", "caveat"),
    [
        (0.01, Estimate(0.1, -0.01, 0.2), "holds 0"),
        (0.3, RISE, "leaves 0 out"),
        (0.01, RISE, None),
        (0.3, Estimate(0.1, -0.1, 0.2), None),
        (0.01, Estimate(0.1), None),
    ],
)
def test_an_interval_at_odds_with_its_test_is_named(p_value, change, caveat):
    sentence = similarity_sentence(shift(test=SwapResult(change, p_value, 1999)))
    assert re.findall(r"Its interval, though, (.*)\.", sentence) == ([caveat] if caveat else [])


@pytest.mark.parametrize("test", [None, SwapResult(RISE, math.nan, 1999)])
def test_without_a_test_nothing_is_said_of_chance(test):
    sentence = similarity_sentence(shift(test=test))
    assert sentence.endswith("Without ``permutation_tests`` it is not known to be more than chance.")
    assert "beyond chance" not in sentence


def test_without_a_test_the_change_is_the_difference():
    assert ", by 0.17 (50 maps of each)." in similarity_sentence(shift(test=None))
    assert ", by 0.17 [0.07, 0.26]," in similarity_sentence(shift())


@pytest.mark.parametrize(
    ("own", "other", "word"),
    [
        (Estimate(0.9, 0.8, 1.0), Estimate(0.5, 0.4, 0.79), "falls"),
        (Estimate(0.9, 0.8, 1.0), Estimate(0.5, 0.4, 0.8), "was not seen to fall"),
        (Estimate(0.5, 0.4, 0.6), Estimate(0.9, 0.8, 1.0), "rises"),
        (Estimate(0.9, 0.8, 1.0), Estimate(0.1), "goes, without intervals to judge by,"),
    ],
)
def test_a_score_falls_where_its_intervals_are_apart(own, other, word):
    assert verdict(own, other) == word
    found = shift(accuracy={"r2": {"age": (own, other)}})
    assert (found.falls, found.holds) == (word == "falls", word in ("rises", "was not seen to fall"))


def test_outputs_are_named_by_what_is_said_of_them():
    held = {"sigma_8": (Estimate(0.9, 0.8, 1.0), Estimate(0.85, 0.7, 0.9))}
    assert accuracy_sentences(shift(accuracy={"r2": ANSWERED["r2"] | held})) == [
        "From MockTNG to MockSIMBA, R² **falls**: Omega_m 0.95 [0.92, 0.96] to -1.72 [-3.23, -0.79].",
        "From MockTNG to MockSIMBA, R² **was not seen to fall**: sigma_8 0.90 [0.80, 1.00] to 0.85 [0.70, 0.90].",
    ]


def many(n=5):
    """Return a shift with the more outputs the larger falls."""
    return shift(accuracy={"r2": {f"p{i}": (Estimate(0.9, 0.8, 1.0), Estimate(-i, -i, -i)) for i in range(n)}})


def test_of_many_outputs_those_of_largest_fall_are_named():
    (said,) = accuracy_sentences(many(), most=3)
    assert re.findall(r"p\d", said) == ["p2", "p3", "p4"]
    assert said.endswith(", 2 more.")


def free(outside=30):
    return LabelFree(outside, 38, "predicted sigma", 1.2, Estimate(0.01, -0.1, 0.2))


def test_what_is_not_scored_is_told_without_labels():
    unscored, said, farthest = accuracy_sentences(shift(accuracy={}, label_free=free()))
    assert unscored == "Its outputs are not scored on both MockTNG and MockSIMBA."
    assert said == (
        "Of 38 shift scores, which need no labels, 30 lie outside of the range of 95 % of the divisions of MockTNG in "
        "two halves."
    )
    assert farthest.startswith('Farthest outside is "predicted sigma", 1.2 where halves give 0.01 [-0.1, 0.2].')


def test_no_score_outside_is_farthest():
    assert len(accuracy_sentences(shift(accuracy={}, label_free=free(0)))) == 2


def test_what_is_scored_is_told_by_its_accuracy():
    assert accuracy_sentences(shift(label_free=free())) == accuracy_sentences(shift())


def test_of_a_classifier_the_accuracy_is_said():
    said = shift_sentences(shift(accuracy=SORTED), is_trained=True)[0]
    assert said == "From MockTNG to MockSIMBA, the accuracy **falls**: kind 0.97 [0.95, 0.99] to 0.61 [0.50, 0.70]."
    untrained = shift_sentences(shift(), is_trained=False)
    assert untrained[0] == "It was never trained, so its outputs say nothing."
    assert not any("R²" in sentence for sentence in untrained)


@pytest.mark.parametrize(
    ("rho", "said"),
    [
        (Estimate(0.25, -0.56, 0.77), "the rise was not seen to tell failure"),
        (Estimate(0.6, 0.1, 0.9), "the larger the rise, the larger the loss"),
        (Estimate(-0.6, -0.9, -0.1), "the larger the rise, the smaller the loss"),
        (Estimate(0.9), "says nothing of other networks"),
    ],
)
def test_a_correlation_tells_failure_where_its_interval_does(rho, said):
    assert said in correlation_sentence(rho)


def test_the_strongest_predictor_is_named_once():
    rise, other = correlation(Estimate(0.2, -0.5, 0.7)), correlation(Estimate(0.9, 0.5, 1.0), '"linear MMD"')
    assert '"linear MMD", at 0.90 [0.50, 1.00]' in details_page([], [], rise, other)
    assert "strongest" not in details_page([], [], rise, rise)


def test_details_say_what_the_first_page_leaves_out():
    worst, better = shift(), Shift("MockTNG", "Third", ALIKE, 50, accuracy=SORTED)
    page = details_page([network(worst, better)])
    assert "to Third" in page
    assert "to MockSIMBA" not in page
    assert details_page([network(worst)]) == "The first page says all that this run has in words.\n"
    assert "to MockSIMBA" in details_page([network(many())])


def test_controls_have_their_section():
    control = network(shift(), is_trained=False)
    said = details_page([], [control])
    assert said.startswith("Controls\n--------\n\n- **T-MockTNG: reads T, never trained, of MockTNG**. It was never")
    assert "Controls" not in details_page([], [network()])


@pytest.mark.parametrize("name", ["T-MockTNG", "T_", "a*b*", "`x`_", "|y|", "back\\slash"])
def test_details_are_restructured_text_without_a_complaint(name):
    shown = [Network(name, name, name, True, [shift(), shift()])]
    page = details_page(shown, shown, correlation(RISE, name))
    body = publish_parts(page, writer="html", settings_overrides={"report_level": 1, "halt_level": 2})["html_body"]
    assert body.count("<li>") == 6
