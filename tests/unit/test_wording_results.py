"""The first page says of each network no more than its stages found, and what was not run."""

import math

import pytest
from docutils.core import publish_parts

from repshift.wording.attribution import AttributedOutput, AttributedShiftResult, AttributionResult, MethodWorth
from repshift.wording.entries import breaking, carrying, failing, layers, repairing, trusting
from repshift.wording.findings import Findings
from repshift.wording.numbers import Estimate
from repshift.wording.repair_results import RepairResult, Rung, RungScore
from repshift.wording.results import missing_sentence, network_entries, result_page
from repshift.wording.shifts import LabelFree, Network, Shift, SwapResult
from repshift.wording.steps import CKA, StepResult, step_sentence
from repshift.wording.stress import Side, StressResult
from repshift.wording.trust import IntervalResult, TrustResult, TrustScoreResult

HIGH, MIDDLE, LOW = Estimate(0.9, 0.8, 1.0), Estimate(0.85, 0.75, 0.95), Estimate(-1.5, -2.0, -1.0)
RISE, NONE, OPEN = Estimate(0.17, 0.07, 0.26), Estimate(math.nan), Estimate(0.1, -0.1, 0.2)
GAIN, PRICE = Estimate(2, 1, 3), Estimate(-0.3, -0.5, -0.2)


def shift(other="far", score=LOW, *, p_value=0.002, **changes):
    accuracy = {} if score is None else {"r2": {"age": (HIGH, score)}}
    return Shift("home", other, (MIDDLE, HIGH), 50, SwapResult(RISE, p_value, 1999), accuracy, **changes)


def network(*shifts, name="net", is_trained=True):
    return Network(name, "T", "TNG", is_trained=is_trained, shifts=shifts or [shift()])


def test_the_worst_domain_is_said_and_how_many_hold():
    said = failing(network(shift("near", MIDDLE), shift("far"), shift("farther", Estimate(-3, -4, -2))))
    assert said.startswith("From home to farther, R² **falls**: age 0.90 [0.80, 1.00] to -3.00 [-4.00, -2.00].")
    assert said.endswith("A score falls on 2 of 3 domains, **most on farther**; not seen to on near.")


def test_of_domains_without_labels_the_most_shifted_is_said():
    outside = [LabelFree(n, 38, "predicted sigma", 1.2, Estimate(0.01, -0.1, 0.2)) for n in (3, 30)]
    said = failing(network(*(shift(f"sky {one.outside}", None, label_free=one) for one in outside)))
    assert said.startswith("Its outputs are not scored on both home and sky 30. Of 38 shift scores")
    assert said.endswith("Of 2 domains, **most lie outside on sky 30**.")


def test_a_domain_without_labels_stands_behind_scored_ones():
    said = failing(network(shift("dark", None), shift("near", MIDDLE)))
    assert said.startswith("From home to near, R² **was not seen to fall**")
    assert said.endswith("Not scored: dark.")


def test_a_network_at_home_alone_is_compared_with_nothing():
    alone = Network("net", "T", "TNG", is_trained=True, shifts=[])
    assert ":What fails: It is shown no domain beside its own, so there is nothing to compare." in result_page([alone])
    assert "Its layers" not in result_page([alone])


@pytest.mark.parametrize(
    ("known", "control", "said"), [(0.002, 0.001, True), (0.002, 0.05, False), (0.05, 0.001, False)]
)
def test_a_rise_without_learning_is_said(known, control, said):
    text = layers(shift(p_value=known), [shift(p_value=control)])
    assert ("**An untrained network's rises too**, by 0.17 [0.07, 0.26]" in text) is said


@pytest.mark.parametrize(
    ("field", "is_trained", "said"), [("T", False, True), ("Mtot", False, False), ("T", True, False)]
)
def test_only_its_untrained_twin_is_beside_a_network(field, is_trained, said):
    control = Network("other", field, "TNG", is_trained=bool(is_trained), shifts=[shift()])
    assert ("An untrained network" in result_page([network()], [control])) == said


