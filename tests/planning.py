"""Plans of runs: every job of some configurations, what it is given and whether it would run. No test.

Snakemake takes more than a second to import and half of one to plan, so a process that has imported it, started as
``python tests/planning.py``, forks to plan: each child imports the package of its folder.
"""

import atexit
import json
import os
import shlex
import subprocess
import sys
import traceback
from dataclasses import dataclass
from functools import cache
from itertools import pairwise
from pathlib import Path

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
    asked, answered, said = (folder / name for name in ("requests.json", "plans.json", "planner.txt"))
    asked.write_text(json.dumps(requests))
    environment = {"PATH": os.environ["PATH"], "HOME": os.environ.get("HOME", str(folder)), **variables}
    order = {"folder": str(folder), "environment": environment}
    order |= {"requests": str(asked), "plans": str(answered), "output": str(said)}
    planner().stdin.write(json.dumps(order) + "\n")
    planner().stdin.flush()
    status = int(planner().stdout.readline())
    assert status == 0, said.read_text()[-3000:]
    return [[Planned(**job) for job in plan] for plan in json.loads(answered.read_text())]


@cache
def planner():
    """Start the process that plans, and end it with this one."""
    command = [sys.executable, str(Path(__file__).resolve())]
    process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
    atexit.register(process.communicate)
    return process


def running(plan):
    """Return how many jobs of each rule would run."""
    rules = [job.rule for job in plan if job.runs]
    return {rule: rules.count(rule) for rule in rules}


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


def serve():
    """Fork a child for each order, a line of JSON, and say its exit status."""
    import snakemake.api  # noqa: F401 - for the children

    for line in sys.stdin:
        order = json.loads(line)
        if (child := os.fork()) == 0:
            follow(order)
        _, status = os.waitpid(child, 0)
        sys.stdout.write(f"{os.waitstatus_to_exitcode(status)}\n")
        sys.stdout.flush()


def follow(order):
    """Plan what an order asks for, in its folder and environment, and end this process."""
    output = os.open(order["output"], os.O_WRONLY | os.O_CREAT | os.O_TRUNC)
    os.dup2(output, 1)
    os.dup2(output, 2)
    os.chdir(order["folder"])
    os.environ.clear()
    os.environ.update(order["environment"])
    try:
        written = [plan_of(**request) for request in json.loads(Path(order["requests"]).read_text())]
        Path(order["plans"]).write_text(json.dumps(written))
    except BaseException:
        traceback.print_exc()
        sys.stderr.flush()
        os._exit(1)
    os._exit(0)


if __name__ == "__main__":
    serve()
