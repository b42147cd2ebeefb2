"""What the jobs of network.smk look up: their files, flags and numbers."""

from repshift.costs.requests import parts_of_network
from repshift.study.groups import network_groups
from repshift.study.jobs import network_job
