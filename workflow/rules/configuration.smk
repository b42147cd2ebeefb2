"""The configuration, checked first: its form against the schema, its names and numbers against each other."""

from pathlib import Path

import yaml
from jsonschema import Draft202012Validator
from jsonschema.exceptions import best_match
from snakemake.exceptions import WorkflowError

SCHEMA = Path(workflow.basedir) / "workflow/schemas/config.schema.yaml"
MOCK_FIELDS = ("Mtot", "T")


def require(condition, message):
    """Stop with one sentence about the configuration."""
    if not condition:
        raise WorkflowError(f"Configuration: {message}")


def check_schema():
    """Check the form of the configuration: its keys, types and ranges; name the one thing that is most wrong."""
    schema = yaml.safe_load(SCHEMA.read_text())
    error = best_match(Draft202012Validator(schema).iter_errors(config))
    if error is not None:
        place = ".".join(map(str, error.absolute_path)) or "the top level"
        require(False, f"at {place}, {error.message}.")


def check_names():
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


check_schema()
check_names()
