"""What is measured, and what is asked for."""

from collections.abc import Mapping
from dataclasses import dataclass

from benchmarks import peers, routes
from benchmarks.routes import Route

OURS = (
    routes.PLAIN,
    routes.CALL,
    routes.CALL_FIRST,
    routes.FAST,
    routes.FAST_LOADED,
    routes.CACHED,
    routes.CACHED_FAST,
)
PEERS = (peers.PYTORCH_CKA, peers.PYTORCH_CKA_TWO, peers.CKA_PYTORCH, peers.TORCH_CKA, peers.REPSIM)
ONE_NETWORK = (routes.BARE, *OURS, *PEERS)
RIGHT_OR_WRONG = (
    routes.PLAIN,
    routes.CALL,
    routes.FAST,
    routes.CACHED_FAST,
    peers.PYTORCH_CKA,
    peers.CKA_PYTORCH,
    peers.TORCH_CKA,
    peers.REPSIM,
)
"""Whose error is measured: those left out compute the same numbers, to rounding."""
MANY_NETWORKS = (
    routes.PLAIN,
    routes.FAST,
    routes.FAST_LOADED,
    peers.PYTORCH_CKA_PAIRS,
    peers.PYTORCH_CKA_WRAPPED,
)
ROUTES: dict[str, Route] = {route.label: route for route in (*ONE_NETWORK, *MANY_NETWORKS)}

MEMORY_KEPT = (routes.BARE, routes.PLAIN, routes.FAST, peers.PYTORCH_CKA)
"""What is timed once more where the allocator keeps memory."""

OFFSETS = (0.0, 1000.0)


@dataclass(frozen=True)
class Plan:
    """How much is measured.

    Attributes
    ----------
    n_maps
        Maps shown.
    rounds
        (hidden, batch size) of one network to the number of rounds, widths together.
    rounds_many
        (hidden, number of networks, 2 or more) to the number of rounds.
    batch_size_many
        Of many networks.
    kept
        Of `rounds`, the case that is timed once more where the allocator keeps memory.
    """

    n_maps: int
    rounds: Mapping[tuple[int, int], int]
    rounds_many: Mapping[tuple[int, int], int]
    batch_size_many: int
    kept: tuple[int, int]


def full(repetitions: int | None) -> Plan:
    """Return the measurement that the documentation quotes: 35 minutes; or with so many rounds of one network."""
    rounds = {(4, 16): 5, (4, 48): 2, (8, 16): 3, (8, 48): 2}
    rounds_many = {(4, 2): 2, (4, 4): 1, (4, 8): 1, (8, 2): 1, (8, 4): 1, (8, 8): 1}
    return Plan(
        n_maps=48,
        rounds={case: repetitions or number for case, number in rounds.items()},
        rounds_many=rounds_many,
        batch_size_many=16,
        kept=(4, 16),
    )


def quick(repetitions: int | None) -> Plan:
    """Return a measurement of two minutes, which only shows that everything runs."""
    return Plan(
        n_maps=8,
        rounds={(4, 8): repetitions or 1},
        rounds_many={(4, 2): 1},
        batch_size_many=8,
        kept=(4, 8),
    )
