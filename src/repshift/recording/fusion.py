"""A network rewritten for speed: batch norms folded, convolutions in channels_last, activations computed in place.

The rewriting reads the graph that ``torch.fx`` traces. Each convolution, with the batch norm and the activation that
follow it where nothing else uses what lies between, becomes one `FusedConvolution`; all else stays as it was. Only
public operations of torch are used: its private fused ones were no faster here.
"""

import operator
from collections.abc import Collection, Mapping, Sequence
from functools import partial, reduce
from typing import Any, cast

import torch
from torch import Tensor, fx, nn

from repshift.networks.insertion_places import insertions_of, without_hooks_of_insertions
from repshift.networks.insertions import INPUT, NAME, OUTPUTS, Insertions
from repshift.recording.convolutions import FusedConvolution, Workspace
from repshift.recording.layers import function_of
from repshift.recording.tracing import Tracer
from repshift.vocabulary import InputError

_READ = ("call_module", "get_attr")  # kinds of nodes that read an attribute of the network


class FusedNetwork(nn.Module):
    """A network for evaluation alone, whose `layers` are recorded under the names they had before."""

    def __init__(self, graph: fx.GraphModule, layers: Mapping[str, str]) -> None:
        super().__init__()
        self.graph = graph
        self._layers = dict(layers)

    @property
    def layers(self) -> dict[str, str]:
        """Names of layers to the calls that are recorded for them."""
        return dict(self._layers)

    @property
    def code(self) -> str:
        """The forward pass, as code."""
        return str(self.graph.code)

    @property
    def fused(self) -> int:
        """Convolutions that were rewritten."""
        return sum(isinstance(module, FusedConvolution) for module in self.graph.modules())

    def forward(self, maps: Tensor) -> Any:  # noqa: ANN401 - whatever the network returns
        """Return what the network returns, without a graph for gradients."""
        with torch.no_grad():
            return self.graph(maps)

    def differentiable(self, maps: Tensor) -> Any:  # noqa: ANN401 - whatever the network returns
        """Return what the network returns, with a graph for gradients by the maps; they pass through it once."""
        return self.graph(maps)


def fuse_network(network: nn.Module, calls: Mapping[str, str], *, kept: bool = True) -> FusedNetwork:
    """Rewrite a copy of a network in evaluation mode; modules that are not rewritten are shared with it.

    Parameters
    ----------
    network
        A copy, whose insertions (`repshift.networks.insertions`) become calls of modules: it loses their hooks.
    calls
        Names of layers to their calls, as `repshift.recording.layers` writes them. What a layer returns is kept: a
        convolution that is itself a layer is not fused with what follows.
    kept
        Whether all folded weights are kept, for a network that runs often, or large ones made again each time.

    Raises
    ------
    InputError
        If the call of a layer lies inside a module that tracing does not enter, or nothing can be fused.
    Exception
        Whatever tracing raises, where the network's forward pass depends on values.
    """
    without_hooks_of_insertions(network)
    tracer = Tracer()
    graph = tracer.trace(network)
    _insert(graph, tracer.nodes, insertions_of(network))
    hidden = [name for name, call in calls.items() if call not in tracer.nodes]
    if hidden:
        raise InputError(f"layers {hidden} lie within modules that tracing does not enter")
    nodes = [tracer.nodes[call] for call in calls.values()]
    parts = {str(node.target): _attribute(network, str(node.target)) for node in graph.nodes if node.op in _READ}
    recorded = _free(network, "recorded")
    _record(graph, parts, nodes, name=recorded)
    _fuse_convolutions(graph, parts, nodes, name=_free(network, "fused"), kept=kept)
    traced = fx.GraphModule(parts, graph)  # once: each change of a module that stands compiles its code again
    fused = FusedNetwork(traced, {name: f"graph.{recorded}.{number}:0" for number, name in enumerate(calls)})
    if not fused.fused:
        raise InputError("it has no convolution that can be rewritten")
    return fused


def _attribute(network: nn.Module, path: str) -> Any:  # noqa: ANN401
    return reduce(getattr, path.split("."), network)


def _insert(graph: fx.Graph, calls: dict[str, fx.Node], insertions: Insertions) -> None:
    """Write the insertions of a network into the graph; a call with one is then the node of what it makes."""
    places = dict.fromkeys(one.place for one in insertions.held)
    missing = [place for place in places if place not in (INPUT, OUTPUTS, *calls)]
    if missing:
        raise InputError(f"insertions {missing} lie within modules that tracing does not enter")
    for place in (INPUT, *(call for call in calls if call in places), OUTPUTS):
        after = None
        for one in insertions.at(place):
            before = after or _at(graph, calls, place)
            with graph.inserting_after(before):
                after = graph.create_node("call_module", f"{NAME}.{insertions.held.index(one)}", (before,))
            before.replace_all_uses_with(after, delete_user_cb=partial(operator.is_not, after))
            later = list(calls)[list(calls).index(place) :] if place in calls else []
            calls |= {call: after for call in later if calls[call] is before}  # a module that returns what this one did


