"""What replaced layers say in words claims no more than its intervals."""

import math

import pytest
from docutils.core import publish_parts

from repshift.wording.numbers import Estimate
from repshift.wording.pruning import (
    cause_sentence,
    going_sentence,
    moved_sentence,
    pruning_section,
    pruning_sentences,
    relation_sentence,
    retrained_sentence,
)
from repshift.wording.pruning_results import Change, Moved, PruningResult

SMALL, LARGE = Estimate(0.04, 0.01, 0.08), Estimate(0.5, 0.3, 0.7)


def change(layers="C32", can_go="yes", lost=SMALL, *, n=1, way="linear", **more):
    return Change(layers, way, n, 32896, can_go, {"Omega_m": lost, "sigma_8": Estimate(0.0, -0.01, 0.01)}, **more)


def result(*changes, **more):
    return PruningResult("T-TNG", "TNG", "R²", changes, **more)


def test_layers_that_can_go_are_named_with_their_largest_loss():
    said = going_sentence(result(change(), change("C12", "no", LARGE)), "linear")
    assert said == (
        "Without training, replaced by a linear map: **can go** C32 (at most 0.04 [0.01, 0.08], of Omega_m; 32,896 "
        "parameters saved)."
    )


def test_the_longest_run_that_can_go_is_named():
    runs = [change("C31 to C32", n=2), change("C22 to C32", n=3), change("C12 to C32", "no", LARGE, n=5)]
    said = going_sentence(result(*runs), "linear")
    assert "**no single layer can go**. The longest run that can go is C22 to C32" in said


def test_linear_layers_are_named_apart():
    said = going_sentence(result(change("C03", is_linear=True), change("C12", "no", LARGE)), "linear")
    assert said.endswith("**none of 1 layers and runs of layers can go**. C03 is linear and loses nothing.")


@pytest.mark.parametrize("word", ["no", "not known"])
def test_what_may_lose_much_cannot_go(word):
    assert "**none of 1 layers" in going_sentence(result(change(can_go=word)), "linear")


def test_ways_that_are_not_possible_are_not_said():
    assert going_sentence(result(change(can_go="not possible")), "linear") == ""


def test_a_network_like_a_guess_has_nothing_to_lose():
    guessing = result(change(can_go="nothing to lose"), relations={"depth": {("linear", "Omega_m"): SMALL}})
    assert pruning_sentences(guessing) == [
        "**Nothing to lose**: R² of some output is no better than a guess of the mean."
    ]


def test_after_training_losses_are_from_the_control():
    said = retrained_sentence(result(retrained=[change("C22")]))
    assert said.startswith("Trained again, of the score of the control, which is the unchanged network after the same")
    assert "**can go** C22" in said


@pytest.mark.parametrize(
    ("rhos", "said"),
    [
        ([Estimate(-0.4, -1, 0.9)], "**CKA with the layer before was not seen to tell** what a layer is worth"),
        ([Estimate(-0.9, -1, -0.3)], "**CKA with the layer before tells** what a layer is worth"),
        ([Estimate(-0.9, -1, -0.3), Estimate(0.1, -1, 1)], "tells what a layer is worth for some outputs alone"),
        ([Estimate(math.nan)], "Of CKA with the layer before, there are too few layers to say anything."),
    ],
)
def test_a_number_tells_only_beyond_its_interval(rhos, said):
    found = {("linear", f"output {place}"): rho for place, rho in enumerate(rhos)}
    assert said in relation_sentence(result(relations={"cka_with_neighbour": found}), "cka_with_neighbour")


def moved(gain, weight=30.0, kind="remove"):
    return Moved(kind, weight, "Omega_m", 0.45, 0.88, gain, Estimate(-0.5, -0.6, -0.4))


@pytest.mark.parametrize(
    ("gain", "word"),
    [
        (LARGE, "a gain"),
        (Estimate(-0.5, -0.7, -0.3), "a loss"),
        (Estimate(0.5, -0.1, 2), "not seen to differ"),
        (Estimate(0.5), "not seen to differ"),
    ],
)
def test_moved_cka_stands_beside_its_control(gain, word):
    said = moved_sentence(result(moved=[moved(gain)]), "remove")
    assert "At weight 30, CKA 0.45 where the control has 0.88:" in said
    assert f"of Omega_m ({word}), at home -0.50 [-0.60, -0.40]." in said


def test_kinds_that_were_not_tried_are_not_said():
    assert moved_sentence(result(moved=[moved(LARGE)]), "build") == ""


@pytest.mark.parametrize(
    ("rho", "said"),
    [
        (Estimate(0.2, -0.5, 0.7), "**CKA was not seen to be a cause**."),
        (Estimate(-0.8, -0.9, -0.5), "what moves CKA moves R² of Omega_m."),
        (Estimate(-0.9), "Too few splits and seeds give it no interval: **no cause is claimed or denied**."),
        (Estimate(math.nan), "Too few networks held their score at home to say whether CKA is a cause."),
    ],
)
def test_cka_is_a_cause_only_beyond_its_interval(rho, said):
    assert cause_sentence(result(causes={("all", "Omega_m"): rho})).endswith(said)


def test_each_way_of_moving_cka_stands_beside_all():
    causes = {("all", "Omega_m"): Estimate(0.2, -0.5, 0.7), ("remove", "Omega_m"): Estimate(0.8, 0.4, 0.9)}
    assert cause_sentence(result(causes=causes)).endswith(
        "**CKA was not seen to be a cause**. Each way alone: layers made unlike 0.80 [0.40, 0.90] for Omega_m."
    )


def test_the_section_of_pruning_is_well_formed():
    whole = result(change("a*b_"), change("C2", "no", LARGE, way="identity"), moved=[moved(LARGE)])
    page = publish_parts(pruning_section([whole]), writer="html", settings_overrides={"halt_level": 2})["body"]
    assert page.count("<li>") == 3
