"""Jobs of the stage pruning: layers of a model replaced, replaced networks trained, CKA moved; commands and files."""

from collections.abc import Callable, Sequence
from operator import attrgetter
from typing import Final, Literal, cast

from repshift.case.files import CaseFiles
from repshift.study.cases import Pair, is_out_of_distribution, own_domain, unscored
from repshift.study.configuration import Study
from repshift.study.files import case_simulations, set_simulations
from repshift.study.jobs import Job
from repshift.study.map_geometry import is_periodic
from repshift.study.options import Words, case_options, options, reference_options, torch_options
from repshift.study.pruning import Cause, Pruning, PruningTraining, Retraining
from repshift.study.refusals import require
from repshift.study.repair_jobs import set_words
from repshift.study.sizes import judged_maps_each
from repshift.study.values import held

Action = Literal["replace", "retrain", "cause"]


def pruning_section(study: Study) -> Pruning:
    """Return the section pruning of a study that has one."""
    require(study.pruning is not None, "there is no section pruning.")
    return cast("Pruning", study.pruning)


def actions_on(study: Study, model: str) -> list[tuple[Action, str]]:
    """Return what is done to a model, each with the domain that it is judged on: CKA is moved out of distribution."""
    section = pruning_section(study)
    domains = section.cases[model]
    found: list[tuple[Action, str]] = [("replace", domain) for domain in domains]
    found += [("retrain", domain) for domain in domains if section.retraining]
    outside = [domain for domain in domains if is_out_of_distribution(study, model, domain)]
    return [*found, *(("cause", domain) for domain in outside if section.cause)]


def pruning_job(study: Study, model: str, actions: Sequence[tuple[Action, str]]) -> Job:
    """Return the job that does some actions of the stage to a model, each with a domain."""
    section, job = pruning_section(study), Job(model, tuple(dict.fromkeys(domain for _, domain in actions)))
    trained = {"retrain": section.retraining, "cause": section.cause}
    for action, domain in actions:
        command, output = _ACTIONS[action]
        job.commands.append(command(study, model, domain))
        job.outputs.append(output(CaseFiles(model, domain)))
        job.inputs.extend(_inputs(study, model, domain))
        job.inputs.extend(_trained_on(study, model, trained.get(action)))
    job.inputs[:] = dict.fromkeys(job.inputs)
    return job


def pruning_files(study: Study, *, of: Sequence[Pair] | None = None) -> list[str]:
    """Return the files of the stage, of all cases or of some, in the order of the configuration."""
    done = [
        (model, *one) for model in (study.pruning.cases if study.pruning else ()) for one in actions_on(study, model)
    ]
    found = [(action, (model, domain)) for model, action, domain in done]
    return [_ACTIONS[action][1](CaseFiles(*pair)) for action, pair in found if of is None or pair in of]


def cause_files(study: Study) -> list[str]:
    """Return the files of CKA moved by the loss, those of the stage that are not of replaced layers."""
    models = study.pruning.cases if study.pruning else ()
    done = [(model, *one) for model in models for one in actions_on(study, model)]
    return [CaseFiles(model, domain).cause for model, action, domain in done if action == "cause"]


def replace_command(study: Study, model: str, domain: str) -> Words:
    """Return the command of the action replace."""
    section = pruning_section(study)
    return [
        *("pruning", "replace"),
        *_shared_options(study, model, domain, layers=section.layers),
        *options({"ways": section.ways, "splits": section.splits, "alike": section.alike}),
        *(["--runs"] if section.runs else []),
        *("--output", CaseFiles(model, domain).pruning),
    ]


def retrain_command(study: Study, model: str, domain: str) -> Words:
    """Return the command of the action retrain."""
    section = pruning_section(study)
    chosen = section.retraining or Retraining()
    return [
        *("pruning", "retrain"),
        *_shared_options(study, model, domain, layers=chosen.layers or section.layers),
        *options({"ways": chosen.ways or section.ways, "alike": section.alike}),
        *_training_options(study, model, domain, chosen),
        *(["--runs"] if section.runs else []),
        *("--output", CaseFiles(model, domain).retrained),
    ]


def cause_command(study: Study, model: str, domain: str) -> Words:
    """Return the command of the action cause."""
    chosen = pruning_section(study).cause or Cause()
    return [
        *("pruning", "cause"),
        *_shared_options(study, model, domain, layers=None),
        *options({"kinds": chosen.kinds, "term-weights": chosen.weights}),
        *_training_options(study, model, domain, chosen),
        *("--output", CaseFiles(model, domain).cause),
    ]


_ACTIONS: Final[dict[Action, tuple[Callable[[Study, str, str], Words], Callable[[CaseFiles], str]]]] = {
    "replace": (replace_command, attrgetter("pruning")),
    "retrain": (retrain_command, attrgetter("retrained")),
    "cause": (cause_command, attrgetter("cause")),
}
"""The command of each action, and the file that it makes of a case."""


def _shared_options(study: Study, model: str, domain: str, *, layers: tuple[str, ...] | None) -> Words:
    """Return what all actions take: the case, its own domain, layers, maps and numbers of intervals."""
    section, unknown = pruning_section(study), unscored(study, domain)
    how: dict[str, object] = {"layers": layers} if layers else {}
    how |= {"outputs": section.outputs} if section.outputs else {}
    how |= {"maps-each": judged_maps_each(study, domain, section.maps_each)}
    how |= {"seed": section.seed, "resamples": section.resamples}
    how |= {"unscored": unknown} if unknown else {}
    return [
        *case_options(study, model, domain),
        *torch_options(study, section.batch_size),
        *(reference_options(study, model, own_domain(study, model)) if domain != own_domain(study, model) else []),
        *options(how),
    ]


def _training_options(study: Study, model: str, domain: str, chosen: PruningTraining) -> Words:
    """Return how networks are trained, and on what."""
    names = ("splits", "seeds", "steps", "batch", "learning_rate")
    how: dict[str, object] = {name.replace("_", "-"): value for name, value in held(chosen) if name in names}
    how |= {"training-set": set_words(study, model, chosen.set)} if chosen.set else {}
    own = own_domain(study, model)
    labels = case_simulations(study, model, own).get("parameters") if domain != own else None
    how |= {"reference-parameters": labels} if labels else {}
    return [*options(how), *(["--symmetries"] if is_periodic(study, domain) else [])]


def _inputs(study: Study, model: str, domain: str) -> list[str]:
    """Return the files that the stage reads of a case and of the model's own domain."""
    names = [domain, own_domain(study, model)]
    files = [path for name in names for paths in case_simulations(study, model, name).values() for path in paths]
    return [f"results/models/{model}.pt", f"results/models/{model}.json", *files]


def _trained_on(study: Study, model: str, chosen: PruningTraining | None) -> list[str]:
    """Return the files of the set that networks are trained on, where it is none of a domain."""
    found = set_simulations(study, model, chosen.set) if chosen and chosen.set else {}
    return [path for paths in found.values() for path in paths]
