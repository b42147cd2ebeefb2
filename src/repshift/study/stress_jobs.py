"""Jobs of the stage stress: a model on some of its domains, their commands, and the files that they read and make."""

import json
from collections.abc import Callable, Sequence
from operator import attrgetter
from typing import Any, Final, Literal

from repshift.case.files import CaseFiles
from repshift.study.case_lists import stress_cases
from repshift.study.cases import (
    is_out_of_distribution,
    is_scored,
    own_domain,
    unscored,
)
from repshift.study.configuration import Study
from repshift.study.files import case_simulations, twin_simulations
from repshift.study.function_suites import Function
from repshift.study.generation import function_suite, generator_words
from repshift.study.jobs import Job
from repshift.study.map_geometry import is_periodic, sky_options
from repshift.study.options import Words, case_options, options, reference_options, torch_options
from repshift.study.sizes import perturbed_maps_each
from repshift.study.stress_axes import axes_of_domain, is_one_at_a_time, section_of, strengths_of, twins_of_domain
from repshift.study.values import held

Action = Literal["curves", "smallest"]


def stress_job(study: Study, model: str, domains: Sequence[str]) -> Job:
    """Return the job that perturbs the maps of some domains of a model, its own first: it is what others refer to."""
    job, own = Job(model, tuple(domains)), CaseFiles(model, own_domain(study, model))
    job.inputs.extend([f"results/models/{model}.pt", f"results/models/{model}.json", own.predictions])
    for domain in domains:
        for action in actions_on(study, domain):
            command, output = _ACTIONS[action]
            job.commands.append(command(study, model, domain))
            job.outputs.append(output(CaseFiles(model, domain)))
        job.inputs.extend(_inputs(study, model, domain))
    job.inputs[:] = [path for path in dict.fromkeys(job.inputs) if path not in job.outputs]
    return job


def actions_on(study: Study, domain: str) -> list[Action]:
    """Return the actions of the stage on a domain: a set 1P has its curves alone."""
    wanted = section_of(study).smallest is not None and not is_one_at_a_time(study, domain)
    return ["curves", "smallest"] if wanted else ["curves"]


def stress_files(study: Study) -> list[str]:
    """Return the files that the stage makes, in the order of the configuration; none where the study asks for none."""
    return [
        _ACTIONS[action][1](CaseFiles(model, domain))
        for model, domain in stress_cases(study)
        for action in actions_on(study, domain)
    ]


def functions_of_stress(study: Study, model: str, domains: Sequence[str]) -> dict[str, list[str]]:
    """Return your own functions that a job runs, by the folder of their code: of network, axes and generators."""
    entry, named = study.models[model], []
    if entry.network is not None:
        named += [(entry.network.path, name) for name in (entry.network.constructor, entry.preprocessing.function)]
    for domain in domains:
        for axis in axes_of_domain(study, domain).values():
            named += [(axis.path, axis.function)]
            if axis.parameter is not None:
                suite = function_suite(study, study.domains[domain].suite)
                named += [(suite.path, name) for name in suite.functions]
    found: dict[str, list[str]] = {}
    for folder, name in dict.fromkeys(named):
        if folder and name:
            found.setdefault(folder, []).append(name)
    return found


def curves_command(study: Study, model: str, domain: str) -> Words:
    """Return the command of the action curves."""
    section, own = section_of(study), own_domain(study, model)
    outside = is_out_of_distribution(study, model, domain)
    how: dict[str, object] = {"axes": axes_words(study, model, domain)}
    how |= sky_options(study, model, domain)
    how |= {"maps-each": perturbed_maps_each(study, domain)}
    names = ("simulations", "drift_maps", "seed", "resamples", "halves", "scores")
    chosen = {name: getattr(section, name) for name in names}
    how |= {name.replace("_", "-"): value for name, value in chosen.items() if value is not None}
    unknown = unscored(study, domain)
    how |= {"unscored": unknown} if unknown else {}
    how |= {"own-predictions": CaseFiles(model, own).predictions}
    how |= {"own-stress": CaseFiles(model, own).stress} if outside else {}
    return [
        *("stress", "curves"),
        *case_options(study, model, domain),
        *torch_options(study, section.batch_size),
        *(reference_options(study, model, own) if outside else []),
        *options(how),
        *(["--periodic"] if is_periodic(study, domain) else []),
        *([] if is_scored(study, model, domain) else ["--without-truth"]),
        *("--output", CaseFiles(model, domain).stress),
    ]


