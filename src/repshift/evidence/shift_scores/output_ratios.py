"""What the outputs of a network say of themselves: the arithmetic is that of `repshift.statistics.outputs`.

Logarithms of ratios, out of over in distribution, a value a parameter.
"""

from collections.abc import Callable
from functools import partial
from typing import TYPE_CHECKING, Final

import numpy as np

from repshift.evidence.shift_scores.score import Need, Pair, ShiftScore, Values
from repshift.statistics.outputs import deviation_ratio, disagreement_ratio, scatter_ratio

if TYPE_CHECKING:
    import xarray as xr


def sigma(pair: Pair) -> Values:
    """Return `deviation_ratio`."""
    return deviation_ratio(*(_values(side, "std") for side in pair.outputs))


def disagreement(pair: Pair, *, over_sigma: bool = False) -> Values:
    """Return `disagreement_ratio` of all trials, over their standard deviations if need be."""
    sides = [[side, *others] for side, others in zip(pair.outputs, pair.trials, strict=True)]
    means = [[_values(trial, "mean") for trial in side] for side in sides]
    if not over_sigma:
        return disagreement_ratio(*means)
    stds = [[_values(trial, "std") for trial in side] for side in sides]
    return disagreement_ratio(*means, std_out=stds[0], std_in=stds[1])


def scatter(pair: Pair, *, over_sigma: bool = False) -> Values:
    """Return `scatter_ratio` under symmetries, over the standard deviations if need be."""
    sides = pair.symmetries or ()
    values = [_values(side, "scatter") for side in sides]
    if not over_sigma:
        return scatter_ratio(*values)
    sigmas = [_values(side, "sigma") for side in sides]
    return scatter_ratio(*values, sigma_out=sigmas[0], sigma_in=sigmas[1])


def _values(dataset: "xr.Dataset", name: str) -> Values:
    return np.asarray(dataset[name].to_numpy(), dtype=np.float64)


def _score(name: str, label: str, function: Callable[[Pair], Values], *needs: Need) -> ShiftScore:
    return ShiftScore(name, label, "outputs", function, needs=frozenset(needs), is_of_parameters=True)


SIGMA: Final = _score("sigma_ratio", r"predicted $\sigma$", sigma, "std")
DISAGREEMENT: Final = (
    _score("disagreement", "disagreement of trials", disagreement, "trials"),
    _score(
        "disagreement_in_sigma",
        r"disagreement over $\sigma$",
        partial(disagreement, over_sigma=True),
        "trials",
        "trials_std",
    ),
)
SCATTER: Final = (
    _score("symmetry_scatter", "scatter under symmetries", scatter, "symmetries"),
    _score(
        "symmetry_scatter_in_sigma",
        r"scatter over $\sigma$",
        partial(scatter, over_sigma=True),
        "symmetries",
        "symmetries_std",
    ),
)
