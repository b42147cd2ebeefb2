"""A run of Snakemake is followed, or planned."""

import logging
from dataclasses import dataclass, field
from types import SimpleNamespace

import pytest

from repshift.costs.plan import read_plan
from repshift.costs.requests import Requests
from repshift.costs.run import RunFollower
from studies import ROOT, study_of


@dataclass(frozen=True, eq=False)
class File:
    """A file of Snakemake's."""

    path: str
    flags: dict[str, bool] = field(default_factory=dict)

    def __str__(self):
        return self.path


@dataclass(frozen=True, eq=False)
class SnakemakeJob:
    """A job of Snakemake's."""

    jobid: int
    rule: SimpleNamespace
    output: tuple[File, ...]
    wildcards_dict: dict[str, str] = field(default_factory=dict)
    benchmark: str = "b.tsv"
    threads: int = 1
    resources: dict[str, int] = field(default_factory=dict)


def record(event, **others):
    made = logging.LogRecord("snakemake.logging", logging.INFO, "", 0, None, None, None)
    made.__dict__ |= {"event": event, **others}
    return made


@pytest.fixture
def followed(tmp_path, monkeypatch):
    """A run of a network and of one comparison of layers, as Snakemake describes it, in an empty folder."""
    monkeypatch.chdir(tmp_path)
    case = {"model": "T-MockTNG", "domain": "MockTNG"}
    made = (File("a.nc", {"temp": True}), File("g.nc"))
    network = SnakemakeJob(0, SimpleNamespace(name="network_T-MockTNG_0"), made)
    cka = SnakemakeJob(1, SimpleNamespace(name="cka"), (File("c.nc"),), case)
    jobs = {network: [], cka: [network, "one that is done"]}
    dag = SimpleNamespace(needrun_jobs=lambda: iter(jobs), dependencies=jobs)
    settings = SimpleNamespace(quiet=None, verbose=False, printshellcmds=False)
    workflow = SimpleNamespace(
        dag=dag, cores=2, dryrun=False, touch=False, local_exec=True, output_settings=settings, is_main_process=True
    )
    return RunFollower(workflow, Requests(study_of(), ROOT / "workflow/costs.json"), parts_of_rule)


def parts_of_rule(rule, wildcards):
    case = {"model": "T-MockTNG", "domain": "MockTNG"}
    return (rule, [(rule, wildcards)]) if rule == "cka" else ("network T-MockTNG", [("grams", case), ("new", {})])


def test_a_dry_run_writes_the_plan_it_is_asked_for(followed, tmp_path, monkeypatch):
    followed.workflow.dryrun = True
    followed.emit(record("run_info"))
    monkeypatch.setenv("REPSHIFT_PLAN", "plan.json")
    followed.emit(record("run_info"))
    network, cka = read_plan(tmp_path / "plan.json").jobs
    assert (network.label, [kind for kind, _ in network.parts]) == ("network T-MockTNG", ["grams", "new"])
    assert (network.outputs, network.temporary) == (("a.nc", "g.nc"), ("a.nc",))
    assert (cka.label, cka.needs, cka.parts[0][1]["n_maps"]) == ("cka T-MockTNG/MockTNG", (0,), 12)


def test_a_run_is_followed_once_its_jobs_are_known(followed, tmp_path):
    for one in (record("job_started", jobs=[0]), record("run_info"), record("job_finished", job_id=0)):
        followed.emit(one)
    logging.getLogger("snakemake.logging").removeFilter(followed.make_room)
    followed.follower.close()
    lines = (tmp_path / "logs/progress.log").read_text().splitlines()
    assert [line[20:].split(",")[0] for line in lines] == ["2 jobs", "1 of 2 jobs", "stopped with 1 of 2 jobs done"]


def test_a_plan_that_cannot_be_made_ends_snakemake(followed, monkeypatch):
    monkeypatch.setenv("REPSHIFT_PLAN", "plan.json")
    followed.workflow.dryrun = True
    followed.workflow.dag.dependencies = {}
    with pytest.raises(SystemExit, match="repshift: error: plan.json cannot list the jobs of the run: KeyError"):
        followed.emit(record("run_info"))
