"""Jobs of the stage repair: the ladders of a model, and some splits of a trained rung of a case; commands and files."""

import json
from collections.abc import Sequence

from repshift.adaptation import REPAIRS
from repshift.case.files import CaseFiles
from repshift.study.cases import is_scored, own_domain, provider_of, unscored
from repshift.study.configuration import Study
from repshift.study.files import Simulations, case_simulations, set_simulations
from repshift.study.jobs import Job
from repshift.study.map_geometry import is_periodic, sky_options
from repshift.study.options import Words, case_options, options, own_domain_options, torch_options
from repshift.study.repair_rungs import (
    Part,
    bounds_of,
    depths_of,
    model_files,
    numbers_tuned,
    prior_domain,
    repair_section,
    training_of_repair,
    tuned_maps_each,
)
from repshift.study.sizes import judged_maps_each
from repshift.vocabulary import REDSHIFT


def repair_job(study: Study, model: str, domains: Sequence[str]) -> Job:
    """Return the job of the ladders of a model on some domains: what takes no training, and bounds."""
    job = Job(model, tuple(domains))
    job.inputs.extend(model_files(model))
    for domain in domains:
        case = CaseFiles(model, domain)
        job.commands.append(ladder_command(study, model, domain))
        job.outputs.append(case.repair)
        job.inputs.extend(path for bound in _bounds(study, model, domain) for path in bound[1:] if path != "none")
        job.inputs.extend(_case_inputs(study, model, domain))
    job.inputs[:] = dict.fromkeys(job.inputs)
    return job


def training_job(study: Study, model: str, domain: str, parts: Sequence[Part]) -> Job:
    """Return the job that trains some rungs of a case on some splits; the first part of a rung chooses its weight."""
    job, case = Job(model, (domain,)), CaseFiles(model, domain)
    job.inputs.extend([*model_files(model), *_case_inputs(study, model, domain)])
    for part in parts:
        control = REPAIRS[part.rung].control
        job.commands.append(train_command(study, model, domain, part))
        job.outputs.append(part.file(case))
        job.inputs.extend(_training_inputs(study, model, part.rung))
        job.inputs.extend([case.repair_of(control)] if control else [])
        job.inputs.extend([case.part_of(part.rung, 0)] if part.number and chooses(study, part.rung) else [])
    job.inputs[:] = [path for path in dict.fromkeys(job.inputs) if path not in job.outputs]
    return job


def join_job(study: Study, model: str, domain: str, parts: Sequence[Part]) -> Job:
    """Return the job that joins the parts of some trained rungs of a case; without commands where all are whole."""
    job, case = Job(model, (domain,)), CaseFiles(model, domain)
    for rung in dict.fromkeys(part.rung for part in parts if not part.is_whole):
        control = REPAIRS[rung].control
        found = [part.file(case) for part in parts if part.rung == rung]
        how: dict[str, object] = {"parts": tuple(found)}
        how |= {"control": case.repair_of(control)} if control else {}
        job.commands.append(["repair", "join", *options(how), "--output", case.repair_of(rung)])
        job.inputs.extend([*([case.repair_of(control)] if control else []), *found])
        job.outputs.append(case.repair_of(rung))
    job.inputs[:] = [path for path in dict.fromkeys(job.inputs) if path not in job.outputs]
    return job


def chooses(study: Study, rung: str) -> bool:
    """Return whether the weight of a rung is chosen among several."""
    return len(training_of_repair(study).weights.get(rung, ())) > 1


def ladder_command(study: Study, model: str, domain: str) -> Words:
    """Return the command of the action ladder."""
    section = repair_section(study)
    bounds = [word for bound in _bounds(study, model, domain) for word in ("--bound", *bound)]
    return [
        *("repair", "ladder"),
        *_shared_options(study, model, domain),
        *options({"rungs": section.rungs} if section.rungs else {}),
        *options({"simulations": section.simulations, "mixing": section.mixing}),
        *bounds,
        *("--output", CaseFiles(model, domain).repair),
    ]


