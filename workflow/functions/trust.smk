"""What the jobs of trust.smk look up: their files, flags and numbers."""

from repshift.costs.requests import parts_of_trust
from repshift.study.groups import trust_groups
from repshift.study.jobs import joined_job
from repshift.study.trust_jobs import trust_job
