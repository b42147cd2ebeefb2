"""What the network of a case infers, as a repair that sees labels knows it."""

import torch

from repshift.adaptation import Task
from repshift.case.forward import OpenCase
from repshift.case.outputs import Outputs
from repshift.recording.passes import run_network


def task_of(shown: OpenCase, outputs: Outputs, device: torch.device) -> Task:
    """Return what the network of a case infers, from one empty map that it is shown.

    Parameters
    ----------
    shown, outputs
        The case, and the names of what its network infers.
    device
        Where torch computes.
    """
    classes = shown.description.classes
    if classes is not None:
        return Task("classification", len(classes.names), output_scale=classes.output_scale)
    empty = torch.zeros(1, len(shown.simulations.channels), *shown.simulations.size)
    n_columns = run_network(shown.network, empty, batch_size=1, device=device).flatten(1).shape[1]
    return Task("regression", len(outputs.names), has_std=n_columns > len(outputs.names))
