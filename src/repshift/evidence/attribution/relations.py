"""How complete attributions are, and how they agree with each other and with the input alone."""

from typing import Any, Final

import numpy as np
import numpy.typing as npt

from repshift.evidence.attribution.attributions import AttributedMaps
from repshift.statistics.block_orders import block_sums
from repshift.statistics.map_ranks import correlations_between, map_correlations
from repshift.statistics.map_resamples import MapResamples, interval_of, ratio

Values = npt.NDArray[np.float64]
Given = npt.NDArray[np.floating]

STILL: Final = 1e-6
"""Root mean square change of an output, over its own size, below which it does not move: float32 has 6e-8."""


def relations(found: AttributedMaps, resamples: MapResamples) -> dict[str, Any]:
    """Return completeness, correlation with the input and agreement of methods: by name the number and its interval."""
    numbers = {
        "completeness": _completeness(found, resamples),
        "input_correlation": resamples.means(_input_correlations(found)),
        "agreement": resamples.means(_agreements(found)),
    }
    return {name: (one[0], interval_of(one, n_simulations=resamples.n_simulations)) for name, one in numbers.items()}


def relative_errors(errors: Given, changes: Given, sizes: Given, resamples: MapResamples) -> Values:
    """Return the median absolute error over the root mean square change of outputs, of the sample and its resamples.

    Parameters
    ----------
    errors
        (..., output, map); NaN where a method promises no completeness.
    changes, sizes
        (output, map): change of the output, and its size.

    Returns
    -------
    (1 + n_resamples, ..., output); NaN where the output does not move.
    """
    rms = np.sqrt(resamples.means(np.square(changes)))
    still = rms[0] <= STILL * np.sqrt(np.square(sizes).mean(axis=-1))
    medians = resamples.medians(np.abs(errors))
    rms = np.where(still, np.nan, rms)
    return ratio(medians, rms.reshape(len(rms), *[1] * (medians.ndim - 2), -1))


def _completeness(found: AttributedMaps, resamples: MapResamples) -> Values:
    return relative_errors(found.errors, found.values - found.baseline_values, found.values, resamples)


def _input_correlations(found: AttributedMaps) -> Values:
    """Return the rank correlation of |attribution| and |input - baseline| of each map, (method, output, map)."""
    n_maps = len(found.inputs)
    steps = np.abs(found.inputs - found.baselines).reshape(n_maps, -1)
    return np.stack([map_correlations(np.abs(one).reshape(len(one), n_maps, -1), steps) for one in found.attributions])


def _agreements(found: AttributedMaps) -> Values:
    """Return the rank correlation of two methods' contributions of blocks, (method, method_other, output, map)."""
    blocks = [block_sums(found.contributions(at), window=found.window) for at in range(len(found.methods))]
    return correlations_between(np.stack(blocks))
