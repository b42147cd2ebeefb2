"""Jobs of the action latent_space: maps of a model's domains in two dimensions, apart from what judges repairs."""

from collections.abc import Sequence

from repshift.case.files import CaseFiles
from repshift.study.cases import is_scored, own_domain, unscored
from repshift.study.configuration import Study
from repshift.study.files import case_simulations
from repshift.study.jobs import Job
from repshift.study.options import Words, case_options, options, own_domain_options, torch_options
from repshift.study.repair import LatentSpace
from repshift.study.repair_rungs import model_file, model_files, repair_section, repaired_for, tuned_maps_each
from repshift.study.values import held


def latent_space_job(study: Study, model: str, domains: Sequence[str]) -> Job:
    """Return the job that places the maps of some domains beside those of the model's own, before and after repair."""
    job = Job(model, tuple(domains))
    for domain in domains:
        job.commands.append(latent_space_command(study, model, domain))
        job.outputs.append(CaseFiles(model, domain).latent_space)
        job.inputs.extend(path for name in (model, *repaired_for(study, model, domain)) for path in model_files(name))
        shown = [case_simulations(study, model, name) for name in (domain, own_domain(study, model))]
        job.inputs.extend(path for files in shown for paths in files.values() for path in paths)
    job.inputs[:] = dict.fromkeys(job.inputs)
    return job


def latent_space_command(study: Study, model: str, domain: str) -> Words:
    """Return the command of the action latent_space: of the network as it is, of rungs, and of repaired models."""
    section, unknown = repair_section(study), unscored(study, domain)
    chosen = section.latent_space or LatentSpace()
    how = {"n-maps" if name == "maps" else name: value for name, value in held(chosen)}
    how |= {"simulations": max(section.simulations), "tuned-maps-each": tuned_maps_each(study, domain)}
    how |= {"layer": section.layer} if section.layer else {}
    how |= {"mixing": section.mixing, "seed": section.seed}
    how |= {"unscored": unknown} if unknown else {}
    return [
        *("repair", "latent_space"),
        *case_options(study, model, domain),
        *torch_options(study, section.batch_size),
        *own_domain_options(study, model),
        *options(how),
        *(word for name in repaired_for(study, model, domain) for word in ("--repaired", name, model_file(name))),
        *([] if is_scored(study, model, domain) else ["--without-truth"]),
        *("--output", CaseFiles(model, domain).latent_space),
    ]
