"""The command that makes a repaired model, and the files that it reads."""

from repshift.adaptation import REPAIRS
from repshift.study.cases import own_domain, unscored
from repshift.study.configuration import Study
from repshift.study.files import case_simulations, set_simulations
from repshift.study.map_geometry import is_periodic
from repshift.study.options import Words, options, own_domain_options, shown_options, torch_options
from repshift.study.refusals import require
from repshift.study.repair_model import Repaired
from repshift.study.sizes import judged_maps_each
from repshift.study.values import held

_OF_TRAINING = ("freeze", "weight", "steps", "batch", "learning_rate")
"""Keys that only a repair which trains reads."""


def repaired_command(study: Study, model: str) -> Words:
    """Return the command of the action network of the stage repair."""
    repaired, layers = _repaired(study, model), study.models[model].layers
    origin, domain, repair = repaired.model, repaired.domain, REPAIRS[repaired.method]
    how: dict[str, object] = {"method": repaired.method, "maps-each": judged_maps_each(study, domain, None)}
    names = ("simulations", "layer", "mixing", *(_OF_TRAINING if repair.trains else ()), "seed")
    chosen = {name.replace("_", "-"): value for name, value in held(repaired) if name in names}
    how |= {"rung-weight" if name == "weight" else name: value for name, value in chosen.items()}
    unknown = unscored(study, domain)
    how |= {"unscored": unknown} if unknown else {}
    return [
        *("repair", "network"),
        *options({"model": model, "of": origin, "weights": f"results/models/{origin}.pt"}),
        *shown_options(study, origin, domain),
        *_own_options(study, repaired),
        *options(how),
        *torch_options(study, study.predictions.batch_size),
        *(["--symmetries"] if repair.trains and is_periodic(study, domain) else []),
        *(["--layers", *layers] if layers else []),
        *("--output", f"results/models/{model}.pt"),
    ]


def repaired_inputs(study: Study, model: str) -> list[str]:
    """Return what a repaired model is made from: a model, maps of the other domain and of its own."""
    repaired = _repaired(study, model)
    origin = repaired.model
    own = own_domain(study, origin)
    shown = set_simulations(study, origin, repaired.set) if repaired.set else case_simulations(study, origin, own)
    sets = [case_simulations(study, origin, repaired.domain), shown]
    files = [path for one in sets for paths in one.values() for path in paths]
    return [f"results/models/{origin}.pt", f"results/models/{origin}.json", *files]


def _own_options(study: Study, repaired: Repaired) -> Words:
    """Return the own domain of the model that is repaired, or a set of its suite in its place, with labels."""
    origin = repaired.model
    if repaired.set is None:
        return own_domain_options(study, origin)
    suite, own = study.models[origin].suite, study.domains[own_domain(study, origin)]
    named: dict[str, object] = {"domain": f"{suite}-{repaired.set}", "suite": suite, "set": repaired.set}
    named |= {"split": "all", "standardisation": own.standardisation}
    named |= set_simulations(study, origin, repaired.set)
    return options({f"reference-{name}": value for name, value in named.items()})


def _repaired(study: Study, model: str) -> Repaired:
    """Return how a repaired model is made."""
    repaired = study.models[model].repaired
    require(repaired is not None, f"models.{model} is not repaired.")
    return repaired  # type: ignore[return-value]
