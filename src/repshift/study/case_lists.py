"""Cases that sections list for themselves, which may be no cases elsewhere; and all cases of a study together."""

from collections.abc import Mapping, Sequence

from repshift.study.cases import Pair, cases, own_domain
from repshift.study.configuration import Study


def stress_cases(study: Study) -> list[Pair]:
    """Return the cases that are perturbed, model by model, its own domain first; none where the study asks for none."""
    return _pairs(study.stress.cases if study.stress else {})


def attribution_cases(study: Study) -> list[Pair]:
    """Return the cases whose maps are attributed, in the same order; none where the study asks for none."""
    return _pairs(study.attribution.cases if study.attribution else {})


def repair_cases(study: Study) -> list[Pair]:
    """Return the models that are repaired, each with the domains that it is repaired for."""
    return _pairs(study.repair.cases if study.repair else {})


def pruning_cases(study: Study) -> list[Pair]:
    """Return the cases that layers are replaced in, model by model, its own domain first."""
    return _pairs(study.pruning.cases if study.pruning else {})


def trust_cases(study: Study) -> list[Pair]:
    """Return the cases whose maps are judged by whether they may be believed on, the own domain first."""
    return _pairs(study.trust.cases if study.trust else {})


def shown_cases(study: Study) -> list[Pair]:
    """Return every model with each domain that it is shown: all cases, and those that only sections list."""
    listed = [stress_cases, attribution_cases, repair_cases, pruning_cases, trust_cases]
    return list(dict.fromkeys([*cases(study), *(pair for of in listed for pair in of(study)), *_beside(study)]))


def _beside(study: Study) -> list[Pair]:
    """Return the models that are repaired with the domains that they are not judged on: those read beside."""
    repair, found = study.repair, list[Pair]()
    training = repair.training if repair else None
    for model in repair.cases if repair else ():
        found += [(model, own_domain(study, model))]
        found += [(model, name) for name in (repair.prior.domains or () if repair and repair.prior else ())]
        found += [(model, name) for name in (training.third or () if training else ())]
        found += [(model, training.choose_on)] if training and training.choose_on else []
    made = [(entry.repaired.model, entry.repaired.domain) for entry in study.models.values() if entry.repaired]
    return [*found, *made]


def _pairs(shown: Mapping[str, Sequence[str]]) -> list[Pair]:
    """Return model and domain of each domain of a list."""
    return [(model, domain) for model, domains in shown.items() for domain in domains]
