"""Checks of suites, domains and fields: against each other, the catalogue of CMD and the files that are there."""

from collections.abc import Iterable
from pathlib import Path
from typing import Final

from repshift.simulation.one_at_a_time import ONE_AT_A_TIME, ROWS_OF_REALISATION, VALUES_EACH
from repshift.storage.names import BAND, split_name
from repshift.study.cases import sources_of, unscored
from repshift.study.configuration import Study
from repshift.study.refusals import require, require_name
from repshift.study.suites import Files
from repshift.vocabulary import PARAMETERS

MOCK_FIELDS: Final = ("Mtot", "T")
"""Fields of a mock suite."""


def check_suites(study: Study) -> None:
    """Check that suites of CMD are in its catalogue, and that mock suites have what they need."""
    for name, suite in study.suites.items():
        if suite.provider == "cmd":
            require_name(name, study.catalogue.suites, "a suite of provider cmd", "suites of CMD")
        if suite.provider == "files":
            _check_placeholders(name, suite)
    mock = [name for name, suite in study.suites.items() if suite.provider == "mock"]
    require(
        study.maps.mock or not mock,
        f"suites {', '.join(mock)} have the provider mock, so maps.mock is needed.",
    )
    for name in mock:
        _check_seeds(study, name)
    n_rows = study.maps.mock.simulations.get(ONE_AT_A_TIME, 0) if study.maps.mock else 0
    require(
        n_rows % ROWS_OF_REALISATION == 0,
        f"maps.mock.simulations.{ONE_AT_A_TIME} is {n_rows}. Expected a multiple of {ROWS_OF_REALISATION}: "
        f"{len(PARAMETERS)} parameters at {VALUES_EACH} values for each realisation of the initial conditions.",
    )


def _check_seeds(study: Study, name: str) -> None:
    """Check that the suite whose seeds a twin has is a mock suite that draws its own."""
    suite = study.suites[name]
    if suite.provider != "mock" or suite.seeds is None:
        return
    require_name(suite.seeds, study.suites, f"suites.{name}.seeds", "suites")
    origin = study.suites[suite.seeds]
    require(
        origin.provider == "mock" and suite.seeds != name,
        f"suites.{name}.seeds is '{suite.seeds}', "
        "which is no other mock suite. Name the mock suite whose simulations it has.",
    )
    require(
        origin.provider != "mock" or origin.seeds is None,
        f"suites.{name}.seeds is '{suite.seeds}', a twin itself. "
        "Name the mock suite that draws the initial conditions.",
    )


def _check_placeholders(name: str, suite: Files) -> None:
    """Check that bands are named where a file, array or extension is called by them."""
    for field, place in suite.maps.items():
        require(
            suite.bands is not None or BAND not in place,
            f"suites.{name}.maps.{field} is '{place}', so suites.{name}.bands is needed: what {BAND} stands for.",
        )


def check_derived(study: Study) -> None:
    """Check that derived suites are made with suites whose maps are there whole, and themselves not derived."""
    for name, suite in study.suites.items():
        if suite.provider != "derived":
            continue
        for key, other in (("of", suite.of), ("like", suite.like)):
            if other is not None:
                _check_source(study, f"suites.{name}.{key}", other)
        require(suite.like != suite.of, f"suites.{name} is made from '{suite.of}' to be like itself.")


def _check_source(study: Study, place: str, other: str) -> None:
    """Check that a suite can be what a derived suite is made with."""
    require_name(other, study.suites, place, "suites")
    provider = study.suites[other].provider
    require(
        provider != "derived",
        f"{place} is '{other}', itself a derived suite; name one whose maps are simulated, fetched or files.",
    )
    require(
        provider != "cmd" or study.maps.cmd is None or study.maps.cmd.slices is None,
        f"{place} is '{other}', whose maps are fetched in slices; a derived suite is made from whole files: leave "
        "maps.cmd.slices out.",
    )


def check_fields(study: Study) -> None:
    """Check that no field has the name of one of CMD's."""
    twice = [name for name in study.fields if name in study.catalogue.fields]
    require(not twice, f"fields has {', '.join(twice)}, which CMD has already.")


def check_domains(study: Study) -> None:
    """Check that the suite of every domain is one, and has the set."""
    for name, domain in study.domains.items():
        require_name(domain.suite, study.suites, f"domains.{name}.suite", "suites")
        require_set(study, domain.suite, domain.set, place=f"domains.{name}.set")


def require_field(study: Study, suite: str, field: str, *, place: str) -> None:
    """Stop where there is no such field, or where a mock suite, a suite of CMD or files have none."""
    require_name(field, [*study.catalogue.fields, *study.fields], f"the field of {place}", "fields")
    for other in sources_of(study, suite):
        require_field(study, other, field, place=place)
    entry = study.suites[suite]
    known = study.catalogue.fields_of(suite) if entry.provider == "cmd" else None
    known = MOCK_FIELDS if entry.provider == "mock" else known
    known = tuple(entry.maps) if entry.provider == "files" else known
    known = (entry.field,) if entry.provider == "function" else known
    require(
        known is None or field in known,
        f"{place} reads '{field}' of {entry.provider} suite '{suite}', which has {', '.join(known or ())}.",
    )


def require_set(study: Study, suite: str, set_name: str, *, place: str) -> None:
    """Stop where a suite, mock or of CMD, files or a function, has no such set, or one with other parameters."""
    for other in sources_of(study, suite):
        require_set(study, other, set_name, place=place)
    entry, catalogue = study.suites[suite], study.catalogue
    if entry.provider == "files" and not study.archived:
        named = [one.replace(BAND, band) for one in entry.maps.values() for band in entry.bands or ("",)]
        for one in dict.fromkeys([*named, *filter(None, [entry.labels])]):
            path = Path(split_name(one.replace("{set}", set_name))[0])
            require(path.exists(), f"{place} is '{set_name}', but suites.{suite} has no '{path}'.")
    if entry.provider == "function":
        require_name(set_name, entry.sets, place, f"sets of {suite}")
    if entry.provider == "mock" and study.maps.mock:
        require_name(set_name, study.maps.mock.simulations, place, "sets of maps.mock.simulations")
    if entry.provider == "cmd":
        require_name(set_name, catalogue.suites[suite].sets, place, f"sets of {suite}")
        require(
            place != "training.set" or set_name not in catalogue.other_parameters,
            f"{place} is '{set_name}', whose simulations do not have the six parameters that the networks infer.",
        )


def require_scored(study: Study, parameter: str, domains: Iterable[str], place: str) -> None:
    """Stop where the simulations of a domain do not have a parameter."""
    without = [domain for domain in domains if parameter in unscored(study, domain)]
    require(
        not without, f"{place} has '{parameter}', which the simulations of domain {', '.join(without)} do not vary."
    )
