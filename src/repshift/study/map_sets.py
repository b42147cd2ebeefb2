"""Which sets of maps a study reads: those shown, of twins, trained further on, and those that say the density."""

from repshift.study.case_lists import attribution_cases, shown_cases, stress_cases
from repshift.study.cases import parent_of
from repshift.study.configuration import Study
from repshift.study.files import simulation_files
from repshift.study.partners import shares_simulations
from repshift.study.preparations import density_preparation
from repshift.study.stress_axes import twins_of_domain
from repshift.vocabulary import Split

SetOfMaps = tuple[str, str, str, Split]
"""A model or a field, and the suite, set and split of its maps."""


def shown_sets(study: Study) -> list[SetOfMaps]:
    """Return model, suite, set and split of the maps that each model is shown: of its cases and of their twins."""
    entries = [(model, study.domains[domain]) for model, domain in shown_cases(study)]
    found = [(model, entry.suite, entry.set, entry.split) for model, entry in entries]
    twins = [(pair, twins_of_domain(study, pair[1])) for pair in stress_cases(study)]
    twins += [(pair, attribution_twins(study, pair[1])) for pair in attribution_cases(study)]
    for (model, domain), names in twins:
        entry = study.domains[domain]
        found += [(model, twin, entry.set, entry.split) for twin in names]
    return list(dict.fromkeys([*found, *_training_sets(study)]))


def _training_sets(study: Study) -> list[SetOfMaps]:
    """Return the sets of their own suites that models are trained further on, where they are no domain's."""
    repair, pruning, named = study.repair, study.pruning, list[tuple[str, str | None]]()
    named += [(model, repair.training.set) for model in repair.cases] if repair and repair.training else []
    for section in (pruning.retraining, pruning.cause) if pruning else ():
        named += [(model, section.set) for model in pruning.cases] if pruning and section else []
    named += [(one.model, one.set) for one in (entry.repaired for entry in study.models.values()) if one]
    return [(model, study.models[model].suite, name, "all") for model, name in named if name]


def attribution_twins(study: Study, domain: str) -> list[str]:
    """Return the twins of a domain to which its shift is attributed."""
    twins = (study.attribution.twins if study.attribution else None) or ()
    return [twin for twin in twins if shares_simulations(study, twin, domain)]


def density_files(study: Study, model: str, domain: str) -> dict[str, str]:
    """Return the file of maps that divides the pixels of a case by density, and what was measured of it; or none.

    Of changed maps it is that of the suite that they are made from: a change of maps moves no matter.
    """
    field, entry = study.attribution.environment if study.attribution else None, study.domains[domain]
    if field is None:
        return {}
    variant, suite = density_preparation(study, model, domain).variant, parent_of(study, entry.suite)
    files = simulation_files(study, suite, entry.set, field=field, split=entry.split, variant=variant)
    return {name: files[name] for name in ("maps", "measured")}


def density_sets(study: Study) -> dict[SetOfMaps, str]:
    """Return field, suite, set and split of the maps that say the density, with how the names of their files go on."""
    field, found = study.attribution.environment if study.attribution else None, {}
    for model, domain in attribution_cases(study) if field else ():
        entry = study.domains[domain]
        one: SetOfMaps = (field or "", parent_of(study, entry.suite), entry.set, entry.split)
        found[one] = density_preparation(study, model, domain).variant
    return found
