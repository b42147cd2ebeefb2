"""How far the raw inputs are from each other: their moments and power spectra, `repshift.statistics.pixels`."""

from functools import partial
from typing import Final

from repshift.evidence.shift_scores.score import Pair, ShiftScore
from repshift.statistics.pixels import PixelDistances, pixel_distances


def distances(pair: Pair) -> PixelDistances:
    """Return all of them, of a pair."""
    return pixel_distances(*pair.inputs)


def distance(pair: Pair, *, number: str) -> float:
    """Return one of them."""
    return float(getattr(pair.once(distances), number))


PIXELS: Final = tuple(
    ShiftScore(
        name=f"pixel_{number}",
        label=f"pixels: {label}",
        family="input",
        function=partial(distance, number=number),
        is_control=True,
    )
    for number, label in (
        ("mean", "mean"),
        ("std", "standard deviation"),
        ("skewness", "skewness"),
        ("kurtosis", "kurtosis"),
        ("spectrum", "power spectrum"),
    )
)
