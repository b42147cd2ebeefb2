"""What a file of trust holds: each variable declared once, with its dimensions, its unit and what it is."""

from typing import Final

from repshift.evidence.attribution.quantities import Quantity

LEVELS: Final = (0.5, 0.68, 0.8, 0.9, 0.95)
"""Levels of intervals, beside the one that is asked for."""

OF_PARAMETER: Final = "as the parameter"
"""Stands for the unit of the labels."""

_SCORE: Final = ("score", "parameter")
_CURVE: Final = ("score", "parameter", "share")
_KIND: Final = ("kind", "parameter", "level")
_LESS: Final = ", less that of the baseline"


def _with_difference(name: str, dims: tuple[str, ...], long_name: str) -> tuple[Quantity, ...]:
    return (
        Quantity(name, dims, long_name, has_ends=True),
        Quantity(f"{name}_difference", dims, f"{long_name}{_LESS}", has_ends=True),
    )


_OF_EACH_MAP: Final = (
    Quantity("values", ("score", "map"), "trust score, larger where the network is trusted less"),
    Quantity(
        "values_by_parameter", ("score", "parameter", "map"), "trust score that stands beside a parameter's error"
    ),
    Quantity(
        "error", ("map", "parameter"), "predicted mean less truth; of classes 1 less the probability", OF_PARAMETER
    ),
    Quantity(
        "is_worst", ("map", "parameter"), "whether the error is of the largest tenth; of classes, a wrong one named"
    ),
)

_NUMBERS: Final = (
    *_with_difference("rank_correlation", _SCORE, "rank correlation of the score and the absolute error"),
    *_with_difference("auc_domain", ("score",), "AUC of telling the maps from those of the own domain"),
    *_with_difference("auc_worst_tenth", _SCORE, "AUC of finding the maps of largest error, or of the wrong class"),
    *_with_difference("risk_area", _SCORE, "mean risk over the shares kept, over the risk of all maps"),
    Quantity("risk_area_best", ("parameter",), "the same where maps are ordered by the error itself", has_ends=True),
    Quantity(
        "risk_coverage",
        _CURVE,
        "risk of the maps trusted most: root mean squared error, or share of wrong classes",
        OF_PARAMETER,
        has_ends=True,
    ),
    Quantity(
        "pit", ("parameter", "bin"), "share of maps in a bin of the probability integral transform", has_ends=True
    ),
    Quantity("coverage", ("parameter", "level"), "share of maps within the predicted normal interval", has_ends=True),
    Quantity(
        "calibration_error",
        ("parameter",),
        "mean absolute difference of coverage and level; of classes the expected calibration error",
        has_ends=True,
    ),
    Quantity("accuracy", ("bin",), "accuracy of the maps in a bin of the largest probability", has_ends=True),
    Quantity("confidence", ("bin",), "mean largest probability of the maps in a bin of it", has_ends=True),
    Quantity("share_of_maps", ("bin",), "share of maps in a bin of the largest probability", has_ends=True),
)

_CONFORMAL: Final = (
    Quantity("conformal_coverage", _KIND, "share of maps within the conformal interval, or set", has_ends=True),
    Quantity("conformal_coverage_lowest", _KIND, "lowest such share of the halves that calibrate"),
    Quantity("conformal_coverage_highest", _KIND, "highest such share of the halves that calibrate"),
    Quantity("conformal_bounded", _KIND, "share of maps whose conformal interval is finite"),
    Quantity("conformal_coverage_bounded", _KIND, "share within the interval, of the maps whose interval is finite"),
    Quantity("conformal_half_width", _KIND, "median half-width of the finite conformal intervals", OF_PARAMETER),
    Quantity("conformal_set_size", _KIND, "mean number of classes of the conformal sets of finite quantile"),
)

TRUST_QUANTITIES: Final = {one.name: one for one in (*_OF_EACH_MAP, *_NUMBERS, *_CONFORMAL)}
"""Variables of the file of a case, by name; those that need what a case has not are not in it."""
