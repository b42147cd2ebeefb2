"""How far the raw input of perturbed maps is from others, as `repshift.statistics.pixels` has it for two domains."""

from collections.abc import Callable
from functools import partial
from typing import Final

import numpy as np

from repshift.evidence.level_scores.score import Halves, LevelPair, LevelScore, Values
from repshift.statistics.pixel_sums import PIXEL_DISTANCES, PixelDistance


def of_pixels(level: LevelPair, halves: Halves, *, number: str, function: Callable[..., Values]) -> Values:
    """Return a distance of pixels, (divisions,)."""
    shown, own = (
        side.pixels[number][rows].mean(1) for side, rows in ((level.shown, halves.shown), (level.own, halves.own))
    )
    return np.asarray(function(shown, own))


def _score(distance: PixelDistance) -> LevelScore:
    function = partial(of_pixels, number=distance.sums, function=distance.function)
    return LevelScore(f"pixel_{distance.name}", distance.label, "input", function, frozenset({"pixels"}))


PIXELS: Final = tuple(map(_score, PIXEL_DISTANCES))
