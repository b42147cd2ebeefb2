"""What follows from a study about shifts: the kind of each, in words, and which simulations are partners."""

from repshift.perturbation import ANOTHER_SUITE
from repshift.study.cases import is_out_of_distribution, own_domain, parent_of
from repshift.study.configuration import Study
from repshift.study.generation import drawn_as

Origin = tuple[str, str, str]
"""Suite that maps are made from, set and split."""


def shift_of(study: Study, domain: str) -> str:
    """Return the kind of shift of a domain: what was done to another suite's maps, or that the suite is another."""
    suite = study.suites[study.domains[domain].suite]
    return suite.shift if suite.provider == "derived" else ANOTHER_SUITE.name


def condition_of(study: Study, domain: str) -> str:
    """Return the shift of a domain, in words: what was done to maps, whatever suite they are of, or the other suite."""
    name = study.domains[domain].suite
    suite = study.suites[name]
    return suite.condition if suite.provider == "derived" else name


def origin_of(study: Study, domain: str) -> Origin:
    """Return the simulations of a domain: the suite that its maps are made from, its set and its split."""
    entry = study.domains[domain]
    return parent_of(study, entry.suite), entry.set, entry.split


def have_own_seeds(study: Study, suites: tuple[str, str], set_name: str) -> bool:
    """Return whether two suites are known to draw the initial conditions of a set each for itself."""
    providers = [study.suites[suite].provider for suite in suites]
    if "mock" in providers or "function" in providers:
        return drawn_as(study, suites[0]) != drawn_as(study, suites[1])
    catalogue = study.catalogue
    twins = {catalogue.twin_of(suite) for suite in suites}
    listed = all(suite in catalogue.suites for suite in suites)
    return listed and len(twins) > 1 and set_name in catalogue.own_seeds


def are_partners(study: Study, shown: Origin, own: Origin) -> bool:
    """Return whether two sets of simulations are one, or are known to have the same initial conditions."""
    listed = all(study.suites[suite].provider == "cmd" for suite in (shown[0], own[0]))
    same = listed and shown[1:] == own[1:] and not have_own_seeds(study, (shown[0], own[0]), own[1])
    drawn = [(drawn_as(study, suite), *rest) for suite, *rest in (shown, own)]
    return drawn[0] == drawn[1] or same


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
