"""Jobs of several stages and several domains of a model: their commands, and the files that they read and make."""

from collections.abc import Sequence
from dataclasses import dataclass, field

from repshift.case.files import CaseFiles
from repshift.study import commands
from repshift.study.cases import (
    has_outputs,
    is_out_of_distribution,
    is_scored,
    own_domain,
    shifted_pairs,
    stages_of_case,
    trials_of,
)
from repshift.study.configuration import Study
from repshift.study.files import case_simulations
from repshift.study.repair_model_jobs import repaired_inputs


@dataclass(frozen=True)
class Job:
    """A job of a model: commands that run one after the other in one process.

    Attributes
    ----------
    model, domains
        The cases, model and domain; of a job of several models those of the first.
    commands
        Words of each command, the name of its stage first.
    inputs, outputs
        Files that it reads and that it makes.
    temporary
        Files that it makes and that go once nothing reads them.
    """

    model: str
    domains: tuple[str, ...]
    commands: list[list[str]] = field(default_factory=list)
    inputs: list[str] = field(default_factory=list)
    outputs: list[str] = field(default_factory=list)
    temporary: list[str] = field(default_factory=list)

    @property
    def words(self) -> list[str]:
        """The commands as ``repshift run`` takes them."""
        return [word for command in self.commands for word in ("then", *command)][1:]


def joined_job(jobs: Sequence[Job]) -> Job:
    """Return the job that does what several do, one after the other."""
    joined = Job(jobs[0].model, jobs[0].domains)
    for job in jobs:
        joined.commands.extend(job.commands)
        joined.inputs.extend(path for path in job.inputs if path not in joined.inputs)
        joined.outputs.extend(job.outputs)
        joined.temporary.extend(job.temporary)
    return joined


def network_job(study: Study, model: str, domains: Sequence[str]) -> Job:
    """Return the job that runs a network on some domains: every stage that loads it.

    The job of the model's own domain also makes the model file, unless CMD publishes it.
    """
    own, job = own_domain(study, model), Job(model, tuple(domains))
    files = [f"results/models/{model}.pt", f"results/models/{model}.json"]
    if own in domains and study.models[model].rank is None:
        job.commands.append(commands.model_command(study, model))
        job.inputs.extend(_model_inputs(study, model))
        job.outputs.extend(files)
    else:
        job.inputs.extend(files)
    cached = writes_activations(study, model, domains)
    for domain in domains:
        _add_network_stages(job, study, domain, cached=cached)
    outside = [domain for domain in domains if is_out_of_distribution(study, model, domain)]
    if own not in domains and outside:
        job.inputs.extend([CaseFiles(model, own).activations] if cached else _map_files(study, model, own))
    job.inputs[:] = dict.fromkeys(job.inputs)
    return job


def statistics_job(study: Study, model: str, domains: Sequence[str]) -> Job:
    """Return the job of the statistics of some cases of a model; without commands where the study has none."""
    job = Job(model, tuple(domains))
    for domain in domains:
        _add_statistics(job, study, domain)
    return job


def shift_score_cases(study: Study) -> list[tuple[str, str]]:
    """Return the cases that shift scores are made from; none where the study asks for none."""
    return shifted_pairs(study) if study.shift_scores is not None else []


def _model_inputs(study: Study, model: str) -> list[str]:
    """Return what a model file is made from."""
    entry = study.models[model]
    if entry.repaired is not None:
        return repaired_inputs(study, model)
    if entry.weights is not None:
        return [entry.weights, entry.weights.removesuffix(".pt") + ".json"]
    if entry.network is not None:
        return [*filter(None, [entry.network.weights]), *(entry.network.files or ())]
    return []


