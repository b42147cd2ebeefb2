"""What follows from a study about its figures: the cases and models that each draws."""

from collections.abc import Sequence

from repshift.study.cases import Pair, cases, parent_of
from repshift.study.configuration import Study
from repshift.study.jobs import shift_score_cases
from repshift.vocabulary import Estimator


def drawn_cases(study: Study, figure: str) -> list[Pair]:
    """Return the cases that a figure draws: all of a model, of figure 4 under stress, or those named beside it."""
    names = ("figure1", "controls", "measures", "predictions", "shift_scores", "figure4")
    drawn = {name: getattr(study.figures, name) for name in names}
    entries: Sequence[Sequence[str]] = drawn[figure] or ()
    known = study.stress.cases if figure == "figure4" and study.stress else study.cases
    shown = ((model, domains or known[model]) for model, *domains in entries)
    return [(model, domain) for model, domains in shown for domain in domains]


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
    """Return the estimator of what is made of one pass over all maps at once, and so never of batches."""
    return "biased" if study.figures.estimator == "biased" else "debiased"
