"""Amounts of attribution in each map: by environment, scale, distance and channel. Numbers are ratios of their sums."""

from dataclasses import dataclass
from functools import cached_property, partial
from typing import Any

import numpy as np
import numpy.typing as npt

from repshift.evidence.attribution.attributions import AttributedMaps
from repshift.statistics.environments import ENVIRONMENTS, environments, pixels_by_class, sums_by_class
from repshift.statistics.peaks import distance_edges, distances_from_peaks
from repshift.statistics.scales import Scales, modes_by_scale, power_by_scale, scales_of

Values = npt.NDArray[np.float64]


@dataclass(frozen=True)
class MapSums:
    """What of each map there is where; names, dimensions and units are those of `MAP_QUANTITIES`.

    Attributes
    ----------
    found
        The attributed maps.
    """

    found: AttributedMaps

    @cached_property
    def size(self) -> tuple[int, int]:
        """Pixels of a map, (y, x)."""
        down, right = self.found.inputs.shape[-2:]
        return int(down), int(right)

    @cached_property
    def scales(self) -> Scales:
        """Half octaves of wavenumber."""
        return scales_of(self.size, per_octave=2)

    @cached_property
    def edges(self) -> tuple[float, ...]:
        """Edges of the distances from a peak [pixels]."""
        return distance_edges(self.size)

    @cached_property
    def density(self) -> Values:
        """What ranks the pixels, (map, y, x)."""
        given = self.found.density
        return np.asarray(self.found.inputs.mean(axis=1) if given is None else given, dtype=np.float64)

    @cached_property
    def sizes(self) -> npt.NDArray[np.floating]:
        """Absolute attribution of the pixels, summed over channels, (method, output, map, y, x)."""
        return np.stack([np.abs(one).sum(axis=-3) for one in self.found.attributions])

    @cached_property
    def variables(self) -> dict[str, Any]:
        """All of them, by name."""
        return self._by_environment() | self._by_scale() | self._by_distance() | self._by_channel()

    def _by_environment(self) -> dict[str, Values]:
        classes, n = environments(self.density), len(ENVIRONMENTS)
        steps = np.abs(self.found.inputs - self.found.baselines).sum(axis=1)
        sums = sums_by_class(self.sizes, classes, n_classes=n)
        contributions = sums.copy()
        for at in np.flatnonzero(self.found.sensitivities):
            contributions[at] = sums_by_class(
                np.abs(self.found.contributions(int(at))).sum(axis=-3), classes, n_classes=n
            )
        return {
            "sum_by_environment": sums,
            "contribution_by_environment": contributions,
            "input_by_environment": sums_by_class(steps, classes, n_classes=n),
            "pixels_by_environment": pixels_by_class(classes, n_classes=n),
        }

    def _by_scale(self) -> dict[str, Values]:
        power_of = partial(power_by_scale, scales=self.scales, periodic=self.found.periodic)
        power = np.stack([power_of(one).sum(axis=-2) for one in self.found.attributions])
        of_input = power_of(self.found.inputs).sum(axis=-2)
        return {
            "power_by_scale": np.swapaxes(power, -1, -2),
            "input_power_by_scale": of_input.T,
            "modes_by_scale": modes_by_scale(self.scales),
        }

    def _by_distance(self) -> dict[str, Values]:
        distances = distances_from_peaks(self.density, periodic=self.found.periodic)
        classes, n = np.searchsorted(self.edges, distances, side="right") - 1, len(self.edges) - 1
        sums = sums_by_class(self.sizes, classes, n_classes=n)
        return {"sum_by_distance": sums, "pixels_by_distance": pixels_by_class(classes, n_classes=n)}

    def _by_channel(self) -> dict[str, Values]:
        sums = [np.abs(one).sum(axis=(-2, -1), dtype=np.float64) for one in self.found.attributions]
        return {"sum_by_channel": np.swapaxes(np.stack(sums), -1, -2)}