def _add_network_stages(job: Job, study: Study, domain: str, *, cached: bool) -> None:
    """Add what runs a network on a domain."""
    model, case = job.model, CaseFiles(job.model, domain)
    job.inputs.extend(path for paths in case_simulations(study, model, domain).values() for path in paths)
    if cached:
        job.commands.append(commands.activations_command(study, model, domain))
        (job.outputs if study.activations.keep else job.temporary).append(case.activations)
    job.commands.append(commands.grams_command(study, model, domain, cached=cached))
    job.outputs.append(case.grams)
    if has_outputs(study, model):
        job.commands.append(commands.predictions_command(study, model, domain))
        job.outputs.append(case.predictions)
    if has_symmetries(study, model, domain):
        job.commands.append(commands.symmetries_command(study, model, domain))
        job.outputs.append(case.symmetries)


def writes_activations(study: Study, model: str, domains: Sequence[str]) -> bool:
    """Return whether a job of a model's domains writes activations.

    Those that are not kept are gone before another job could read them: without the model's own domain, the stage grams
    runs the forward pass itself.
    """
    return study.activations.cache and (study.activations.keep or own_domain(study, model) in domains)


def has_symmetries(study: Study, model: str, domain: str) -> bool:
    """Return whether the stage symmetries makes a file of a case: of one with shift scores, and of its own domain."""
    asked = study.symmetries is not None and has_outputs(study, model)
    pairs = shift_score_cases(study) if asked else []
    return (model, domain) in pairs or (domain == own_domain(study, model) and model in {name for name, _ in pairs})


def statistics_of(study: Study, model: str, domain: str) -> list[str]:
    """Return the stages that make the statistics of a case, in their order."""
    scores = ["scores"] if is_scored(study, model, domain) else []
    return [
        "example_maps",
        *stages_of_case(study),
        *scores,
        *(["shift_scores"] if (model, domain) in shift_score_cases(study) else []),
    ]


def _add_statistics(job: Job, study: Study, domain: str) -> None:
    """Add the statistics of a case."""
    model, case = job.model, CaseFiles(job.model, domain)
    for stage in statistics_of(study, model, domain):
        if stage == "example_maps":
            command, inputs = commands.example_maps_command(study, model, domain), _example_inputs(study, model, domain)
        elif stage == "scores":
            command, inputs = commands.scores_command(study, model, domain), [case.predictions]
        elif stage == "shift_scores":
            command, inputs = (
                commands.shift_scores_command(study, model, domain),
                _shift_score_inputs(study, model, domain),
            )
        else:
            command, inputs = (
                commands.of_case_command(study, stage, model, domain),
                _maps_of(study, stage, model, domain),
            )
        job.commands.append(command)
        job.outputs.append(case.of(stage))
        job.inputs.extend(name for name in [case.grams, *inputs] if name not in job.inputs)


def _example_inputs(study: Study, model: str, domain: str) -> list[str]:
    """Return what the example map of a case is chosen by, beside Gram matrices, and cut out of."""
    case = CaseFiles(model, domain)
    chosen_by = [case.predictions] if is_scored(study, model, domain) else []
    return [*chosen_by, *_map_files(study, model, domain)]


def _maps_of(study: Study, stage: str, model: str, domain: str) -> list[str]:
    """Return the files of the domain's maps, where a stage of a case takes them."""
    return _map_files(study, model, domain) if "maps" in getattr(study, stage).takes else []


def _map_files(study: Study, model: str, domain: str) -> list[str]:
    """Return the files of a domain's maps, and what was measured of them."""
    simulations = case_simulations(study, model, domain)
    return [path for name in ("maps", "measured") for path in simulations[name]]


def _shift_score_inputs(study: Study, model: str, domain: str) -> list[str]:
    """Return what shift scores are made from beside Gram matrices."""
    own = own_domain(study, model)
    found = [CaseFiles(model, own).grams]
    for one in (domain, own):
        case = CaseFiles(model, one)
        found += [*_map_files(study, model, one), *([case.predictions] if has_outputs(study, model) else [])]
        found += [case.symmetries] if has_symmetries(study, model, one) else []
        found += [CaseFiles(other, one).predictions for other in trials_of(study, model, domain)]
    return found
