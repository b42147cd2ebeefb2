"""CMD in the workflow: what the configurations of the real dataset list, and what they refuse. Nothing is fetched."""

import re
from functools import partial

import pytest
import yaml

from running import ROOT, configure, copy_tree, jobs_of, put, run

PAPER = ("--configfile", "config/paper.yaml")
TRAINING = {**yaml.safe_load((ROOT / "config/config.yaml").read_text())["training"], "models": []}
CATALOGUE = yaml.safe_load((ROOT / "resources/cmd.yaml").read_text())


@pytest.fixture(scope="module")
def tree(tmp_path_factory):
    return copy_tree(tmp_path_factory.mktemp("tree"))


def test_the_paper_lists_its_four_cases_and_nothing_of_the_mock(tree):
    output = run(tree, "-n", *PAPER)
    cases = ("T-IllustrisTNG/IllustrisTNG", "T-IllustrisTNG/SIMBA", "Mtot-SIMBA/SIMBA", "Mtot-SIMBA/IllustrisTNG")
    assert all(f"output: results/cka/{case}.nc" in output for case in cases)
    assert "Mock" not in output
    assert jobs_of(output) == {
        **{"all": 1, "summary": 1, "figure1": 1, "figure_predictions": 1},
        **{"tests": 1, "influential_maps": 1, "subset_sizes": 1, "results": 1, "pages": 1, "provenance": 1},
        **{"download_maps": 4, "download_parameters": 2, "trial": 2, "measured": 4},
        **dict.fromkeys(("activations", "predictions", "grams", "cka", "example"), 4),
        **dict.fromkeys(("intervals", "permutation_tests", "influence", "subsets", "figure_influential_maps"), 4),
    }


def test_the_grid_is_every_pair_of_suites_in_every_shared_field(tree):
    jobs = jobs_of(run(tree, "-n", "--configfile", "config/cmd.yaml"))
    assert (jobs["trial"], jobs["cka"], jobs["sample"], jobs["slice"]) == (36, 108, 36, 36)
    assert "download_maps" not in jobs
    assert (jobs["intervals"], jobs["symmetries"], jobs["shift_scores"], jobs["correlations"]) == (108, 108, 72, 1)


def pair(configuration, *, others, set_name):
    """Compare the networks of total matter on two suites, paired by simulation."""
    for name in ("SIMBA", others):
        suite = {"suite": name, "set": set_name, "split": "all", "standardisation": "training"}
        configuration["suites"][name] = {"provider": "cmd"}
        configuration["domains"][f"{name}-paired"] = suite
        configuration["cases"]["Mtot-SIMBA"].append(f"{name}-paired")
    sides = {"rows": ["Mtot-SIMBA", "SIMBA-paired"], "columns": ["Mtot-SIMBA", f"{others}-paired"]}
    configuration["comparisons"] = [{**sides, "pairing": "simulation"}]


@pytest.mark.parametrize(("others", "set_name"), [("IllustrisTNG", "CV"), ("Nbody_SIMBA", "LH")])
def test_suites_are_compared_on_simulations_they_share(tree, tmp_path, others, set_name):
    change = partial(pair, others=others, set_name=set_name)
    assert jobs_of(run(tree, "-n", *configure(tmp_path, change, base="paper")))["comparison"] == 1


def test_suites_that_share_no_simulation_are_not_compared(tree, tmp_path):
    change = partial(pair, others="IllustrisTNG", set_name="LH")
    output = run(tree, "-n", *configure(tmp_path, change, base="paper"), expect=1)
    assert "SIMBA and IllustrisTNG draw the initial conditions of set LH each for itself" in output


def test_the_stand_in_s_configuration_is_the_paper_s_but_for_where_and_how_many():
    paper, standin = (yaml.safe_load((ROOT / f"config/{name}.yaml").read_text()) for name in ("paper", "standin"))
    paper["maps"]["cmd"] |= {"addresses": ["http://127.0.0.1:8000"], "directory": "resources/standin"}
    paper["activations"]["n_maps"] = paper["cka"]["batch_size"] = 4
    for statistics_of_ten_simulations in ("intervals", "permutation_tests", "influence", "subsets"):
        del paper[statistics_of_ten_simulations]
    assert standin == paper


def test_the_shared_fields_are_those_of_the_catalogue():
    suites = ("IllustrisTNG", "SIMBA", "Astrid")
    shared = set.intersection(*(set(CATALOGUE["suites"][suite]["fields"]) for suite in suites))
    grid = yaml.safe_load((ROOT / "config/cmd.yaml").read_text())["grid"]
    assert (set(grid["fields"]), tuple(grid["suites"])) == (shared, suites)


def test_the_catalogue_s_fields_are_the_vocabulary_s():
    from repshift.vocabulary import FIELDS

    assert {field for suite in CATALOGUE["suites"].values() for field in suite["fields"]} == set(FIELDS)


def readme_s_lines():
    """Return the lines that docs/cmd.md puts into a copy of the paper's configuration."""
    block = re.findall(r"```yaml\n(.*?)```", (ROOT / "docs/cmd.md").read_text(), flags=re.DOTALL)[0]
    return yaml.safe_load(block)


