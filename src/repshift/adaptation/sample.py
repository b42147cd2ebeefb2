"""Maps of one domain, the simulation of each, and their labels where there are any."""

from collections.abc import Callable, Hashable
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any, TypeVar

import numpy as np
import numpy.typing as npt

from repshift.vocabulary import InputError

if TYPE_CHECKING:  # the names of repairs load no torch
    from torch import Tensor

T = TypeVar("T")


@dataclass(frozen=True)
class Sample:
    """Maps of one domain.

    Attributes
    ----------
    maps
        (n_maps, channels, y, x), as the network reads them: prepared and standardised.
    simulations
        (n_maps,): the simulation of each map.
    labels
        Of regression (n_maps, n_outputs), in the scale of the network's outputs, NaN throughout where nothing is known
        of an output; of classes (n_maps,), integers from 0. None: there are none, or they are not to be seen.
    domain
        All maps of the domain that these are among, without labels, and the place of each, (n_maps,), there; None: it
        is not known. What a network makes of each map by itself is computed once for all samples of the domain.

    Raises
    ------
    InputError
        If the three disagree on the number of maps, or a label is not finite where others of its output are.
    """

    maps: "Tensor"
    simulations: npt.NDArray[np.int64]
    labels: "Tensor | None" = None
    domain: "tuple[Sample, npt.NDArray[np.int64]] | None" = field(default=None, repr=False, compare=False)
    _known: dict[Hashable, Any] = field(default_factory=dict, repr=False, compare=False)

    def __post_init__(self) -> None:
        """Refuse parts that do not belong together."""
        lengths = {"maps": len(self.maps), "simulations": len(self.simulations)}
        lengths |= {} if self.labels is None else {"labels": len(self.labels)}
        if len(set(lengths.values())) > 1:
            found = ", ".join(f"{length} {name}" for name, length in lengths.items())
            raise InputError(f"The parts of a sample disagree: {found}. Expected one of each for every map.")
        if self.labels is not None:
            wrong = ~self.labels.isfinite()
            if (wrong & ~wrong.all(dim=0)).any() or self.labels.isinf().any():
                raise InputError(
                    "Labels of a sample are not finite at some maps. Expected a number for each, or none of an output."
                )

    def __len__(self) -> int:
        return len(self.maps)

    @property
    def n_simulations(self) -> int:
        """How many simulations there are."""
        return len(np.unique(self.simulations))

    def once(self, key: Hashable, make: "Callable[[], T]") -> "T":
        """Return what is made from the maps, which happens the first time only: several repairs share a pass over them.

        The same maps without labels share it too, so nothing that labels were read for may be kept here.
        """
        if key not in self._known:
            self._known[key] = make()
        found: T = self._known[key]
        return found

    def of_each_map(self, key: Hashable, make: "Callable[[Tensor], tuple[Tensor, ...]]") -> "tuple[Tensor, ...]":
        """Return what is made from each map by itself, one row a map: all samples of the domain share one pass.

        Parameters
        ----------
        key
            What tells apart what is made.
        make
            Of maps (n_maps, channels, y, x), tensors (n_maps, ...) whose rows do not depend on the other maps.
        """
        whole, rows = (self, None) if self.domain is None else self.domain
        found = whole.once(key, lambda: make(whole.maps))
        return found if rows is None else tuple(one[rows] for one in found)

    def unlabelled(self) -> "Sample":
        """Return the same maps without labels."""
        return replace(self, labels=None)

    def of(self, places: npt.NDArray[np.int64]) -> "Sample":
        """Return the maps at some places, (n_chosen,), in that order."""
        labels = None if self.labels is None else self.labels[places]
        return Sample(self.maps[places], self.simulations[places], labels)
