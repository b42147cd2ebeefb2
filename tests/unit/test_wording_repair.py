"""What repairs say in words claims no more than its intervals and its controls."""

import math

import pytest
from docutils.core import publish_parts

from repshift.wording.numbers import Estimate
from repshift.wording.repair import (
    cka_sentence,
    gain_sentence,
    label_free_sentence,
    mixed_sentence,
    price_sentence,
    prior_sentence,
    repair_section,
    repair_sentences,
    start_sentence,
)
from repshift.wording.repair_results import RepairResult, Rung, RungScore

NONE = Estimate(math.nan)
UP, DOWN, OPEN = Estimate(2.3, 1.4, 4.2), Estimate(-1.2, -2.0, -0.4), Estimate(0.1, -0.2, 0.4)
GOOD, BAD = Estimate(0.65, 0.41, 0.77), Estimate(-0.9, -1.5, -0.4)


def scored(score=GOOD, gain=UP, over=NONE, n=25, guess=0.0):
    return RungScore(n, score, gain, over, guess)


def rung(name="Batch norm", target=(), *, home=(), mixed=(), kind="repair", of="batch_norm", **more):
    skies = {"target": target, "home": home, "mixed": mixed}
    scores = {(sky, "Omega_m"): list(held) for sky, held in skies.items() if held}
    return Rung(of, name, kind, scores=scores, **more)


AS_IT_IS = rung("as it is", [scored(Estimate(-1.7, -3.6, -0.7), Estimate(0, 0, 0), n=0)], kind="bound", of="none")


def result(*rungs, bounds=(), as_it_is=AS_IT_IS, **more):
    return RepairResult("T-TNG", "TNG", "SIMBA", "R²", ["Omega_m"], as_it_is, bounds, rungs, **more)


@pytest.mark.parametrize(
    ("one", "said"),
    [
        (scored(), "**Raised above a guess of the mean**: Batch norm 0.65 [0.41, 0.77] (25 simulations; gain 2.30"),
        (scored(BAD), "**Raised**: Batch norm -0.90 [-1.50, -0.40]"),
        (scored(guess=math.inf), "**Raised**: Batch norm"),
        (scored(gain=OPEN), "**Not seen to gain**: Batch norm"),
        (scored(gain=DOWN), "**Worse**: Batch norm"),
        (scored(gain=Estimate(2.0)), "**Not seen to gain**: Batch norm"),
    ],
)
def test_a_repair_is_raised_only_beyond_its_interval(one, said):
    assert said in gain_sentence(result(rung(target=[one])), "Omega_m", labelled=False)


@pytest.mark.parametrize(
    ("over", "word"),
    [(UP, "Raised above a guess of the mean"), (OPEN, "No more than their control"), (NONE, "Without a control")],
)
def test_a_trained_repair_is_raised_only_beyond_its_control(over, word):
    said = gain_sentence(result(rung(target=[scored(over=over)], trains=True)), "Omega_m", labelled=False)
    assert f"**{word}" in said
    assert ("beyond its control" in said) == over.has_interval


def test_simulations_count_from_where_the_gain_stays():
    curve = [scored(gain=gain, n=n) for gain, n in ((UP, 1), (OPEN, 3), (UP, 5), (UP, 25))]
    assert "(25 simulations, raised from 5 on; gain" in gain_sentence(
        result(rung(target=curve)), "Omega_m", labelled=False
    )


def test_labels_of_the_target_are_a_sentence_apart():
    both = result(rung(target=[scored()]), rung("Recalibration", [scored()], labelled=True))
    assert "Recalibration" not in gain_sentence(both, "Omega_m", labelled=False)
    said = gain_sentence(both, "Omega_m", labelled=True)
    assert said.startswith("R² of Omega_m, with labels of SIMBA.")
    assert "Batch norm" not in said


def test_controls_are_no_repairs():
    control = rung("Source training", [scored()], kind="control")
    assert gain_sentence(result(control), "Omega_m", labelled=False) == ""


@pytest.mark.parametrize(
    ("gain", "said"),
    [
        (Estimate(-1.4, -2.4, -1.0), "**Costs**: Batch norm 1.40 [1.00, 2.40]."),
        (Estimate(-0.02, -0.05, 0.01), "**Costs less than 0.1**: Batch norm 0.02 [-0.01, 0.05]."),
        (Estimate(-0.1, -0.3, 0.1), "**Not known**: Batch norm 0.10 [-0.10, 0.30]."),
    ],
)
def test_the_price_at_home_is_that_of_its_interval(gain, said):
    assert price_sentence(result(rung(home=[scored(gain=gain)])), "Omega_m").endswith(said)


