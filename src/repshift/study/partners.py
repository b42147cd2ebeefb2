"""Which simulations are partners: the same ones, or of the same initial conditions, under another suite."""

from repshift.study.cases import parent_of
from repshift.study.configuration import Study

Origin = tuple[str, str, str]
"""Suite that maps are made from, set and split."""


def drawn_as(study: Study, suite: str) -> str:
    """Return the suite that draws what a suite shows: of a twin, the other one; of another, itself."""
    entry = study.suites[suite]
    if entry.provider == "mock":
        return entry.seeds or suite
    return entry.twin_of or suite if entry.provider == "function" else suite


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


def shares_simulations(study: Study, twin: str, domain: str) -> bool:
    """Return whether a suite is a twin of a domain's: another, of the same initial conditions and parameters."""
    entry = study.domains[domain]
    is_changed = parent_of(study, entry.suite) != entry.suite
    of_twin = (twin, entry.set, entry.split)
    return twin != entry.suite and not is_changed and are_partners(study, of_twin, origin_of(study, domain))
