"""Jobs of the stage pruning: layers of a model replaced, replaced networks trained, CKA moved; commands and files."""

from collections.abc import Sequence
from typing import cast

from repshift.case.files import CaseFiles
from repshift.study.case_lists import pruning_cases
from repshift.study.cases import Pair, is_out_of_distribution, own_domain, unscored
from repshift.study.configuration import Study
from repshift.study.files import case_simulations, set_simulations
from repshift.study.jobs import Job
from repshift.study.options import Words, case_options, options, own_domain_options, torch_options
from repshift.study.pruning import Cause, Pruning, PruningTraining, Retraining
from repshift.study.refusals import require
from repshift.study.repair_jobs import set_words
from repshift.study.sizes import judged_maps_each
from repshift.study.values import held


def pruning_section(study: Study) -> Pruning:
    """Return the section pruning of a study that has one."""
    require(study.pruning is not None, "there is no section pruning.")
    return cast("Pruning", study.pruning)


def pruning_job(study: Study, model: str, domains: Sequence[str]) -> Job:
    """Return the job that replaces layers of a model and judges it on some domains, its own first."""
    job = Job(model, tuple(domains))
    for domain in domains:
        job.commands.append(replace_command(study, model, domain))
        job.outputs.append(CaseFiles(model, domain).pruning)
        job.inputs.extend(_inputs(study, model, domain))
    job.inputs[:] = dict.fromkeys(job.inputs)
    return job


def retraining_job(study: Study, model: str, domain: str) -> Job:
    """Return the job that trains the networks of replaced layers of a case again."""
    section, job = pruning_section(study), Job(model, (domain,))
    job.commands.append(retrain_command(study, model, domain))
    job.outputs.append(CaseFiles(model, domain).retrained)
    job.inputs.extend(dict.fromkeys([*_inputs(study, model, domain), *_trained_on(study, model, section.retraining)]))
    return job


def cause_job(study: Study, model: str, domain: str) -> Job:
    """Return the job that moves CKA of a case by the loss."""
    section, job = pruning_section(study), Job(model, (domain,))
    job.commands.append(cause_command(study, model, domain))
    job.outputs.append(CaseFiles(model, domain).cause)
    job.inputs.extend(dict.fromkeys([*_inputs(study, model, domain), *_trained_on(study, model, section.cause)]))
    return job


def retrained_cases(study: Study) -> list[Pair]:
    """Return the cases whose networks of replaced layers are trained again; none where the study asks for none."""
    return pruning_cases(study) if study.pruning and study.pruning.retraining else []


def cause_cases(study: Study) -> list[Pair]:
    """Return the cases whose CKA is moved by the loss: those out of distribution; none where it asks for none."""
    asked = study.pruning is not None and study.pruning.cause is not None
    return [pair for pair in pruning_cases(study) if is_out_of_distribution(study, *pair)] if asked else []


def pruning_files(study: Study, *, of: Sequence[Pair] | None = None) -> list[str]:
    """Return the files of the stage, of all cases or of some, in the order of the configuration."""
    found = [CaseFiles(*pair).pruning for pair in pruning_cases(study) if of is None or pair in of]
    found += [CaseFiles(*pair).retrained for pair in retrained_cases(study) if of is None or pair in of]
    return [*found, *(CaseFiles(*pair).cause for pair in cause_cases(study) if of is None or pair in of)]


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
        *_training_options(study, model, chosen),
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
        *_training_options(study, model, chosen),
        *("--output", CaseFiles(model, domain).cause),
    ]


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
        *(own_domain_options(study, model) if domain != own_domain(study, model) else []),
        *options(how),
    ]


def _training_options(study: Study, model: str, chosen: PruningTraining) -> Words:
    """Return how networks are trained, and on what."""
    names = ("splits", "seeds", "steps", "batch", "learning_rate")
    how: dict[str, object] = {name.replace("_", "-"): value for name, value in held(chosen) if name in names}
    how |= {"training-set": set_words(study, model, chosen.set)} if chosen.set else {}
    return options(how)


def _inputs(study: Study, model: str, domain: str) -> list[str]:
    """Return the files that the stage reads of a case and of the model's own domain."""
    names = [domain, own_domain(study, model)]
    files = [path for name in names for paths in case_simulations(study, model, name).values() for path in paths]
    return [f"results/models/{model}.pt", f"results/models/{model}.json", *files]


def _trained_on(study: Study, model: str, chosen: PruningTraining | None) -> list[str]:
    """Return the files of the set that networks are trained on, where it is none of a domain."""
    found = set_simulations(study, model, chosen.set) if chosen and chosen.set else {}
    return [path for paths in found.values() for path in paths]
