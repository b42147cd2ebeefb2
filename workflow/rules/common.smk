"""What rules share: the environment of a command, the digest of its code, its parameters, what it asks for."""

import json
import re
import shlex

from snakemake.settings.types import DeploymentMethod

from repshift.case.files import CaseFiles
from repshift.cli.commands import modules_of
from repshift.costs.requests import Requests
from repshift.costs.run import follow_run
from repshift.provenance.code import hand_on_digests, joint_digest, planned_digests
from repshift.study.attribution_jobs import attribution_files, feature_files, shift_files
from repshift.study.cases import cases, has_outputs, is_scored, stages_of_case
from repshift.study.jobs import has_symmetries, shift_score_cases
from repshift.study.pruning_jobs import cause_files, pruning_files
from repshift.study.repair_rungs import latent_space_files, repair_files, rung_files
from repshift.study.stress_jobs import stress_files
from repshift.study.tables import tables
from repshift.study.trust_jobs import trust_files


def environment():
    """Return what precedes every command: the package, the interpreter, what makes sums come out the same."""
    variables = {"PYTHONPATH": str(SOURCE), "CUBLAS_WORKSPACE_CONFIG": ":4096:8"}
    variables["PYTHONHASHSEED"] = (
        "0"  # code of the user's own may go through a set of words, in any order
    )
    variables |= dict.fromkeys(("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"), "1")
    exports = [f"{name}={shlex.quote(value)}" for name, value in variables.items()]
    if DeploymentMethod.CONDA not in workflow.deployment_settings.deployment_method:
        exports.append(f'PATH={shlex.quote(str(Path(sys.executable).parent))}:"$PATH"')
    return f"set -euo pipefail; export {' '.join(exports)}; "


def digest(*commands):
    """Return the digest of the code of commands, as "maps measure": a job with another one is run again.

    A job that runs elsewhere takes the digest that the run was planned with, and refuses to run with other code.
    """
    key = " ".join(sorted({name for command in commands for name in modules_of(command.split())}))
    if key not in DIGESTS:
        DIGESTS[key] = joint_digest(key.split(), source=SOURCE)
    return DIGESTS[key]


def digest_of_job(job):
    """Return the digest of the code of all commands of a job of several stages."""
    return digest(*(" ".join(command[:2]) for command in job.commands))


def own_code_flags(functions, folder):
    """Return the flag that names the code of functions of your own, and of what it imports beside it in a folder."""
    modules = sorted({name.partition(":")[0] for name in functions})
    return ["--own-code", joint_digest(modules, source=Path(folder)), ",".join(modules), folder]


def own_code(model):
    """Return the flag that names the code of your own network, and of what it imports beside it; none of another."""
    network, function = STUDY.models[model].network, STUDY.models[model].preprocessing.function
    if network is None or network.path is None:
        return []
    return own_code_flags([network.constructor, *filter(None, [function])], network.path)


def named(**values):
    """Return parameters as one dictionary: Snakemake compares parameters, but not by their names.

    Functions among the values are called with the wildcards of the job, and with nothing else: parameters of a
    function that takes the input are not compared at all.
    """

    def of_job(wildcards):
        return {
            name: value(wildcards) if callable(value) else value for name, value in values.items()
        }

    return of_job if any(map(callable, values.values())) else values


def field_of_model(wildcards):
    """Return what the fields that a model reads are called together."""
    return STUDY.models[wildcards.model].field_label


def grown(number):
    """Return the function of the attempt that asks for a number, and for as much again on each retry."""

    def grow(wildcards, attempt):
        return attempt * (number(wildcards) if callable(number) else number)

    return grow


def memory_of(kind, threads=1):
    """Return the function of wildcards that says what memory a job of one stage asks for, in MB."""

    def memory(wildcards):
        return REQUESTS.memory([(kind, dict(wildcards.items()))], threads)

    return memory


def minutes_of(kind, threads=1):
    """Return the function of wildcards that says how many minutes a job of one stage asks for."""

    def minutes(wildcards):
        return REQUESTS.minutes([(kind, dict(wildcards.items()))], threads)

    return minutes


def parts_of_rule(rule, wildcards):
    """Return what a job is called, and what it does; of jobs of several stages as their rules say."""
    return PARTS.get(rule, (rule, [(rule, wildcards)]))


def case_files(stage, *, of=None):
    """Return the files of a stage for all cases, in the order of the configuration, or for some."""
    return [CaseFiles(*case).of(stage) for case in (cases(STUDY) if of is None else of)]


def scored(*, of=None):
    """Return all cases, or some of these, that are scored."""
    return [case for case in (cases(STUDY) if of is None else of) if is_scored(STUDY, *case)]


def requested_files(stage, *, of=None):
    """Return the files of a stage that the configuration may leave out, as `case_files`; none where it does."""
    return case_files(stage, of=of) if stage in config else []


shell.prefix(environment())

# Digests by the modules that they are of; of a job that runs elsewhere, those that the run was planned with.
DIGESTS = {} if workflow.is_main_process else planned_digests()

# What jobs ask for, by what was measured; and what each job consists of, by its rule.
REQUESTS = Requests(STUDY, ROOT / "workflow/costs.json")
PARTS = {}

# What a rule that may run on a GPU asks for; a job that is granted 0 takes none.
GPU = 0 if STUDY.device == "cpu" else 1

# What the run makes.
TABLES = [f"results/summary/{name}.csv" for name in tables(STUDY)]
COMPARISONS = [
    CaseFiles(*pair.rows).compared_with(CaseFiles(*pair.columns))
    for pair in STUDY.comparisons or ()
]
RESULTS = [
    *(path for stage in ("grams", "cka", "example_maps") for path in case_files(stage)),
    *COMPARISONS,
    *(path for stage in stages_of_case(STUDY) for path in case_files(stage)),
    *case_files("predictions", of=[case for case in cases(STUDY) if has_outputs(STUDY, case[0])]),
    *case_files("scores", of=scored()),
    *case_files("symmetries", of=[case for case in cases(STUDY) if has_symmetries(STUDY, *case)]),
    *case_files("shift_scores", of=shift_score_cases(STUDY)),
    *(f"results/shift_steps/{model}.nc" for model in config.get("shift_steps", [])),
    *stress_files(STUDY),
    *attribution_files(STUDY),
    *shift_files(STUDY),
    *feature_files(STUDY),
    *repair_files(STUDY),
    *rung_files(STUDY),
    *latent_space_files(STUDY),
    *pruning_files(STUDY),
    *trust_files(STUDY),
    "results/summary/summary.nc",
]


wildcard_constraints:
    model="[A-Za-z0-9][A-Za-z0-9_-]*",
    domain="[A-Za-z0-9][A-Za-z0-9_-]*",
    model_other="[A-Za-z0-9][A-Za-z0-9_-]*",
    domain_other="[A-Za-z0-9][A-Za-z0-9_-]*",
    suite="[A-Za-z0-9][A-Za-z0-9_-]*",
    set="[A-Za-z0-9]+",
    field="[A-Za-z]+(?:-[A-Za-z0-9]+)?",
    split="[a-z]+",
