"""Sections `domains` and `grid`: the maps that models are shown."""

from collections.abc import Mapping
from typing import Annotated, Any

from pydantic import Field

from repshift.study.values import FieldName, Name, Section, SetName, Several
from repshift.vocabulary import Split, Standardisation

_SET = "Set of the suite: LH, CV, 1P, or one of maps.mock.simulations, or of sets; of files, what {set} stands for."
_SPLIT = "Part of the set, by simulation as CMD splits it (90 %, 5 %, 5 %), or all of it."
_STANDARDISATION = (
    "Whose mean and standard deviation standardise the maps: of the training maps, or of the domain's own file."
)

Rank = Annotated[int, Field(ge=1, le=10_000)]


class Domain(Section):
    """Maps that a model can be shown."""

    # `fill_domains` puts the name of the domain in the place of the default, which is no name of a suite.
    suite: Name = Field(default="", description="Name of a suite; left out, that of the domain.")
    set: SetName = Field(default="LH", description=_SET)
    split: Split = Field(default="all", description=f"{_SPLIT} Left out, test of a suite in the form of CMD, else all.")
    standardisation: Standardisation = Field(default="training", description=_STANDARDISATION)


class Grid(Section):
    """Every pair of suites in every field: models {field}-{suite} that CMD publishes, domains named as their suites."""

    fields: Several[FieldName] = Field(description="Fields, a model each.")
    suites: Several[Name] = Field(description="Suites that train and test.")
    ranks: Several[Rank] = Field(
        default=(1,), description="Trials of each search; those after the best are named {field}-{suite}-rank{k}."
    )
    set: SetName = Field(default="LH", description=_SET)
    split: Split = Field(default="test", description=_SPLIT)
    standardisation: Standardisation = Field(default="training", description=_STANDARDISATION)


def fill_domains(given: Mapping[str, Any]) -> dict[str, Any]:
    """Return a configuration, as YAML gives it, with a domain for each suite that cases of any section show.

    Networks were trained on most simulations of a set of CMD, so that its split is test unless the configuration says
    otherwise.
    """
    suites, written, shown = (given.get(key, {}) for key in ("suites", "domains", "cases"))
    if not all(isinstance(section, Mapping) for section in (suites, written, shown)):
        return dict(given)
    sections = ("stress", "attribution", "repair", "pruning", "trust")
    beside = [_entry(_entry(given, section), "cases") for section in sections]
    lists = [names for cases in (shown, *beside) for names in cases.values() if isinstance(names, list)]
    lists += _read_beside(given)
    named = [name for names in lists for name in names if isinstance(name, str)]
    domains = dict(written) | {name: {} for name in dict.fromkeys(named) if name in suites and name not in written}
    filled = {name: _filled(name, entry, suites) for name, entry in domains.items()}
    return {**given, "domains": filled} if filled else dict(given)


def _read_beside(given: Mapping[str, Any]) -> list[list[Any]]:
    """Return the domains that repairs read beside cases."""
    repair = _entry(given, "repair")
    training = _entry(repair, "training")
    several = [_entry(repair, "prior").get("domains"), training.get("third")]
    models = _entry(given, "models")
    made = [_entry(_entry(models, name), "repaired").get("domain") for name in models]
    return [*(names for names in several if isinstance(names, list)), [training.get("choose_on"), *made]]


def _filled(name: str, entry: object, suites: Mapping[str, Any]) -> object:
    """Return a domain with its suite, and with a split where that is not all."""
    if not isinstance(entry, Mapping):
        return entry
    filled = {"suite": name, **entry}
    suite = _entry(suites, filled["suite"])
    provider = _entry(suites, suite.get("of")).get("provider", suite.get("provider"))
    return {"split": "test", **filled} if provider in ("cmd", "local") else filled


def _entry(suites: Mapping[str, Any], name: object) -> Mapping[str, Any]:
    """Return a section, such as a suite, as it was written; an empty one where there is none."""
    entry = suites.get(name) if isinstance(name, str) else None
    return entry if isinstance(entry, Mapping) else {}