def test_the_readme_s_lines_fit_the_paper(tree, tmp_path):
    lines = readme_s_lines()

    def add(configuration):
        configuration["maps"]["cmd"] |= lines["maps"]["cmd"]
        configuration["models"] |= lines["models"]
        configuration["cases"] |= lines["cases"]

    jobs = jobs_of(run(tree, "-n", *configure(tmp_path, add, base="paper")))
    assert (jobs["trial"], jobs["cka"], jobs["slice"]) == (3, 6, 4)


def test_the_readme_s_local_copy_is_looked_for_where_it_says(tree, tmp_path):
    there = put("suites", value=readme_s_lines()["suites"])
    output = run(tree, "-n", *configure(tmp_path, there, base="paper"), expect=1)
    assert "directory is '/data/CMD', which holds none of 2D_maps/data/" in output


def test_ranks_make_models_of_their_own(tree, tmp_path):
    output = run(tree, "-n", *configure(tmp_path, put("grid", "ranks", value=[1, 3]), base="cmd"))
    assert jobs_of(output)["trial"] == 72
    assert "results/cka/T-SIMBA-rank3/Astrid.nc" in output


def test_a_model_s_preprocessing_measures_the_maps_anew(tree, tmp_path):
    smooth = {"smoothing": 2, "monopole": "kept"}
    output = run(
        tree, "-n", *configure(tmp_path, put("models", "Mtot-SIMBA", "preprocessing", value=smooth), base="paper")
    )
    assert "output: results/maps/SIMBA/Maps_Mtot_SIMBA_LH_z=0.00_smoothing=2.json" in output
    assert "output: results/maps/SIMBA/Maps_T_SIMBA_LH_z=0.00.json" in output


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        (
            [put("suites", "EAGLE", value={"provider": "cmd"})],
            "a suite of provider cmd is 'EAGLE'; the suites of CMD are",
        ),
        (
            [
                put("models", "T-IllustrisTNG", "suite", value="SIMBA"),
                put("models", "T-IllustrisTNG", "field", value="B"),
            ],
            "models.T-IllustrisTNG reads 'B' of cmd suite 'SIMBA', which has Mgas",
        ),
        ([put("domains", "SIMBA", "set", value="BE")], "domains.SIMBA.set is 'BE'; the sets of SIMBA are LH, CV"),
        (
            [put("domains", "IllustrisTNG", "set", value="SB28")],
            "domains.IllustrisTNG.set is 'SB28', whose simulations",
        ),
        ([put("maps", value={})], "suites IllustrisTNG, SIMBA have the provider cmd, so maps.cmd is needed"),
        (
            [put("models", "T-IllustrisTNG", "rank", value=0)],
            "models.T-IllustrisTNG.rank, 0 is less than the minimum of 1",
        ),
        ([put("maps", "cmd", "addresses", value=["ftp://cmd"])], "at maps.cmd.addresses.0, 'ftp://cmd' does not match"),
        ([put("maps", "cmd", "slices", value={"sample": "some", "seed": 1})], "at maps.cmd.slices.sample"),
        (
            [put("models", "T-IllustrisTNG", "preprocessing", value={"smoothing": 0, "monopole": "removed"})],
            "models.T-IllustrisTNG.preprocessing is not one that CMD publishes networks for",
        ),
        (
            [put("models", "T-IllustrisTNG", "preprocessing", value={"smoothing": float("inf"), "monopole": "kept"})],
            "at models.T-IllustrisTNG.preprocessing.smoothing, inf is not a finite number",
        ),
        (
            [
                put("suites", "Nbody_SIMBA", value={"provider": "cmd"}),
                put("models", "Mtot-SIMBA", "suite", value="Nbody_SIMBA"),
            ],
            "models.Mtot-SIMBA has a rank, but CMD publishes no networks of 'Nbody_SIMBA'",
        ),
        (
            [
                put("maps", "cmd", "slices", value={"sample": 100, "seed": 1}),
                put("models", "new", value={"suite": "SIMBA", "field": "T", "weights": "results/training/new.pt"}),
                put("training", value=TRAINING),
            ],
            "model 'new' of suite 'SIMBA' is trained in the run, but its maps are fetched in slices",
        ),
        (
            [put("models", "new", value={"suite": "SIMBA", "field": "T", "weights": "results/training/new.pt"})],
            "models new are trained in the run, so training is needed",
        ),
        ([put("models", "T-IllustrisTNG", "weights", value="x.pt")], "at models.T-IllustrisTNG"),
        (
            [put("suites", "SIMBA", value={"provider": "local", "directory": "nowhere", "box": 25.0})],
            "suites.SIMBA.directory is 'nowhere', which holds none of 2D_maps/data/SIMBA/Maps_T_SIMBA_LH_z=0.00.npy",
        ),
        (
            [
                put(
                    "grid",
                    value={
                        "fields": ["T"],
                        "suites": ["SIMBA"],
                        "ranks": [1],
                        "set": "LH",
                        "split": "test",
                        "standardisation": "own",
                    },
                )
            ],
            "domains and grid both make SIMBA",
        ),
    ],
)
def test_a_configuration_of_cmd_that_cannot_work_is_refused(tree, tmp_path, changes, message):
    output = run(tree, "-n", *configure(tmp_path, *changes, base="paper"), expect=1)
    assert message in output
    assert "Configuration: " in output
