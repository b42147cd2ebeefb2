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


class UniqueKeyLoader(yaml.SafeLoader):
    """Reads YAML and refuses a key that stands twice, of which the first would be silently lost."""

    def construct_mapping(self, node, deep=False):
        """Build a mapping, after a look at its keys."""
        keys = [self.construct_object(key, deep=deep) for key, _ in node.value]
        twice = sorted({key for key in keys if keys.count(key) > 1})
        line = node.start_mark.line + 1
        require(not twice, f"{', '.join(twice)} stands twice in the section of line {line}.")
        return super().construct_mapping(node, deep)


def check_keys():
    """Check that no key of the file stands twice."""
    for path in workflow.configfiles:
        yaml.load(Path(path).read_text(), Loader=UniqueKeyLoader)


def check_schema():
    """Check the form of the configuration: its keys, types and ranges; name the one thing that is most wrong."""
    schema = yaml.safe_load(SCHEMA.read_text())
    error = best_match(Draft202012Validator(schema).iter_errors(config))
    if error is not None:
        place = ".".join(map(str, error.absolute_path)) or "the top level"
        require(False, f"at {place}, {error.message}.")


def require_name(name, names, place, what):
    """Stop where a name refers to nothing."""
    require(name in names, f"{place} is '{name}'; the {what} are {', '.join(names)}.")


def require_field(suite, field, place):
    """Stop where a mock suite has no such field."""
    mock = config["suites"][suite]["provider"] == "mock"
    require(
        not mock or field in MOCK_FIELDS,
        f"{place} reads '{field}' of mock suite '{suite}', which has {', '.join(MOCK_FIELDS)}.",
    )


def require_set(suite, set_name, place):
    """Stop where a mock suite has no such set."""
    if config["suites"][suite]["provider"] == "mock":
        simulated = config["maps"].get("mock", {}).get("simulations", {})
        require_name(set_name, simulated, place, "sets of maps.mock.simulations")


def check_domains():
    """Check that every domain's suite is one, and its set simulated where the suite is a mock."""
    for name, domain in config["domains"].items():
        require_name(domain["suite"], config["suites"], f"domains.{name}.suite", "suites")
        require_set(domain["suite"], domain["set"], f"domains.{name}.set")


def check_models():
    """Check that every model's suite is one and has the field, and that an untrained model has a domain."""
    for name, model in config["models"].items():
        require_name(model["suite"], config["suites"], f"models.{name}.suite", "suites")
        require_field(model["suite"], model["field"], f"models.{name}")
        require(
            "untrained" not in model or name in config["cases"],
            f"models.{name} is untrained, so it needs a case: its batch statistics are set on its first domain.",
        )


def check_cases():
    """Check that every case is a model with domains that have its field, the model's own suite first."""
    for name, shown in config["cases"].items():
        require_name(name, config["models"], "a model of cases", "models")
        for domain in shown:
            require_name(domain, config["domains"], f"a domain of cases.{name}", "domains")
            suite = config["domains"][domain]["suite"]
            require_field(suite, config["models"][name]["field"], f"cases.{name}")
        first, own = config["domains"][shown[0]]["suite"], config["models"][name]["suite"]
        require(
            first == own,
            f"cases.{name} begins with '{shown[0]}' of suite '{first}'; "
            f"the first domain must be of the model's own suite '{own}'.",
        )


def check_stages():
    """Check what figures and training name, and that mini-batches leave no map over."""
    for figure in ("figure1", "controls", "predictions"):
        for name in config["figures"][figure]:
            require_name(name, config["cases"], f"a model of figures.{figure}", "models with cases")
    for name in config["training"]["models"]:
        trained = [model for model, entry in config["models"].items() if "weights" in entry]
        require_name(name, trained, "a model of training.models", "models with weights")
        require_set(config["models"][name]["suite"], config["training"]["set"], "training.set")
    n_maps, batch_size = config["activations"]["n_maps"], config["cka"]["batch_size"]
    require(
        n_maps % batch_size == 0,
        f"activations.n_maps is {n_maps}, which leaves {n_maps % batch_size} maps over in batches of "
        f"cka.batch_size {batch_size}. Choose a divisor.",
    )


def check_mock():
    """Check that mock suites are told how to be simulated."""
    mocks = [name for name, suite in config["suites"].items() if suite["provider"] == "mock"]
    require(
        "mock" in config["maps"] or not mocks,
        f"suites {', '.join(mocks)} are mocks, so maps.mock is needed.",
    )


check_keys()
check_schema()
check_mock()
check_domains()
check_models()
check_cases()
check_stages()