def side(label, critical=0.01, **changes):
    numbers = {"age": Estimate(critical, critical / 2, critical * 2), "mass": Estimate(1, 0.5, 2)}
    return Side(label, "dex", "", 0.001, 3, False, numbers, **changes)


def test_the_first_axes_are_named_and_the_rest_counted():
    said = breaking(StressResult("net", "home", "R²", [side("noise"), side("beam"), side("gain")]))
    assert said.startswith("On home, R² of an output falls by 0.1 along 3 of 3 axes and directions: noise at 0.01")
    assert said.endswith("beam at 0.01 [0.005, 0.02] dex (age), 1 more.")


@pytest.mark.parametrize(
    ("ratio", "said"),
    [
        (Estimate(0.5, 0.3, 0.9), "Label-free scores **warn before** along 1 of these."),
        (Estimate(0.5, 0.3, 1.0), "**No early warning** was seen from 1 label-free scores."),
    ],
)
def test_a_warning_comes_before_by_its_interval(ratio, said):
    warned = side("noise", warnings={"score": {"age": ratio}})
    assert breaking(StressResult("net", "home", "R²", [warned])).endswith(said)


def test_what_never_breaks_is_said():
    kept = Side("noise", "dex", "", 0.001, 3, False, {"age": Estimate(math.inf, 1, math.inf)})
    said = breaking(StressResult("net", "home", "R²", [kept]))
    assert said == "On home, a fall of R² by 0.1 was not reached along any of 1 axes and directions."
    assert breaking(StressResult("net", "home", "R²", [])).startswith("**No critical strength**")


def test_a_step_takes_away_what_its_interval_says():
    shares = {"R² of age": Estimate(0.7, 0.4, 0.9), CKA: Estimate(0.1, -0.1, 0.3)}
    assert step_sentence(StepResult("net", "home", "far", "far-like", shares)) == (
        "With pixels made more like those of home (far-like), **part of the change is gone**: 0.70 [0.40, 0.90] of R² "
        "of age; **no part was seen to go**: 0.10 [-0.10, 0.30] of mean CKA."
    )
    assert "nothing to explain" in step_sentence(StepResult("net", "home", "far", "far-like"))


def moved(output, twin="far"):
    parts = {"top 1 %": Estimate(0.5, -0.1, 0.9), "lower half": Estimate(-0.2, -0.3, -0.1)}
    return AttributedShiftResult("home", twin, output, Estimate(0.4, 0.3, 0.5), parts)


def test_the_pixels_that_carry_most_are_clear_of_0():
    said = carrying(AttributionResult("net", shifts=[moved("age", "near"), moved("age")]), "far")
    assert said.startswith("From home to its twin far outputs shift")
    assert said.endswith("age by 0.400 [0.300, 0.500], **lower half** -0.200 [-0.300, -0.100].")


def test_without_twins_attributions_beyond_the_input_are_counted():
    methods = [
        MethodWorth(name, over_input={"blur": f"{word} the input"}) for name, word in (("a", "beyond"), ("b", "as"))
    ]
    said = carrying(AttributionResult("net", [AttributedOutput("home", "age", methods)]), "far")
    assert said == "Of 2 attributions 1 are beyond the input."


def rung(name, score, gain=GAIN, **more):
    held = {"target": RungScore(25, score, gain, NONE, 0.0), "home": RungScore(25, score, PRICE, NONE)}
    return Rung(name, name, "repair", scores={(sky, "age"): [one] for sky, one in held.items()}, **more)


def ladder(*rungs, start=LOW):
    scores = {("target", "age"): [RungScore(0, start, NONE, NONE)]} if start else {}
    return RepairResult(
        "net", "home", "far", "R²", ["age"], Rung("none", "as it is", "bound", scores=scores), (), rungs
    )


def test_the_best_repair_is_said_with_its_price():
    worse = rung("moments", Estimate(0.5, 0.4, 0.6))
    said = repairing(ladder(worse, rung("recalibration", HIGH, labelled=True), rung("none", HIGH, Estimate(0, -1, 1))))
    assert said == (
        "**recalibration**, the best of 3 (25 simulations, with labels): R² on far is **raised above a guess of the "
        "mean**: age 0.90 [0.80, 1.00]. At home, on home, it **costs**: age 0.30 [0.20, 0.50]."
    )


