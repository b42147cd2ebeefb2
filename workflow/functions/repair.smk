"""What the jobs of repair.smk look up: their files, flags and numbers."""

from repshift.costs.requests import parts_of_repair, parts_of_rung, parts_of_rungs
from repshift.study.case_lists import repair_cases
from repshift.study.groups import repair_groups, rung_groups
from repshift.study.repair_jobs import repair_job, rung_job, rungs_job
from repshift.study.repair_rungs import trained_rungs


def numbers_of_parts(model, domain):
    """Return how many jobs train each rung of a case."""
    return {rung: len(splits) for rung, splits in rung_groups(STUDY, model, domain).items()}
