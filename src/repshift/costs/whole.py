"""The jobs of a whole run, without Snakemake: what `repshift check` says of its cost before anything is planned."""

from collections.abc import Callable, Iterator
from pathlib import Path

from repshift.costs.jobs import Job, Sizes
from repshift.costs.requests import (
    Named,
    Names,
    Requests,
    parts_of_attribution,
    parts_of_generation,
    parts_of_join,
    parts_of_latent_space,
    parts_of_measurement,
    parts_of_network,
    parts_of_pruning,
    parts_of_repair,
    parts_of_sheets,
    parts_of_statistics,
    parts_of_stress,
    parts_of_training,
    parts_of_trust,
)
from repshift.study.case_lists import repair_cases
from repshift.study.cases import (
    cases,
    correlates,
    has_choices,
    has_weights_of_training,
    models_with,
    parent_of,
    sources_of,
    trained_in_the_run,
)
from repshift.study.channels import channels_of, has_bands_inside
from repshift.study.configuration import Study
from repshift.study.files import is_converted, is_sliced, own_file
from repshift.study.groups import (
    attribution_groups,
    latent_space_groups,
    network_groups,
    pruning_groups,
    repair_groups,
    sheet_groups,
    statistics_groups,
    stress_groups,
    training_groups,
    trust_groups,
)
from repshift.study.map_sets import density_sets, shown_sets
from repshift.study.preparations import preparations, variants
from repshift.study.repair_rungs import joined_parts, trained_rungs
from repshift.vocabulary import SHARES, Split

Shown = tuple[str, str, str]
"""A suite, a set and a field."""


def jobs_of_run(study: Study, constants: Path, *, known: Callable[[Names], Sizes] = lambda _names: {}) -> list[Job]:
    """Return every job of a run from the beginning, with what its cost depends on; they are in no order.

    What a dry run lists is this, except files that are there already.

    Parameters
    ----------
    constants
        What ``costs fit`` wrote.
    known
        Of what a part is done to, as `repshift.costs.requests.Requests` has it, numbers that a look at the files and
        networks found, in the place of those that are assumed.
    """
    requests, groups = Requests(study, constants), [*_maps(study), *_models(study), *_rest(study)]
    jobs = []
    for number, named in enumerate(filter(None, groups)):
        jobs.append(Job(number, named[0][0], parts=requests.known(named, known), benchmark="measured"))
    return jobs


def _maps(study: Study) -> Iterator[list[Named]]:
    """Yield the jobs that make, fetch, convert or measure maps."""
    shown = {(suite, set_name, field) for suite, set_name, field, _ in _measured(study)}
    sources = {(other, name, field) for suite, name, field in shown for other in sources_of(study, suite)}
    for suite in sorted({suite for suite, _, _ in shown | sources if study.suites[suite].provider == "function"}):
        yield parts_of_generation(study, suite)
        yield parts_of_measurement(study, suite)
    for suite, set_name in sorted({(suite, name) for suite, name, _ in shown | sources}):
        provider, names = study.suites[suite].provider, {"suite": suite, "set": set_name}
        yield [("maps", names)] if provider == "mock" else []
        yield [("download_parameters", names)] if provider == "cmd" else []
    for one in sorted(shown | sources):
        yield from _files_of(study, one)
    for suite, set_name, field, split in sorted(_measured(study)):
        names = {"suite": suite, "set": set_name, "field": field}
        if is_sliced(study, suite):
            yield [("sample", names)]
            yield [("slice", {**names, "split": split})] if split in SHARES else []
        elif _is_measured_apart(study, suite, split):
            yield [("measured", names)]


def _is_measured_apart(study: Study, suite: str, variant: str) -> bool:
    """Return whether maps, prepared in a way, are measured by a job of its own, not with other maps of their suite."""
    provider = study.suites[suite].provider
    if provider == "function":
        return bool(variants(study)[variant].chosen.function)
    return provider != "mock" or bool(variant)


def _files_of(study: Study, shown: Shown) -> Iterator[list[Named]]:
    """Yield the job that brings maps into a file, where one does that."""
    suite, set_name, field = shown
    provider = study.suites[suite].provider
    own = own_file(study, "maps", suite, set_name=set_name, field=field)
    is_made = is_converted(own) or has_bands_inside(study, suite, field)
    kinds = {"derived": "derive", "files": "convert" if is_made else ""}
    kinds |= {"cmd": "" if is_sliced(study, suite) else "download_maps"}
    kind = kinds.get(provider, "")
    yield [(kind, {"suite": suite, "set": set_name, "field": field})] if kind else []


