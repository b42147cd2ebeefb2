"""What the stages repair, pruning and trust will do: rungs, changes and domains of each model, and what they cost."""

from collections.abc import Callable, Sequence
from typing import Final

from repshift.costs.countdown import in_words
from repshift.costs.jobs import Part
from repshift.costs.prices import Prices
from repshift.costs.requests import (
    Named,
    parts_of_join,
    parts_of_latent_space,
    parts_of_pruning,
    parts_of_repair,
    parts_of_training,
    parts_of_trust,
)
from repshift.inspection.table import Row, counted
from repshift.study.configuration import Study
from repshift.study.groups import latent_space_groups, pruning_groups, training_groups
from repshift.study.pruning_work import n_changes
from repshift.study.repair_rungs import bounds_of, joined_parts, prior_domain, rungs_of, trained_rungs
from repshift.vocabulary import in_short

Sized = Callable[[Sequence[Named]], Sequence[Part]]

_FIGURES: Final = {"figure7": "repair", "figure8": "pruning", "figure9": "trust"}
"""Figures, and the section whose files they draw."""


def repair_rows(study: Study, prices: Prices, sized: Sized) -> list[Row]:
    """Return a row for each model that is repaired, pruned or judged: what is done to it, and what that costs.

    Parameters
    ----------
    sized
        Returns parts with what their costs depend on, as far as that is known.
    """
    rows = [
        *(("repair", model, words) for model, words in _repairs(study, prices, sized).items()),
        *(("pruning", model, words) for model, words in _prunings(study, prices, sized).items()),
        *(("trust", model, words) for model, words in _trusts(study, prices, sized).items()),
    ]
    return [*rows, *_undrawn(study)]


def _repairs(study: Study, prices: Prices, sized: Sized) -> dict[str, str]:
    """Return what is done to repair each model, in words."""
    found, rungs = {}, trained_rungs(study)
    for model, domains in (study.repair.cases if study.repair else {}).items():
        jobs = [parts_of_repair([(model, domain) for domain in domains])]
        jobs += [parts_of_latent_space(model, group) for group in latent_space_groups(study, model)]
        for domain in domains if rungs else ():
            groups = training_groups(study, model, domain)
            jobs += [parts_of_training(model, domain, group) for group in groups]
            jobs += [parts_of_join(model, domain, parts) for parts in joined_parts(study, groups)]
        words = f"{'; '.join(_case(study, model, domain) for domain in domains)}"
        words += f"; {counted(len(rungs), 'trained rung')}: {in_short(rungs)}" if rungs else ""
        found[model] = f"{words}; {_cost(prices, sized, jobs)}"
    return found


def _case(study: Study, model: str, domain: str) -> str:
    """Return the rungs without training of a case, and what stands beside them."""
    bounds, beside = bounds_of(study, model, domain), prior_domain(study, domain)
    more = [f"beside {', '.join(bounds)}"] if bounds else []
    more += [f"tuned on {beside} as well"] if beside else []
    rungs, named = counted(len(rungs_of(study, model, domain)), "rung"), study.repair and study.repair.rungs
    words = "".join(f", {one}" for one in more)
    return f"{'' if named else 'up to '}{rungs} without training for {domain}{words}"


def _prunings(study: Study, prices: Prices, sized: Sized) -> dict[str, str]:
    """Return what is done to prune each model, in words."""
    found, section = {}, study.pruning
    for model, domains in (section.cases if section else {}).items():
        jobs = [parts_of_pruning(model, group) for group in pruning_groups(study, model)]
        changes = f"about {n_changes(study, model, section.layers if section else None)} layers and runs replaced"
        more = [name for name in ("retraining", "cause") if getattr(section, name) is not None]
        words = f"{changes}, judged on {', '.join(domains)}{''.join(f'; {name}' for name in more)}"
        found[model] = f"{words}; {_cost(prices, sized, jobs)}"
    return found


def _trusts(study: Study, prices: Prices, sized: Sized) -> dict[str, str]:
    """Return what is done to judge trust in each model, in words."""
    found = {}
    for model, domains in (study.trust.cases if study.trust else {}).items():
        jobs = [parts_of_trust([(model, domain) for domain in domains])]
        found[model] = f"on {', '.join(domains)}; {_cost(prices, sized, jobs)}"
    return found


def _cost(prices: Prices, sized: Sized, jobs: Sequence[Sequence[Named]]) -> str:
    """Return what some jobs cost, in words."""
    return f"about {in_words(sum(prices.cost(sized(parts)).seconds for parts in jobs))} of one core"


def _undrawn(study: Study) -> list[Row]:
    """Return a row for each figure that nobody asked for, though its section makes what it draws."""
    words = "no figure is drawn of it: for one write {}: [{}] under figures"
    return [
        ("note", section, words.format(figure, ", ".join(getattr(study, section).cases)))
        for figure, section in _FIGURES.items()
        if getattr(study, section) is not None and getattr(study.figures, figure) is None
    ]
