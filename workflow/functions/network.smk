"""What the jobs of network.smk look up: their files, flags and numbers."""

from repshift.costs.requests import parts_of_network
from repshift.study.groups import network_groups
from repshift.study.jobs import network_job


def own_code(model):
    """Return the flag that names the code of your own network, and of what it imports beside it; none of another."""
    network, function = STUDY.models[model].network, STUDY.models[model].preprocessing.function
    if network is None or network.path is None:
        return []
    return own_code_flags([network.constructor, *filter(None, [function])], network.path)
