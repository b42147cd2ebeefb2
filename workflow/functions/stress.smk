"""What the jobs of stress.smk look up: their files, flags and numbers."""

from repshift.costs.requests import parts_of_stress
from repshift.study.groups import stress_groups
from repshift.study.stress_jobs import functions_of_stress, stress_job


def code_of_stress(model, domains):
    """Return the flags that name your own code of the network, the axes and the generators, a folder each."""
    folders = functions_of_stress(STUDY, model, domains)
    return [word for folder in folders for word in own_code_flags(folders[folder], folder)]
