"""What the jobs of attribution.smk look up: their files, flags and numbers."""

from repshift.costs.requests import parts_of_attribution
from repshift.study.attribution_jobs import attribution_job
from repshift.study.groups import attribution_groups
