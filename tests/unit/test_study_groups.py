"""How cases are divided into jobs."""

from pathlib import Path

import pytest

from repshift.costs.requests import Requests, parts_of_network, parts_of_sheets, parts_of_statistics
from repshift.study.cases import cases
from repshift.study.groups import LONGEST, network_groups, sheet_groups, statistics_groups
from studies import put, study_of

CONSTANTS = Path(__file__).parents[2] / "workflow/costs.json"


def test_the_default_runs_each_network_in_one_job():
    study = study_of(base="config")
    assert {model: network_groups(study, model) for model in study.cases} == {
        model: [shown] for model, shown in study.cases.items()
    }


def test_networks_of_cmd_run_on_one_domain_a_job():
    study = study_of(base="cmd")
    assert {len(group) for model in study.cases for group in network_groups(study, model)} == {1}


@pytest.mark.parametrize("base", ["config", "sweep", "test"])
def test_groups_take_under_two_minutes_by_the_estimate(base):
    study = study_of(base=base)
    requests = Requests(study, CONSTANTS)
    for model, shown in study.cases.items():
        for groups, parts_of in (
            (network_groups(study, model), parts_of_network),
            (statistics_groups(study, model), parts_of_statistics),
        ):
            assert [domain for group in groups for domain in group] == list(shown)
            assert all(requests.seconds(parts_of(study, model, group)) <= LONGEST for group in groups)


def test_sheets_of_all_cases_are_drawn_in_few_jobs():
    study = study_of(base="config")
    groups = sheet_groups(study)
    assert [pair for group in groups for pair in group] == cases(study)
    assert all(Requests(study, CONSTANTS).seconds(parts_of_sheets(group)) <= LONGEST for group in groups)


def test_what_a_run_makes_moves_no_case_to_another_job(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    study = study_of(base="paper")
    before = {model: network_groups(study, model) for model in study.cases}
    for model in study.cases:
        described = Path(f"results/models/{model}.json")
        described.parent.mkdir(parents=True, exist_ok=True)
        described.write_text('{"constructor": "repshift.networks.CMDNetwork", "arguments": {"hidden": 1}}')
    assert {model: network_groups(study, model) for model in study.cases} == before


def test_many_permutations_divide_the_statistics():
    many = put("permutation_tests", value={"permutations": 999_999})
    study = study_of(many, base="config")
    assert all(len(group) == 1 for model in study.cases for group in statistics_groups(study, model))