def _measured(study: Study) -> set[tuple[str, str, str, str]]:
    """Return what is measured: suite, set, field; and the split of a slice, or what a mock suite is prepared with."""
    found = set()
    for model, suite, set_name, split in shown_sets(study):
        sliced: Split | str = split if is_sliced(study, parent_of(study, suite)) else ""
        for channel, variant in _channels(study, model):
            found.add((suite, set_name, channel, sliced or variant))
    for (field, suite, set_name, split), variant in density_sets(study).items():
        found.add((suite, set_name, field, split if is_sliced(study, suite) else variant))
    trained = study.catalogue.training_set
    in_the_run = study.training.set if study.training else trained
    sets = dict.fromkeys(models_with(study, "rank"), trained)
    sets |= {model: in_the_run for model in trained_in_the_run(study) if has_weights_of_training(study, model)}
    for model, set_name in sets.items():
        for channel, variant in _channels(study, model):
            found.add((study.models[model].suite, set_name, channel, variant))
    return found


def _channels(study: Study, model: str) -> list[tuple[str, str]]:
    """Return the channels of a model, and what tells files measured with its preparation from others."""
    variants = [one.variant for one in preparations(study, model)]
    return list(zip(channels_of(study, model), variants, strict=True))


def _models(study: Study) -> Iterator[list[Named]]:
    """Yield the jobs of models: those that fetch, train or run them, and their statistics."""
    for model in models_with(study, "rank"):
        yield [("trial", {"model": model})]
    for model in trained_in_the_run(study):
        if has_weights_of_training(study, model):  # others, that training names, are trained on request
            yield [("training", {"model": model})]
    for model in study.cases:
        for domains in network_groups(study, model):
            yield parts_of_network(study, model, domains)
        for domains in statistics_groups(study, model):
            yield parts_of_statistics(study, model, domains)
    for model in study.stress.cases if study.stress else ():
        for domains in stress_groups(study, model):
            yield parts_of_stress(study, model, domains)
    for model in study.attribution.cases if study.attribution else ():
        for domains in attribution_groups(study, model):
            yield parts_of_attribution(study, model, domains)
    yield from _repairs(study)
    for model, domain in cases(study):
        yield [("cka", {"model": model, "domain": domain})]
    for pair in study.comparisons or ():
        yield [("comparison", dict(zip(("model", "domain"), pair.rows, strict=True)))]


def _repairs(study: Study) -> Iterator[list[Named]]:
    """Yield the jobs of repair, pruning and trust."""
    for group in repair_groups(study):
        yield parts_of_repair(group)
    for model in study.repair.cases if study.repair else ():
        for domains in latent_space_groups(study, model):
            yield parts_of_latent_space(model, domains)
    for model, domain in repair_cases(study) if trained_rungs(study) else ():
        groups = training_groups(study, model, domain)
        for parts in groups:
            yield parts_of_training(model, domain, parts)
        for joined in joined_parts(study, groups):
            yield parts_of_join(model, domain, joined)
    for model in study.pruning.cases if study.pruning else ():
        for actions in pruning_groups(study, model):
            yield parts_of_pruning(model, actions)
    for group in trust_groups(study):
        yield parts_of_trust(group)


def _rest(study: Study) -> Iterator[list[Named]]:
    """Yield the jobs of all cases together: tables, figures, pages."""
    drawn = [name for name in ("figure1", "figure2", "controls", "measures", "predictions")
             if getattr(study.figures, name) is not None]  # fmt: skip
    drawn += ["shift_scores_figure"] if study.figures.shift_scores is not None else []
    names = ("figure4", "figure5", "figure6", "features_figure", "figure7", "figure8", "figure9", "latent_space_figure")
    drawn += [name for name in names if getattr(study.figures, name.removesuffix("_figure")) is not None]
    drawn += ["comparisons"] if study.comparisons else []
    tables = ["summary", *(["shift_steps"] if study.shift_steps else [])]
    tables += ["correlations", "figure3"] if study.failures is not None and correlates(study) else []
    tables += ["choices"] if study.failures is not None and has_choices(study) else []
    for kind in (*tables, *drawn, "results", "pages"):
        yield [(kind, {})]
    for pairs in sheet_groups(study) if study.influence is not None else ():
        yield parts_of_sheets(pairs)
