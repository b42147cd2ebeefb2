"""What the jobs of statistics.smk look up: their files, flags and numbers."""

from repshift.costs.requests import parts_of_statistics
from repshift.study.cases import shift_step_cases
from repshift.study.commands import shift_steps_command
from repshift.study.groups import statistics_groups
from repshift.study.jobs import statistics_job


def shift_steps_words():
    """Return the commands of shift_steps of all models, one after the other."""
    models = config.get("shift_steps", {})
    return [word for model in models for word in ("then", *shift_steps_command(STUDY, model))][1:]
