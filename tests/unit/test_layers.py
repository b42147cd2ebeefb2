"""Imports of the package point down only; what needs no torch loads none."""

import ast
import subprocess
import sys
from pathlib import Path

import pytest

from repshift.cli.commands import COMMANDS
from repshift.imports import closure_digest, direct_imports, import_closure

SOURCE = Path(__file__).parents[2] / "src"
MODULES = sorted(
    ".".join(path.relative_to(SOURCE).with_suffix("").parts).removesuffix(".__init__") for path in SOURCE.rglob("*.py")
)
LAYERS = {
    "standin": 5,
    "__main__": 4,
    "commands": 3.5,
    "provenance": 3,
    "stages": 3,
    "storage": 2,
    "recording": 1.5,
    "training": 1.5,
    "similarity": 1,
    "statistics": 1,
    "networks": 1,
    "simulation": 1,
    "drawing": 1,
    "wording": 1,
    "costs": 1,
    "vocabulary": 0,
    "imports": 0,
    "__init__": 0,
}
NOT_STAGES = {
    "repshift.stages",
    *(
        f"repshift.stages.{name}"
        for name in (
            "answers",
            "arguments",
            "shift_steps",
            "axes",
            "cases",
            "compared",
            "conversion",
            "influential_maps",
            "deriving",
            "differences",
            "drawn",
            "estimated",
            "fetching",
            "origins",
            "own",
            "pairs",
            "preparation",
            "progress",
            "resamples",
            "rows",
            "scored",
            "shown",
            "slices",
            "stated",
            "stored",
        )
    ),
}
STAGES = [name for name in MODULES if name.startswith("repshift.stages.") and name not in NOT_STAGES]


def room(module):
    return module.split(".")[1] if "." in module else "__init__"


@pytest.mark.parametrize("module", [name for name in MODULES if room(name) != "__init__"])
def test_imports_point_down(module):
    for imported in direct_imports(module, source=SOURCE):
        if room(imported) != room(module):
            assert LAYERS[room(imported)] < LAYERS[room(module)], f"{module} imports {imported}"


@pytest.mark.parametrize("stage", STAGES)
def test_a_stage_never_imports_a_stage(stage):
    assert not (import_closure(stage, source=SOURCE) - {stage}) & set(STAGES)


@pytest.mark.parametrize(
    "stage",
    ["cka", "influence", "subsets", "shift_scores", "examples", "summary", "figures", "maps", "pages"],
)
def test_a_stage_that_needs_no_torch_loads_none(stage):
    code = f"import sys, repshift.stages.{stage}; sys.exit('torch' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], env={"PYTHONPATH": str(SOURCE)}).returncode == 0


@pytest.mark.parametrize("command", COMMANDS)
def test_no_command_loads_torch(command):
    code = f"import sys, repshift.commands.{command}; sys.exit('torch' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], env={"PYTHONPATH": str(SOURCE)}).returncode == 0


def test_a_notebook_s_names_load_on_first_use():
    code = "import sys, repshift; repshift.cka_matrix; sys.exit('torch' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], env={"PYTHONPATH": str(SOURCE)}).returncode == 0


@pytest.mark.parametrize("module", [name for name in MODULES if LAYERS[room(name)] <= 1 and name != "repshift.imports"])
def test_rooms_of_arrays_know_no_paths_and_log_nothing(module):
    path = SOURCE.joinpath(*module.split("."))
    tree = ast.parse((path / "__init__.py" if path.is_dir() else path.with_suffix(".py")).read_text())
    imported = {alias.name for node in ast.walk(tree) if isinstance(node, ast.Import) for alias in node.names}
    imported |= {node.module for node in ast.walk(tree) if isinstance(node, ast.ImportFrom)}
    assert not imported & {"logging", "pathlib", "os", "yaml", "json"}


@pytest.fixture
def package(tmp_path):
    """A package of three modules, one importing the next."""
    for name, text in {
        "__init__": "",
        "low": "VALUE = 1",
        "middle": "from repshift import low",
        "high": "from repshift.middle import low",
        "other": "import os",
    }.items():
        path = tmp_path / "repshift" / f"{name}.py"
        path.parent.mkdir(exist_ok=True)
        path.write_text(text)
    return tmp_path


def test_the_closure_follows_imports(package):
    assert import_closure("repshift.high", source=package) == {
        "repshift",
        "repshift.high",
        "repshift.middle",
        "repshift.low",
    }


def test_a_digest_changes_with_what_is_imported_and_only_with_that(package):
    before = [closure_digest(f"repshift.{name}", source=package) for name in ("high", "other")]
    (package / "repshift" / "low.py").write_text("VALUE = 2")
    after = [closure_digest(f"repshift.{name}", source=package) for name in ("high", "other")]
    assert before[0] != after[0]
    assert before[1] == after[1]
