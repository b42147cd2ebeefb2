"""Which parts of a network can be replaced: what computes a layer from the layer before it.

The graph is that of ``torch.fx``. A *chain* is the part of it that leads from one value alone, its source, to the value
that the activation of a layer takes: a convolution or a linear module, and what follows it. A layer that is itself a
convolution or a linear module ends its chain.
"""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace

from torch import Tensor, fx, nn

from repshift.adaptation.graph_nodes import inputs_of, is_weighted, n_parameters_of, path
from repshift.recording.layers import choose_layers
from repshift.recording.passes import record_layers
from repshift.recording.tracing import Tracer
from repshift.vocabulary import InputError


@dataclass(frozen=True)
class Change:
    """Layers that are replaced together: one, or a run of them.

    Attributes
    ----------
    layers
        Their names, in the order of the forward pass.
    source, end
        Names of the nodes whose value goes in, and whose value is replaced; the activation after it stays.
    before
        The layer that the network calls before the first; None: the maps.
    n_parameters
        Parameters that nothing but the chain uses.
    """

    layers: tuple[str, ...]
    source: str
    end: str
    before: str | None
    n_parameters: int

    @property
    def name(self) -> str:
        """What it is called: the layer, or the first and the last."""
        return self.layers[0] if len(self.layers) == 1 else f"{self.layers[0]} to {self.layers[-1]}"


@dataclass(frozen=True)
class Chains:
    """The layers of a network, and which of them can be replaced.

    Attributes
    ----------
    graph
        Of the network.
    calls
        The call of each node that has one, by the node's name.
    layers
        The node of each layer that tracing saw, in the order of the forward pass.
    singles
        The change of each layer that can be replaced.
    left_out
        Why each of the others cannot be.
    """

    graph: fx.Graph
    calls: Mapping[str, str]
    layers: Mapping[str, fx.Node]
    singles: Mapping[str, Change]
    left_out: Mapping[str, str]


def chains_of(network: nn.Module, maps: Tensor, *, layers: Sequence[str] | None = None) -> Chains:
    """Return what of a network in evaluation mode can be replaced.

    Parameters
    ----------
    network
        Any that torch can trace; not changed.
    maps
        (n_maps, channels, y, x): a few, which are run to see the layers.
    layers
        As in `repshift.recording.layers.choose_layers`.

    Raises
    ------
    InputError
        If the network cannot be traced, or its layers cannot be recorded.
    """
    called = _calls(network, maps, layers)
    tracer = Tracer()
    try:
        graph = tracer.trace(network)
    except Exception as error:  # whatever the code of a network raises under tracing
        said = f"{type(error).__name__}: {error}".splitlines()[0]
        raise InputError(
            f"Torch cannot trace the network, so its layers cannot be replaced ({said:.200}). Expected a forward pass "
            "that does not depend on the values of the maps."
        ) from error
    left_out = {
        name: "lies within a module that tracing does not enter"
        for name, call in called.items()
        if call not in tracer.nodes
    }
    nodes = {name: tracer.nodes[call] for name, call in called.items() if name not in left_out}
    singles = {}
    for name, node in nodes.items():
        found = _chain(network, node, nodes.values())
        if isinstance(found, str):
            left_out[name] = found
        else:
            singles[name] = _change(network, graph, (name,), found, list(nodes))
    calls = {node.name: call for call, node in tracer.nodes.items()}
    return Chains(graph, calls, nodes, singles, left_out)


def chosen(chains: Chains, names: Sequence[str] | None) -> Chains:
    """Return the same chains with the changes of some layers alone; None: of all.

    Raises
    ------
    InputError
        If there is no such layer.
    """
    if names is None:
        return chains
    unknown = [name for name in names if name not in chains.singles and name not in chains.left_out]
    if unknown:
        raise InputError(f"The network has no layer {', '.join(unknown)}. Its layers are {', '.join(chains.layers)}.")
    singles = {name: one for name, one in chains.singles.items() if name in names}
    left_out = {name: why for name, why in chains.left_out.items() if name in names}
    return replace(chains, singles=singles, left_out=left_out)


def run_of(network: nn.Module, chains: Chains, layers: Sequence[str]) -> Change | None:
    """Return the change of a run of layers, each of which takes what the one before returns and nothing else; or None.

    Parameters
    ----------
    chains
        Of the network.
    layers
        Neighbours, in the order of the forward pass.
    """
    order = list(chains.layers)
    start = order.index(layers[0]) if layers[0] in order else 0
    if order[start : start + len(layers)] != list(layers) or not all(name in chains.singles for name in layers):
        return None
    nodes = path(chains.graph, chains.singles[layers[0]].source, chains.singles[layers[-1]].end)
    inside = set(nodes or ())
    if nodes is None or not all(chains.layers[name] in inside for name in layers[:-1]):
        return None
    return _change(network, chains.graph, tuple(layers), nodes, order)


def _calls(network: nn.Module, maps: Tensor, layers: Sequence[str] | None) -> dict[str, str]:
    """Return the layers of a network and their calls, in the order in which they are made."""
    seen: dict[str, None] = {}
    record_layers(
        network,
        maps,
        batch_size=len(maps),
        device=maps.device,
        layers=layers,
        consume=lambda name, _output: seen.setdefault(name),
    )
    calls = {name: call for call, name in choose_layers(network, layers).named.items()}
    return {name: calls.get(name, name) for name in seen}


def _chain(network: nn.Module, layer: fx.Node, layers: Collection[fx.Node]) -> tuple[fx.Node, ...] | str:
    """Return the chain of a layer, in its order; or why it has none."""
    nodes: list[fx.Node] = [] if not is_weighted(network, layer) else [layer]
    current = nodes[0] if nodes else layer
    while True:
        inputs = inputs_of(current)
        if len(inputs) != 1:
            why = "joins several branches"
            break
        current = inputs[0]
        if current in layers or current.op == "placeholder":
            why = "has no convolution or linear module since the layer before"
            break
        if len(current.users) != 1:
            why = "takes what is used elsewhere as well"
            break
        nodes.append(current)
    while nodes and (not is_weighted(network, nodes[-1]) or len(inputs_of(nodes[-1])) != 1):
        nodes.pop()
    return tuple(reversed(nodes)) if nodes else why


def _change(
    network: nn.Module,
    graph: fx.Graph,
    layers: tuple[str, ...],
    nodes: tuple[fx.Node, ...],
    order: Sequence[str],
) -> Change:
    """Return the change that a chain is."""
    place = order.index(layers[0])
    before = order[place - 1] if place else None
    return Change(layers, inputs_of(nodes[0])[0].name, nodes[-1].name, before, n_parameters_of(network, graph, nodes))
