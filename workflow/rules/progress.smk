"""How far a run has come: lines on the terminal and in logs/progress.log, for any way of starting it. No rules.

Requires: workflow/costs.json, what jobs were measured to cost.
Makes: logs/progress.log; with REPSHIFT_PLAN in the environment, a dry run writes its jobs there, for `make estimate`.
"""

import logging

from snakemake.settings.enums import Quietness

from repshift.commands.following import Follower, asked_plan, is_told, write_plan

LOGGER = logging.getLogger("snakemake.logging")


class RunFollower(logging.Handler):
    """Hands Snakemake's records of a run on, from the moment that its jobs are known."""

    def __init__(self):
        super().__init__()
        self.follower = None
        self.has_begun = False

    def emit(self, record):
        """Take a record; nothing that goes wrong here stops the run."""
        try:
            if self.follower is not None:
                self.follower.take(record)
            elif getattr(record, "event", None) == "run_info" and not self.has_begun:
                self.has_begun = True
                self.begin()
        except Exception:
            self.handleError(record)

    def begin(self):
        """Begin to follow a run; of a dry run, write the jobs where they are asked for."""
        if not workflow.dryrun and not workflow.touch:
            self.follow()
        elif asked_plan() is not None:
            write_plan(planned(workflow.dag), asked_plan(), cores=workflow.cores)

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
