"""What the numbers of a case are more than those of the model's own domain."""

from collections.abc import Mapping

import numpy as np
import numpy.typing as npt
import xarray as xr

from repshift.evidence.attribution.concentration import shares_and_nulls
from repshift.statistics.map_resamples import MapResamples, Number, bands_of, map_resamples, ratio

Values = npt.NDArray[np.float64]

SUMS = (
    "sum_by_environment",
    "contribution_by_environment",
    "input_by_environment",
    "pixels_by_environment",
    "power_by_scale",
    "input_power_by_scale",
    "modes_by_scale",
    "sum_by_distance",
    "pixels_by_distance",
    "sum_by_channel",
)
"""Variables that the numbers are ratios of."""


def changes_from(
    home: xr.Dataset, sums: Mapping[str, Values], resamples: MapResamples, *, n_resamples: int, seed: int
) -> dict[str, Number]:
    """Return the changes of the numbers, out less in distribution: by name the change and its bands.

    Parameters
    ----------
    home
        Of the model's own domain.
    sums, resamples
        Of the case.
    n_resamples, seed
        Those of the case; the simulations of the own domain are resampled by the next seed, for themselves.
    """
    of_home = map_resamples(home["simulation"].to_numpy(), n_resamples=n_resamples, seed=seed + 1)
    own = _numbers({name: home[name].to_numpy() for name in SUMS}, of_home)
    shown = _numbers(sums, resamples)
    n_rows = min(len(of_home.weights), len(resamples.weights))  # one row where either has too few simulations
    n = min(of_home.n_simulations, resamples.n_simulations)
    changes = {name: shown[name][:n_rows] - own[name][:n_rows] for name in shown}
    return {f"{name}_change": (one[0], bands_of(one, n_simulations=n)) for name, one in changes.items()}


def _numbers(sums: Mapping[str, Values], resamples: MapResamples) -> dict[str, Values]:
    """Return the numbers of the sample and its resamples, by name."""
    pairs = shares_and_nulls(sums)
    return {name: ratio(resamples.sums(share), resamples.sums(null)) for name, (share, null) in pairs.items()}
