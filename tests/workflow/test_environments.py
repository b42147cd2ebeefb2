"""Each rule's environment holds what its stage imports and nothing else, in the versions of the lock, and runs it."""

import ast
import json
import os
import re
import subprocess
import sys
from functools import cache

import pytest
import yaml
from packaging.utils import canonicalize_name

from channel import ON_PYPI, PIP, closure, pins_of, write_channel, write_command
from repshift.provenance.code import import_closure, path_of
from running import ROOT, TEST, copy_tree, run

ENVIRONMENTS = sorted(path.stem for path in (ROOT / "envs").glob("*.yaml"))
IMPORTED_AS = {"scikit-learn": "sklearn"}
RULES = "".join(path.read_text() for path in (ROOT / "workflow/rules").glob("*.smk"))
NAMED = re.findall(r'conda:\s+"../../envs/(\w+)\.yaml".*?python -m repshift (\w+)', RULES, re.DOTALL)


def stages_of(environment):
    return sorted({stage for named, stage in NAMED if named == environment})


# Read in the source


def test_every_rule_names_an_environment_that_is_there():
    assert len(NAMED) == RULES.count("conda:")
    assert {environment for environment, _ in NAMED} == set(ENVIRONMENTS)


def lock():
    lines = [line for line in (ROOT / "requirements.lock").read_text().splitlines() if "==" in line]
    return {canonicalize_name(name): version for name, version in (line.split("==") for line in lines)}


@pytest.mark.parametrize("environment", ENVIRONMENTS)
def test_environments_pin_what_the_lock_pins(environment):
    pins = pins_of(ROOT / f"envs/{environment}.yaml")
    assert pins.pop("python") == "=3.11"
    assert pins == {name: f"=={lock()[name]}" for name in pins}


@cache
def imported(module):
    """Return the packages that a module names: it imports them as it is loaded, or takes one as an engine of xarray."""
    tree = ast.parse(path_of(module, source=ROOT / "src").read_text())
    found = {alias.name for node in tree.body if isinstance(node, ast.Import) for alias in node.names}
    found |= {node.module for node in tree.body if isinstance(node, ast.ImportFrom)}
    found |= {
        node.value.value
        for node in ast.walk(tree)
        if isinstance(node, ast.keyword) and node.arg == "engine" and isinstance(node.value, ast.Constant)
    }
    packages = {name.partition(".")[0] for name in found} - {"repshift"} - set(sys.stdlib_module_names)
    return {name.lower() for name in packages}


def modules_of(environment):
    stages = (f"repshift.stages.{stage}" for stage in stages_of(environment))
    return {module for stage in stages for module in import_closure(stage, source=ROOT / "src")}


def beside(path):
    """Return what an environment lacks, and what it holds for nothing."""
    held = {IMPORTED_AS.get(name, name) for name in pins_of(path)} - {"python"}
    needed = set().union(*(imported(module) for module in modules_of(path.stem)))
    return sorted(needed - held), sorted(held - needed)


@pytest.mark.parametrize("environment", ENVIRONMENTS)
def test_environments_hold_what_their_stages_import_and_nothing_else(environment):
    assert beside(ROOT / f"envs/{environment}.yaml") == ([], [])


def changed(folder, environment, change):
    """Write the file of an environment with changed pins."""
    content = yaml.safe_load((ROOT / f"envs/{environment}.yaml").read_text())
    content["dependencies"] = change(content["dependencies"])
    path = folder / f"{environment}.yaml"
    path.write_text(yaml.safe_dump(content))
    return path


def pinned(environment):
    """Return the names of what an environment pins, as conda-forge has them, but for Python."""
    pins = yaml.safe_load((ROOT / f"envs/{environment}.yaml").read_text())["dependencies"]
    return [name for name in (pin.split(" ")[0] for pin in pins) if name != "python"]


def without(name):
    return lambda pins: [pin for pin in pins if not pin.startswith(f"{name} ")]


@pytest.mark.parametrize(("environment", "pin"), [(name, pin) for name in ENVIRONMENTS for pin in pinned(name)])
def test_a_pin_that_is_taken_away_is_missed(tmp_path, environment, pin):
    name = ON_PYPI.get(pin, pin)
    assert beside(changed(tmp_path, environment, without(pin))) == ([IMPORTED_AS.get(name, name)], [])


