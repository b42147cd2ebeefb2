"""What follows from a study about its figures: the cases and models that each draws."""

from collections.abc import Mapping, Sequence
from typing import Final

from repshift.study.attribution_jobs import feature_cases, outputs_of, shift_cases
from repshift.study.cases import Pair, cases, infers, parent_of
from repshift.study.configuration import Study
from repshift.study.jobs import shift_score_cases
from repshift.vocabulary import Estimator

_DRAWN: Final = (
    *("figure1", "controls", "measures", "predictions", "shift_scores"),
    *("figure4", "figure5", "figure6", "features", "figure7", "figure8", "figure9", "latent_space"),
)
"""Figures that name models, and the domains drawn of each."""


def drawn_cases(study: Study, figure: str) -> list[Pair]:
    """Return the cases that a figure draws: all that the section it draws from has of a model, or those named."""
    entries: Sequence[Sequence[str]] = {name: getattr(study.figures, name) for name in _DRAWN}[figure] or ()
    known = cases_of_figure(study, figure)
    shown = ((model, domains or known[model]) for model, *domains in entries)
    return [(model, domain) for model, domains in shown for domain in domains]


def cases_of_figure(study: Study, figure: str) -> Mapping[str, Sequence[str]]:
    """Return the models that a figure may draw, each with the domains that it may draw of it."""
    if figure == "figure4":
        return study.stress.cases if study.stress else {}
    if figure == "figure6":
        return _by_model([(model, domain) for model, domain, _ in shift_cases(study)])
    if figure == "features":
        return _by_model(feature_cases(study))
    if figure == "figure5":
        return study.attribution.cases if study.attribution else {}
    if figure == "figure8":
        return study.pruning.cases if study.pruning else {}
    if figure == "figure9":
        return study.trust.cases if study.trust else {}
    if figure in ("figure7", "latent_space"):
        return study.repair.cases if study.repair else {}
    return study.cases


def _by_model(pairs: Sequence[Pair]) -> dict[str, tuple[str, ...]]:
    """Return the domains of each model of some cases, each once."""
    return {model: tuple(dict.fromkeys(domain for name, domain in pairs if name == model)) for model, _ in pairs}


def drawn_outputs(study: Study, figure: str) -> list[str]:
    """Return those of figures.parameters that are attributed to pixels of a model that a figure draws."""
    attributed = {name for model in drawn_models(study, figure) for name in outputs_of(study, model)}
    return [name for name in study.figures.parameters or () if name in attributed]


def drawn_parameters(study: Study, figure: str) -> list[str]:
    """Return those of figures.parameters that a model of a figure infers."""
    inferred = {name for model in drawn_models(study, figure) for name in infers(study, model)}
    return [name for name in study.figures.parameters or () if name in inferred]


def units_of_outputs(study: Study, figure: str) -> dict[str, str]:
    """Return the units of what the models of a figure infer, as suites of a function declare them; none of no unit."""
    suites = [study.suites[parent_of(study, study.domains[domain].suite)] for _, domain in drawn_cases(study, figure)]
    declared = [suite.units for suite in suites if suite.provider == "function"]
    return {name: unit for units in reversed(declared) for name, unit in units.items() if unit != "1"}


def cases_in_order(study: Study, figure: str) -> list[Pair]:
    """Return the cases that a figure draws, in the order of the configuration."""
    drawn = drawn_cases(study, figure)
    return [case for case in cases(study) if case in drawn]


def drawn_models(study: Study, figure: str) -> list[str]:
    """Return the models that a figure draws."""
    return list(dict.fromkeys(model for model, _ in drawn_cases(study, figure)))


def drawn_shifts(study: Study) -> list[Pair]:
    """Return the cases whose shift scores are drawn: those of the models drawn that have any."""
    scored = shift_score_cases(study)
    return [case for case in drawn_cases(study, "shift_scores") if case in scored]


def figure2_cases(study: Study) -> list[Pair]:
    """Return the cases of figure 2 that are not along the steps: each model, and those beside it, on two domains."""
    found = []
    for entry in study.figures.figure2 or ():
        models = [name for name in (entry.model, entry.untrained, entry.layers) if name]
        found += [(model, domain) for model in models for domain in (study.shift_steps or {})[entry.model][:2]]
    return found


def figure2_models(study: Study) -> list[str]:
    """Return the models of figure 2 whose steps are drawn, each once."""
    named = [name for entry in study.figures.figure2 or () for name in (entry.model, entry.untrained) if name]
    return list(dict.fromkeys(named))


def estimator_of_sheets(study: Study) -> Estimator:
    """Return the estimator of what is made from one pass over all maps at once, and so never of batches."""
    return "biased" if study.figures.estimator == "biased" else "debiased"
