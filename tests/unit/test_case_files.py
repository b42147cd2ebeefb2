"""Where the files of a case lie."""

import pytest

from repshift.case.files import CaseFiles
from repshift.vocabulary import InputError

CASE = CaseFiles("T-MockTNG", "MockSIMBA")
BESIDE = {
    **{"smallest": "stress", "features": "attribution"},
    **{"latent_space": "repair", "retrained": "pruning", "cause": "pruning"},
}
"""Files beside the one that a stage makes of each case."""

STAGES = [name for name, value in vars(CaseFiles).items() if isinstance(value, property) and name not in BESIDE]


@pytest.mark.parametrize("stage", STAGES)
def test_a_file_lies_by_stage_model_and_domain(stage):
    assert CASE.of(stage) == getattr(CASE, stage) == f"results/{stage}/T-MockTNG/MockSIMBA.nc"


@pytest.mark.parametrize(("name", "stage"), BESIDE.items())
def test_other_files_lie_beside_that_of_their_stage(name, stage):
    assert getattr(CASE, name) == f"results/{stage}/T-MockTNG/MockSIMBA_{name}.nc"


def test_a_trained_rung_lies_beside_the_ladder():
    assert CASE.repair_of("mmd") == "results/repair/T-MockTNG/MockSIMBA_mmd.nc"
    assert CASE.part_of("mmd", 1) == "results/repair/T-MockTNG/MockSIMBA_mmd_part1.nc"


def test_a_shift_is_of_a_domain_and_its_twin():
    assert CASE.attribution_of_shift("Twin") == "results/attribution/T-MockTNG/MockSIMBA_to_Twin.nc"


def test_an_unknown_stage_is_refused():
    with pytest.raises(InputError, match="There is no stage 'nulls', so no case has a file of it"):
        CASE.of("nulls")


def test_two_cases_are_compared_in_one_file():
    other = CaseFiles("Mtot-MockSIMBA", "MockTNG")
    assert CASE.compared_with(other) == "results/cka/T-MockTNG/MockSIMBA/Mtot-MockSIMBA/MockTNG.nc"


def test_a_case_is_its_names():
    assert CaseFiles("T-MockTNG", "MockSIMBA") == CASE
    assert len({CASE, CaseFiles("T-MockTNG", "MockSIMBA")}) == 1