def _at(graph: fx.Graph, calls: Mapping[str, fx.Node], place: str) -> fx.Node:
    """Return the node at a place of insertions."""
    if place == INPUT:
        return cast(fx.Node, next(node for node in graph.nodes if node.op == "placeholder"))
    if place in calls:
        return calls[place]
    (answer,) = next(node for node in graph.nodes if node.op == "output").args
    if not isinstance(answer, fx.Node):
        raise InputError("it returns more than a tensor, where an insertion is")
    return answer


def _record(graph: fx.Graph, parts: dict[str, Any], nodes: Sequence[fx.Node], *, name: str) -> None:
    """Show each node to a module of its own, in their order, also where a later one is an earlier tensor."""
    positions = {node: place for place, node in enumerate(graph.nodes)}
    last, reached = nodes[0], -1
    for number, node in enumerate(nodes):
        parts[f"{name}.{number}"] = nn.Identity()
        anchor = node if positions[node] > reached else last
        with graph.inserting_after(anchor):
            last = graph.create_node("call_module", f"{name}.{number}", (node,))
        reached = max(reached, positions[node])


def _free(network: nn.Module, name: str) -> str:
    """Return a name that no attribute of the network has."""
    return name if not hasattr(network, name) else _free(network, f"{name}_")


def _fuse_convolutions(
    graph: fx.Graph, parts: dict[str, Any], layers: Collection[fx.Node], *, name: str, kept: bool
) -> None:
    """Replace every chain of convolution, batch norm and activation by one module; a layer may only end a chain.

    The module stands where the convolution stood, before whatever may change the convolution's input in place.
    """
    workspace = Workspace()
    for node in list(graph.nodes):
        convolution = _module(parts, node, nn.Conv2d)
        if not isinstance(convolution, nn.Conv2d) or not _rewritable(convolution):
            continue
        chain = [node]
        norm = _module(parts, _only_user(node, layers), nn.BatchNorm2d)
        folds = isinstance(norm, nn.BatchNorm2d) and norm.running_mean is not None
        if folds:
            chain.append(*node.users)
        slope = _slope(parts, _only_user(chain[-1], layers))
        if slope is not None:
            chain.append(*chain[-1].users)
        target = f"{name}.{node.name}"
        how: dict[str, Any] = {"slope": 1.0 if slope is None else slope, "workspace": workspace, "kept": kept}
        parts[target] = FusedConvolution(
            convolution, norm if isinstance(norm, nn.BatchNorm2d) and folds else None, **how
        )
        with graph.inserting_before(node):
            fused = graph.create_node("call_module", target, node.args)
        chain[-1].replace_all_uses_with(fused)
        for replaced in reversed(chain):
            graph.erase_node(replaced)


def _only_user(node: fx.Node, layers: Collection[fx.Node]) -> fx.Node | None:
    """Return the node that alone uses another, None where that is a layer, or used by others too."""
    return next(iter(node.users)) if len(node.users) == 1 and node not in layers else None


def _module(parts: Mapping[str, Any], node: fx.Node | None, *kinds: type[nn.Module]) -> nn.Module | None:
    """Return the module a node calls on one tensor, if it is of one of these very types."""
    if node is None or node.op != "call_module" or len(node.args) != 1 or node.kwargs:
        return None
    module: nn.Module = parts[str(node.target)]
    return module if type(module) in kinds else None


def _rewritable(convolution: nn.Conv2d) -> bool:
    plain = isinstance(convolution.padding, tuple) and convolution.padding_mode in ("zeros", "circular")
    return plain and convolution.weight.dtype == torch.float32


def _slope(parts: Mapping[str, Any], node: fx.Node | None) -> float | None:
    """Return the negative slope of the LeakyReLU or ReLU that a node is, None where it is neither."""
    module = _module(parts, node, nn.LeakyReLU, nn.ReLU)
    if module is not None:
        return float(module.negative_slope) if isinstance(module, nn.LeakyReLU) else 0.0
    if node is None or node.op not in ("call_function", "call_method"):
        return None
    name = function_of(node.target)
    if name == "relu":
        return 0.0
    if name == "leaky_relu":
        slope = node.args[1] if len(node.args) > 1 else node.kwargs.get("negative_slope", 0.01)
        return float(slope) if isinstance(slope, float | int) else None
    return None
