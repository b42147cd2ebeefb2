"""Layers replaced by nothing or by the best linear map, without a gradient."""

import copy
from collections.abc import Sequence

from torch import Tensor, fx, nn

from repshift.adaptation.branches import Branches
from repshift.adaptation.chains import Chains, Change, chains_of, run_of
from repshift.adaptation.graph_nodes import path
from repshift.adaptation.least_squares import NormalEquations, geometry_of, refusal_of_identity, refusal_of_linear
from repshift.adaptation.sample import Sample
from repshift.recording.maps import placed
from repshift.recording.passes import evaluating
from repshift.vocabulary import InputError


def linear_replacement(network: nn.Module, layers: Sequence[str], sample: Sample, *, batch_size: int = 32) -> nn.Module:
    """Return a copy of a network in which neighbouring layers are one linear map, fitted without a gradient.

    Parameters
    ----------
    network
        Any that torch can trace; not changed.
    layers
        Names of one layer or of neighbours, in the order of the forward pass. Their convolutions or linear modules go
        with what follows them; the activation after the last stays.
    sample
        Maps that the map is fitted on; its labels are not read.
    batch_size
        Maps of one forward pass.

    Returns
    -------
    A network in evaluation mode, on the device of `network`, whose parameters are its own.

    Raises
    ------
    InputError
        If the layers cannot be replaced, or there are fewer places than coefficients.
    """
    with evaluating(network, None):
        maps = placed(network, sample.maps)
        chains, change = _change(network, layers, maps)
        branches = Branches(network, chains, [change], maps[:2])
        source, end = _shapes(branches, change, maps[:2])
        _require_possible(change, refusal_of_linear(source, end, n_maps=len(maps)))
        geometry = geometry_of(source, end)
        if geometry is None:
            raise InputError(f"No linear map makes features {end} of features {source}. Choose other layers.")
        equations = NormalEquations(geometry, 1)
        for start in range(0, len(maps), batch_size):
            branches.pairs(maps[start : start + batch_size], [change.name], lambda _, *both: equations.add(*both))
        return replaced(network, change, equations.linear_map(0, like=maps))


def identity_replacement(network: nn.Module, layers: Sequence[str], maps: Tensor) -> nn.Module:
    """Return a copy of a network without some neighbouring layers: what goes into them is passed on.

    Parameters
    ----------
    network, layers
        As in `linear_replacement`; the activation after the last layer stays.
    maps
        (n_maps, channels, y, x): two or more, which say what shapes features have.

    Raises
    ------
    InputError
        If the layers cannot be replaced, or change the shape of what goes into them.
    """
    with evaluating(network, None):
        some = placed(network, maps[:2])
        chains, change = _change(network, layers, some)
        _require_possible(
            change, refusal_of_identity(*_shapes(Branches(network, chains, [change], some), change, some))
        )
        return replaced(network, change, nn.Identity())


def replaced(network: nn.Module, change: Change, module: nn.Module) -> nn.Module:
    """Return a copy of a network, as a graph in evaluation mode, in which a module stands for a change."""
    copied = copy.deepcopy(network).eval()
    graph = fx.Tracer().trace(copied)
    named = {node.name: node for node in graph.nodes}
    chain = path(graph, change.source, change.end)
    if chain is None:
        raise InputError(f"The network has no layers '{change.name}' to replace. Expected a change of this network.")
    copied.add_module("replacement", copy.deepcopy(module))
    with graph.inserting_before(chain[0]):
        inserted = graph.create_node("call_module", "replacement", (named[change.source],))
    chain[-1].replace_all_uses_with(inserted)
    for node in reversed(chain):
        graph.erase_node(node)
    return fx.GraphModule(copied, graph).eval()


def _shapes(branches: Branches, change: Change, maps: Tensor) -> tuple[tuple[int, ...], tuple[int, ...]]:
    """Return the shapes of the features that go into a change, and of those that it replaces, of one map."""
    found: list[tuple[int, ...]] = []
    branches.pairs(maps, [change.name], lambda _, *both: found.extend(tuple(one.shape[1:]) for one in both))
    return found[0], found[1]


def _require_possible(change: Change, refusal: str) -> None:
    if refusal:
        raise InputError(f"Layer '{change.name}' cannot be replaced so: it {refusal}.")


def _change(network: nn.Module, layers: Sequence[str], maps: Tensor) -> tuple[Chains, Change]:
    """Return the change that replaces some layers of a network."""
    chains = chains_of(network, maps[:2])
    for name in layers:
        if name not in chains.singles and name not in chains.left_out:
            raise InputError(f"The network has no layer '{name}'. Its layers are {', '.join(chains.layers)}.")
        if name in chains.left_out:
            raise InputError(f"Layer '{name}' cannot be replaced: it {chains.left_out[name]}.")
    change = run_of(network, chains, layers) if layers else None
    if change is None:
        raise InputError(f"Layers {list(layers)} are no run of neighbours, each of which feeds the next alone.")
    return chains, change
