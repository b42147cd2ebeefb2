"""Options of commands that name a case, its network and files, and how they are run."""

import json
from collections.abc import Mapping

from repshift.study.cases import own_domain, provider_of
from repshift.study.channels import channels_of
from repshift.study.configuration import Study
from repshift.study.files import Simulations, case_simulations
from repshift.study.models import Network
from repshift.vocabulary import REDSHIFT

Words = list[str]


def options(values: Mapping[str, object]) -> Words:
    """Return options and their values, one or several."""
    several = {name: value if isinstance(value, tuple) else (value,) for name, value in values.items()}
    return [word for name, words in several.items() for word in (f"--{name}", *map(str, words))]


def function_options(study: Study, model: str) -> Words:
    """Return what names the user's own functions that maps of a model are prepared by."""
    entry = study.models[model]
    function, path = entry.preprocessing.function, entry.network.path if entry.network else None
    source = {"functions-source": path} if path else {}
    return options({"functions": function, **source}) if function else []


def simulation_options(files: Simulations) -> Words:
    """Return the files of a set of simulations; parameters or labels where there are any."""
    return options({name: files[name] for name in ("maps", "parameters", "measured") if name in files})


def case_options(study: Study, model: str, domain: str) -> Words:
    """Return what names a case, its network and its files."""
    named = {"model": model, "weights": f"results/models/{model}.pt"}
    return [*options(named), *shown_options(study, model, domain)]


def shown_options(study: Study, model: str, domain: str) -> Words:
    """Return what names the code of a network, and a domain with its files."""
    entry = study.domains[domain]
    shown = {"domain": domain, "suite": entry.suite, "set": entry.set, "split": entry.split}
    shown |= {"standardisation": entry.standardisation}
    shown |= {} if provider_of(study, entry.suite) in ("files", "function") else {"redshift": f"{REDSHIFT:g}"}
    simulations = simulation_options(case_simulations(study, model, domain))
    return [
        *constructor_options(study, model),
        *simulations,
        *function_options(study, model),
        *options(shown),
    ]


def constructor_options(study: Study, model: str) -> Words:
    """Return what names the code of a network of the user; nothing of a network of CMD."""
    network = study.models[model].network
    if network is None:
        return []
    return ["--constructor", network.constructor, *(["--source", network.path] if network.path else [])]


def network_options(study: Study, model: str) -> Words:
    """Return how a network of the user is built, and what of it is read."""
    network, prepared = study.models[model].network, study.models[model].preprocessing
    if network is None:
        return []
    return [
        *constructor_options(study, model),
        *("--arguments", json.dumps(network.arguments)),
        *("--seed", str(network.seed or 0)),
        *(["--weights", network.weights] if network.weights else []),
        *(["--files", *network.files] if network.files else []),
        *([] if network.is_trained else ["--untrained"]),
        *(["--layers", *network.layers] if network.layers else []),
        *(["--outputs", *network.outputs] if network.outputs else []),
        *_classes(network),
        *(["--moments", *_moments(study, model)] if prepared.mean is not None else []),
    ]


def _moments(study: Study, model: str) -> Words:
    """Return the given mean and standard deviation of each channel."""
    prepared = study.models[model].preprocessing
    pairs = [prepared.moments_of(number) for number in range(len(channels_of(study, model)))]
    return [str(value) for pair in pairs for value in pair]


def _classes(network: Network) -> Words:
    """Return what a classifier infers; nothing of another network."""
    if network.classes is None:
        return []
    return ["--task", network.task, "--classes", *map(str, network.classes), "--output-scale", network.output_scale]


def recording_options(study: Study) -> Words:
    """Return which maps are compared, and how they are run through a network."""
    names = ("n_maps", "maps_each", "seed", "passes", "dropout", "precision")
    return options({name.replace("_", "-"): getattr(study.activations, name) for name in names})


def torch_options(study: Study, batch_size: int) -> Words:
    """Return how torch computes."""
    return options({"batch-size": batch_size, "device": study.device, "threads": study.threads})


def reference_options(study: Study, model: str, own: str) -> Words:
    """Return the model's own domain, for the cross block of Gram matrices."""
    entry, files = study.domains[own], case_simulations(study, model, own)
    named: dict[str, object] = {"domain": own, "suite": entry.suite, "set": entry.set, "split": entry.split}
    named |= {"standardisation": entry.standardisation, "maps": files["maps"], "measured": files["measured"]}
    return options({f"reference-{name}": value for name, value in named.items()})


def own_domain_options(study: Study, model: str) -> Words:
    """Return the model's own domain, with its labels where it has any."""
    own = own_domain(study, model)
    labels = case_simulations(study, model, own).get("parameters")
    return [*reference_options(study, model, own), *(options({"reference-parameters": labels}) if labels else [])]
