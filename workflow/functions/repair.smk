"""What the jobs of repair.smk look up: their files, flags and numbers."""

from repshift.costs.requests import (
    parts_of_join,
    parts_of_latent_space,
    parts_of_repair,
    parts_of_training,
)
from repshift.study.case_lists import repair_cases
from repshift.study.groups import latent_space_groups, repair_groups, training_groups
from repshift.study.jobs import joined_job
from repshift.study.latent_space_jobs import latent_space_job
from repshift.study.repair_jobs import join_job, repair_job, training_job
from repshift.study.repair_rungs import joined_parts