def test_a_mixed_sky_stands_beside_the_network_as_it_is():
    before = rung("as it is", [scored()], mixed=[scored(BAD, n=0)], kind="bound", of="none")
    said = mixed_sentence(result(rung(mixed=[scored(gain=OPEN)]), as_it_is=before), "Omega_m")
    assert "half each, R² of Omega_m is -0.90 [-1.50, -0.40] as it is." in said
    assert said.endswith("**Not seen to gain**: Batch norm 0.65 [0.41, 0.77].")


def test_the_prior_is_said_of_each_that_was_tried():
    words = {"A": "yes", "B": "no", "C": ""}
    tried = result(*(rung(name, [scored()], needs_same_prior=word) for name, word in words.items()))
    assert prior_sentence(tried).endswith("the same prior? It is needed by A. It is not needed by B.")
    assert prior_sentence(result(rung())) == ""


@pytest.mark.parametrize("gain", [OPEN, DOWN])
def test_of_a_rung_that_gains_nothing_no_prior_is_said(gain):
    assert prior_sentence(result(rung("A", [scored(gain=gain)], needs_same_prior="no"))) == ""


def by_cka(score, over, **beside):
    last = RungScore(25, score, UP, over, 0.0, beside)
    return rung("CKA (weight 30)", [last], of="cka", trains=True)


@pytest.mark.parametrize(
    ("over", "said"),
    [
        (UP, "of Omega_m: beyond its control (2.30 [1.40, 4.20])"),
        (OPEN, "of Omega_m: not seen to differ from its control (0.10 [-0.20, 0.40])"),
        (DOWN, "of Omega_m: below its control (-1.20 [-2.00, -0.40])"),
        (NONE, "of Omega_m: without a control"),
    ],
)
def test_cka_in_the_loss_stands_beside_its_control(over, said):
    assert said in cka_sentence(result(by_cka(GOOD, over, batch_norm=DOWN)))


@pytest.mark.parametrize(
    ("difference", "said"),
    [
        (UP, "; beyond Batch norm (2.30 [1.40, 4.20]), without training."),
        (OPEN, "; not seen to differ from Batch norm (0.10 [-0.20, 0.40]), without training."),
        (DOWN, "; below Batch norm (-1.20 [-2.00, -0.40]), without training."),
    ],
)
def test_cka_in_the_loss_stands_beside_batch_norm_in_pairs(difference, said):
    """What both score by themselves, here far apart, is not what is compared."""
    both = result(by_cka(BAD, UP, batch_norm=difference), rung(target=[scored(GOOD)]))
    assert cka_sentence(both).endswith(said)


def test_cka_in_the_loss_stands_beside_mmd():
    assert cka_sentence(result(by_cka(GOOD, UP, batch_norm=OPEN, mmd=DOWN))).endswith(
        "without training; below MMD (-1.20 [-2.00, -0.40]), trained by another term."
    )


def test_nothing_is_said_of_cka_where_it_is_not_in_the_loss():
    assert cka_sentence(result(rung(target=[scored()]))) == ""
    assert cka_sentence(result(by_cka(GOOD, UP))).endswith("beyond its control (2.30 [1.40, 4.20]).")


def test_a_shift_score_is_said_to_be_chosen():
    known = result(correlations={"MMD": (-0.7, 15), "rise": (-0.9, 5), "other": (math.nan, 3)})
    said = label_free_sentence(known)
    assert said.startswith('Of 2 shift scores, the change of "rise" goes most closely with the gain')
    assert "over 5 repairs is -0.90. It was chosen for its size and has no interval." in said


def test_other_models_bound_what_repairs_reach():
    bound = rung("T-SIMBA", [scored()], kind="bound", of="bound")
    assert start_sentence(result(bounds=[bound])) == (
        "As it is, R² is -1.70 [-3.60, -0.70] of Omega_m on SIMBA; T-SIMBA has 0.65 [0.41, 0.77] of Omega_m."
    )


def test_without_labels_only_the_price_is_known():
    unlabelled = rung("as it is", kind="bound", of="none")
    said = repair_sentences(result(rung(home=[scored(gain=DOWN)]), as_it_is=unlabelled))
    assert said[0] == "The maps of SIMBA have no labels, so what repairs gain there is not known."
    assert [sentence.startswith("At home") for sentence in said] == [False, True]


def test_the_section_of_repairs_is_well_formed():
    whole = result(rung("a*b_", [scored()], home=[scored(gain=DOWN)], needs_same_prior="yes"), by_cka(GOOD, UP))
    page = publish_parts(repair_section([whole]), writer="html", settings_overrides={"halt_level": 2})["body"]
    assert page.count("<li>") == len(repair_sentences(whole))
