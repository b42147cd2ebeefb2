"""Checks of the section trust: own domains first, dropout that there is, simulations enough for halves."""

import math
from pathlib import Path

from repshift.adaptation import REPAIRS
from repshift.storage.files import read_json
from repshift.study.case_lists import trust_cases
from repshift.study.cases import (
    has_outputs,
    is_trained,
    own_domain,
    repaired_from,
    trained_in_the_run,
)
from repshift.study.checks_pruning import require_own_first
from repshift.study.checks_repaired import require_layer, require_outputs
from repshift.study.configuration import Study
from repshift.study.refusals import require, require_name
from repshift.study.sizes import maps_of_simulation, simulations_shown
from repshift.vocabulary import FEWEST_SIMULATIONS

_ROUNDING = 1e-9
"""What a level over its rest may exceed a whole number by."""


def check_trust_names(study: Study) -> None:
    """Check that trust names trained models with outputs, their own domain first, layers, and dropout."""
    section = study.trust
    if section is None:
        return
    for name, domains in section.cases.items():
        place = f"trust.cases.{name}"
        require_name(name, study.cases, "a model of trust.cases", "models with cases")
        require_own_first(study, name, domains, place=place)
        require(is_trained(study, name), f"{place} is there, but '{name}' is an untrained network: nobody trusts it.")
        require(
            has_outputs(study, name),
            f"{place} is there, but '{name}' does not name its outputs: models.{name}.network.outputs is needed.",
        )
        for layer in section.layers or ():
            require_layer(study, name, layer, place="a layer of trust.layers")
        require_outputs(study, name, section.outputs, place="trust.outputs")
        rate = dropout_of(study, name)
        require(
            section.dropout_passes is None or rate != 0,
            f"trust.dropout_passes is {section.dropout_passes}, but '{name}' has dropout 0: all passes give the same. "
            "Leave it out.",
        )


def check_trust(study: Study) -> None:
    """Check that there are simulations for halves of the own domain, and maps of each."""
    section = study.trust
    if section is None:
        return
    for model, domain in trust_cases(study):
        there, needed = simulations_held_out(study, model, domain), FEWEST_SIMULATIONS
        if domain == own_domain(study, model):
            needed = max(needed, 2 * math.ceil(section.level / (1 - section.level) - _ROUNDING))
        require(
            there is None or there >= needed,
            f"trust judges the maps of domain '{domain}' by simulation, of which there are {there}"
            f"{_but_for_seen(study, model, domain)}. Expected {needed} or more, for intervals and for the level "
            f"{section.level:g}.",
        )
        require(
            (section.maps_each or 1) <= maps_of_simulation(study, domain),
            f"trust.maps_each is {section.maps_each}, but a simulation of domain '{domain}' has "
            f"{maps_of_simulation(study, domain)} maps.",
        )


def simulations_held_out(study: Study, model: str, domain: str) -> int | None:
    """Return how many simulations of a domain no repair of a model sees; None where that is not known yet."""
    there = simulations_shown(study, model, domain)
    return None if there is None else there - _simulations_seen(study, model, domain, there)


def _simulations_seen(study: Study, model: str, domain: str, there: int) -> int:
    """Return how many of the simulations of a domain the repair sees that makes a model; 0 where none does."""
    repaired = study.models[model].repaired
    if repaired is None:
        return 0
    if domain == repaired.domain:
        return repaired.simulations or there
    of_set = repaired.set in (None, study.domains[domain].set)
    sees_own = "source_maps" in REPAIRS[repaired.method].needs and domain == own_domain(study, repaired.model)
    return there if sees_own and of_set else 0


def _but_for_seen(study: Study, model: str, domain: str) -> str:
    """Return what to say of simulations that a repair sees."""
    there = simulations_shown(study, model, domain) or 0
    seen = _simulations_seen(study, model, domain, there)
    return f" beside {seen} that made '{model}'" if seen else ""


def dropout_of(study: Study, model: str) -> float | None:
    """Return the dropout rate of a network of CMD; None where it is not known before the run."""
    origin = repaired_from(study, model)
    entry = study.models[origin]
    if entry.untrained is not None:
        return entry.untrained.dropout
    if study.training is not None and origin in trained_in_the_run(study):
        return study.training.dropout
    described = Path(entry.weights).with_suffix(".json") if entry.weights else None
    if described is None or not described.is_file():
        return None
    rate = read_json(described).get("arguments", {}).get("dropout")
    return None if rate is None else float(rate)
