"""What every rule shares: the checked configuration, the environment of a command, names and settings of files."""

import os
import shlex
import sys
from pathlib import Path

from snakemake.exceptions import WorkflowError
from snakemake.settings.types import DeploymentMethod
from snakemake.utils import validate

SOURCE = Path(workflow.basedir) / "src"
sys.path.insert(0, str(SOURCE))

from repshift.imports import closure_digest

MOCK_FIELDS = ("Mtot", "T")


def environment():
    """Return what precedes every command: the package, one interpreter, one thread for numpy's linear algebra."""
    variables = {"PYTHONPATH": str(SOURCE)}
    variables |= dict.fromkeys(("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"), "1")
    exports = [f"{name}={shlex.quote(value)}" for name, value in variables.items()]
    if DeploymentMethod.CONDA not in workflow.deployment_settings.deployment_method:
        exports.append(f'PATH={shlex.quote(str(Path(sys.executable).parent))}:"$PATH"')
    return f"set -euo pipefail; export {' '.join(exports)}; "


def digest(stage):
    """Return the digest of the code of a stage, so that a change of it reruns the rule."""
    return closure_digest(f"repshift.stages.{stage}", source=SOURCE)


def require(condition, message):
    """Stop with one sentence about the configuration."""
    if not condition:
        raise WorkflowError(f"Configuration: {message}")


def check_configuration():
    """Check what a schema cannot: that names refer to something, and numbers fit each other."""
    suites, domains, models, cases = (
        config[key] for key in ("suites", "domains", "models", "cases")
    )
    mock = config["maps"].get("mock")
    for name, domain in domains.items():
        suite = domain["suite"]
        require(
            suite in suites,
            f"domains.{name}.suite is '{suite}'; the suites are {', '.join(suites)}.",
        )
        if suites[suite]["provider"] == "mock":
            require(mock, f"suite '{suite}' is a mock, so maps.mock is needed.")
            require(
                domain["set"] in mock["simulations"],
                f"domains.{name}.set is '{domain['set']}'; "
                f"maps.mock.simulations has {', '.join(mock['simulations'])}.",
            )
    for name, model in models.items():
        suite = model["suite"]
        require(
            suite in suites,
            f"models.{name}.suite is '{suite}'; the suites are {', '.join(suites)}.",
        )
        require(
            suites[suite]["provider"] != "mock" or model["field"] in MOCK_FIELDS,
            f"models.{name}.field is '{model['field']}'; a mock suite has {', '.join(MOCK_FIELDS)}.",
        )
        require(
            "untrained" not in model or name in cases,
            f"models.{name} is untrained, so it needs a case: its batch statistics are set on its first domain.",
        )
    for name, shown in cases.items():
        require(name in models, f"cases.{name} is no model; the models are {', '.join(models)}.")
        for domain in shown:
            require(
                domain in domains,
                f"cases.{name} holds '{domain}'; the domains are {', '.join(domains)}.",
            )
            suite = domains[domain]["suite"]
            require(
                suites[suite]["provider"] != "mock" or models[name]["field"] in MOCK_FIELDS,
                f"cases.{name} holds '{domain}', a mock suite, which has no field '{models[name]['field']}'.",
            )
        first, own = domains[shown[0]]["suite"], models[name]["suite"]
        require(
            first == own,
            f"cases.{name} begins with '{shown[0]}' of suite '{first}'; "
            f"the first domain must be of the model's own suite '{own}'.",
        )
    for figure in ("figure1", "controls", "predictions"):
        for name in config["figures"][figure]:
            require(
                name in cases, f"figures.{figure} holds '{name}'; the cases are {', '.join(cases)}."
            )
    for name in config["training"]["models"]:
        require(
            name in models, f"training.models holds '{name}'; the models are {', '.join(models)}."
        )
    n_maps, batch_size = config["activations"]["n_maps"], config["cka"]["batch_size"]
    require(
        n_maps % batch_size == 0,
        f"activations.n_maps is {n_maps}, which leaves {n_maps % batch_size} maps over in batches of "
        f"cka.batch_size {batch_size}. Choose a divisor.",
    )


def simulation_files(suite, set_name, field):
    """Return the files of a set of simulations in one field: maps, parameters, measured."""
    provider = config["suites"][suite]
    made = f"results/maps/{suite}"
    directory = made if provider["provider"] == "mock" else provider["directory"]
    name = f"Maps_{field}_{suite}_{set_name}_z=0.00"
    return {
        "maps": f"{directory}/{name}.npy",
        "parameters": f"{directory}/params_{set_name}_{suite}.txt",
        "measured": f"{made}/{name}.json",
    }


def domain_files(wildcards):
    """Return the files of a case's domain, in the model's field."""
    domain = config["domains"][wildcards.domain]
    return simulation_files(
        domain["suite"], domain["set"], config["models"][wildcards.model]["field"]
    )


def own_domain(model):
    """Return the domain of a model's own suite, the first it is shown."""
    return config["cases"][model][0]


def of_domain(key):
    """Return the function of wildcards that looks up a setting of the domain."""

    def lookup(wildcards):
        return config["domains"][wildcards.domain][key]

    return lookup


def of_model(*keys):
    """Return the function of wildcards that looks up a setting of the model."""

    def lookup(wildcards):
        value = config["models"][wildcards.model]
        for key in keys:
            value = value[key]
        return value

    return lookup


def case_files(stage, *, models=None):
    """Return the files of a stage for all cases, or for those of some models, in the order of the configuration."""
    return [
        f"results/{stage}/{model}/{domain}.nc"
        for model in models or config["cases"]
        for domain in config["cases"][model]
    ]


validate(config, "../schemas/config.schema.yaml")
check_configuration()
shell.prefix(environment())

# What a rule that may run on a GPU asks for.
GPU = 0 if config["device"] == "cpu" else 1


wildcard_constraints:
    model="[A-Za-z0-9][A-Za-z0-9_+-]*",
    domain="[A-Za-z0-9][A-Za-z0-9_+-]*",
    suite="[A-Za-z0-9][A-Za-z0-9_+-]*",
    set="[A-Za-z0-9][A-Za-z0-9+-]*",
    field="[A-Za-z]+",
