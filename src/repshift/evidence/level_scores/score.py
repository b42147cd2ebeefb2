"""What a level score is: a number, without labels, of perturbed maps of some simulations beside others unperturbed."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Literal

import numpy as np
import numpy.typing as npt

from repshift.evidence.shift_scores.score import Family

Values = npt.NDArray[np.float64]
Rows = npt.NDArray[np.int64]

Need = Literal["std", "probability", "layers", "pairs", "pixels"]
"""What not every level has: predicted standard deviations, probabilities of classes, layers, pairs of these, pixels."""


@dataclass(frozen=True, eq=False)
class LevelSide:
    """Maps of one side, one of each simulation.

    Attributes
    ----------
    grams
        (layers, n_maps, n_maps); of no layer where none is recorded.
    outputs
        ``std`` (n_maps, outputs), or ``probability`` (n_maps, classes), where the network has them.
    pixels
        As `repshift.statistics.pixel_sums.pixel_sums` has them, by name; empty where they are not known.
    """

    grams: Values
    outputs: Mapping[str, Values]
    pixels: Mapping[str, Values]
    _known: dict[object, Values] = field(default_factory=dict, repr=False)

    def once(self, function: Callable[[Values, Rows], Values], rows: Rows) -> Values:
        """Return what a function makes of the Gram matrices of some rows, which it does the first time alone."""
        key = (function, rows.tobytes())
        if key not in self._known:
            self._known[key] = function(self.grams, rows)
        return self._known[key]


@dataclass(frozen=True)
class LevelPair:
    """The maps of a case at one level beside the unperturbed maps of the model's own domain.

    Attributes
    ----------
    shown, own
        Both sides.
    pooled
        (n_maps + n_own, n_maps + n_own): Gram matrix of the last layer, over those of the case first.
    """

    shown: LevelSide
    own: LevelSide
    pooled: Values

    def has(self) -> frozenset[Need]:
        """Return which of what not every level has is there."""
        there: dict[Need, bool] = {
            "std": "std" in self.shown.outputs,
            "probability": "probability" in self.shown.outputs,
            "layers": len(self.shown.grams) > 0,
            "pairs": len(self.shown.grams) > 1,
            "pixels": len(self.shown.pixels) > 0,
        }
        return frozenset(need for need, is_there in there.items() if is_there)


@dataclass(frozen=True)
class Halves:
    """Some divisions: which maps of the case stand beside which of the own domain, never of one simulation.

    Attributes
    ----------
    shown, own
        (divisions, n): rows of either side.
    n_components, n_folds, seed
        Of scores by principal components and cross-validation.
    """

    shown: Rows
    own: Rows
    n_components: int
    n_folds: int
    seed: int


@dataclass(frozen=True)
class LevelScore:
    """A number of a level that needs no labels.

    Attributes
    ----------
    name
        In the configuration, in files and in tables.
    label
        In a figure.
    family
        What it looks at.
    function
        Of a `LevelPair` and `Halves`: (divisions,), or (divisions, outputs) where it is of outputs.
    needs
        Without which it is left out.
    is_of_outputs
        Whether it has a value an output.
    """

    name: str
    label: str
    family: Family
    function: Callable[[LevelPair, Halves], Values]
    needs: frozenset[Need]
    is_of_outputs: bool = False
