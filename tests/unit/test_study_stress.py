"""Twins, sets 1P and the section stress: what follows from them, and what is refused, in one sentence each."""

import pytest

from repshift.study.generation import drawn_as
from repshift.study.shifts import are_partners, have_own_seeds, is_paired
from studies import put, refusal, study_of

SHOWN = put("cases", "T-MockTNG", value=["MockTNG", "MockSIMBA", "MockSIMBA-own", "MockSIMBA-spectrum", "Twin"])


def twin(**changes):
    """Return a change that gives a configuration a twin of MockTNG with MockSIMBA's feedback."""

    def change(config):
        config["suites"]["Twin"] = {**config["suites"]["MockSIMBA"], "seeds": "MockTNG", **changes}
        config["domains"]["Twin"] = {"set": "LHT"}

    return change


def refused(*changes):
    return refusal(*changes).removeprefix("Configuration: ")


def test_a_mock_twin_shows_the_simulations_of_its_suite():
    study = study_of(twin(), SHOWN)
    assert [drawn_as(study, suite) for suite in ("Twin", "MockTNG", "MockSIMBA")] == ["MockTNG", "MockTNG", "MockSIMBA"]
    assert not have_own_seeds(study, ("Twin", "MockTNG"), "LHT")
    assert have_own_seeds(study, ("Twin", "MockSIMBA"), "LHT")
    assert are_partners(study, ("Twin", "LHT", "all"), ("MockTNG", "LHT", "all"))
    assert not are_partners(study, ("Twin", "LH", "all"), ("MockTNG", "LHT", "all"))
    assert [is_paired(study, "T-MockTNG", domain) for domain in ("MockTNG", "Twin", "MockSIMBA")] == [
        False,
        True,
        False,
    ]


OF_SUITES = [
    (twin(seeds="EAGLE"), "suites.Twin.seeds is 'EAGLE'; the suites are MockTNG, MockSIMBA"),
    (twin(seeds="Twin"), "suites.Twin.seeds is 'Twin', which is no other mock suite. Name the mock suite whose"),
    (twin(seeds="MockSIMBA-spectrum"), "suites.Twin.seeds is 'MockSIMBA-spectrum', which is no other mock suite."),
    (
        lambda config: (twin()(config), put("suites", "MockSIMBA", "seeds", value="Twin")(config)),
        "suites.MockSIMBA.seeds is 'Twin', a twin itself. Name the mock suite that draws the initial conditions.",
    ),
    (
        put("maps", "mock", "simulations", value={"LH": 40, "LHT": 12, "1P": 45}),
        "maps.mock.simulations.1P is 45. Expected a multiple of 30: 6 parameters at 5 values for each realisation",
    ),
]


@pytest.mark.parametrize(("change", "words"), OF_SUITES)
def test_twins_and_sets_1p_are_refused_in_one_sentence(change, words):
    assert refused(change).startswith(words)
