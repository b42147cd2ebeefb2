"""How far a run has come: lines on the terminal and in logs/progress.log, for any way of starting it. No rules.

Requires: workflow/costs.json, what jobs were measured to cost.
Makes: logs/progress.log; with REPSHIFT_PLAN in the environment, a dry run writes its jobs there, for `make estimate`.
"""

import logging

from snakemake.settings.enums import Quietness

from repshift.costs.follower import Follower, asked_plan, is_planned, is_told, write_plan

LOGGER = logging.getLogger("snakemake.logging")


class RunFollower(logging.Handler):
    """Hands Snakemake's records of a run on, from the moment that its jobs are known."""

    def __init__(self):
        super().__init__()
        self.follower = None
        self.has_begun = False

    def emit(self, record):
        """Take a record; nothing that goes wrong here stops a run, where no plan is asked for."""
        if workflow.dryrun or workflow.touch:
            if asked_plan() is not None and is_planned(record) and not self.has_begun:
                self.has_begun = True
                self.plan()
            return
        try:
            self.take(record)
        except Exception:
            self.handleError(record)

    def take(self, record):
        """Begin to follow the run once its jobs are known; hand on what comes then."""
        if self.follower is not None:
            self.follower.take(record)
        elif is_planned(record) and not self.has_begun:
            self.has_begun = True
            self.follow()

    def plan(self):
        """Write the jobs where they are asked for, or say why they cannot be known, and end Snakemake."""
        try:
            jobs = planned(workflow.dag)
            if not UNREADABLE:
                write_plan(jobs, asked_plan(), cores=workflow.cores)
        except Exception as error:
            sys.exit(f"repshift: error: {asked_plan()} cannot list the jobs of the run: {error!r}.")
        for message in UNREADABLE.values():
            sys.exit(f"repshift: error: {message}")

    def follow(self):
        """Show lines in the place of Snakemake's blocks, which stay in its own log; with --verbose beside them."""
        settings = workflow.output_settings
        is_quiet = {Quietness.ALL, Quietness.PROGRESS} & set(settings.quiet or ())
        shown = [one for one in LOGGER.handlers if one.name == "DefaultStreamHandler"]
        self.follower = Follower(
            planned(workflow.dag),
            Path(workflow.basedir) / "workflow/costs.json",
            Path("logs/progress.log"),
            cores=workflow.cores if workflow.local_exec else None,
            stream=shown[0].stream if shown and not is_quiet else None,
        )
        LOGGER.addFilter(self.make_room)
        if shown and not (settings.verbose or settings.printshellcmds):
            shown[0].addFilter(is_told)

    def make_room(self, record):
        """Take the line away before another record is written."""
        self.follower.erase()
        return True


if workflow.is_main_process:
    LOGGER.addHandler(RunFollower())