def train_command(study: Study, model: str, domain: str, part: Part) -> Words:
    """Return the command of the action train: of a rung, on some splits."""
    training, case, rung = training_of_repair(study), CaseFiles(model, domain), part.rung
    how: dict[str, object] = {"rung": rung, "simulations": numbers_tuned(study, rung), "seeds": training.seeds}
    how |= {"steps": training.steps, "batch": training.batch, "learning-rate": training.learning_rate}
    how |= {"candidates": training.weights[rung]} if rung in training.weights else {}
    how |= {"freeze": tuple(layer or "none" for layer in depths_of(study, rung))}
    how |= {"training-set": set_words(study, model, training.set)} if training.set else {}
    if "third_maps" in REPAIRS[rung].needs:
        how |= {"third": tuple(domain_words(study, model, name) for name in training.third or ())}
    how |= {"choose-on": domain_words(study, model, training.choose_on)} if training.choose_on else {}
    if "perturbed_maps" in REPAIRS[rung].needs:
        how |= {"perturbations": json.dumps(training.perturbations)} | sky_options(
            study, model, own_domain(study, model)
        )
    how |= {} if part.is_whole else {"splits-done": part.splits}
    control = REPAIRS[rung].control
    how |= {"control": case.repair_of(control)} if control else {}
    how |= {"chosen": case.part_of(rung, 0)} if part.number and chooses(study, rung) else {}
    perturbed = "perturbed_maps" in REPAIRS[rung].needs and is_periodic(study, own_domain(study, model))
    return [
        *("repair", "train"),
        *_shared_options(study, model, domain),
        *options(how),
        *(["--periodic"] if perturbed else []),
        *(["--symmetries"] if is_periodic(study, domain) else []),
        *("--output", part.file(case)),
    ]


def domain_words(study: Study, model: str, domain: str) -> str:
    """Return a domain that is read beside a case as the stage takes it: an object in JSON."""
    entry, files = study.domains[domain], case_simulations(study, model, domain)
    named = {"domain": domain, "suite": entry.suite, "set": entry.set, "split": entry.split}
    return _words_of(study, {**named, "standardisation": entry.standardisation}, files)


def set_words(study: Study, model: str, set_name: str) -> str:
    """Return a whole set of a model's own suite in the same way."""
    suite = study.models[model].suite
    named = {"domain": f"{suite}-{set_name}", "suite": suite, "set": set_name, "split": "all"}
    own = study.domains[own_domain(study, model)].standardisation
    return _words_of(study, {**named, "standardisation": own}, set_simulations(study, model, set_name))


def _words_of(study: Study, named: dict[str, str], files: Simulations) -> str:
    """Return names and files as an object in JSON."""
    (labels,) = files.get("parameters", ("",))
    own = provider_of(study, named["suite"]) in ("files", "function")
    redshift = {} if own else {"redshift": REDSHIFT}
    return json.dumps({**named, **redshift, "maps": files["maps"], "measured": files["measured"], "parameters": labels})


def _bounds(study: Study, model: str, domain: str) -> list[tuple[str, str, str]]:
    """Return each bound with its predictions of a domain and of the model's own, or none where it is not shown that."""
    own = own_domain(study, model)
    return [
        (name, CaseFiles(name, domain).predictions, CaseFiles(name, own).predictions if own in shown else "none")
        for name in bounds_of(study, model, domain)
        if (shown := study.cases[name])
    ]


def _shared_options(study: Study, model: str, domain: str) -> Words:
    """Return what the actions take that judge repairs: case, own domain, splits, priors, numbers of intervals."""
    section, beside = repair_section(study), prior_domain(study, domain)
    how: dict[str, object] = {} if section.layer is None else {"layer": section.layer}
    how |= {"outputs": section.outputs} if section.outputs else {}
    how |= {"splits": section.splits}
    how |= {"maps-each": judged_maps_each(study, domain, section.maps_each)}
    how |= {"tuned-maps-each": tuned_maps_each(study, domain)}
    how |= {"most-simulations": section.most_simulations} if section.most_simulations else {}
    how |= {"prior-parameter": section.prior.parameter} if section.prior else {}
    how |= {"prior-domain": domain_words(study, model, beside)} if beside else {}
    how |= {"seed": section.seed, "resamples": section.resamples}
    unknown = unscored(study, domain)
    how |= {"unscored": unknown} if unknown else {}
    return [
        *case_options(study, model, domain),
        *torch_options(study, section.batch_size),
        *own_domain_options(study, model),
        *options(how),
        *([] if is_scored(study, model, domain) else ["--without-truth"]),
    ]


def _case_inputs(study: Study, model: str, domain: str) -> list[str]:
    """Return the files of maps and labels that a case and its own domain have, and those of one cosmology."""
    beside = prior_domain(study, domain)
    names = [domain, own_domain(study, model), *([beside] if beside else [])]
    return [path for name in names for path in _paths(case_simulations(study, model, name))]


def _training_inputs(study: Study, model: str, rung: str) -> list[str]:
    """Return the files that a trained rung reads beside a case."""
    training, found = training_of_repair(study), list[str]()
    names = [*(training.third or ()), *([training.choose_on] if training.choose_on else [])]
    read = names if "third_maps" in REPAIRS[rung].needs else names[len(training.third or ()) :]
    found += _paths(set_simulations(study, model, training.set)) if training.set else []
    return [*found, *(path for name in read for path in _paths(case_simulations(study, model, name)))]


def _paths(files: Simulations) -> list[str]:
    """Return the files of a set of simulations."""
    return [path for paths in files.values() for path in paths]
