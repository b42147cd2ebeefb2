"""What the jobs of network.smk look up: their files, flags and numbers."""

from repshift.costs.requests import parts_of_network
from repshift.study.groups import network_groups
from repshift.study.jobs import network_job


def own_code(model):
    """Return the flag that names the code of your own network, and of what it imports beside it; none of another."""
    network = config["models"][model].get("network", {})
    if "path" not in network:
        return []
    name, folder = network["constructor"].partition(":")[0], network["path"]
    return ["--own-code", joint_digest([name], source=Path(folder)), name, folder]
