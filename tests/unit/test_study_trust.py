"""The section trust: what follows from it, and what is refused, in one sentence each."""

import pytest

from repshift.case.files import CaseFiles
from repshift.cli.commands import call_of
from repshift.costs.whole import jobs_of_run
from repshift.study.case_lists import shown_cases, trust_cases
from repshift.study.checks_trust import dropout_of
from repshift.study.figure_cases import drawn_cases
from repshift.study.groups import trust_groups
from repshift.study.trust_jobs import trust_files, trust_job
from repshift.study.trust_work import trust_fits, trust_passes
from studies import ROOT, drop, put, refusal, study_of

COSTS = ROOT / "workflow/costs.json"
CASES = {"T-MockTNG": ["MockTNG", "MockSIMBA"]}


def trust(**section):
    """Return a change that gives a configuration another section trust, and no figure of it."""

    def change(config):
        config["figures"].pop("figure9", None)
        config["trust"] = {"cases": CASES, "level": 0.8, **section}

    return change


def untrusted(config):
    """Leave the section out, and the figure of it."""
    trust()(config)
    del config["trust"]


def refused(*changes, base="test"):
    return refusal(*changes, base=base).removeprefix("Configuration: ")


def test_a_job_judges_all_domains_of_a_model():
    study = study_of()
    (group,) = trust_groups(study)
    job = trust_job(study, "T-MockTNG", [domain for model, domain in group if model == "T-MockTNG"])
    assert job.outputs == [CaseFiles("T-MockTNG", domain).trust for domain in CASES["T-MockTNG"]]
    home, abroad = (call_of(words).arguments for words in job.commands)
    assert home["dropout_passes"] == 3
    assert [one["reference_domain"] for one in (home, abroad)] == [None, "MockTNG"]
    assert str(abroad["reference_parameters"]) == "results/maps/MockTNG/params_LHT_MockTNG.txt"


def test_trials_say_how_much_they_disagree():
    def trial(config):
        config["models"]["other"] = {**config["models"]["T-MockTNG"], "weights": "results/training/other.pt", "seed": 2}
        config["cases"]["other"] = ["MockTNG", "MockSIMBA"]

    job = trust_job(study_of(trial), "T-MockTNG", CASES["T-MockTNG"])
    _, abroad = (call_of(words).arguments for words in job.commands)
    found = [abroad[name] for name in ("trials", "reference_trials")]
    assert [[str(path) for path in one] for one in found] == [
        [CaseFiles("other", domain).predictions] for domain in ("MockSIMBA", "MockTNG")
    ]
    assert CaseFiles("other", "MockSIMBA").predictions in job.inputs


def test_a_study_without_the_section_makes_nothing_of_it():
    study = study_of(untrusted)
    assert [trust_cases(study), trust_files(study)] == [[], []]


def test_figure9_draws_the_domains_that_are_judged():
    assert drawn_cases(study_of(), "figure9") == trust_cases(study_of())
    assert set(trust_cases(study_of())) <= set(shown_cases(study_of()))


def test_passes_are_counted_by_hand():
    study = study_of(trust(maps_each=3, splits=4, dropout_passes=2))
    assert trust_passes(study, "T-MockTNG", "MockSIMBA") == 2 * 12 * (3 * (1 + 2) + 3 * 8)
    assert trust_fits(study, "T-MockTNG", "MockSIMBA") == 2 * 4 * 12 * 3


def test_the_cost_of_trust_is_estimated():
    kinds = [[kind for kind, _ in job.parts] for job in jobs_of_run(study_of(), COSTS)]
    assert ["trust", "trust"] in kinds


def test_dropout_is_known_where_the_configuration_or_a_file_says_it():
    assert dropout_of(study_of(), "T-MockTNG") == dropout_of(study_of(), "T-MockTNG-repaired") == 0.2
    assert dropout_of(study_of(base="config"), "T-MockTNG") == 0


REFUSED = [
    (trust(cases={}), "at trust.cases, {} should be non-empty."),
    (trust(cases={"nobody": ["MockTNG"]}), "a model of trust.cases is 'nobody'; the models with cases are"),
    (
        trust(cases={"T-MockTNG": ["MockSIMBA"]}),
        "trust.cases.T-MockTNG begins with 'MockSIMBA'; the first is the model's own domain 'MockTNG', which others",
    ),
    (
        trust(cases={"T-MockTNG-untrained": ["MockTNG"]}),
        "trust.cases.T-MockTNG-untrained is there, but 'T-MockTNG-untrained' is an untrained network: nobody ",
    ),
    (trust(layers=["C51"]), "a layer of trust.layers of T-MockTNG is 'C51'; the layers of the network are C01"),
    (trust(outputs=["h"]), "an output of trust.outputs of T-MockTNG is 'h'; the outputs of the model are Omega_m"),
    (trust(maps_each=16), "trust.maps_each is 16, but a simulation of domain 'MockTNG' has 15 maps."),
    (
        trust(level=0.9),
        "trust judges the maps of domain 'MockTNG' by simulation, of which there are 12. Expected 18 or more, ",
    ),
    (trust(level=0.4), "at trust.level, 0.4 is less than the minimum of 0.5."),
]


@pytest.mark.parametrize(("change", "words"), REFUSED, ids=range(len(REFUSED)))
def test_a_wrong_section_is_refused_in_one_sentence(change, words):
    assert refused(change).startswith(words)


@pytest.mark.parametrize(("simulations", "left"), [(3, 9), (None, 0)])
def test_simulations_that_a_repair_saw_are_not_judged(simulations, left):
    cases = trust(cases={"T-MockTNG-repaired": ["MockTNG", "MockSIMBA"]})
    seen = put("models", "T-MockTNG-repaired", "repaired", "simulations", value=simulations)
    words = refused(cases, seen)
    assert words.startswith(
        f"trust judges the maps of domain 'MockSIMBA' by simulation, of which there are {left} beside {12 - left} that "
        "made 'T-MockTNG-repaired'. Expected 10 or more,"
    )


def test_a_repair_that_saw_the_own_domain_leaves_none_to_judge():
    cases = trust(cases={"T-MockTNG-repaired": ["MockTNG", "MockSIMBA"]})
    method = put("models", "T-MockTNG-repaired", "repaired", "method", value="feature_moments")
    assert refused(cases, method).startswith("trust judges the maps of domain 'MockTNG' by simulation, of which there")


def test_dropout_of_a_network_without_any_is_refused():
    words = refused(put("trust", "dropout_passes", value=10), base="config")
    assert words == (
        "trust.dropout_passes is 10, but 'T-MockTNG' has dropout 0: all passes give the same. Leave it out."
    )
    assert refused(drop("training", "dropout")).startswith("trust.dropout_passes is 3, but 'T-MockTNG' has dropout 0")
