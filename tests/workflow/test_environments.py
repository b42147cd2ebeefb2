"""Each rule's environment holds what its stage imports and nothing else, in the versions of the lock, and runs it."""

import ast
import json
import os
import re
import shutil
import subprocess
import sys
from functools import cache

import numpy as np
import pytest
import yaml
from packaging.utils import canonicalize_name

from channel import ON_PYPI, PIP, closure, pins_of, write_channel, write_command
from planning import plans
from repshift.cli.commands import STAGES, actions_of, module_of
from repshift.provenance.code import import_closure, path_of
from running import ROOT, TEST, configure, copy_tree, put, run

ENVIRONMENTS = sorted(path.stem for path in (ROOT / "envs").glob("*.yaml"))
IMPORTED_AS = {"pillow": "pil", "scikit-learn": "sklearn"}
RULES = "".join(path.read_text() for path in (ROOT / "workflow/rules").glob("*.smk"))
EXAMPLE = "examples/own_network"
NEVER_CALLED = {"figures": {"scipy", "sklearn", "torch"}, "analysis": {"torch"}, "maps": {"torch"}}
"""Packages that functions import which no job of an environment calls."""
MADE = {
    **{"provider": "function", "generator": "numpy:zeros", "parameters": {"mass": {"range": [0, 1]}}},
    **{"sets": {"LH": 20}, "size": 32, "field": "Mtot"},
}


@pytest.fixture(scope="session")
def stages(tmp_path_factory):
    """The commands of all rules, each as its stage and action, by the environment that they run in."""
    folder = copy_tree(tmp_path_factory.mktemp("plans"))
    shutil.copytree(ROOT / EXAMPLE, folder / EXAMPLE)
    write_maps(folder / EXAMPLE / "maps")
    elsewhere = configure(folder, put("models", "T-MockTNG", "weights", value="resources/models/new.pt"))[1]
    for name in ("grid", "gpu"):
        (folder / name).mkdir()
    grid = configure(folder / "grid", put("grid", "fields", value=["T", "Mtot"]), base="cmd")[1]
    files = ("config/test.yaml", "config/paper.yaml", grid, "config/sweep.yaml", "config/attribution.yaml")
    files += (f"{EXAMPLE}/config.yaml", "config/repair.yaml")
    smallest = put("stress", "smallest", value={"maps": 10})
    on_gpu = configure(folder / "gpu", put("statistics", "device", value="cuda"), smallest)[1]
    (folder / "made").mkdir()
    shown = put("cases", "Mtot-MockSIMBA", value=["MockSIMBA", "MockTNG", "Made"])
    drawn = put("figures", "shift_scores", value=["Mtot-MockSIMBA"])
    by_a_function = configure(folder / "made", put("suites", "Made", value=MADE), shown, drawn)[1]
    asked = [{"configuration": file} for file in (*files, on_gpu, by_a_function)]
    asked.append({"configuration": elsewhere, "targets": ["train", "publish"]})
    jobs = [job for plan in plans(folder, *asked) for job in plan if job.command]
    found = {environment: set() for environment in ENVIRONMENTS}
    for job in jobs:
        found[job.environment] |= {tuple(words[: 1 + bool(actions_of(words[0]))]) for words in job.commands}
    return found


def write_maps(folder):
    """Write files that a plan of the example looks for."""
    folder.mkdir(exist_ok=True)
    for name in ("Smooth.npy", "Clumpy.fits", "Smooth.csv", "Clumpy.csv"):
        if not (folder / name).exists():
            np.save(folder / name, np.zeros((600, 32, 32), dtype="f4")) if name.endswith("npy") else None
            (folder / name).touch()


# Read in the source


def test_every_rule_names_an_environment_that_is_there():
    assert RULES.count("conda:") == RULES.count("shell:")
    # that of the statistics is one of two, as the configuration says
    literal = re.findall(r'conda:\s+"../../envs/(\w+)\.yaml"', RULES)
    assert len(literal) == RULES.count("conda:") - 1
    assert set(re.findall(r'"../../envs/(\w+)\.yaml"', RULES)) == set(ENVIRONMENTS)


