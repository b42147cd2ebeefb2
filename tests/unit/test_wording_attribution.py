"""What attributions say in words claims no more than its intervals."""

import pytest
from docutils.core import publish_parts

from repshift.wording.attribution import (
    AttributedOutput,
    AttributedShiftResult,
    AttributionResult,
    MethodWorth,
    attribution_section,
    attribution_sentences,
    input_sentence,
    preference_sentence,
    sanity_sentence,
    shift_sentence,
    worth_sentence,
)
from repshift.wording.numbers import Estimate

BEYOND, NOTHING = "faithful beyond random", "not distinguishable from random"
GAIN, NONE = Estimate(0.073, 0.064, 0.081), Estimate(0.001, -0.002, 0.003)


def worth(method="occlusion", gain=GAIN, verdict=BEYOND, **more):
    return MethodWorth(method, {"blur": gain}, {"blur": verdict}, **more)


def attributed(*methods, **more):
    return AttributedOutput("TNG", "Omega_m", methods, **more)


def shift(**changes):
    about = {
        "environments": {"top 1 %": Estimate(-0.001, -0.003, 0.001), "80-95 %": Estimate(0.174, 0.146, 0.204)},
        "differences": {"80-95 %": Estimate(0.31, 0.3, 0.32)},
    } | changes
    return AttributedShiftResult("TNG", "twin", "Omega_m", Estimate(0.405, 0.33, 0.48), **about)


def test_methods_are_named_by_verdict_with_their_gain():
    said = worth_sentence(attributed(worth(), worth("integrated_gradients", NONE, NOTHING)))
    assert said.startswith("Omega_m on TNG: its fall as blocks of pixels are hidden in the order of a method")
    assert "**faithful beyond random** occlusion 0.073 [0.064, 0.081]; " in said
    assert said.endswith("**not distinguishable from random** integrated gradients 0.001 [-0.002, 0.003].")


def test_fills_are_named_where_there_are_several():
    both = MethodWorth("occlusion", {"blur": GAIN, "donor": NONE}, {"blur": BEYOND, "donor": NOTHING})
    said = worth_sentence(attributed(both))
    assert "0.073 [0.064, 0.081] (blur)" in said
    assert "0.001 [-0.002, 0.003] (donor)" in said


@pytest.mark.parametrize(
    ("ratios", "said"),
    [
        (
            {"top 1 %": Estimate(1.7, 1.5, 1.9)},
            "Pixels of rank top 1 % have 1.70 [1.50, 1.90] times the share of gradient of Omega_m on TNG",
        ),
        (
            {"top 1 %": Estimate(1.7, 0.9, 1.9)},
            "In no environment is gradient of Omega_m on TNG seen to exceed the share",
        ),
        ({"top 1 %": Estimate(1.7)}, "In no environment is"),
        ({"a": Estimate(1.2, 1.1, 1.3), "b": Estimate(1.5, 1.2, 1.8)}, "Pixels of rank b have 1.50 [1.20, 1.80] times"),
    ],
)
def test_a_preference_is_beyond_its_interval(ratios, said):
    assert said in preference_sentence(attributed(preferring="gradient", preferences=ratios))


def beside_input(method, **verdicts):
    return worth(method, over_input=verdicts)


def test_methods_that_do_not_beat_the_input_are_named():
    one = attributed(beside_input("occlusion", blur="beyond the input"), beside_input("a", blur="worse than the input"))
    other = AttributedOutput("TWIN", "sigma_8", [beside_input("a", blur="not distinguishable from the input")])
    assert input_sentence([one, other]).endswith(
        "Of 3 combinations of method, output, domain and fill, **1 is beyond the input too**. Worse than the input: a "
        "of Omega_m on TNG. Not distinguishable from the input: a of sigma_8 on TWIN."
    )


def test_where_all_beat_the_input_none_is_named():
    both = [beside_input(name, blur="beyond the input") for name in ("occlusion", "gradient")]
    assert input_sentence([attributed(*both)]).endswith("and fill, **2 are beyond the input too**.")


def test_shuffled_weights_are_said_with_and_without_the_sign():
    methods = [
        worth(signed=Estimate(-0.02, -0.03, -0.01), absolute=Estimate(0.01, 0.0, 0.02)),
        worth("integrated_gradients", signed=Estimate(0.0, -0.01, 0.01), absolute=Estimate(0.32, 0.3, 0.34)),
    ]
    assert sanity_sentence([attributed(*methods)]) == (
        "With all weights shuffled, the signed rank correlation with the true map should be near 0. The largest is "
        "-0.02 [-0.03, -0.01]: occlusion of Omega_m on TNG. Of sizes the largest is 0.32 [0.30, 0.34]: integrated "
        "gradients of Omega_m on TNG."
    )


@pytest.mark.parametrize(
    ("signed", "fails"),
    [
        (Estimate(0.69, 0.6, 0.78), True),
        (Estimate(-0.2, -0.3, -0.11), True),
        (Estimate(0.2, 0.09, 0.3), False),
        (Estimate(0.05, 0.04, 0.06), False),
        (Estimate(0.5), False),
    ],
)
def test_a_failed_check_lies_beyond_its_limit_with_its_interval(signed, fails):
    said = sanity_sentence([attributed(worth("gradient", signed=NONE), worth(signed=signed))])
    assert f"The largest is {signed}: occlusion of Omega_m on TNG." in said
    failed = "**Beyond 0.1 in size, a failed check**: occlusion of Omega_m on TNG."
    assert (failed in said) == fails


def test_a_shift_is_said_with_its_parts():
    assert shift_sentence(shift()) == (
        "From TNG to its twin twin, **Omega_m shifts by 0.405 [0.330, 0.480]**. By rank of the pixels (in brackets the "
        "share of the maps' difference there): top 1 % -0.001 [-0.003, 0.001]; 80-95 % 0.174 [0.146, 0.204] (0.31)."
    )


def test_a_shift_without_parts_is_a_number():
    assert shift_sentence(shift(environments={})).endswith("shifts by 0.405 [0.330, 0.480]**.")


def test_what_is_not_known_is_not_said():
    assert attribution_sentences(AttributionResult("T", [attributed(MethodWorth("gradient"))])) == []


def test_the_shift_comes_first():
    result = AttributionResult("T", [attributed(worth(signed=NONE))], [shift()])
    assert [said[:4] for said in attribution_sentences(result)] == ["From", "Omeg", "With"]


def test_an_attribution_is_restructured_text_without_a_complaint():
    result = AttributionResult(
        "T_",
        [attributed(worth("a_*", over_input={"blur": "beyond"}), preferring="a_", preferences={"|": GAIN})],
        [shift(differences={})],
    )
    settings = {"report_level": 1}
    html = publish_parts(attribution_section([result]), writer="html5", settings_overrides=settings)["html_body"]
    assert "system-message" not in html
    assert "What does the network look at?" in html
