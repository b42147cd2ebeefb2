"""How scores between halves compare with those between whole domains: ``python -m benchmarks.coverage halves``."""

from collections import defaultdict
from collections.abc import Iterator
from typing import Final

import numpy as np
import numpy.typing as npt
import xarray as xr

from benchmarks.gaussian import LAYERS, SPECTRA, gram_stack, layers
from repshift.evidence.halves import Side, scores_of_halves
from repshift.evidence.shift_scores import values_of_case, values_of_parameters
from repshift.evidence.shift_scores.score import Pair
from repshift.similarity.discrepancy import pooled
from repshift.vocabulary import COMPONENTS, FOLDS

_DIVISIONS: Final = 20
_POOLED: Final = 4
"""Divisions of a domain that the width is of: they share its maps, so many of one domain say little of others."""

_SIDE: Final = 16
_RANGE: Final = [0.025, 0.5, 0.975]


def widths(rng: np.random.Generator, labels: npt.NDArray[np.int64], draws: int, case: str) -> Iterator[str]:
    """Yield, score by score, the width of the range of 95 % between halves over that between two whole domains.

    Both domains are of one distribution; medians of the score stand beside the ratio, between halves and domains. Last
    comes how often the score of two whole domains lies outside of the range of the divisions of one of them.
    """
    for name in SPECTRA:
        halves: dict[str, list[float]] = defaultdict(list)
        domains: dict[str, list[float]] = defaultdict(list)
        outside: dict[str, list[bool]] = defaultdict(list)
        for _ in range(draws if case in name else 0):
            seed = int(rng.integers(1 << 31))
            both = np.concatenate([labels, labels + labels.max() + 1])
            drawn = layers(rng, LAYERS, both, SPECTRA[name])
            inputs = rng.gamma(2.0, size=(len(both), 1, _SIDE, _SIDE)).astype(np.float32)
            std = xr.Dataset({"std": (("map", "parameter"), rng.gamma(4.0, size=(len(both), 1)))})
            shown, own = (np.arange(len(both)) < len(labels), np.arange(len(both)) >= len(labels))
            pair = Pair(
                grams=_stack(drawn, both),
                maps=pooled(shown, both),
                inputs=(inputs[shown], inputs[own]),
                outputs=(std.isel(map=shown), std.isel(map=own)),
                trials=([], []),
                symmetries=None,
                n_components=COMPONENTS,
                n_folds=FOLDS,
                seed=seed,
            )
            for score, value in (values_of_case(pair) | values_of_parameters(pair)).items():
                domains[score].append(float(np.squeeze(value)))
            side = Side(_stack(drawn[:, own], labels), labels.astype(str), inputs[own], std.isel(map=own))
            found = scores_of_halves(side, n_halves=_DIVISIONS, n_components=COMPONENTS, n_folds=FOLDS, seed=seed)
            for score, values in (found.value | found.parameter_value).items():
                halves[score].extend(np.ravel(values[:_POOLED]))
                low, _, high = np.nanquantile(values, _RANGE)
                outside[score].append(not low <= domains[score][-1] <= high)
        for score in domains:
            low, middle, high = np.nanquantile(halves[score], _RANGE)
            first, centre, last = np.nanquantile(domains[score], _RANGE)
            ratio = (high - low) / (last - first)
            medians = f"median {middle:7.3f} of halves, {centre:7.3f} of domains"
            yield f"{name:8} {score:32} width {ratio:5.2f}  {medians}  outside {np.mean(outside[score]):5.3f}"


def _stack(drawn: npt.NDArray[np.float64], labels: npt.NDArray[np.int64]) -> xr.DataArray:
    """Return the Gram matrices of layers (layers, n_maps, n_units), with what names their simulations."""
    names = [f"layer {number}" for number in range(len(drawn))]
    coords = {"layer": names, "simulation": ("map", labels.astype(str))}
    return xr.DataArray(gram_stack(drawn), dims=("layer", "map", "map_other"), coords=coords)
