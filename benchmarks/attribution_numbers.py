"""How often the intervals of attributions hold the truth: ``python -m benchmarks.coverage attribution``."""

from collections.abc import Callable, Iterator
from functools import partial
from typing import Final

import numpy as np
import numpy.typing as npt
import xarray as xr

from repshift.evidence.attribution.concentration import concentration
from repshift.evidence.attribution.domain_changes import changes_from
from repshift.evidence.attribution.layer_parts import interval_of_units, participation
from repshift.evidence.attribution.nulls import curve_and_gain
from repshift.evidence.attribution.quantities import MAP_QUANTITIES
from repshift.evidence.attribution.relations import relative_errors
from repshift.statistics.map_resamples import MapResamples, Number, interval_of, map_resamples, means_with_bands
from repshift.statistics.resampling import Interval

Values = npt.NDArray[np.float64]
Labels = npt.NDArray[np.int64]
Found = dict[str, Number]

_RESAMPLES: Final = 1000
_MANY: Final = 400_000
"""Maps of as many simulations, whose numbers stand for the truth."""

_PIXELS: Final = np.array([2048.0, 1229, 614, 164, 41])
"""Pixels of the environments of a map of 64 by 64."""

_SCALES: Final = 9
_STEPS: Final = 8
_ROUNDING: Final = 1e-9
SPREADS: Final = (0.3, 1.0)
"""Standard deviations of the logarithm of a map's attribution: maps are alike, or few count for most."""


def coverage(rng: np.random.Generator, labels: Labels, draws: int, case: str) -> Iterator[str]:
    """Yield, number by number, how often its interval held the truth, that of a curve at all of its places."""
    for (name, numbers_of), stream in zip(CASES.items(), rng.spawn(len(CASES)), strict=True):
        if case not in name:
            continue
        whole = MapResamples(np.ones((1, _MANY)), np.arange(_MANY))
        truth = {key: value for key, (value, _) in numbers_of(stream, np.arange(_MANY), whole).items()}
        held: dict[str, list[bool]] = {key: [] for key in truth}
        for _ in range(draws):
            resamples = map_resamples(labels, n_resamples=_RESAMPLES, seed=int(stream.integers(1 << 31)))
            for key, (_, ends) in numbers_of(stream, labels, resamples).items():
                held[key].append(_holds(ends, truth[key]))
        yield f"{name:24} " + "  ".join(f"{key} {np.mean(hits):.3f}" for key, hits in held.items())


def _holds(ends: Interval, truth: Values) -> bool:
    beyond = _ROUNDING * np.abs(truth)
    return bool(((ends.low - beyond <= truth) & (truth <= ends.high + beyond)).all())


def correlated(rng: np.random.Generator, labels: Labels, *shape: int, degrees: float = np.inf) -> Values:
    """Return standard normal numbers (*shape, map), or Student's t, maps of one simulation correlated by 0.8."""
    n = int(labels.max()) + 1
    each = np.sqrt(0.8) * rng.standard_normal((*shape, n))[..., labels]
    found = each + np.sqrt(0.2) * rng.standard_normal((*shape, len(labels))) if len(labels) > n else each / np.sqrt(0.8)
    if np.isfinite(degrees):
        found = found * np.sqrt(degrees / rng.chisquare(degrees, n))[labels]
    return np.asarray(found)


def amounts(rng: np.random.Generator, labels: Labels, *, spread: float, tilt: float) -> dict[str, Values]:
    """Return sums of one method and output in maps, as `repshift.evidence.attribution.map_sums.MapSums` has them.

    Maps share a size, and environments and scales scatter around it; `tilt` moves attribution to the densest pixels.
    """
    size = np.exp(spread * correlated(rng, labels))
    inputs = _PIXELS[:, None] * np.exp(0.3 * correlated(rng, labels) + 0.2 * correlated(rng, labels, 5))
    slope = np.exp(tilt * np.linspace(-1, 1, 5))[:, None]
    found = size * slope * inputs * np.exp(0.3 * correlated(rng, labels, 5))
    spectrum = np.exp(-0.5 * np.arange(_SCALES))[:, None] * np.exp(0.5 * correlated(rng, labels, _SCALES))
    power = np.square(size) * spectrum * np.exp(0.3 * np.arange(_SCALES))[:, None]
    return {
        "sum_by_environment": found[None, None],
        "contribution_by_environment": found[None, None],
        "input_by_environment": inputs,
        "pixels_by_environment": np.tile(_PIXELS[:, None], len(labels)),
        "power_by_scale": (power * np.exp(0.5 * correlated(rng, labels, _SCALES)))[None, None],
        "input_power_by_scale": spectrum,
        "modes_by_scale": 4.0 ** np.arange(_SCALES),
        "sum_by_distance": found[None, None, :2],
        "pixels_by_distance": np.tile(_PIXELS[:2, None], len(labels)),
        "sum_by_channel": found[None, None, :2],
    }


