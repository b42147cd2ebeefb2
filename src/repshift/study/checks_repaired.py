"""Checks of models that the run makes from other models."""

from repshift.adaptation import REPAIRS
from repshift.networks.architecture import layer_names
from repshift.study.cases import infers, is_out_of_distribution, is_scored, is_trained, own_domain
from repshift.study.checks_models import require_shown
from repshift.study.checks_suites import require_set
from repshift.study.configuration import Study
from repshift.study.map_geometry import size_of_maps
from repshift.study.models import Model
from repshift.study.refusals import require, require_name
from repshift.study.repair_model import Repaired
from repshift.study.sizes import simulations_shown


def check_repaired(study: Study) -> None:
    """Check that a model that is repaired is there, and the domain that it is repaired for."""
    for name, model in study.models.items():
        if model.repaired is not None:
            _check_origin(study, name, model, model.repaired)
            _check_material(study, f"models.{name}.repaired", model.repaired)


def _check_origin(study: Study, name: str, model: Model, repaired: Repaired) -> None:
    """Check that the model is another that is run, of the same suite and fields, and that has learned something."""
    place = f"models.{name}.repaired.model"
    require(name in study.cases, f"models.{name} is repaired, so it needs a case: it is made where it first runs.")
    require_name(repaired.model, study.cases, place, "models with cases")
    origin = study.models[repaired.model]
    require(
        origin.repaired is None, f"{place} is '{repaired.model}', itself repaired. Name the model that it is made from."
    )
    require(
        is_trained(study, repaired.model),
        f"{place} is '{repaired.model}', an untrained network: nothing is to be repaired.",
    )
    require(
        (model.suite, model.fields) == (origin.suite, origin.fields),
        f"models.{name} is of suite '{model.suite}' and reads {', '.join(model.fields)}, but '{repaired.model}', which "
        f"it is made from, is of '{origin.suite}' and reads {', '.join(origin.fields)}. Give both the same.",
    )


def _check_material(study: Study, place: str, repaired: Repaired) -> None:
    """Check that the domain has what the repair reads."""
    model, domain, repair = repaired.model, repaired.domain, REPAIRS[repaired.method]
    require_shown(study, model, domain, place=place)
    require(
        is_out_of_distribution(study, model, domain),
        f"{place}.domain is '{domain}', of the suite that '{model}' was trained on. Name a domain of another suite.",
    )
    require_labels(study, model, domain, place=f"{place}.method", rungs=[repaired.method])
    if repair.trains and not repair.uses_target_labels and repaired.set is None:
        own = own_domain(study, model)
        require(
            is_scored(study, model, own),
            f"{place}.method is '{repaired.method}', which needs labels of the model's own domain '{own}'.",
        )
    if repaired.set is not None:
        require_set(study, study.models[model].suite, repaired.set, place=f"{place}.set")
    require_layer(study, model, repaired.freeze, place=f"{place}.freeze")
    require_layer(study, model, repaired.layer, place=f"{place}.layer")
    there = simulations_shown(study, model, domain)
    require(
        there is None or (repaired.simulations or 1) <= there,
        f"{place}.simulations is {repaired.simulations}, but domain '{domain}' has {there} simulations.",
    )


def require_labels(study: Study, model: str, domain: str, *, place: str, rungs: list[str]) -> None:
    """Refuse repairs that read labels of a domain that has none."""
    needing = [name for name in rungs if REPAIRS[name].uses_target_labels]
    require(
        not needing or is_scored(study, model, domain),
        f"{place} has {', '.join(needing)}, which reads labels of the domain that a model is repaired for, but "
        f"'{domain}' has no labels of what '{model}' infers.",
    )


def require_layer(study: Study, model: str, layer: str | None, *, place: str) -> None:
    """Refuse a layer that a network of CMD does not have; those of other networks are known once they are built."""
    size = size_of_maps(study, model, own_domain(study, model))
    if layer is None or study.models[model].network is not None or not min(size):
        return
    known = layer_names(min(size))
    require_name(layer.partition(":")[0], known, f"{place} of {model}", "layers of the network")


def require_unjudged(study: Study, model: str, set_name: str, *, place: str) -> None:
    """Refuse to train on a set that the model's own domain is of: its simulations judge at home."""
    own = own_domain(study, model)
    require(
        set_name != study.domains[own].set,
        f"{place} is '{set_name}', the set of '{own}', whose simulations judge '{model}' at home. Name another, or "
        "leave it out: those of them are trained on that are not judged.",
    )


def require_outputs(study: Study, model: str, outputs: tuple[str, ...] | None, *, place: str) -> None:
    """Refuse outputs that a model does not infer, and any of a classifier, whose classes are one label."""
    require(
        not (outputs and study.models[model].is_classifier),
        f"{place} names {', '.join(outputs or ())}, but '{model}' infers classes. Leave it out.",
    )
    for name in outputs or ():
        require_name(name, infers(study, model), f"an output of {place} of {model}", "outputs of the model")
