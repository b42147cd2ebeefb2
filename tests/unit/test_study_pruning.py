"""The section pruning: what follows from it, and what is refused, in one sentence each."""

from typing import get_args

import pytest

from repshift.case.files import CaseFiles
from repshift.case.pruning.settings import WAYS
from repshift.cli.commands import call_of
from repshift.costs.whole import jobs_of_run
from repshift.study.case_lists import pruning_cases, shown_cases
from repshift.study.figure_cases import drawn_cases
from repshift.study.groups import pruning_groups
from repshift.study.map_sets import shown_sets
from repshift.study.pruning import Way
from repshift.study.pruning_jobs import actions_on, pruning_files, pruning_job
from repshift.study.pruning_work import cause_passes, n_changes, replacement_passes, retraining_passes
from studies import ROOT, put, refusal, study_of

COSTS = ROOT / "workflow/costs.json"
CASES = {"T-MockTNG": ["MockTNG", "MockSIMBA"]}
CASE = ("T-MockTNG", "MockSIMBA")


def pruning(**section):
    """Return a change that gives a configuration another section pruning, and no figure of it."""

    def change(config):
        config["figures"].pop("figure8", None)
        config["pruning"] = {"cases": CASES, **section}

    return change


def unpruned(config):
    """Leave the section out, and the figure of it."""
    pruning()(config)
    del config["pruning"]


def refused(*changes):
    return refusal(*changes).removeprefix("Configuration: ")


def test_the_ways_are_those_of_the_stage():
    assert get_args(Way) == WAYS


def test_one_job_does_all_to_a_model_where_it_is_small():
    (group,) = pruning_groups(study_of(), "T-MockTNG")
    assert group == tuple(actions_on(study_of(), "T-MockTNG"))
    job = pruning_job(study_of(), "T-MockTNG", group)
    home, abroad = CaseFiles("T-MockTNG", "MockTNG"), CaseFiles(*CASE)
    assert job.outputs == [home.pruning, abroad.pruning, home.retrained, abroad.retrained, abroad.cause]
    assert "results/maps/MockTNG/Maps_T_MockTNG_LH_z=0.00.npy" in job.inputs


def test_the_commands_of_pruning_can_be_parsed():
    (group,) = pruning_groups(study_of(), "T-MockTNG")
    replace, abroad, _, retrain, cause = (
        call_of(words).arguments for words in pruning_job(study_of(), "T-MockTNG", group).commands
    )
    assert (replace["layers"], replace["splits"], replace["runs"], replace["alike"]) == (["C02", "C12"], 2, True, 0.9)
    assert [one["reference_domain"] for one in (replace, abroad)] == [None, "MockTNG"]
    assert (retrain["layers"], retrain["ways"], retrain["steps"], retrain["symmetries"]) == (
        *(["C12"], ["identity"]),
        *(2, True),
    )
    assert retrain["training_set"]["set"] == "LH"
    assert (cause["kinds"], cause["term_weights"], cause["seeds"]) == (["remove"], [3.0], 1)


def test_what_trains_is_on_request():
    study = study_of(pruning())
    assert actions_on(study, "T-MockTNG") == [("replace", "MockTNG"), ("replace", "MockSIMBA")]
    assert pruning_files(study, of=[CASE]) == [CaseFiles(*CASE).pruning]


def test_a_set_that_is_trained_on_is_made():
    assert ("T-MockTNG", "MockTNG", "LH", "all") in shown_sets(study_of())
    assert set(pruning_cases(study_of())) <= set(shown_cases(study_of()))


def test_a_study_without_the_section_makes_nothing_of_it():
    study = study_of(unpruned)
    assert [pruning_cases(study), pruning_files(study)] == [[], []]


def test_figure8_draws_the_domains_that_are_pruned():
    assert drawn_cases(study_of(), "figure8") == [("T-MockTNG", "MockTNG"), CASE]


