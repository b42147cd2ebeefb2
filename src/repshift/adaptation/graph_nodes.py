"""Nodes of a traced network: what leads from one to another, and the parameters that they use."""

from collections.abc import Collection, Sequence
from typing import Any, Final

from torch import fx, nn
from torch.nn.modules.conv import _ConvNd

from repshift.recording.layers import function_of

_WEIGHTED: Final = ("conv1d", "conv2d", "conv3d", "linear")
"""Functions of `repshift.recording.layers.FUNCTIONS` that are the work of a layer."""


def path(graph: fx.Graph, source: str, end: str) -> tuple[fx.Node, ...] | None:
    """Return the nodes from after `source` to `end` of which nothing else uses what lies between; None without such."""
    named = {node.name: node for node in graph.nodes}
    nodes = [named[end]]
    while (inputs := inputs_of(nodes[-1])) and inputs[0].name != source:
        if len(inputs) != 1 or len(inputs[0].users) != 1:
            return None
        nodes.append(inputs[0])
    return tuple(reversed(nodes)) if len(inputs) == 1 else None


def inputs_of(node: fx.Node) -> list[fx.Node]:
    """Return the nodes whose values a node takes, except parameters of the network."""
    return [one for one in node.all_input_nodes if one.op != "get_attr"]


def is_weighted(network: nn.Module, node: fx.Node) -> bool:
    """Say whether a node is a convolution or linear module, or the function that does the same."""
    if node.op == "call_module":
        return isinstance(network.get_submodule(str(node.target)), _ConvNd | nn.Linear)
    return node.op == "call_function" and function_of(node.target) in _WEIGHTED


def n_parameters_of(network: nn.Module, graph: fx.Graph, chain: Sequence[fx.Node]) -> int:
    """Return how many parameters a chain uses and nothing else of the network."""
    inside = set(chain)
    gone = {id(one): one for node in chain for one in _parameters(network, node)}
    others = [node for node in graph.nodes if node not in inside and not _is_read_by(node, inside)]
    kept = {id(one) for node in others for one in _parameters(network, node)}
    return sum(one.numel() for key, one in gone.items() if key not in kept)


def _is_read_by(node: fx.Node, chain: Collection[fx.Node]) -> bool:
    """Say whether a node reads a parameter for a chain alone."""
    return node.op == "get_attr" and set(node.users) <= set(chain)


def _parameters(network: nn.Module, node: fx.Node) -> list[nn.Parameter]:
    """Return the parameters that a node uses."""
    if node.op == "call_module":
        return list(network.get_submodule(str(node.target)).parameters())
    read = [node, *node.all_input_nodes] if node.op != "output" else [node]
    found: list[Any] = [_attribute(network, str(one.target)) for one in read if one.op == "get_attr"]
    return [one for one in found if isinstance(one, nn.Parameter)]


def _attribute(network: nn.Module, path_: str) -> object:
    where, _, name = path_.rpartition(".")
    return getattr(network.get_submodule(where), name)
