"""What the README and the pages say can be typed, and works."""

import os
import re
import subprocess
from pathlib import Path

import numpy as np
import pytest
import yaml

from repshift.cli.commands import COMMANDS, STAGES, actions_of
from repshift.study.reading import read_study

ROOT = Path(__file__).parents[2]
README = (ROOT / "README.md").read_text()
PAGES = {path.name: path.read_text() for path in (ROOT / "docs").glob("*.md")}
DEFAULT = yaml.safe_load((ROOT / "config/config.yaml").read_text())


def blocks(language, page):
    return re.findall(rf"```{language}\n(.*?)```", page, flags=re.DOTALL)


def rows(header):
    """Return the rows of a table of the page on the workflow, by its header."""
    table = PAGES["workflow.md"].partition(header)[2].partition("\n\n")[0]
    return [[cell.strip() for cell in line.split("|")[1:-1]] for line in table.splitlines()[2:]]


def test_the_figure_of_the_readme_is_drawn(monkeypatch, tmp_path):
    monkeypatch.chdir(tmp_path)
    (block,) = blocks("python", README)
    exec(block, {})
    assert (tmp_path / "comparison.png").stat().st_size > 10_000


def test_the_notebook_runs(monkeypatch, tmp_path, rng, capsys):
    maps = tmp_path / "results/maps/MockTNG/Maps_T_MockTNG_LHT_z=0.00.npy"
    maps.parent.mkdir(parents=True)
    np.save(maps, rng.lognormal(11, 2, size=(300, 64, 64)).astype(np.float32))
    (tmp_path / "resources").symlink_to(ROOT / "resources")
    monkeypatch.chdir(tmp_path)
    names = {}  # a part may go on from one above
    for block in blocks("python", PAGES["notebook.md"]):
        exec(block, names)
    assert "C01" in capsys.readouterr().out


@pytest.mark.parametrize("page", [README, *PAGES.values()], ids=["README.md", *PAGES])
def test_every_make_target_is_there(page):
    typed = [*blocks("bash", page), *re.findall(r"`([^`]*)`", page), *re.findall(r"(?m)^    (make .*)$", page)]
    targets = set(re.findall(r"(?m)(?:^| )make ([a-z]+)", "\n".join(typed)))
    assert targets <= set(re.findall(r"^(\w+):", (ROOT / "Makefile").read_text(), flags=re.MULTILINE))


def test_cores_are_those_of_the_machine():
    """Whatever an environment says of the threads of one process, as many do."""
    command = ["make", "--dry-run", "--old-file=.venv/installed", "figures"]
    environment = {"PATH": os.environ["PATH"]}
    plain, cut = (
        subprocess.run(command, cwd=ROOT, env=environment | more, text=True, capture_output=True, check=True).stdout
        for more in ({}, {"OMP_NUM_THREADS": "1", "OMP_THREAD_LIMIT": "1"})
    )
    assert "--cores " in plain
    assert cut == plain


def test_the_table_has_every_stage_and_its_actions():
    table = dict.fromkeys(STAGES, "")
    for stage, actions, _ in rows("| stage | actions | writes in `results/` |"):
        table[stage.strip("*")] += f" {actions}"
    assert set(table) == set(STAGES)
    for stage, actions in table.items():
        assert set(re.findall(r"\w+", actions)) == set(actions_of(stage)), stage


def test_the_table_says_which_stages_are_on_request():
    schema = yaml.safe_load((ROOT / "workflow/schemas/config.schema.yaml").read_text())["properties"]
    optional = {key for key, about in schema.items() if {"const": False} in about.get("anyOf", [])}
    italic = {stage.strip("*") for stage, *_ in rows("| stage | actions |") if stage.startswith("*")}
    assert italic == (optional & set(STAGES)) - {"intervals", "permutation_tests"}


def test_every_folder_of_the_table_is_that_of_its_stage():
    for stage, _, writes in rows("| stage | actions | writes in `results/` |"):
        assert writes.startswith(f"`{stage.strip('*')}/")


def test_the_tables_have_every_rule():
    text = "".join(path.read_text() for path in (ROOT / "workflow/rules").glob("*.smk"))
    held = {*re.findall(r"(?m)^ *rule (\w+):", text), *re.findall(r'\bname:\n\s+f"([^"]+)"', text)}
    held |= set(re.findall(r'"(\w+)"', re.search(r"for FIGURE in .*?(\(.*?\))", text)[1]))
    held = {
        name.replace("{NUMBER}", "{n}")
        .replace("{MODEL}", "{model}")
        .replace("{DOMAIN}", "{domain}")
        .replace("{SUITE}", "{suite}")
        for name in held
    }
    named = set(re.findall(r"`([\w{}]+)`", "\n".join(" ".join(row) for row in rows("| rules | stages |"))))
    assert named == held


def test_the_example_case_fits_the_default():
    (block,) = blocks("yaml", PAGES["workflow.md"])
    example = yaml.safe_load(block)
    assert set(example["domains"]["MockTNG-noise"]) == set(DEFAULT["domains"]["MockSIMBA"])
    assert not set(example["cases"]) & set(DEFAULT["cases"])
    assert example["suites"]["MockTNG-noise"]["of"] in DEFAULT["suites"]
    assert set(example["cases"]) <= set(DEFAULT["models"])
    named = {domain for shown in example["cases"].values() for domain in shown}
    assert named <= set(DEFAULT["domains"]) | set(example["domains"])


def test_the_comparison_is_one_of_the_default_s():
    (block,) = blocks("yaml", PAGES["comparisons.md"])
    (example,) = yaml.safe_load(block)["comparisons"]
    assert example in DEFAULT["comparisons"]


def test_the_example_of_two_fields_is_a_study():
    block, *_ = blocks("yaml", PAGES["channels.md"])
    kept = {name: DEFAULT[name] for name in ("suites", "maps", "domains")}
    assert read_study(kept | yaml.safe_load(block), root=ROOT).models["both"].field_label == "T+Mtot"


def test_every_configuration_of_a_command_is_there():
    for page in (README, *PAGES.values()):
        typed = "\n".join(blocks("bash", page))
        named = set(re.findall(r"(?:--configfile |CONFIG=)(\S+\.yaml)", typed))
        named -= {"config/own.yaml"} if "repshift new" in typed else set()
        assert [name for name in named if not (ROOT / name).exists()] == []


def test_every_command_of_the_package_is_known():
    for page in (README, *PAGES.values()):
        commands = re.findall(r"(?:python -m |^|`)repshift ([a-z]\w*)", page, flags=re.MULTILINE)
        assert set(commands) <= {*STAGES, *COMMANDS, "run"}
