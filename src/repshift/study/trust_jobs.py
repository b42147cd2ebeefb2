"""Jobs of the stage trust: whether a model may be believed on the maps of its domains; commands and files."""

from collections.abc import Sequence
from typing import cast

from repshift.case.files import CaseFiles
from repshift.study.case_lists import trust_cases
from repshift.study.cases import Pair, is_out_of_distribution, is_scored, own_domain, trials_of, unscored
from repshift.study.configuration import Study
from repshift.study.files import case_simulations
from repshift.study.jobs import Job
from repshift.study.options import Words, case_options, options, own_domain_options, torch_options
from repshift.study.refusals import require
from repshift.study.sizes import judged_maps_each
from repshift.study.trust import Trust

_NAMES = (
    *("layers", "outputs", "level", "splits", "neighbours", "dropout_passes", "seed"),
    "resamples",
)
"""Keys of the section that are options of the stage."""


def trust_section(study: Study) -> Trust:
    """Return the section trust of a study that has one."""
    require(study.trust is not None, "there is no section trust.")
    return cast("Trust", study.trust)


def trust_job(study: Study, model: str, domains: Sequence[str]) -> Job:
    """Return the job that judges the maps of some domains of a model."""
    job = Job(model, tuple(domains))
    job.inputs.extend([f"results/models/{model}.pt", f"results/models/{model}.json"])
    for domain in domains:
        job.commands.append(trust_command(study, model, domain))
        job.outputs.append(CaseFiles(model, domain).trust)
        names = [domain, own_domain(study, model)]
        files = [case_simulations(study, model, name) for name in names]
        job.inputs.extend(path for one in files for paths in one.values() for path in paths)
        job.inputs.extend(path for name in names for path in _trials(study, model, domain, name))
    job.inputs[:] = dict.fromkeys(job.inputs)
    return job


def trust_files(study: Study, *, of: Sequence[Pair] | None = None) -> list[str]:
    """Return the files of the stage, of all cases or of some, in the order of the configuration."""
    return [CaseFiles(*pair).trust for pair in trust_cases(study) if of is None or pair in of]


def trust_command(study: Study, model: str, domain: str) -> Words:
    """Return the command of the stage."""
    section, own = trust_section(study), own_domain(study, model)
    chosen = {name: getattr(section, name) for name in _NAMES}
    how: dict[str, object] = {name.replace("_", "-"): value for name, value in chosen.items() if value is not None}
    how |= {"maps-each": judged_maps_each(study, domain, section.maps_each)}
    for option, name in (("trials", domain), ("reference-trials", own)):
        trials = _trials(study, model, domain, name)
        how |= {option: tuple(trials)} if trials else {}
    for option, name in (("unscored", domain), ("reference-unscored", own)):
        unknown = unscored(study, name)
        how |= {option: unknown} if unknown else {}
    outside = domain != own or is_out_of_distribution(study, model, domain)
    return [
        "trust",
        *case_options(study, model, domain),
        *torch_options(study, section.batch_size),
        *(own_domain_options(study, model) if outside else []),
        *options(how),
        *(["--symmetries"] if section.symmetries else []),
        *([] if is_scored(study, model, domain) else ["--without-truth"]),
        *("--output", CaseFiles(model, domain).trust),
    ]


def _trials(study: Study, model: str, domain: str, name: str) -> list[str]:
    """Return the predictions of a model's trials on a domain, of those that are shown a domain and the own one."""
    shown = domain in study.cases.get(model, ())
    return [CaseFiles(other, name).predictions for other in trials_of(study, model, domain)] if shown else []
