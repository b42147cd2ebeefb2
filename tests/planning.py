"""Plans of runs: every job of some configurations, what it is given and whether it would run. No test."""

import json
import os
import shlex
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path

from forking import call

LEADING = {"--code": 1, "--own-code": 3, "--costs": 1}
"""Options before the first command, and how many words each takes."""

RESOURCES = ("gpu", "mem_mb", "runtime", "downloads", "turn")


@dataclass(frozen=True)
class Planned:
    """A job: its rule, its files, its parameters as Snakemake compares them, its command, whether it would run."""

    rule: str
    inputs: list[str]
    outputs: list[str]
    log: list[str]
    benchmark: str
    environment: str
    threads: int
    resources: dict[str, int]
    parameters: list[str]
    settings: dict[str, object]
    command: str
    is_local: bool
    runs: bool

    @property
    def commands(self):
        """Return the commands of the job, each the words of a stage."""
        words = shlex.split(self.command.partition("python -m repshift ")[2].partition(" 2>")[0])
        while words[:1] and words[0] in LEADING:
            words = words[1 + LEADING[words[0]] :]
        words = words[3 if words[1:2] == ["--gpus"] else 1 :] if words[:1] == ["run"] else words
        starts = [0, *(number + 1 for number, word in enumerate(words) if word == "then"), len(words) + 1]
        return [words[start : end - 1] for start, end in pairwise(starts)]


def plans(folder, *requests, **variables):
    """Return the jobs of each request: a configuration file, and where it is given targets, gpus and forceall."""
    answered, said = folder / "plans.json", folder / "planner.txt"
    environment = {"PATH": os.environ["PATH"], "HOME": os.environ.get("HOME", str(folder)), **variables}
    order = {"folder": folder, "environment": environment, "output": said}
    status = call("planning:write_plans", requests, str(answered), **order)
    assert status == 0, said.read_text()[-3000:]
    return [[Planned(**job) for job in plan] for plan in json.loads(answered.read_text())]


def running(plan):
    """Return how many jobs of each rule would run."""
    rules = [job.rule for job in plan if job.runs]
    return {rule: rules.count(rule) for rule in rules}


def write_plans(requests, path):
    """Write the jobs of each request, as plain values."""
    Path(path).write_text(json.dumps([plan_of(**request) for request in requests]))


def plan_of(configuration, *, targets=(), gpus=None, forceall=False):
    """Plan a configuration with Snakemake's own API."""
    from snakemake.api import SnakemakeApi
    from snakemake.settings import types
    from snakemake.settings.enums import Quietness

    os.environ.pop("REPSHIFT_CODE", None)
    granted = {} if gpus is None else {"gpu": gpus}
    with SnakemakeApi(types.OutputSettings(quiet={Quietness.ALL})) as api:
        workflow = api.workflow(
            resource_settings=types.ResourceSettings(cores=2, resources=granted),
            config_settings=types.ConfigSettings(configfiles=[Path(configuration)]),
            snakefile=Path("Snakefile"),
        )
        settings = types.DAGSettings(forceall=forceall, targets=set(targets))
        workflow.dag(dag_settings=settings).execute_workflow(executor="dryrun")
        dag = workflow._workflow.dag
        runs = set(dag.needrun_jobs(exclude_finished=False))
        return [described(job, runs=job in runs) for job in dag.jobs]


def described(job, *, runs):
    """Return a job as plain values."""

    return {
        "rule": job.rule.name,
        "inputs": list(map(str, job.input)),
        "outputs": list(map(str, job.output)),
        "log": list(map(str, job.log)),
        "benchmark": str(job.benchmark or ""),
        "environment": Path(str(job.rule.conda_env or "")).stem,
        "threads": job.threads,
        "resources": {name: value for name, value in job.resources.items() if name in RESOURCES},
        "parameters": job.dag.workflow.persistence._params(job),
        "settings": job.params.get("settings"),
        "command": job.shellcmd or "",
        "is_local": job.is_local,
        "runs": runs,
    }