def smallest_command(study: Study, model: str, domain: str) -> Words:
    """Return the command of the action smallest."""
    section, own = section_of(study), own_domain(study, model)
    how: dict[str, object] = {"own-predictions": CaseFiles(model, own).predictions, "resamples": section.resamples}
    chosen = dict(held(section.smallest)) if section.smallest else {}
    how |= {"n-maps" if name == "maps" else name.replace("_", "-"): value for name, value in chosen.items()}
    return [
        *("stress", "smallest"),
        *case_options(study, model, domain),
        *torch_options(study, section.batch_size),
        *options(how),
        *("--output", CaseFiles(model, domain).smallest),
    ]


_ACTIONS: Final[dict[Action, tuple[Callable[[Study, str, str], Words], Callable[[CaseFiles], str]]]] = {
    "curves": (curves_command, attrgetter("stress")),
    "smallest": (smallest_command, attrgetter("smallest")),
}
"""The command of each action, and the file that it makes of a case."""


def _inputs(study: Study, model: str, domain: str) -> list[str]:
    """Return the files that the stage reads of a case: of the domain, the own one, twins, and a generator."""
    own, found = own_domain(study, model), case_simulations(study, model, domain)
    files = [path for paths in found.values() for path in paths]
    if is_out_of_distribution(study, model, domain):
        reference = case_simulations(study, model, own)
        files += [*reference["maps"], *reference["measured"], CaseFiles(model, own).stress]
    for twin in twins_of_domain(study, domain):
        files += [path for paths in twin_files(study, model, domain, twin).values() for path in paths]
    if any(axis.parameter is not None for axis in axes_of_domain(study, domain).values()):
        suite = function_suite(study, study.domains[domain].suite)
        files += [*(suite.files or ()), *tables_of(suite).values()]
    return files


def tables_of(suite: Function) -> dict[str, str]:
    """Return the tables of the sets of a suite of a function that are not drawn, by the names of the sets."""
    return {name: held for name, held in suite.sets.items() if isinstance(held, str)}


def twin_files(study: Study, model: str, domain: str, twin: str) -> dict[str, list[str]]:
    """Return the files of maps, and of what was measured of them, of a domain's twin, one a channel of a model."""
    found = twin_simulations(study, model, domain, twin)
    return {name: list(found[name]) for name in ("maps", "measured")}


def axes_words(study: Study, model: str, domain: str) -> str:
    """Return the axes of a case as the stage takes them: a list in JSON."""
    described = [_described(study, model, domain, name) for name in axes_of_domain(study, domain)]
    return json.dumps(described)


def _described(study: Study, model: str, domain: str, name: str) -> dict[str, Any]:
    """Return one axis of a case."""
    axis = axes_of_domain(study, domain)[name]
    found: dict[str, Any] = {"name": name}
    found |= {"label": axis.label} if axis.label else {}
    strengths = strengths_of(study, model, name, axis)
    found |= {"strengths": list(strengths)} if strengths else {}
    if axis.kind == "axis":
        return found | {"axis": axis.axis or name, "arguments": axis.options}
    if axis.function is not None:
        own = {"function": axis.function, "source": axis.path, "units": axis.units or "1"}
        return found | own | {"moves_labels": bool(axis.moves_labels)}
    if axis.twin is not None:
        return found | {"twin": axis.twin, **twin_files(study, model, domain, axis.twin)}
    if axis.one_at_a_time is not None:
        return found | {"one_at_a_time": axis.one_at_a_time}
    name, entry = study.domains[domain].suite, function_suite(study, study.domains[domain].suite)
    scale = axis.scale or "linear"
    how = {"parameter": axis.parameter, "scale": scale, "units": axis.units or entry.numbers[axis.parameter or ""]}
    how |= {"units": "dex"} if scale == "log10" else {}
    return found | how | {"generator": generator_words(study, name), "tables": tables_of(entry)}