@pytest.mark.parametrize("environment", ENVIRONMENTS)
def test_a_pin_that_nothing_needs_is_seen(tmp_path, environment):
    path = changed(tmp_path, environment, lambda pins: [*pins, "psutil ==7.2.2"])
    assert beside(path) == ([], ["psutil"])


# Really made


@pytest.fixture(scope="module", params=["channel", pytest.param(PIP, marks=pytest.mark.network)])
def client(request, tmp_path_factory):
    """The variables of a shell that finds a `conda`: of a channel on this machine, or of what pip installs."""
    folder = tmp_path_factory.mktemp("client")
    channels = PIP if request.param == PIP else write_channel(folder / "channels")
    path = f"{write_command(folder, channels=channels)}{os.pathsep}{os.environ['PATH']}"
    settings = {key: value for key, value in os.environ.items() if key.startswith(("PIP_", "SSL_")) or "proxy" in key}
    return settings | {"PATH": path}


CONDA = ("--software-deployment-method", "conda", "--conda-frontend", "conda")
CHAIN = "results/figures/influential_maps/T-MockTNG-untrained/MockTNG.png"


@pytest.fixture(scope="module")
def deployed(client, tmp_path_factory):
    """A folder in which a figure was drawn, a job in each environment at least, and the environments by name."""
    folder = copy_tree(tmp_path_factory.mktemp("deployed"))
    run(folder, CHAIN, *TEST, *CONDA, **client)
    copies = (folder / ".snakemake/conda").glob("*.yaml")
    made = {path.read_text(): path.with_suffix("") for path in copies}
    return folder, {path.stem: made[path.read_text()] for path in (ROOT / "envs").glob("*.yaml")}


def test_a_figure_is_drawn_by_jobs_in_all_environments(deployed):
    folder, prefixes = deployed
    assert (folder / CHAIN).stat().st_size > 10_000
    assert sorted(prefixes) == ENVIRONMENTS


def python(deployed, environment, code, *words):
    """Run code in an environment as a job does, and return what it prints."""
    command = [str(deployed[1][environment] / "bin/python"), "-c", code, *words]
    variables = {"PYTHONPATH": str(ROOT / "src"), "PATH": os.environ["PATH"]}
    done = subprocess.run(command, env=variables, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    return done.stdout


INSTALLED = """
import json
from importlib.metadata import distributions
print(json.dumps({found.name: found.version for found in distributions()}))
"""


@pytest.mark.parametrize("environment", ENVIRONMENTS)
def test_an_environment_holds_its_pins_and_what_they_require(deployed, environment):
    installed = json.loads(python(deployed, environment, INSTALLED))
    installed.pop("repshift", None)  # of a tree that was installed from where it stands
    found = {canonicalize_name(name): version.partition("+")[0] for name, version in installed.items()}
    pins = set(pins_of(ROOT / f"envs/{environment}.yaml")) - {"python"}
    assert sorted(found) == closure(pins)
    assert found == {name: lock().get(name, version) for name, version in found.items()}


HELP = """
import importlib, sys
from repshift.__main__ import main
modules, stages = (words.split() for words in sys.argv[1:])
for module in modules:
    importlib.import_module(module)
for stage in stages:
    try:
        main([stage, "--help"])
    except SystemExit:
        pass
"""


@pytest.mark.parametrize("environment", ENVIRONMENTS)
def test_an_environment_imports_every_module_of_its_stages_and_shows_their_help(deployed, environment):
    stages = stages_of(environment)
    shown = python(deployed, environment, HELP, " ".join(modules_of(environment)), " ".join(stages))
    assert re.findall(r"usage: python -m repshift (\w+)", shown) == stages


def broken(folder, client, change):
    """Run the first job of the workflow with a changed environment, and return what the failed run says."""
    copy_tree(folder)
    changed(folder / "envs", "maps", change)
    target = "results/maps/MockTNG/params_LHT_MockTNG.txt"
    return run(folder, target, *TEST, *CONDA, **client, expect=1)


def test_a_job_has_only_what_its_environment_holds(client, tmp_path):
    """The interpreter of Snakemake has scipy."""
    assert "No module named 'scipy'" in broken(tmp_path, client, without("scipy"))


def test_a_pin_that_is_nowhere_stops_the_run_before_its_first_job(client, tmp_path):
    output = broken(tmp_path, client, lambda pins: [*without("numpy")(pins), "numpy ==0.0.1"])
    assert "Could not create conda environment" in output
    assert not (tmp_path / "results").exists()
