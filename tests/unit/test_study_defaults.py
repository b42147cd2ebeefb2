"""What a study has where its file says nothing, and as what it is handed to the workflow."""

import json
import subprocess
import sys

import pytest
import yaml

from repshift.similarity.measures import BESIDE_CKA
from repshift.statistics import association, resampling
from repshift.statistics.selection import split_simulations
from repshift.study.configuration import Study
from repshift.study.expansion import expand
from repshift.study.reading import read_study
from repshift.study.sizes import FEWEST_TRAINED, simulations_of_split
from repshift.vocabulary import FEWEST_NETWORKS, FEWEST_SIMULATIONS
from studies import ROOT, changed, drop, put, refusal, study_of

HEAVY = ("torch", "xarray", "pandas", "scipy", "sklearn", "matplotlib", "netCDF4", "snakemake")
SECTIONS_OF_TEN = ("comparisons", "shift_steps", "influence", "sample_size", "shift_scores", "symmetries", "failures")


def few(n_maps, **sections):
    """Leave `n_maps` maps, and the sections that need ten out."""

    def change(configuration):
        for section in (*SECTIONS_OF_TEN, "intervals", "permutation_tests"):
            configuration.pop(section, None)
        del configuration["figures"]["figure2"]
        configuration["activations"]["n_maps"] = n_maps
        configuration.update(sections)

    return change


def test_a_study_loads_nothing_heavy():
    code = "import sys; import repshift.study, repshift.case.files; print(*sys.modules)"
    process = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, cwd=ROOT / "src", check=True)
    assert not set(HEAVY) & set(process.stdout.split())


def test_intervals_and_tests_are_there_of_ten_simulations():
    study = study_of(drop("intervals"), drop("permutation_tests"))
    assert (study.intervals.resamples, study.permutation_tests.permutations) == (2000, 1999)


def test_of_fewer_simulations_they_are_left_out():
    study = study_of(few(8))
    assert study.intervals is study.permutation_tests is None


def test_of_fewer_simulations_they_are_refused_where_written():
    assert "permutation_tests is there, but activations.n_maps is 8" in refusal(few(8, permutation_tests={}))


@pytest.mark.parametrize("off", [None, False])
def test_a_section_is_switched_off(off):
    study = study_of(put("intervals", value=off), put("influence", value=off))
    assert study.intervals is study.influence is None
    assert "intervals" not in study.plain()


def test_an_empty_section_has_its_defaults():
    study = study_of(put("influence", value={}), put("sample_size", value={}), base="paper")
    assert study.influence.most == 10
    assert study.sample_size.sizes == (10, 15, 20, 30, 40)


def test_default_sizes_are_below_those_compared():
    assert study_of(put("sample_size", value={})).sample_size.sizes == (10,)


def test_figure_1_draws_the_first_four_models():
    study = study_of(drop("figures", "figure1"), base="config")
    assert [model for model, *_ in study.figures.figure1] == list(study.cases)[:4]


def test_parameters_are_the_first_two_that_are_inferred():
    study = study_of(base="cmd")
    assert study.figures.parameters == study.failures.parameters == ("Omega_m", "sigma_8")


def test_a_suite_of_cases_is_a_domain_of_its_name():
    study = study_of(base="paper")
    assert study.domains["SIMBA"].suite == "SIMBA"
    assert list(study.domains) == ["IllustrisTNG", "SIMBA"]


def test_a_grid_is_every_pair_of_suites_in_every_field():
    study = study_of(base="cmd")
    assert (len(study.models), len(study.cases), study.grid) == (36, 36, None)
    assert study.cases["T-SIMBA"] == ("SIMBA", "IllustrisTNG", "Astrid")


def test_ranks_after_the_first_are_in_the_name():
    study = study_of(put("grid", "ranks", value=[1, 3]), base="cmd")
    assert study.models["T-SIMBA-rank3"].rank == 3
    assert len(study.models) == 72


def test_fetching_has_its_defaults():
    study = study_of(drop("maps"), base="paper")
    assert study.maps.cmd.directory == "resources/cmd"


def test_a_plain_study_is_read_as_the_same():
    study = study_of()
    assert read_study(study.plain()).plain() == study.plain()
    assert json.loads(json.dumps(study.plain())) == study.plain()


@pytest.mark.parametrize("base", ["config", "test", "paper", "mock_server", "cmd", "sweep"])
def test_a_plain_study_has_every_default(base):
    plain = study_of(base=base).plain()
    assert list(plain) == [key for key in Study.model_fields if key in plain]
    assert plain["activations"]["precision"] == "float32"
    assert {model["preprocessing"]["monopole"] for model in plain["models"].values()} == {"kept"}
    assert yaml.safe_load(yaml.safe_dump(plain)) == plain


def test_null_arguments_of_a_constructor_are_kept():
    network = {"constructor": "a.b:c", "arguments": {"width": None, "depth": [1, None]}, "seed": 1, "trained": True}
    change = put("models", "T-MockTNG-untrained", value={"suite": "MockTNG", "field": "T", "network": network})
    held = study_of(change).plain()["models"]["T-MockTNG-untrained"]["network"]
    assert held["arguments"] == {"width": None, "depth": [1, None]}


def test_a_study_is_not_changed():
    with pytest.raises(ValueError, match="frozen"):
        study_of().threads = 2


def test_filling_in_twice_changes_nothing():
    study = study_of(base="cmd")
    assert expand(study).plain() == study.plain()


def test_the_mock_server_s_study_is_the_paper_s():
    paper, server = (changed(base=name) for name in ("paper", "mock_server"))
    paper["maps"]["cmd"] = {"directory": "resources/mock_server", "addresses": ["http://127.0.0.1:8000"]}
    paper["activations"]["n_maps"] = 4
    paper["cka"] = {"batch_size": 4}
    del paper["influence"], paper["sample_size"]
    assert server == paper


def test_numbers_of_the_statistics_are_those_of_the_study():
    assert resampling.FEWEST_SIMULATIONS == FEWEST_SIMULATIONS
    assert association.FEWEST_NETWORKS == FEWEST_NETWORKS


@pytest.mark.parametrize("split", ["train", "validation", "test", "all"])
@pytest.mark.parametrize("n_simulations", [FEWEST_TRAINED, 50, 1000])
def test_splits_hold_what_the_maps_are_split_into(n_simulations, split):
    assert simulations_of_split(n_simulations, split) == len(split_simulations(n_simulations, split=split))


def test_fewer_than_the_fewest_leave_none_for_validation():
    assert simulations_of_split(FEWEST_TRAINED, "validation") == 1
    assert simulations_of_split(FEWEST_TRAINED - 1, "validation") == 0


def test_measures_beside_cka_are_the_vocabulary_s():
    assert "svcca" in BESIDE_CKA
    assert not [name for name in BESIDE_CKA if name.startswith("cka_")]
