"""What the jobs of pruning.smk look up: their files, flags and numbers."""

from repshift.costs.requests import parts_of_pruning
from repshift.study.groups import pruning_groups
from repshift.study.pruning_jobs import pruning_job
