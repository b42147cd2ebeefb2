"""What a file of replaced layers holds: each variable declared once, with its dimensions and what it is."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, ClassVar, Final

import numpy as np
import numpy.typing as npt

from repshift.evidence.pruning.split_scores import SplitNumbers
from repshift.statistics.resampling import Interval
from repshift.vocabulary import about

RELATIONS: Final = ("cka_with_neighbour", "depth", "parameters_saved")
"""Numbers of layers that the score lost is set beside."""

Values = npt.NDArray[Any]

PARTS: Final = {
    "low": "lower end of the interval: ",
    "high": "upper end of the interval: ",
    "lowest": "lowest of the splits: ",
    "highest": "highest of the splits: ",
}
"""What lies beside a number, in words."""


@dataclass(frozen=True)
class PruningQuantity:
    """A variable of a file of replaced layers.

    Attributes
    ----------
    name, dims, long_name
        Of the variable; all are dimensionless.
    """

    units: ClassVar[str] = "1"

    name: str
    dims: tuple[str, ...]
    long_name: str

    def variables(self, values: Values | SplitNumbers | tuple[Values, Interval]) -> dict[str, Any]:
        """Return the variable, with what lies beside it: ends of an interval, lowest and highest of the splits."""
        parts: dict[str, Any] = {}
        if isinstance(values, SplitNumbers):
            values, parts = values.value, {part: getattr(values, part) for part in PARTS}
        elif isinstance(values, tuple):
            value, ends = values
            values, parts = value, {part: getattr(ends, part) for part in ("low", "high")}
        found = {self.name: (self.dims, np.asarray(values), about(self.long_name))}
        for part, one in parts.items():
            found[f"{self.name}_{part}"] = (self.dims, np.asarray(one), about(f"{PARTS[part]}{self.long_name}"))
        return found


_CHANGED: Final = ("change", "way", "parameter")

PRUNING_QUANTITIES: Final = {
    one.name: one
    for one in (
        PruningQuantity("score_unchanged", ("parameter",), "score of the network as it is"),
        PruningQuantity("score_control", ("parameter",), "score of the unchanged network after the same training"),
        PruningQuantity("score", _CHANGED, "score with the layers replaced"),
        PruningQuantity("score_lost", _CHANGED, "score that the replacement loses"),
        PruningQuantity("score_lost_before", _CHANGED, "score that the replacement loses before training"),
        PruningQuantity("refusal", ("change", "way"), "why the replacement is not possible; empty where it is"),
        PruningQuantity("cka_with_neighbour", ("change",), "debiased CKA with the layer before"),
        PruningQuantity("depth", ("change",), "place of the first layer replaced, from 1 at the maps"),
        PruningQuantity("parameters_saved", ("change", "way"), "parameters saved"),
        PruningQuantity("unexplained", ("change",), "share of the variance that the linear map leaves"),
        PruningQuantity("rank_correlation", ("relation", "way", "parameter"), "rank correlation with the score lost"),
    )
}
"""Variables of the files that the actions replace and retrain write, by name."""


def pruning_variables(found: Mapping[str, Any]) -> dict[str, Any]:
    """Return variables of values by the names of `PRUNING_QUANTITIES`."""
    variables: dict[str, Any] = {}
    for name, values in found.items():
        variables |= PRUNING_QUANTITIES[name].variables(values)
    return variables
