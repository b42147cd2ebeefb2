"""Follows a run of Snakemake, in whatever way it was started: the one module of the package that knows Snakemake.

Makes logs/progress.log; with REPSHIFT_PLAN in the environment, a dry run writes its jobs there, for ``make estimate``.
"""

import logging
import sys
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any, Final

from snakemake.settings.enums import Quietness

from repshift.costs.follower import Follower, asked_plan, is_planned, is_told, write_plan
from repshift.costs.jobs import Job
from repshift.costs.requests import Named, Requests
from repshift.costs.sizes import check_headers
from repshift.vocabulary import InputError

PartsOfRule = Callable[[str, Mapping[str, str]], tuple[str, Sequence[Named]]]
"""Of a rule and its wildcards, what its job is called, and its parts."""

LOGGER: Final = logging.getLogger("snakemake.logging")
_LOG: Final = Path("logs/progress.log")


def follow_run(workflow: Any, requests: Requests, parts_of_rule: PartsOfRule) -> None:  # noqa: ANN401 - Snakemake's
    """Follow the run of a workflow from the moment that its jobs are known; jobs of it that run alone are not followed.

    Parameters
    ----------
    workflow
        Snakemake's.
    requests
        What its jobs should cost.
    parts_of_rule
        Says of a rule and its wildcards what a job is called, as ``network T-MockTNG``, and what it does. To a single
        word the wildcards are added.
    """
    if workflow.is_main_process:
        LOGGER.addHandler(RunFollower(workflow, requests, parts_of_rule))


class RunFollower(logging.Handler):
    """Hands Snakemake's records of a run on, from the moment that its jobs are known."""

    def __init__(self, workflow: Any, requests: Requests, parts_of_rule: PartsOfRule) -> None:  # noqa: ANN401
        super().__init__()
        self.workflow, self.requests, self.parts_of_rule = workflow, requests, parts_of_rule
        self.follower: Follower | None = None
        self.has_begun = False

    def emit(self, record: logging.LogRecord) -> None:
        """Take a record; nothing that goes wrong here stops a run, where no plan is asked for."""
        if self.workflow.dryrun or self.workflow.touch:
            plan = asked_plan()
            if plan is not None and is_planned(record) and not self.has_begun:
                self.has_begun = True
                self.write(plan)
            return
        try:
            self.take(record)
        except Exception:
            self.handleError(record)

    def take(self, record: logging.LogRecord) -> None:
        """Begin to follow the run once its jobs are known; hand on what comes then."""
        if self.follower is not None:
            self.follower.take(record)
        elif is_planned(record) and not self.has_begun:
            self.has_begun = True
            self.follow()

    def write(self, plan: Path) -> None:
        """Write the jobs where they are asked for, or say why they cannot be known, and end Snakemake."""
        try:
            check_headers(self.requests.study)
            write_plan(self.jobs(), plan, cores=self.workflow.cores)
        except InputError as error:
            sys.exit(f"repshift: error: {error}")
        except Exception as error:
            sys.exit(f"repshift: error: {plan} cannot list the jobs of the run: {error!r}.")

    def follow(self) -> None:
        """Show lines in the place of Snakemake's blocks, which stay in its own log; with --verbose beside them."""
        settings = self.workflow.output_settings
        is_quiet = {Quietness.ALL, Quietness.PROGRESS} & set(settings.quiet or ())
        shown: list[Any] = [one for one in LOGGER.handlers if one.name == "DefaultStreamHandler"]
        self.follower = Follower(
            self.jobs(),
            self.requests.prices,
            _LOG,
            cores=self.workflow.cores if self.workflow.local_exec else None,
            stream=shown[0].stream if shown and not is_quiet else None,
        )
        LOGGER.addFilter(self.make_room)
        if shown and not (settings.verbose or settings.printshellcmds):
            shown[0].addFilter(is_told)

    def make_room(self, _record: logging.LogRecord) -> bool:
        """Take the line away before another record is written."""
        if self.follower is not None:
            self.follower.erase()
        return True

    def jobs(self) -> list[Job]:
        """Return all jobs that the run would run."""
        dag = self.workflow.dag
        found = list(dag.needrun_jobs())
        return [self.job(one, dag.dependencies[one], set(found)) for one in found]

    def job(self, job: Any, needed: Any, known: set[Any]) -> Job:  # noqa: ANN401
        """Return what is to be known of a job of a run of some jobs, before it runs."""
        label, parts = self.parts_of_rule(job.rule.name, job.wildcards_dict)
        names = "/".join(filter(None, job.wildcards_dict.values()))
        return Job(
            job.jobid,
            label if " " in label else f"{label} {names}".rstrip(),
            threads=job.threads,
            parts=self.requests.sized(parts),
            needs=tuple(other.jobid for other in needed if other in known),
            outputs=tuple(map(str, job.output)),
            temporary=tuple(str(path) for path in job.output if path.flags.get("temp")),
            benchmark=str(job.benchmark or ""),
            fetches="downloads" in job.resources.keys(),  # noqa: SIM118 - not a dictionary
        )
