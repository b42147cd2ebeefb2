"""How much a network is run to judge trust in it, in forward passes of one map: jobs are divided by it, and priced."""

from typing import Final

from repshift.study.configuration import Study
from repshift.study.sizes import judged_maps_each, simulations_assumed
from repshift.study.trust_jobs import trust_section

_SYMMETRIES: Final = 8
"""Rotations and flips of a map."""


def trust_passes(study: Study, model: str, domain: str) -> float:
    """Return the forward passes of one map that the stage takes on a domain, its own domain beside it."""
    section = trust_section(study)
    n_simulations = simulations_assumed(study, model, domain)
    each = judged_maps_each(study, domain, section.maps_each)
    passes = each * (1 + (section.dropout_passes or 0)) + each * (_SYMMETRIES if section.symmetries else 0)
    return float(2 * n_simulations * passes)


def trust_fits(study: Study, model: str, domain: str) -> float:
    """Return the maps whose distances are measured, once for each division."""
    n_simulations = simulations_assumed(study, model, domain)
    section = trust_section(study)
    return float(2 * section.splits * n_simulations * judged_maps_each(study, domain, section.maps_each))
