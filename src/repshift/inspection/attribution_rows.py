"""What the stage attribution will do: methods, maps and outputs of each case, twins, and what they cost."""

from collections.abc import Callable, Sequence

from repshift.costs.countdown import in_words
from repshift.costs.jobs import Part
from repshift.costs.prices import Prices
from repshift.costs.requests import Named, parts_of_attribution
from repshift.inspection.table import Row, counted
from repshift.study.attribution_jobs import attribution_section, feature_cases, outputs_of, shift_cases
from repshift.study.configuration import Study
from repshift.study.groups import attribution_groups
from repshift.study.map_sets import attribution_twins
from repshift.vocabulary import in_short


def attribution_rows(study: Study, prices: Prices, sized: Callable[[Sequence[Named]], Sequence[Part]]) -> list[Row]:
    """Return a row for each model that is attributed: its outputs, methods and domains, and what they cost.

    Parameters
    ----------
    sized
        Returns parts with what their costs depend on, as far as that is known.
    """
    rows = []
    for model, domains in (study.attribution.cases if study.attribution else {}).items():
        groups = attribution_groups(study, model)
        seconds = sum(prices.cost(sized(parts_of_attribution(study, model, group))).seconds for group in groups)
        section = attribution_section(study)
        said = f"{counted(len(section.methods), 'method')} on {counted(section.maps, 'map')}"
        shown = [f"{domain}{_more(study, model, domain)}" for domain in domains]
        words = f"{in_short(outputs_of(study, model))}: {said} of {'; '.join(shown)}; about {in_words(seconds)} of one"
        rows.append(("attribution", model, f"{words} core"))
    return [*rows, *_undrawn(study)]


def _undrawn(study: Study) -> list[Row]:
    """Return a row for each figure that nobody asked for, though the stage makes what it draws."""
    section = study.attribution
    if section is None:
        return []
    shifted = dict.fromkeys(model for model, *_ in shift_cases(study))
    words = "no figure is drawn of it: for one write {}: [{}] under figures"
    return [
        ("note", "attribution", words.format(figure, ", ".join(models)))
        for figure, models in (("figure5", section.cases), ("figure6", shifted))
        if models and getattr(study.figures, figure) is None
    ]


def _more(study: Study, model: str, domain: str) -> str:
    """Return what else is made from a domain: its shift to twins, and sheets of features."""
    twins = attribution_twins(study, domain)
    shifts = [f"its shift to {', '.join(twins)}"] if twins else []
    features = ["what filters see"] if (model, domain) in feature_cases(study) else []
    found = ", ".join([*shifts, *features])
    return f" ({found})" if found else ""
