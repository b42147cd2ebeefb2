"""What the stage influence says of each map of a case: every number declared once, with its unit and what it is."""

from collections.abc import Mapping
from typing import Final

from repshift.statistics.outliers import THRESHOLD
from repshift.vocabulary import about

Words = Mapping[str, str]

_EXTREMES: Final = {"minimum": "minimum", "maximum": "maximum", "mean": "mean", "std": "standard deviation"}

WEIGHTS: Final[dict[str, Words]] = {
    "mean_share": about("share of a map in the variance of a layer, mean of the layers"),
    "z_score": about("modified z-score of the logarithm of the mean share"),
    "dominant": about(f"1 where the z-score is above {THRESHOLD}"),
    "rank": about("rank by mean share, 1 is the largest"),
    "influence": about("mean debiased CKA of distinct layers without the map, less with all"),
}
"""Its share, whether that is outlying, and its influence on the block."""

PIXELS: Final[dict[str, Words]] = {
    **{f"pixel_{name}": about(f"{text} of the pixels of a map", "of the field") for name, text in _EXTREMES.items()},
    **{
        f"input_{name}": about(f"{text} of the pixels of a map as the network takes it")
        for name, text in _EXTREMES.items()
    },
}
"""The extremes of its pixels."""
