"""A network run once, and from each of many changes on by itself: what comes before a change is computed once."""

from collections import defaultdict
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor, fx, nn

from repshift.adaptation.chains import Chains, Change
from repshift.adaptation.graph_nodes import path
from repshift.recording.differences import ANSWER, difference_of
from repshift.recording.fast import TOLERANCE, accelerate
from repshift.recording.fusion import FusedNetwork
from repshift.recording.passes import answer_of
from repshift.vocabulary import InputError

Made = Callable[[Tensor], Tensor]
"""Takes the value that goes into a change, and returns what stands for the value that it replaces."""

Paired = Callable[[str, Tensor, Tensor], None]
"""Takes the name of a change, the value that goes into it, and the value that it replaces."""


@dataclass(frozen=True)
class _Branch:
    """Where a change lies in a graph.

    Attributes
    ----------
    source, end
        Node whose value goes in, node that is replaced.
    start
        Place of the first node that is left out.
    rest
        Nodes that are still to be run from there.
    needed
        Nodes before it whose values the rest takes.
    """

    source: fx.Node
    end: fx.Node
    start: int
    rest: tuple[fx.Node, ...]
    needed: tuple[fx.Node, ...]


class Branches:
    """A network in evaluation mode that is run with and without changes.

    Parameters
    ----------
    network
        Not changed; rewritten for speed where that is possible, and checked.
    chains, changes
        What of it can be replaced, and what is.
    maps
        (n_maps, channels, y, x): two or more, which check that the graph is the network.

    Raises
    ------
    InputError
        If the graph gives other outputs than the network.
    """

    def __init__(self, network: nn.Module, chains: Chains, changes: Sequence[Change], maps: Tensor) -> None:
        self.module, places = _fastest(network, chains, changes, maps)
        self.nodes = tuple(self.module.graph.nodes)
        self.branches = {one.name: self._branch(places[one.source], places[one.end]) for one in changes}
        self.starts: dict[int, list[str]] = defaultdict(list)
        for name, branch in self.branches.items():
            self.starts[branch.start].append(name)
        self.last = {one: place for place, node in enumerate(self.nodes) for one in node.all_input_nodes}
        self._require_alike(network, maps)

    def outputs(self, maps: Tensor, made: Mapping[str, Made]) -> tuple[Tensor, dict[str, Tensor]]:
        """Return the outputs of the network, and those with each change that `made` names, on the host."""
        found: dict[str, Tensor] = {}

        def follow(name: str, run: fx.Interpreter) -> None:
            if name in made:
                found[name] = answer_of(self._followed(run, self.branches[name], made[name]))

        return answer_of(self._run(maps, follow)), found

    def pairs(self, maps: Tensor, names: Collection[str], consume: Paired) -> None:
        """Hand over, of each change, the values that go in and those that it replaces, as soon as both are there."""
        sources: dict[str, Tensor] = {}
        waiting: dict[fx.Node, list[str]] = defaultdict(list)
        for name in names:
            waiting[self.branches[name].end].append(name)

        def start(name: str, run: fx.Interpreter) -> None:
            if name in names:
                sources[name] = run.env[self.branches[name].source].clone()  # later nodes may change it in place

        def end(node: fx.Node, value: Any) -> None:  # noqa: ANN401
            for name in waiting.get(node, ()):
                consume(name, sources.pop(name), value)

        self._run(maps, start, keep=end)

    def _branch(self, source: fx.Node, end: fx.Node) -> _Branch:
        chain = path(self.module.graph, source.name, end.name)
        if chain is None:
            raise InputError(f"No chain leads from '{source.name}' to '{end.name}'. Expected a change of this network.")
        start = min(self.nodes.index(node) for node in chain)
        rest = tuple(node for node in self.nodes[start:] if node not in chain)
        before = set(self.nodes[:start])
        needed = {one: None for node in rest for one in node.all_input_nodes if one in before}
        return _Branch(source, end, start, rest, tuple(needed))

    def _run(
        self,
        maps: Tensor,
        follow: Callable[[str, fx.Interpreter], None],
        keep: Callable[[fx.Node, Any], None] = lambda _node, _value: None,
    ) -> Any:  # noqa: ANN401 - whatever the network returns
        """Run the network; `follow` is called where a change begins, `keep` with every value."""
        run = fx.Interpreter(self.module, garbage_collect_values=False)
        run.env, run.args_iter = {}, iter([maps])
        with torch.no_grad():
            for place, node in enumerate(self.nodes):
                for name in self.starts.get(place, ()):
                    follow(name, run)
                run.env[node] = run.run_node(node)
                keep(node, run.env[node])
                for one in node.all_input_nodes:
                    if self.last[one] == place:
                        del run.env[one]
                if node.op == "output":
                    return run.env[node]
        raise InputError("The network returns nothing. Expected outputs of every map.")

    def _followed(self, run: fx.Interpreter, branch: _Branch, made: Made) -> Any:  # noqa: ANN401
        """Run the rest of the network after a change; what the network goes on with is not touched."""
        before = run.env
        run.env = {node: _copy(node, before[node]) for node in branch.needed}
        run.env[branch.end] = made(before[branch.source])
        for node in branch.rest:
            run.env[node] = run.run_node(node)
        output = run.env[branch.rest[-1]]
        run.env = before
        return output

    def _require_alike(self, network: nn.Module, maps: Tensor) -> None:
        """Refuse a graph that gives other outputs than the network."""
        with torch.no_grad():
            expected = answer_of(network(maps))
        apart = difference_of(self.outputs(maps, {})[0], expected, name=ANSWER)
        if not apart <= TOLERANCE:
            raise InputError(
                f"The network as torch traces it gives outputs that differ by {apart:.1e}, so its layers cannot be "
                "replaced. Expected a forward pass that is the same for all maps."
            )


def _copy(node: fx.Node, value: Any) -> Any:  # noqa: ANN401
    """Return a value that later nodes may change in place."""
    return value.clone() if isinstance(value, Tensor) and node.op != "get_attr" else value


def _fastest(
    network: nn.Module, chains: Chains, changes: Sequence[Change], maps: Tensor
) -> tuple[fx.GraphModule, dict[str, fx.Node]]:
    """Return a network as a graph, and its nodes by the names that changes have for them."""
    named = dict.fromkeys(name for change in changes for name in (change.source, change.end))
    calls = {name: chains.calls[name] for name in named if name in chains.calls}
    if calls and len(maps) > 1:
        found = accelerate(network, maps[:2], layers=list(calls.values()), device=maps.device)
        if isinstance(found.network, FusedNetwork):
            return found.network.graph, _places(found.network, named, calls)
    module = fx.GraphModule(network, chains.graph)
    return module, {node.name: node for node in module.graph.nodes}


def _places(fused: FusedNetwork, named: Iterable[str], calls: Mapping[str, str]) -> dict[str, fx.Node]:
    """Return the nodes of a rewritten network by the names that they had, and take out those that show its layers."""
    graph = fused.graph.graph
    places = {node.name: node for node in graph.nodes}
    shown = {str(node.target): node for node in graph.nodes if node.op == "call_module"}
    found = {name: places[name] for name in named if name not in calls}
    for name, call in calls.items():
        node = shown[fused.layers[call].removeprefix("graph.").removesuffix(":0")]
        found[name] = node.all_input_nodes[0]
    for call in dict.fromkeys(calls.values()):
        graph.erase_node(shown[fused.layers[call].removeprefix("graph.").removesuffix(":0")])
    return found
