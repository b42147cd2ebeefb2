"""The rest of a forward pass after the call of a layer, as a network of its own: what is before runs once for many."""

import copy

from torch import fx, nn

from repshift.networks.insertion_places import insertions_of
from repshift.recording.tracing import Tracer


def continuation_of(network: nn.Module, call: str) -> nn.Module | None:
    """Return what a network does with the output of one call, ``LeakyReLU:12``; None where that is not known.

    Parameters
    ----------
    network
        Without insertions; it is not changed.
    call
        As `repshift.recording.layers` writes it.

    Returns
    -------
    A network in evaluation mode, of a copy of the weights, that takes what the call returns. None where the forward
    pass cannot be traced, does not make the call outside a module that tracing enters, or reads after it something else
    that depends on the maps.
    """
    if insertions_of(network).held:
        return None
    copied, tracer = copy.deepcopy(network).eval(), Tracer()
    try:
        graph = tracer.trace(copied)
    except Exception:  # whatever the code of a network raises under tracing: the whole pass is run instead
        return None
    start = tracer.nodes.get(call)
    rest = None if start is None else _rest_of(graph, start)
    return None if rest is None else fx.GraphModule(copied, rest).eval()


def _rest_of(graph: fx.Graph, start: fx.Node) -> fx.Graph | None:
    """Return the part of a graph that depends on a node; None where it depends on the input in another way."""
    rest = fx.Graph()
    copies = {start: rest.placeholder("features")}
    constants: set[fx.Node] = set()
    for node in graph.nodes:
        if node.op == "get_attr":
            copies[node] = rest.node_copy(node)
            constants.add(node)
        elif any(one in copies and one not in constants for one in node.all_input_nodes):
            if any(one not in copies for one in node.all_input_nodes):
                return None
            copies[node] = rest.node_copy(node, copies.__getitem__)
    return rest if any(node.op == "output" for node in rest.nodes) else None
