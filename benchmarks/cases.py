"""What is measured, and what the issue asks for."""

from dataclasses import dataclass

from benchmarks import labels, peers, routes
from benchmarks.routes import Route

OURS = (routes.PLAIN, routes.FAST, routes.FAST_LOADED, routes.CACHED, routes.CACHED_FAST)
PEERS = (peers.PYTORCH_CKA, peers.PYTORCH_CKA_TWO, peers.CKA_PYTORCH, peers.TORCH_CKA, peers.REPSIM)
ONE_NETWORK = (routes.BARE, *OURS, *PEERS)
RIGHT_OR_WRONG = (routes.PLAIN, routes.FAST, routes.CACHED_FAST, *PEERS)
"""Whose error is measured: those left out compute the same numbers."""
MANY_NETWORKS = (
    routes.PLAIN,
    routes.FAST,
    routes.FAST_LOADED,
    peers.PYTORCH_CKA_PAIRS,
    peers.PYTORCH_CKA_WRAPPED,
)
ROUTES: dict[str, Route] = {route.label: route for route in (*ONE_NETWORK, *MANY_NETWORKS)}

OFFSETS = (0.0, 1000.0)


@dataclass(frozen=True)
class Plan:
    """How much is measured.

    Attributes
    ----------
    widths, batch_sizes
        The cases of one network; many networks take the first batch size.
    n_networks
        The M, in rising order, from 1.
    n_maps
        Maps shown.
    repetitions, repetitions_many
        Rounds of one network, and of many.
    memory
        Labels of the routes whose memory is measured.
    """

    widths: tuple[int, ...]
    batch_sizes: tuple[int, ...]
    n_networks: tuple[int, ...]
    n_maps: int
    repetitions: int
    repetitions_many: int
    memory: tuple[str, ...]


def full(repetitions: int) -> Plan:
    """Return the measurement that the documentation quotes."""
    everything = tuple(route.label for route in ONE_NETWORK)
    return Plan((4, 8), (16, 48), (1, 2, 4, 8), 48, repetitions, max(1, repetitions // 2), everything)


def quick(repetitions: int) -> Plan:
    """Return a measurement of a minute, which only shows that everything runs."""
    return Plan((4,), (8,), (1, 2), 8, repetitions, 1, (labels.BARE, labels.FAST))