def test_every_action_runs_in_an_environment(stages):
    planned = set().union(*stages.values())
    assert planned == {
        (stage, *action) for stage in STAGES for action in list(zip(actions_of(stage), strict=True)) or [()]
    }


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
    """Return the packages that a module imports, also where it first needs one, or takes as an engine of xarray."""
    tree = ast.parse(path_of(module, source=ROOT / "src").read_text())
    nodes = [node for top in tree.body if not is_for_types(top) for node in ast.walk(top)]
    found = {alias.name for node in nodes if isinstance(node, ast.Import) for alias in node.names}
    found |= {node.module for node in nodes if isinstance(node, ast.ImportFrom)}
    found |= {
        node.value.value
        for node in nodes
        if isinstance(node, ast.keyword) and node.arg == "engine" and isinstance(node.value, ast.Constant)
    }
    found |= {
        node.args[0].value
        for node in nodes
        if isinstance(node, ast.Call) and ast.unparse(node.func) == "importlib.import_module"
        if isinstance(node.args[0], ast.Constant)
    }
    packages = {name.partition(".")[0] for name in found} - {"repshift"} - set(sys.stdlib_module_names)
    return {name.lower() for name in packages}


def is_for_types(node):
    """Return whether what stands here is read by a checker of types alone."""
    return isinstance(node, ast.If) and ast.unparse(node.test).endswith("TYPE_CHECKING")


def modules_of(commands):
    """Return all modules that commands import."""
    named = {module_of(words) for words in commands}
    return {module for name in named for module in import_closure(name, source=ROOT / "src")}


def beside(path, stages):
    """Return what an environment lacks, and what it holds for nothing."""
    held = {IMPORTED_AS.get(name, name) for name in pins_of(path)} - {"python"}
    needed = set().union(*(imported(module) for module in modules_of(stages[path.stem])))
    needed -= NEVER_CALLED.get(path.stem, set())
    return sorted(needed - held), sorted(held - needed)


@pytest.mark.parametrize("environment", ENVIRONMENTS)
def test_environments_hold_what_their_stages_import_and_nothing_else(environment, stages):
    assert beside(ROOT / f"envs/{environment}.yaml", stages) == ([], [])


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
def test_a_pin_that_is_taken_away_is_missed(tmp_path, stages, environment, pin):
    name = ON_PYPI.get(pin, pin)
    assert beside(changed(tmp_path, environment, without(pin)), stages) == ([IMPORTED_AS.get(name, name)], [])


@pytest.mark.parametrize("environment", ENVIRONMENTS)
def test_a_pin_that_nothing_needs_is_seen(tmp_path, stages, environment):
    path = changed(tmp_path, environment, lambda pins: [*pins, "psutil ==7.2.2"])
    assert beside(path, stages) == ([], ["psutil"])


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
CHAIN = "results/figures/controls.png"


@pytest.fixture(scope="module")
def deployed(client, tmp_path_factory):
    """A folder in which a figure was drawn, by jobs in the environments of the default; and all, by name."""
    folder = copy_tree(tmp_path_factory.mktemp("deployed"))
    run(folder, CHAIN, *TEST, *CONDA, **client)
    published = ("results/models/T-IllustrisTNG.pt", "--configfile", "config/paper.yaml")
    run(folder, *published, "--conda-create-envs-only", *CONDA, **client)
    on_gpu = configure(folder, put("statistics", "device", value="cuda"))
    target = "results/scores/T-MockTNG/MockTNG.nc"
    run(folder, target, *on_gpu, "--conda-create-envs-only", *CONDA, **client)
    copies = (folder / ".snakemake/conda").glob("*.yaml")
    made = {path.read_text(): path.with_suffix("") for path in copies}
    return folder, {path.stem: made[path.read_text()] for path in (ROOT / "envs").glob("*.yaml")}


def test_a_figure_is_drawn_by_jobs_in_their_environments(deployed):
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
modules, commands = (words.split(",") for words in sys.argv[1:])
for module in modules:
    importlib.import_module(module)
for command in commands:
    try:
        main([*command.split(), "--help"])
    except SystemExit:
        pass
"""


@pytest.mark.parametrize("environment", ENVIRONMENTS)
def test_an_environment_imports_all_of_its_stages_and_shows_their_help(deployed, environment, stages):
    commands = sorted(" ".join(words) for words in stages[environment])
    shown = python(deployed, environment, HELP, ",".join(sorted(modules_of(stages[environment]))), ",".join(commands))
    assert re.findall(r"usage: python -m repshift ([\w ]+?)(?= \[| --|\n)", shown) == commands


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


@pytest.mark.network
def test_the_package_alone_has_its_command(tmp_path):
    """pip needs the network for the build backend alone."""
    command = [sys.executable, "-m", "pip", "install", "--quiet", "--no-deps", "--target", str(tmp_path), str(ROOT)]
    subprocess.run(command, check=True)
    shutil.copy(ROOT / "config/paper.yaml", tmp_path)
    environment = {"PATH": os.environ["PATH"], "PYTHONPATH": str(tmp_path)}
    for words in (["--help"], ["check", "paper.yaml"]):
        done = subprocess.run([tmp_path / "bin/repshift", *words], cwd=tmp_path, env=environment, capture_output=True)
        assert done.returncode == 0, done.stderr
