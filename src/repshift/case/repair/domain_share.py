"""What the repair of one model sees of a domain, and what its file says of that."""

from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
import torch

from repshift.adaptation import Sample
from repshift.case.domain_maps import DomainMaps, KnownLabels, domain_maps
from repshift.case.forward import OpenCase
from repshift.case.outputs import Outputs
from repshift.statistics.tuning_splits import tuning_splits


@dataclass(frozen=True)
class Share:
    """How much of a domain a repair sees.

    Attributes
    ----------
    simulations, maps_each
        Simulations, and maps of each; None: all.
    seed
        Draws both.
    """

    simulations: int | None
    maps_each: int | None
    seed: int

    def places(self, n_simulations: int) -> npt.NDArray[np.int64]:
        """Return the places of the simulations that are seen: where not all are, those of a ladder's first split."""
        if self.simulations is None or self.simulations == n_simulations:
            return np.arange(n_simulations)
        (split,) = tuning_splits(n_simulations, n_tuned=self.simulations, n_splits=1, seed=self.seed)
        return split.tuned


@dataclass(frozen=True)
class DomainShare:
    """Maps of a domain, and the places of those simulations that a repair sees."""

    maps: DomainMaps
    places: npt.NDArray[np.int64]

    @property
    def sample(self) -> Sample:
        """What the repair sees."""
        return self.maps.sample(self.places, self.maps.positions.shape[1])

    @property
    def record(self) -> dict[str, Any]:
        """What the file of the repaired model says of it: values of JSON."""
        shown, positions = self.maps.shown, self.maps.positions[self.places]
        return {
            "domain": shown.domain.name,
            "suite": shown.domain.suite,
            **shown.domain.attributes(),
            "maps_sha256": shown.simulations.sha256,
            "simulations": [int(one) for one in positions[:, 0] // shown.maps_per_simulation],
            "maps_each": positions.shape[1],
            "labelled": self.maps.labels is not None,
        }


def domain_share(
    shown: OpenCase,
    outputs: Outputs | None,
    share: Share,
    *,
    device: torch.device,
    labels: KnownLabels | None,
) -> DomainShare:
    """Read what a repair sees of a domain.

    Parameters
    ----------
    shown
        The model that is repaired, shown the domain.
    outputs
        What it infers; None where no label is read.
    share
        How much of the domain is seen.
    device
        Where torch computes.
    labels
        Where the labels are; None: the domain has none, or the repair sees none.

    Raises
    ------
    InputError
        As `repshift.case.domain_maps.domain_maps`, and if fewer than ten simulations are left to judge the
        model, where not all are seen.
    """
    maps = domain_maps(
        shown,
        outputs or Outputs("parameter", (), "1"),
        maps_each=share.maps_each or shown.maps_per_simulation,
        most_simulations=None,
        seed=share.seed,
        device=device,
        labels=labels,
    )
    return DomainShare(maps, share.places(maps.n_simulations))
