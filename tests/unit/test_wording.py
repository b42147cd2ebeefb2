"""Sentences say what their numbers allow, whatever is missing; pages are whole by themselves."""

import math
import re

import numpy as np
import pandas as pd
import pytest
from docutils.core import publish_parts

from repshift.wording.html import MOST_ROWS, page, paragraph, table, verbatim
from repshift.wording.numbers import Estimate, quoted
from repshift.wording.results import (
    Correlation,
    LabelFree,
    Network,
    Shift,
    SwapResult,
    accuracy_sentences,
    chance_sentence,
    correlation_sentence,
    network_section,
    result_page,
    shift_sentences,
    similarity_sentence,
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
        (0.002, RISE, "**The rise is beyond chance**"),
        (0.002, Estimate(-0.2, -0.3, -0.1), "**The fall is beyond chance**"),
        (0.049, Estimate(0.2), "**The rise is beyond chance**"),
        (0.05, RISE, "**The change was not seen to be beyond chance**"),
        (0.94, Estimate(-0.01, -0.08, 0.08), "**The change was not seen to be beyond chance**"),
    ],
)
def test_a_change_is_beyond_chance_where_its_test_says_so(p_value, change, said):
    sentence = chance_sentence(SwapResult(change, p_value, 1999))
    assert sentence.startswith(said)
    assert f"p = {p_value:.2g}" in sentence
    assert "1999 times" in sentence


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
    sentence = chance_sentence(SwapResult(change, p_value, 1999))
    assert re.findall(r"Its interval, though, (.*)\.", sentence) == ([caveat] if caveat else [])


@pytest.mark.parametrize("test", [None, SwapResult(RISE, math.nan, 1999)])
def test_without_a_test_nothing_is_said_of_chance(test):
    assert chance_sentence(test).endswith("whether it is more than chance is not known.")


def test_without_a_test_the_change_is_the_difference():
    assert similarity_sentence(shift(test=None)).endswith(": a rise of 0.17.")
    assert similarity_sentence(shift()).endswith(": a rise of 0.17 [0.07, 0.26].")


def test_answers_are_told_where_they_mean_something():
    assert shift_sentences(shift(), is_trained=True)[0] == (
        "R² of Omega_m is 0.95 [0.92, 0.96] on MockTNG and -1.72 [-3.23, -0.79] on MockSIMBA."
    )
    assert (
        shift_sentences(shift(accuracy={}), is_trained=True)[0]
        == "Its outputs are not scored on both MockTNG and MockSIMBA."
    )


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
    assert said == "The accuracy of kind is 0.97 [0.95, 0.99] on MockTNG and 0.61 [0.50, 0.70] on MockSIMBA."
    untrained = shift_sentences(shift(), is_trained=False)
    assert untrained[0] == "It was never trained, so its outputs say nothing."
    assert not any("R²" in sentence for sentence in untrained)


def test_a_network_at_home_alone_is_compared_with_nothing():
    assert "nothing to compare" in network_section(network())


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


def test_the_strongest_predictor_is_told_once():
    rise, other = correlation(Estimate(0.2, -0.5, 0.7)), correlation(Estimate(0.9, 0.5, 1.0), '"linear MMD"')
    assert '"linear MMD", at 0.90 [0.50, 1.00]' in result_page([network(shift())], [], rise, other)
    assert "strongest" not in result_page([network(shift())], [], rise, rise)
    assert "failure" not in result_page([network(shift())], [], None, None)


UNLEARNED = "**A network that never learned anything shows a rise beyond chance**"


@pytest.mark.parametrize(
    ("is_trained", "test", "said"),
    [
        (False, SwapResult(RISE, 0.001, 1999), True),
        (True, SwapResult(RISE, 0.001, 1999), False),
        (False, SwapResult(RISE, 0.05, 1999), False),
        (False, SwapResult(Estimate(-0.2, -0.3, -0.1), 0.001, 1999), False),
        (False, None, False),
    ],
)
def test_the_first_page_says_whether_a_rise_needs_no_learning(is_trained, test, said):
    page = result_page([network(shift())], [network(shift(test=test), is_trained=is_trained)], None, None)
    assert (UNLEARNED in page) is said
    assert "\nControls\n--------\n" in page


@pytest.mark.parametrize("controls", [[], [network()]])
def test_without_controls_they_have_no_section(controls):
    assert "Controls" not in result_page([network(shift())], controls, None, None)


@pytest.mark.parametrize("name", ["T-MockTNG", "T_", "a*b*", "`x`_", "|y|", "back\\slash"])
def test_a_result_is_restructured_text_without_a_complaint(name):
    shown = [Network(name, name, name, True, [shift()])]
    page = result_page(shown, shown, correlation(RISE, name), None)
    body = publish_parts(page, writer="html", settings_overrides={"report_level": 1, "halt_level": 2})["html_body"]
    assert body.count("<li>") == 6
    assert body.count("<strong>") == 4


def test_labels_keep_their_characters():
    for text in ("Omega_m", "T_", "a*b", "`x`", "back\\slash"):
        assert f">{text}<" in publish_parts(quoted(text), writer="html")["fragment"]


def test_a_number_without_an_interval_has_no_brackets():
    assert [str(Estimate(value)) for value in (-0.004, -0.006, 1)] == ["0.00", "-0.01", "1.00"]
    assert str(Estimate(0.5, math.nan, 1.0)) == "0.50"


def test_a_page_escapes_and_fetches_nothing():
    text = page("<a>", [paragraph("b < c"), verbatim("x: <y>"), table(pd.DataFrame({"<z>": [1]}))])
    assert "<h1>&lt;a&gt;</h1>" in text
    assert all(part in text for part in ("b &lt; c", "x: &lt;y&gt;", "&lt;z&gt;"))
    assert not re.search(r"<script|<link|src=|href=|url\(|https?:", text)


def test_a_long_table_says_what_it_leaves_out():
    long = table(pd.DataFrame({"n": np.arange(MOST_ROWS + 1)}))
    assert long.startswith(f"<p>The first {MOST_ROWS} of {MOST_ROWS + 1} rows; the CSV file holds all.</p>")
    assert long.count("<td>") == MOST_ROWS
    assert table(pd.DataFrame({"n": np.arange(MOST_ROWS)})).count("<td>") == MOST_ROWS
