"""Cases that sections list for themselves, which may be no cases elsewhere; and all cases of a study together."""

from collections.abc import Mapping, Sequence

from repshift.study.cases import Pair, cases
from repshift.study.configuration import Study


def stress_cases(study: Study) -> list[Pair]:
    """Return the cases that are perturbed, model by model, its own domain first; none where the study asks for none."""
    return _pairs(study.stress.cases if study.stress else {})


def attribution_cases(study: Study) -> list[Pair]:
    """Return the cases whose maps are attributed, in the same order; none where the study asks for none."""
    return _pairs(study.attribution.cases if study.attribution else {})


def shown_cases(study: Study) -> list[Pair]:
    """Return every model with each domain that it is shown: all cases, and those of stress or attribution alone."""
    return list(dict.fromkeys([*cases(study), *stress_cases(study), *attribution_cases(study)]))


def _pairs(shown: Mapping[str, Sequence[str]]) -> list[Pair]:
    """Return model and domain of each domain of a list."""
    return [(model, domain) for model, domains in shown.items() for domain in domains]
