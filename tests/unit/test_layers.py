"""Imports of the package point down only; what needs no torch loads none; stages hold stages."""

import ast
import subprocess
import sys
from pathlib import Path

import pytest

from repshift.cli.commands import COMMANDS, STAGES, module_of
from repshift.provenance.code import direct_imports, import_closure

SOURCE = Path(__file__).parents[2] / "src"
MODULES = sorted(
    ".".join(path.relative_to(SOURCE).with_suffix("").parts).removesuffix(".__init__") for path in SOURCE.rglob("*.py")
)
LAYERS = {
    "__main__": 9,
    "reference": 9,
    "mock_server": 9,
    "inspection": 8.5,
    "costs": 8,
    "provenance": 8,
    "stages": 7,
    "study": 6,
    "case": 5,
    "downloads": 5,
    "cli": 4,
    "storage": 3,
    "notebook": 3,
    "attacks": 2.6,
    "adaptation": 2.6,
    "attribution": 2.6,
    "recording": 2.5,
    "training": 2.5,
    "drawing": 2,
    "evidence": 1.5,
    "similarity": 1,
    "statistics": 1,
    "networks": 1,
    "perturbation": 1,
    "simulation": 1,
    "wording": 1,
    "declarations": 0.5,
    "vocabulary": 0,
    "__init__": 0,
}
"""Rooms, and how high they stand; rooms of one height do not import each other."""

ARRAYS = [name for name, layer in LAYERS.items() if layer <= LAYERS["drawing"]]
WITH_TORCH = {
    *("activations", "attribution", "grams", "models", "predictions", "pruning"),
    *("repair", "stress", "symmetries", "training", "trust"),
}
WITHOUT_TORCH = set(STAGES) - WITH_TORCH


def room(module):
    return module.split(".")[1] if "." in module else "__init__"


def text_of(module):
    path = SOURCE.joinpath(*module.split("."))
    return (path / "__init__.py" if path.is_dir() else path.with_suffix(".py")).read_text()


@pytest.mark.parametrize("module", [name for name in MODULES if room(name) != "__init__"])
def test_imports_point_down(module):
    for imported in direct_imports(module, source=SOURCE):
        if room(imported) != room(module):
            assert LAYERS[room(imported)] < LAYERS[room(module)], f"{module} imports {imported}"


def test_the_folder_of_stages_holds_the_stages_alone():
    held = {path.stem for path in (SOURCE / "repshift/stages").iterdir() if not path.stem.startswith("__")}
    assert held == set(STAGES)


@pytest.mark.parametrize("stage", STAGES)
def test_a_stage_never_imports_a_stage(stage):
    own = f"repshift.stages.{stage}"
    inside = [name for name in MODULES if name == own or name.startswith(f"{own}.")]
    for module in inside:
        stages = {name for name in import_closure(module, source=SOURCE) if room(name) == "stages"}
        assert stages <= {"repshift.stages", *inside}


def actions():
    """Return the words of every stage and action."""
    for stage in STAGES:
        package = SOURCE / f"repshift/stages/{stage}"
        found = [path.stem for path in sorted(package.glob("*.py"))] if package.is_dir() else []
        yield from [(stage,)] if not found else [(stage, name) for name in found if module_of([stage, name])]


def first_to_load(package, modules):
    """Return the first of some modules whose import loads a package; nothing where none does."""
    code = f"""
import importlib, sys
for module in {modules}:
    importlib.import_module(module)
    if "{package}" in sys.modules:
        sys.exit(module)
"""
    done = subprocess.run([sys.executable, "-c", code], env={"PYTHONPATH": str(SOURCE)}, capture_output=True, text=True)
    return done.stderr.strip()


def test_torch_is_loaded_only_where_a_network_runs():
    modules = [module_of(words) for words in actions() if words[0] in WITHOUT_TORCH]
    assert first_to_load("torch", [*modules, *map(module_of, zip(COMMANDS))]) == ""


@pytest.mark.parametrize("package", ["torch", "xarray", "pandas", "scipy"])
def test_the_study_loads_nothing_that_only_jobs_need(package):
    assert first_to_load(package, [name for name in MODULES if room(name) == "study"]) == ""


def test_seaborn_is_loaded_only_where_it_draws():
    assert first_to_load("seaborn", [module_of(words) for words in actions() if words[0] not in WITHOUT_TORCH]) == ""


def test_a_notebook_s_names_load_on_first_use():
    code = "import sys, repshift; repshift.cka_matrix; sys.exit('torch' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], env={"PYTHONPATH": str(SOURCE)}).returncode == 0


@pytest.mark.parametrize("module", [name for name in MODULES if room(name) in ARRAYS])
def test_rooms_of_arrays_know_no_paths_and_log_nothing(module):
    tree = ast.parse(text_of(module))
    imported = {alias.name for node in ast.walk(tree) if isinstance(node, ast.Import) for alias in node.names}
    imported |= {node.module for node in ast.walk(tree) if isinstance(node, ast.ImportFrom)}
    assert not imported & {"logging", "pathlib", "os", "yaml", "json"}
