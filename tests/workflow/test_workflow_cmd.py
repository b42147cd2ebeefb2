"""CMD in the workflow: what is planned for the configurations of the real dataset. Nothing is fetched."""

import re

import pytest
import yaml

from planning import plans, running
from running import ROOT, configure, copy_tree, put, run


def readme_s_lines():
    """Return the lines that docs/cmd.md puts into a copy of the paper's configuration."""
    block = re.findall(r"```yaml\n(.*?)```", (ROOT / "docs/cmd.md").read_text(), flags=re.DOTALL)[0]
    return yaml.safe_load(block)


def more(configuration):
    """Add the README's lines."""
    lines = readme_s_lines()
    configuration["maps"]["cmd"] |= lines["maps"]["cmd"]
    configuration["models"] |= lines["models"]
    configuration["cases"] |= lines["cases"]


@pytest.fixture(scope="module")
def tree(tmp_path_factory):
    return copy_tree(tmp_path_factory.mktemp("tree"))


@pytest.fixture(scope="module")
def planned(tree):
    """The jobs of each configuration of CMD, and of some changes, by name."""
    two_fields = put("grid", "fields", value=["T", "Mtot"])
    smoothed = put("models", "Mtot-SIMBA", "preprocessing", value={"smoothing": 2, "monopole": "kept"})
    files = {"paper": "config/paper.yaml", "cmd": "config/cmd.yaml"}
    for name, base, *changes in (
        ("more", "paper", more),
        ("ranks", "cmd", two_fields, put("grid", "ranks", value=[1, 3])),
        ("smoothed", "paper", smoothed),
    ):
        (tree / name).mkdir()
        files[name] = configure(tree / name, *changes, base=base)[1]
    found = plans(tree, *({"configuration": file} for file in files.values()))
    return dict(zip(files, found, strict=True))


def made_by(plan):
    return {path for job in plan if job.runs for path in job.outputs}


def test_the_paper_lists_its_four_cases_and_nothing_of_the_mock(planned):
    cases = ("T-IllustrisTNG/IllustrisTNG", "T-IllustrisTNG/SIMBA", "Mtot-SIMBA/SIMBA", "Mtot-SIMBA/IllustrisTNG")
    made = made_by(planned["paper"])
    assert {path for path in made if path.startswith("results/cka/")} == {f"results/cka/{case}.nc" for case in cases}
    assert not [path for path in made if "Mock" in path]
    fetched = {"download_maps": 4, "download_parameters": 2, "trial": 2, "measured": 4}
    assert fetched.items() <= running(planned["paper"]).items()


def test_cases_at_256_pixels_are_jobs_of_their_own(planned):
    rules = running(planned["cmd"])
    assert len([rule for rule in rules if rule.startswith("network_")]) == 108


def test_the_grid_is_every_pair_of_suites_in_every_shared_field(planned):
    rules = running(planned["cmd"])
    assert (rules["trial"], rules["cka"], rules["sample"], rules["slice"]) == (36, 108, 36, 36)
    assert "download_maps" not in rules
    words = [part[0] for job in planned["cmd"] for part in job.commands if part]
    assert [words.count(stage) for stage in ("intervals", "symmetries", "shift_scores")] == [108, 108, 72]
    assert rules["correlations"] == 1


def test_the_readme_s_lines_fit_the_paper(planned):
    rules = running(planned["more"])
    assert (rules["trial"], rules["cka"], rules["slice"]) == (3, 6, 4)


def test_ranks_make_models_of_their_own(planned):
    assert running(planned["ranks"])["trial"] == 2 * 3 * 2
    assert "results/cka/T-SIMBA-rank3/Astrid.nc" in made_by(planned["ranks"])


def test_a_model_s_preprocessing_measures_the_maps_again(planned):
    made = made_by(planned["smoothed"])
    assert "results/maps/SIMBA/Maps_Mtot_SIMBA_LH_z=0.00_smoothing=2.json" in made
    assert "results/maps/SIMBA/Maps_T_SIMBA_LH_z=0.00.json" in made


def test_the_readme_s_local_copy_is_looked_for_where_it_says(tree, tmp_path):
    there = put("suites", value=readme_s_lines()["suites"])
    output = run(tree, "-n", *configure(tmp_path, there, base="paper"), expect=1)
    assert "directory is '/data/CMD', which holds none of 2D_maps/data/" in output


def test_the_mock_server_s_configuration_is_the_paper_s_on_few_maps():
    paper, served = (yaml.safe_load((ROOT / f"config/{name}.yaml").read_text()) for name in ("paper", "mock_server"))
    paper["maps"]["cmd"] = {"directory": "resources/mock_server", "addresses": ["http://127.0.0.1:8000"]}
    for keys in (("activations", "n_maps"), ("cka", "batch_size")):
        put(*keys, value=4)(paper)
    for section in ("influence", "sample_size"):
        del paper[section]
    assert served == paper


def test_the_shared_fields_are_those_of_the_catalogue():
    suites = ("IllustrisTNG", "SIMBA", "Astrid")
    catalogue = yaml.safe_load((ROOT / "resources/cmd.yaml").read_text())
    shared = set.intersection(*(set(catalogue["suites"][suite]["fields"]) for suite in suites))
    grid = yaml.safe_load((ROOT / "config/cmd.yaml").read_text())["grid"]
    assert (set(grid["fields"]), tuple(grid["suites"])) == (shared, suites)
