"""What trust says in words claims no more than its intervals."""

import math

import pytest
from docutils.core import publish_parts

from repshift.wording.numbers import Estimate
from repshift.wording.trust import (
    IntervalResult,
    TrustResult,
    TrustScoreResult,
    coverage_sentence,
    domain_sentence,
    error_sentence,
    trust_section,
    trust_sentences,
)

NONE = Estimate(math.nan)
HIGH, OPEN = Estimate(0.85, 0.76, 0.9), Estimate(0.05, -0.1, 0.2)


def score(label="distance", rho=HIGH, difference=OPEN, *, baseline=False, domain=NONE):
    return TrustScoreResult(label, baseline, rho, difference, Estimate(0.9, 0.8, 0.95), domain)


PIXELS = score("pixels", Estimate(0.8, 0.7, 0.9), Estimate(0, 0, 0), baseline=True)


def result(*scores, intervals=()):
    return TrustResult("T-TNG", "SIMBA", False, {"Omega_m": scores}, {"Omega_m": intervals})


def test_the_score_of_largest_correlation_stands_beside_the_pixels():
    said = error_sentence(result(PIXELS, score()), "Omega_m")
    assert said.startswith('Omega_m: the error goes most closely with "distance", rank correlation 0.85 [0.76, 0.90]')
    assert "; the pixels alone have 0.80 [0.70, 0.90]. **No score was seen to go beyond the pixels.**" in said


@pytest.mark.parametrize(
    ("difference", "said"),
    [
        (Estimate(0.06, 0.02, 0.12), '**Beyond the pixels**: "distance" by 0.06 [0.02, 0.12].'),
        (Estimate(-0.3, -0.5, -0.1), 'Below them: "distance" by -0.30 [-0.50, -0.10].'),
        (Estimate(0.06), "**No score was seen to go beyond the pixels.**"),
    ],
)
def test_a_score_is_beyond_the_pixels_by_its_interval(difference, said):
    assert said in error_sentence(result(PIXELS, score(difference=difference)), "Omega_m")


def test_scores_that_point_the_wrong_way_are_named():
    wrong = score("sigma", Estimate(-0.5, -0.6, -0.3))
    said = error_sentence(result(PIXELS, wrong), "Omega_m")
    assert said.endswith('**It points the wrong way**: "sigma" -0.50 [-0.60, -0.30].')


def test_no_score_tells_where_no_interval_leaves_0_out():
    said = error_sentence(result(score("pixels", OPEN, baseline=True)), "Omega_m")
    assert said == "Omega_m: **no score was seen to tell which maps have large errors**."


@pytest.mark.parametrize(
    ("auc", "said"),
    [
        (Estimate(0.96, 0.92, 0.99), 'best by "distance", AUC 0.96 [0.92, 0.99]; the pixels alone have 0.60'),
        (Estimate(0.61, 0.4, 0.8), "No score was seen to separate these maps from those of the own domain."),
    ],
)
def test_domains_are_told_apart_by_an_interval(auc, said):
    pixels = score("pixels", baseline=True, domain=Estimate(0.6, 0.45, 0.7))
    assert said in domain_sentence(result(pixels, score(domain=auc)))


def interval(kind, coverage, *, bounded=1.0, attainable=0.923):
    return IntervalResult(kind, 0.9, attainable, coverage, bounded)


@pytest.mark.parametrize(
    ("coverage", "word"),
    [
        (Estimate(0.93, 0.91, 0.95), "holds"),
        (Estimate(0.88, 0.82, 0.92), "holds"),
        (Estimate(0.23, 0.14, 0.34), "too rarely"),
        (Estimate(0.98, 0.96, 0.99), "too often"),
        (Estimate(0.98), ""),
    ],
)
def test_intervals_hold_by_the_interval_of_their_coverage(coverage, word):
    assert interval("plain", coverage).holds == word


def test_coverage_says_what_is_attained_and_what_is_infinite():
    kinds = [interval("plain", Estimate(0.23, 0.14, 0.34)), interval("weighted", HIGH, bounded=0.21)]
    said = coverage_sentence(result(intervals=kinds), "Omega_m")
    assert "the truth of 90 % of maps (92.3 % is what so many simulations attain) do so for: plain conformal" in said
    assert "0.23 [0.14, 0.34] (**too rarely**); those weighted by distance 0.85" in said
    assert said.endswith("finite for a share of 0.21 alone.")


def test_without_labels_only_the_domain_is_said():
    unlabelled = TrustResult("T-TNG", "real", False, {"Omega_m": [score(rho=NONE, domain=HIGH)]}, {})
    assert trust_sentences(unlabelled) == [domain_sentence(unlabelled)]


def test_the_section_of_trust_is_well_formed():
    whole = result(PIXELS, score("a*b_", domain=HIGH), intervals=[interval("predicted", HIGH, attainable=math.nan)])
    page = publish_parts(trust_section([whole]), writer="html", settings_overrides={"halt_level": 2})["body"]
    assert page.count("<li>") == 3