def test_nothing_repairs_where_no_interval_does():
    assert repairing(ladder(rung("a", HIGH, Estimate(1, -1, 2)))) == "**No repair of 1 was seen to raise R²** on far."
    assert repairing(ladder(rung("a", HIGH), start=None)) == "Not known: the maps of far have no labels."


def believed(domain, *intervals, is_own=False, difference=OPEN, pixels=None):
    scores = [TrustScoreResult("distance", False, HIGH, difference, HIGH, NONE)]
    scores += [] if pixels is None else [TrustScoreResult("pixels", True, pixels, NONE, HIGH, NONE)]
    kinds = [IntervalResult(kind, 0.9, math.nan, held, bounded) for kind, held, bounded in intervals]
    return TrustResult("net", domain, is_own, {"age": scores}, {"age": kinds} if kinds else {})


HELD, RARE = Estimate(0.91, 0.86, 0.95), Estimate(0.2, 0.1, 0.3)


def test_intervals_hold_by_their_coverage_and_where_finite():
    kinds = [("predicted", RARE, math.nan), ("over_distance", HELD, 1.0), ("weighted", HELD, 0.25)]
    said = trusting(believed("home", ("predicted", HELD, math.nan), is_own=True), believed("far", *kinds))
    assert said == (
        "Its own 90 % intervals on home **hold**: age 0.91 [0.86, 0.95]; on far **hold too rarely**: age 0.20 [0.10, "
        "0.30]. Of 2 kinds of conformal intervals there **1 holds** (over distance). **No score was seen to go with "
        "errors** there beyond the pixels."
    )


@pytest.mark.parametrize(
    ("pixels", "said"),
    [
        (
            HELD,
            "Errors on far go with the standard deviation of the pixels: age 0.91 [0.86, 0.95]; **no score was seen",
        ),
        (Estimate(0.1, -0.1, 0.3), "**No score was seen to go with errors** on far beyond the pixels."),
    ],
)
def test_errors_that_the_pixels_tell_are_said(pixels, said):
    assert trusting(None, believed("far", pixels=pixels)).startswith(said)


def test_without_intervals_the_domain_of_errors_is_named():
    said = trusting(None, believed("far", difference=Estimate(0.2, 0.1, 0.3)))
    assert said == 'Beyond the pixels, errors on far **go with** "distance" (age).'


def test_the_page_says_what_was_not_run():
    assert missing_sentence(Findings()) == (
        "**Not run**, in brackets the section of the configuration: how far (``stress``), why (``shift_steps``, "
        "``attribution``), repaired by (``repair``), trusted when (``trust``)."
    )
    whole = Findings(stress=[], shift_steps=[], attribution=[], repair=[], trust=[])
    assert missing_sentence(whole) == ""


def test_a_network_that_a_section_leaves_out_says_so():
    page = network_entries(network(), [], Findings(stress=[StressResult("other", "home", "R²", [])], repair=[ladder()]))
    assert ":How far: Not run of this network: it is not in ``stress``." in page
    assert ":Repaired by: **No repair of 0" in page
    assert ":Trusted when:" not in page


def test_where_nothing_falls_attributions_explain_nothing():
    found = Findings(attribution=[AttributionResult("net", shifts=[moved("age")])])
    assert ":Why: From home" in result_page([network()], findings=found)
    held = network(shift(score=MIDDLE))
    assert ":Why: No score was seen to fall, so there is nothing to explain." in result_page([held], findings=found)


@pytest.mark.parametrize("name", ["T-MockTNG", "T_", "a*b*", "`x`_", "|y|", "back\\slash"])
def test_a_page_is_restructured_text_without_a_complaint(name):
    named = Network(name, name, name, is_trained=True, shifts=[shift(name)])
    body = publish_parts(result_page([named, named]), writer="html", settings_overrides={"halt_level": 2})["html_body"]
    assert body.count('<td class="field-body">') == 4
