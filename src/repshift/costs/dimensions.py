"""Numbers that the cost of a part of a job depends on, and what follows from them."""

from dataclasses import fields

from repshift.costs.jobs import Sizes
from repshift.networks.architecture import Architecture, architecture_of

ASSUMED_HIDDEN = 12
"""Width of a network that is not known before it is fetched: the largest that CMD's documentation speaks of."""

_ASSUMED_PIXELS = 64


class Dimensions:
    """The sizes of a part, 1 where one is not given, and what follows from them."""

    def __init__(self, sizes: Sizes, *, threads: int) -> None:
        self.sizes = sizes
        self.threads = threads

    def __getattr__(self, name: str) -> float:
        """Return a size."""
        return self.sizes.get(name, 1)

    @property
    def network(self) -> Architecture:
        """The network, as one of CMD where its own numbers are not known."""
        if "units" in self.sizes:
            own = {one.name: int(self.sizes[one.name]) for one in fields(Architecture)}
            return Architecture(**own)
        return architecture_of(int(self.sizes.get("hidden", ASSUMED_HIDDEN)), int(self.side))

    @property
    def side(self) -> float:
        """Pixels along one side of a map."""
        return self.sizes.get("pixels", _ASSUMED_PIXELS)

    @property
    def file(self) -> float:
        """Numbers in the file of maps."""
        return self.maps * self.side**2

    @property
    def pairs(self) -> float:
        """Pairs of layers."""
        return float(self.network.layers) ** 2

    @property
    def pooled(self) -> float:
        """Maps of a file of Gram matrices."""
        return self.n_maps * self.domains

    def passes_of(self, n_maps: float) -> tuple[float, float]:
        """Return multiplications and units of the forward pass of some maps."""
        return n_maps * self.network.multiplications, n_maps * self.network.units

    @property
    def batch_memory(self) -> tuple[float, ...]:
        """Units of one batch, parameters."""
        return self.batch * self.network.units, float(self.network.parameters)
