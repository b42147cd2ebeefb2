"""Whether a network knows how far it errs: its predicted standard deviations, or probabilities, beside the errors."""

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

from repshift.evidence.trust_scores.score import Values
from repshift.statistics.calibration import coverage_error, integral_transform, transform_bins, within_intervals
from repshift.statistics.class_scores import map_miscalibration
from repshift.statistics.map_resamples import MapResamples, Number, interval_of, ratio
from repshift.statistics.resampling import Interval, bias_covering_interval


def parameter_calibration(
    truth: Values, mean: Values, std: Values, *, levels: Sequence[float], resamples: MapResamples
) -> dict[str, Number]:
    """Return the calibration of predicted normal distributions.

    Parameters
    ----------
    truth, mean, std
        (n_maps, n_parameters), in the units of the parameters.
    levels
        Of central intervals.
    resamples
        Of the simulations of the maps.

    Returns
    -------
    ``pit`` (n_parameters, bins), ``coverage`` (n_parameters, levels) and ``calibration_error`` (n_parameters,): the
    mean absolute difference of coverages and levels. NaN where the truth is not known.
    """
    transform = integral_transform(truth, mean, std)
    known = np.asarray(np.isfinite(truth).all(axis=0))
    pit, coverage = (
        np.where(known[:, None], resamples.means(np.moveaxis(of_maps, 0, -1)), np.nan)
        for of_maps in (transform_bins(np.where(known, transform, 0)), within_intervals(transform, levels))
    )
    numbers = {name: _number(values, resamples) for name, values in (("pit", pit), ("coverage", coverage))}
    return numbers | {"calibration_error": _of_sizes(coverage_error(coverage, levels), resamples)}


def class_calibration(
    truth: npt.NDArray[np.int64], probability: Values, *, resamples: MapResamples
) -> dict[str, Number]:
    """Return the calibration of the largest probability (n_maps, n_classes).

    Returns
    -------
    ``accuracy``, ``confidence`` and ``share_of_maps`` of each bin of it, NaN where a bin has no map, and
    ``calibration_error`` (1,), the expected calibration error of `repshift.statistics.class_scores.ClassScores`.
    """
    confidence = probability.max(1)
    right = probability.argmax(1) == truth
    inside = transform_bins(np.nextafter(confidence, 0)).T  # bins hold their upper edge
    counts, rights, sums = (resamples.sums(inside * part) for part in (np.ones_like(confidence), right, confidence))
    gaps = np.abs(resamples.sums(map_miscalibration(truth, probability).T)).sum(-1, keepdims=True)
    n_maps = resamples.weights.sum(1, keepdims=True)
    return {
        "accuracy": _number(ratio(rights, counts), resamples),
        "confidence": _number(ratio(sums, counts), resamples),
        "share_of_maps": _number(counts / n_maps, resamples),
        "calibration_error": _of_sizes(gaps / n_maps, resamples),
    }


def _number(numbers: Values, resamples: MapResamples) -> Number:
    return numbers[0], interval_of(numbers, n_simulations=resamples.n_simulations)


def _of_sizes(numbers: Values, resamples: MapResamples) -> Number:
    """Return a sum of sizes, which noise makes larger, with an interval that covers this bias."""
    if len(numbers) == 1:
        nothing = np.full_like(numbers[0], np.nan)
        return numbers[0], Interval(nothing, nothing.copy())
    return numbers[0], bias_covering_interval(numbers[0], numbers[1:], n_simulations=resamples.n_simulations)
