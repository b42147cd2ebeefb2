"""What attributions are compared with: blocks hidden in other orders, and networks whose weights are shuffled."""

from collections.abc import Callable, Iterator, Mapping, Sequence

import numpy as np
import numpy.typing as npt
from torch import Tensor, nn

from repshift.attribution import Method, Options
from repshift.attribution.deletion import deletion_curves, hidden_shares, insertion_curves
from repshift.attribution.network_outputs import NetworkOutputs
from repshift.attribution.null_networks import randomised, untrained
from repshift.case.attribution.settings import Faithfulness, Randomisation, Settings
from repshift.case.attribution.subject import Maps, Subject, of_first
from repshift.evidence.attribution.attributions import HiddenBlocks, NullCorrelations
from repshift.statistics.block_orders import block_orders, random_orders
from repshift.statistics.map_ranks import map_correlations
from repshift.vocabulary import ALL_WEIGHTS, UNTRAINED

Values = npt.NDArray[np.float64]

Found = Mapping[str, Maps]
"""Attributions (output, map, channel, y, x) by the names of methods."""

Advance = Callable[[], None]


def faithfulness_of(
    subject: Subject,
    explained: NetworkOutputs,
    contributions: Found,
    above: Maps,
    asked: Faithfulness,
    settings: Settings,
    advance: Advance,
) -> HiddenBlocks:
    """Return what becomes of outputs as blocks are hidden in the order of each method, of the input, and at random.

    Parameters
    ----------
    subject, explained
        The case, and its network.
    contributions
        Of each method, of the maps whose blocks are hidden: the first of the case.
    above
        (n_maps, channel, y, x): those maps less their baselines. The sum of their sizes in a block is the order of the
        input, which knows no network: one for all methods and outputs.
    asked, settings
        What is hidden, and how the case is attributed.
    advance
        Called after each fill.

    Raises
    ------
    InputError
        If blocks are larger than maps, or fewer than steps.
    """
    window, n_maps = asked.window, asked.maps
    own = np.concatenate([block_orders(one, window=window) for one in contributions.values()])
    of_input = block_orders(np.abs(above), window=window)[None]
    chance = random_orders(asked.random_orders, n_maps, own.shape[-1], seed=settings.seed)
    orders, maps = np.concatenate([own, of_input, chance]), subject.first(n_maps)
    how = {"window": window, "steps": asked.steps}
    curves: dict[str, dict[str, Values]] = {"deletion": {}, "insertion": {}}
    kinds = {"deletion": deletion_curves, **({"insertion": insertion_curves} if asked.insertion else {})}
    for name in asked.fills:
        fill = subject.tensor(subject.filled(name, periodic=settings.periodic)[:n_maps])
        for kind, curve in kinds.items():
            found = curve(explained, maps, orders, fill=fill, **how)
            curves[kind][name] = _of_outputs(found, len(contributions), len(subject.inputs))
        advance()
    hidden = hidden_shares(subject.shown.simulations.size, **how)
    return HiddenBlocks(hidden, curves["deletion"], curves["insertion"])


def _of_outputs(found: Tensor, n_methods: int, n_maps: int) -> Values:
    """Return curves (method, input and random; output; map; step) of those of all orders, (order, map, step, output).

    An output follows its own order of each method, that of the input, and the mean over the random ones. NaN for maps
    that took no part.
    """
    values = found.cpu().double().numpy()
    n_outputs = values.shape[-1]
    own = values[: n_methods * n_outputs].reshape(n_methods, n_outputs, *values.shape[1:])
    of_input, *chance = values[n_methods * n_outputs :]
    curves = np.full((n_methods + 2, n_outputs, n_maps, values.shape[2]), np.nan)
    for output in range(n_outputs):
        curves[:-2, output, : values.shape[1]] = own[:, output, ..., output]
        curves[-2, output, : values.shape[1]] = of_input[..., output]
        curves[-1, output, : values.shape[1]] = np.mean(chance, axis=0)[..., output]
    return curves


def randomisation_of(
    subject: Subject,
    found: Found,
    methods: Sequence[Method],
    options: Options,
    settings: Settings,
    asked: Randomisation,
    advance: Advance,
) -> tuple[NullCorrelations, Maps]:
    """Return how attributions correlate with those under shuffled weights, and those of the first map there.

    Parameters
    ----------
    subject, found, methods, options
        The case, its attributions, the methods, and what they need.
    settings, asked
        How the case is attributed, and which networks and maps.
    advance
        Called after each network.

    Returns
    -------
    Correlations, and (method, output, channel, y, x): attributions of the first map with all weights shuffled.
    """
    names: list[str] = []
    correlations: list[Values] = []
    null = np.empty((len(methods), len(subject.outputs.names), *subject.inputs.shape[1:]), dtype=np.float32)
    for depth, network in _networks(subject, asked, settings):
        here = np.full((2, len(methods), len(subject.outputs.names), len(subject.inputs)), np.nan)
        with subject.explained(settings.batch_size, network) as shuffled:
            for number, method in enumerate(methods):
                n_maps = min(_maps_of(method, asked), len(subject.inputs))
                one = method(shuffled, subject.first(n_maps), of_first(options, n_maps))
                maps = one.by_channel(subject.inputs.shape[1]).cpu().numpy()
                here[:, number, :, :n_maps] = _correlations(found[method.name][:, :n_maps], maps)
                if depth == ALL_WEIGHTS:
                    null[number] = maps[:, 0]
        names.append(depth)
        correlations.append(here)
        advance()
    signed, absolute = np.stack(correlations, axis=1)
    return NullCorrelations(tuple(names), signed, absolute), null


def _networks(subject: Subject, asked: Randomisation, settings: Settings) -> Iterator[tuple[str, nn.Module]]:
    """Yield the networks that know less, with their names."""
    network, maps = subject.shown.network, subject.maps
    yield from randomised(network, maps, depths=asked.depths, seed=settings.seed)
    if asked.untrained:
        yield UNTRAINED, untrained(network, maps, seed=settings.seed, batch_size=settings.batch_size)


def _maps_of(method: Method, asked: Randomisation) -> int:
    """Return how many maps a method is run on: fewer where it runs the network many times for each."""
    return asked.integrated_maps if method.has_many_passes else asked.maps


def _correlations(maps: Maps, others: Maps) -> Values:
    """Return signed and absolute rank correlations of attributions (output, map, channel, y, x), (2, output, map)."""
    sides = [one.reshape(*one.shape[:2], -1) for one in (maps, others)]
    return np.stack([map_correlations(*sides), map_correlations(*map(np.abs, sides))])
