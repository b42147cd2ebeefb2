"""How much a network is run to prune a case, in forward passes of one map: jobs are divided by it, and priced."""

from collections.abc import Callable
from typing import Final

from repshift.networks.architecture import layer_names
from repshift.study.cases import own_domain
from repshift.study.configuration import Study
from repshift.study.map_geometry import size_of_maps
from repshift.study.pruning import PruningTraining
from repshift.study.pruning_jobs import Action, pruning_section
from repshift.study.repair_work import STEP
from repshift.study.sizes import judged_maps_each, simulations_assumed

_RUNS: Final = 20
"""Runs of layers of a block that are assumed before anything is measured."""


def replacement_passes(study: Study, model: str, domain: str) -> float:
    """Return the forward passes of one map that the action replace takes on a domain."""
    section = pruning_section(study)
    judged = section.splits * _judged(study, model, domain) / 2
    fitted = section.splits * _judged(study, model, own_domain(study, model)) / 2
    changes = n_changes(study, model, section.layers) * len(section.ways)
    return float(changes * (judged + fitted) + judged + fitted)


def retraining_passes(study: Study, model: str, domain: str) -> float:
    """Return the forward passes of one map that the action retrain takes of a case, its control among them."""
    section = pruning_section(study)
    chosen = section.retraining
    if chosen is None:
        return 0.0
    changes = n_changes(study, model, chosen.layers or section.layers) * len(chosen.ways or section.ways)
    return _trained(study, model, domain, chosen, networks=1 + changes, domains=1)


def cause_passes(study: Study, model: str, domain: str) -> float:
    """Return the forward passes of one map that the action cause takes of a case, its control among them."""
    chosen = pruning_section(study).cause
    if chosen is None:
        return 0.0
    return _trained(study, model, domain, chosen, networks=1 + len(chosen.kinds) * len(chosen.weights), domains=2)


PASSES: Final[dict[Action, Callable[[Study, str, str], float]]] = {
    "replace": replacement_passes,
    "retrain": retraining_passes,
    "cause": cause_passes,
}
"""What each action of the stage takes of a case."""


def n_changes(study: Study, model: str, layers: tuple[str, ...] | None) -> int:
    """Return how many layers, and runs of layers, are replaced: about as many where the network is not known yet."""
    side = min(size_of_maps(study, model, own_domain(study, model))) or study.catalogue.pixels
    single = len(layers) if layers else len(layer_names(side)) - 2
    runs = len(layers) - 1 if layers else _RUNS
    return single + (runs if pruning_section(study).runs else 0)


def _trained(study: Study, model: str, domain: str, chosen: PruningTraining, *, networks: int, domains: int) -> float:
    """Return the passes of some networks that are trained and judged, on each split and by each seed."""
    judged = (_judged(study, model, domain) + _judged(study, model, own_domain(study, model))) / 2
    each = STEP * chosen.steps * chosen.batch * domains + judged
    return float(chosen.splits * chosen.seeds * networks * each)


def _judged(study: Study, model: str, domain: str) -> float:
    """Return the maps of a domain that are fitted to or judged."""
    found = simulations_assumed(study, model, domain)
    return float(found * judged_maps_each(study, domain, pruning_section(study).maps_each))
