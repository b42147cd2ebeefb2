"""What the README says can be typed, and works."""

import re
from pathlib import Path

import numpy as np
import yaml

from repshift.cli.commands import STAGES

ROOT = Path(__file__).parents[2]
README = (ROOT / "README.md").read_text()


def blocks(language):
    return re.findall(rf"```{language}\n(.*?)```", README, flags=re.DOTALL)


def test_the_notebook_runs(monkeypatch, tmp_path, rng, capsys):
    maps = tmp_path / "results/maps/MockTNG/Maps_T_MockTNG_LHT_z=0.00.npy"
    maps.parent.mkdir(parents=True)
    np.save(maps, rng.lognormal(11, 2, size=(300, 64, 64)).astype(np.float32))
    (tmp_path / "resources").symlink_to(ROOT / "resources")
    monkeypatch.chdir(tmp_path)
    for block in blocks("python"):
        exec(block, {})
    assert "C01" in capsys.readouterr().out


def test_every_make_target_is_there():
    targets = set(re.findall(r"make (\w+)", "\n".join(blocks("bash")) + "\n".join(re.findall(r"`([^`]*)`", README))))
    assert targets
    assert targets <= set(re.findall(r"^(\w+):", (ROOT / "Makefile").read_text(), flags=re.MULTILINE))


def test_every_rule_and_module_of_the_table_is_there():
    rules = "".join(path.read_text() for path in (ROOT / "workflow/rules").iterdir())
    rows = [line.split("|")[1:] for line in README.splitlines() if "`python -m repshift" in line and line[0] == "|"]
    for stage, named, *_ in rows:
        assert (ROOT / f"src/repshift/stages/{stage.strip()}.py").exists()
        assert all(re.search(rf"(rule|as) {name}( with)?:", rules) for name in re.findall(r"`(\w+)`", named))
    assert {stage.strip() for stage, *_ in rows} == set(STAGES)


def test_the_example_case_fits_the_default():
    default = yaml.safe_load((ROOT / "config/config.yaml").read_text())
    example = yaml.safe_load(blocks("yaml")[-1])
    assert set(example["domains"]["MockTNG-noise"]) == set(default["domains"]["MockSIMBA"])
    assert not set(example["cases"]) & set(default["cases"])
    assert example["suites"]["MockTNG-noise"]["of"] in default["suites"]
    assert set(example["cases"]) <= set(default["models"])
    named = {domain for shown in example["cases"].values() for domain in shown}
    assert named <= set(default["domains"]) | set(example["domains"])


def test_the_comparison_is_one_of_the_default_s():
    default = yaml.safe_load((ROOT / "config/config.yaml").read_text())
    (example,) = yaml.safe_load(blocks("yaml")[-2])["comparisons"]
    assert example in default["comparisons"]


def test_every_file_of_the_readme_is_there():
    for path in re.findall(r"\]\(([^)#:]+)\)", README):
        assert (ROOT / path).exists(), path


def test_every_key_of_the_configuration_is_explained():
    explained = (ROOT / "config/README.md").read_text()
    schema = yaml.safe_load((ROOT / "workflow/schemas/config.schema.yaml").read_text())

    def keys(node):
        for name, child in node.get("properties", {}).items():
            yield name
            yield from keys(child) if isinstance(child, dict) else ()
        for child in [node.get("additionalProperties"), *node.get("allOf", ()), node.get("then")]:
            yield from keys(child) if isinstance(child, dict) else ()

    missing = {key for key in {*keys(schema), *keys(schema["$defs"]["channel"])} if f"{key}" not in explained}
    assert missing == set()
