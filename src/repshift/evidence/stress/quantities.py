"""What files of stress hold beside the scores of predictions: what each number is, and its unit."""

from collections.abc import Mapping
from typing import Final

from repshift.vocabulary import CRITICAL_FALL, about

Words = Mapping[str, str]

_OF_AXIS: Final = "unit of the axis"

STRESS_NUMBERS: Final[dict[str, Words]] = {
    "drift_cka": about("debiased CKA of a layer with itself unperturbed"),
    "drift_distance": about("distance of a layer from itself unperturbed, over the distance of maps from their mean"),
    "critical": about(
        f"size of the strength at which the score has fallen by {CRITICAL_FALL:g}; infinite where it does not", _OF_AXIS
    ),
    "slope": about("change of the score over strength between 0 and the next strength", f"1 / {_OF_AXIS}"),
    "score_critical": about(
        "size of the strength at which the median size of a score passes its limit; infinite where it does not",
        _OF_AXIS,
    ),
    "early_warning": about(
        "strength at which a score passes its limit over the critical strength: below 1 it warns before the error"
    ),
    "position": about("size of the strength at which the own domain scores as this one does unperturbed", _OF_AXIS),
    "false_alarm": about("1 where a score passes its limit along an axis that costs nothing"),
    "floored": about("pixels that had no logarithm left and were set to the least of their map"),
}
"""Of levels, branches, layers and scores."""

SMALLEST_CHANGES: Final[dict[str, str]] = {
    "size": "norm of the smallest change of the standardised map; infinite where none within the bound is found",
    "size_raw": "the same norm of each channel of the change, as it is before standardisation",
    "l2_share": "smallest change over the map about its mean, both as roots of sums of squares",
    "noise_moved": "root mean squared progress of random changes of the same norm",
    "pixel_moved": "progress of the best change of a single pixel",
}
"""Of each map: numbers whose quantiles over maps are given."""

QUANTILES: Final = {"median": "median", "p10": "10 % quantile", "p90": "90 % quantile"}
"""Quantiles over maps, in words."""

SMALLEST_COUNTS: Final[dict[str, Words]] = {
    "threshold": about("movement of the output that is looked for; NaN where classes change", "of the outputs"),
    "n_failed": about("maps without such a change within the bound"),
}
"""Of an output, and of a norm and an output."""


def quantile_words(number: str, quantile: str) -> str:
    """Return what a quantile of a number of `SMALLEST_CHANGES` is.

    Examples
    --------
    >>> quantile_words("pixel_moved", "p90")
    '90 % quantile over maps of the progress of the best change of a single pixel'
    """
    return f"{QUANTILES[quantile]} over maps of the {SMALLEST_CHANGES[number]}"
