"""What follows from a study about shifts: the kind of each, in words, and which cases are paired."""

from repshift.perturbation import ANOTHER_SUITE
from repshift.study.cases import is_out_of_distribution, own_domain, parent_of
from repshift.study.configuration import Study
from repshift.study.partners import are_partners, origin_of


def shift_of(study: Study, domain: str) -> str:
    """Return the kind of shift of a domain: what was done to another suite's maps, or that the suite is another."""
    suite = study.suites[study.domains[domain].suite]
    return suite.shift if suite.provider == "derived" else ANOTHER_SUITE.name


def condition_of(study: Study, domain: str) -> str:
    """Return the shift of a domain, in words: what was done to maps, whatever suite they are of, or the other suite."""
    name = study.domains[domain].suite
    suite = study.suites[name]
    return suite.condition if suite.provider == "derived" else name


def is_paired(study: Study, model: str, domain: str) -> bool:
    """Return whether a domain shows the simulations of the model's own, or their partners, under another suite."""
    shown, own = origin_of(study, domain), origin_of(study, own_domain(study, model))
    return is_out_of_distribution(study, model, domain) and are_partners(study, shown, own)


def box_of(study: Study, suite: str) -> float:
    """Return the side of the maps of a suite [Mpc/h]; 0 where it is not known."""
    parent = study.suites[parent_of(study, suite)]
    if parent.provider == "mock":
        return study.maps.mock.box if study.maps.mock else 0.0
    if parent.provider == "cmd":
        return study.catalogue.box
    return (parent.box or 0.0) if parent.provider in ("local", "files") else 0.0