def test_passes_are_counted_by_hand():
    trained = {"set": "LH", "steps": 3, "batch": 4, "splits": 2, "seeds": 3}
    how = {"layers": ["C02", "C12"], "splits": 5, "maps_each": 3}
    retraining = {**trained, "ways": ["linear"]}
    study = study_of(pruning(**how, retraining=retraining, cause={**trained, "kinds": ["build"], "weights": [1, 2]}))
    judged = 12 * 3
    assert n_changes(study, "T-MockTNG", ("C02", "C12")) == 3
    assert replacement_passes(study, *CASE) == 5 * (judged / 2 + judged / 2) * (3 * 2 + 1)
    assert retraining_passes(study, *CASE) == 2 * 3 * (1 + 3) * (3 * 3 * 4 + judged)
    assert cause_passes(study, *CASE) == 2 * 3 * (1 + 2) * (2 * 3 * 3 * 4 + judged)


def test_the_cost_of_pruning_is_estimated():
    kinds = [[kind for kind, _ in job.parts] for job in jobs_of_run(study_of(), COSTS)]
    assert ["pruning", "pruning", "retraining", "retraining", "cause"] in kinds


REFUSED = [
    (pruning(cases={}), "at pruning.cases, {} should be non-empty."),
    (pruning(cases={"nobody": ["MockTNG"]}), "a model of pruning.cases is 'nobody'; the models with cases are"),
    (
        pruning(cases={"T-MockTNG": ["MockSIMBA"]}),
        "pruning.cases.T-MockTNG begins with 'MockSIMBA'; the first is the model's own domain 'MockTNG', which others",
    ),
    (
        pruning(cases={"T-MockTNG-untrained": ["MockTNG"]}),
        "pruning.cases has 'T-MockTNG-untrained', an untrained network: it has nothing to lose.",
    ),
    (pruning(layers=["C51"]), "a layer of pruning.layers of T-MockTNG is 'C51'; the layers of the network are C01"),
    (
        pruning(retraining={"layers": ["C51"]}),
        "a layer of pruning.retraining.layers of T-MockTNG is 'C51'; the layers of the network are C01",
    ),
    (pruning(ways=["removal"]), "at pruning.ways.0, 'removal' is not one of ['identity', 'linear']."),
    (pruning(retraining={"set": "CV"}), "pruning.retraining.set is 'CV'; the sets of maps.mock.simulations are LH"),
    (pruning(cause={"set": "LHT"}), "pruning.cause.set is 'LHT', the set of 'MockTNG', whose simulations judge"),
    (
        pruning(cause={"set": "LH", "batch": 41}),
        "pruning.cause.batch is 41 simulations, but set 'LH' of 'MockTNG' has 40.",
    ),
    (
        pruning(cases={"T-MockTNG": ["MockTNG"]}, cause={}),
        "pruning.cause is there, but pruning.cases has no domain of another suite than its model",
    ),
    (pruning(outputs=["h"]), "an output of pruning.outputs of T-MockTNG is 'h'; the outputs of the model are Omega_m"),
    (pruning(alike=1.5), "at pruning.alike, 1.5 is greater than the maximum of 1."),
]


@pytest.mark.parametrize(("change", "words"), REFUSED, ids=range(len(REFUSED)))
def test_a_wrong_section_is_refused_in_one_sentence(change, words):
    assert refused(change).startswith(words)


def test_fewer_simulations_than_a_split_needs_are_refused():
    few = [put("maps", "mock", "simulations", "LHT", value=10), put("activations", "n_maps", value=8)]
    beside = [put(section, value=False) for section in ("stress", "attribution", "repair", "trust")]
    figures = [put("figures", value={"figure1": ["T-MockTNG"]})]
    others = [put(section, value=False) for section in ("intervals", "permutation_tests", "influence", "sample_size")]
    more = [put("shift_steps", value=None), put("shift_scores", value=None), put("failures", value=None)]
    words = refused(*few, *beside, *figures, *others, *more, put("symmetries", value=None), pruning())
    assert words.startswith(
        "pruning divides the simulations of domain 'MockTNG', of which there are 10. Expected 11 or"
    )