def of_shares(rng: np.random.Generator, labels: Labels, resamples: MapResamples, *, spread: float) -> Found:
    """Return shares of attribution, and their changes from another domain."""
    out, own = (amounts(rng, labels, spread=spread, tilt=tilt) for tilt in (0.3, 0.1))
    home = xr.Dataset({name: (MAP_QUANTITIES[name].dims, values) for name, values in own.items()})
    n_resamples, seed = len(resamples.weights) - 1, int(rng.integers(1 << 31))
    home = home.assign_coords(simulation=("map", labels))
    changes = changes_from(home, out, resamples, n_resamples=n_resamples, seed=seed)
    found = concentration(out, resamples) | changes
    return {name: found[name] for name in found if not name.startswith(("distance_over_pixels", "channel_share"))}


def of_gains(rng: np.random.Generator, labels: Labels, resamples: MapResamples, *, degrees: float) -> Found:
    """Return one curve of deletion, and a gain over random order, of outputs that scatter as they fall."""
    steps = np.arange(_STEPS + 1)
    falls = np.array([0.03, 0.02])[:, None, None, None] * steps
    walks = np.cumsum(0.05 * correlated(rng, labels, 2, 1, _STEPS + 1, degrees=degrees), axis=2)
    values = 0.5 - falls - np.swapaxes(walks - walks[:, :, :1], -1, -2)
    found = curve_and_gain(-values[None], resamples)
    curve, ends = found["curve"]
    return found | {"curve": (curve[0, 0], Interval(ends.low[0, 0], ends.high[0, 0]))}


def of_means(rng: np.random.Generator, labels: Labels, resamples: MapResamples, *, mean: float) -> Found:
    """Return a mean rank correlation, and the completeness of heavy-tailed errors."""
    correlations = np.tanh(np.arctanh(mean) + 0.4 * correlated(rng, labels))
    errors, change = correlated(rng, labels, 1, 1, degrees=4.0), correlated(rng, labels, 1)
    numbers = {
        "rank correlation": resamples.means(correlations[None]),
        "completeness": relative_errors(errors, change, change, resamples),
    }
    return {name: (one[0], interval_of(one, n_simulations=resamples.n_simulations)) for name, one in numbers.items()}


def of_shifts(rng: np.random.Generator, labels: Labels, resamples: MapResamples, *, degrees: float) -> Found:
    """Return a shift, its parts by environment, and the feature channels that share it."""
    means = np.array([0.08, 0.11, 0.17, 0.04, 0.0])
    parts = means[:, None] + 0.2 * correlated(rng, labels, 5, degrees=degrees)
    channels = np.exp(-np.arange(20) / 5)[:, None] * (1 + 0.5 * correlated(rng, labels, 20, degrees=degrees))
    shift = resamples.means(parts.sum(axis=0))
    units = participation(resamples.means(channels))
    n = resamples.n_simulations
    return {
        "shift": (shift[0], interval_of(shift, n_simulations=n)),
        "environment_shift": means_with_bands(parts, resamples=resamples),
        "layer_units": (units[0], interval_of_units(units, n)),
    }


CASES: Final[dict[str, Callable[..., Found]]] = {
    **{f"shares, spread {spread}": partial(of_shares, spread=spread) for spread in SPREADS},
    **{f"deletion, t of {degrees}": partial(of_gains, degrees=degrees) for degrees in (np.inf, 4.0)},
    **{f"correlation {mean}": partial(of_means, mean=mean) for mean in (0.1, 0.8)},
    **{f"shift, t of {degrees}": partial(of_shifts, degrees=degrees) for degrees in (np.inf, 4.0)},
}
"""By the name of a case, what gives its numbers: of a generator, labels of simulations and their resamples."""
