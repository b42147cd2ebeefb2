"""Stage influence: influence of single maps on CKA, and of the dominant ones together.

Rules ``statistics_{model}_{n}``.

Output: ``{model}/{domain}.nc``. Of each map (map): ``mean_share`` of the layers' variance, its ``z_score``,
``dominant`` (1 where that is above 3.5), ``rank``, ``influence``, ``pixel_*`` and ``input_*``; ``share`` (layer, map)
and ``first_component_share`` (layer). The matrices ``cka`` (choice, estimator, layer, layer_other) and their numbers
``block`` (choice, estimator, number): of all maps, without those named dominant, without the ``most`` of largest share,
and without the first principal component of each layer. ``influential_map`` (shown, y, x), the maps of largest share
as they are in their file, so that the sheet needs no file of maps. The curves ``without_dominant``, ``random_mean``,
``random_low`` and ``random_high`` (estimator, number, removed). Coordinates layer, layer_other, map, simulation,
position, suite, domain, choice, estimator, number, removed.

Influence is exact, but outliers hide each other: without one of three, the other two still build the block. So maps
are named by their shares.
"""

import argparse
import logging
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any, Final, get_args

import numpy as np
import numpy.typing as npt
import xarray as xr

from repshift.case.grams import CaseGrams, read_grams
from repshift.case.maps import Variable, drawable, open_shown, quantity_of, scale_of, stored_moments
from repshift.cli.arguments import add_functions, add_maps, at_least, functions_of
from repshift.cli.resources import add_resources
from repshift.evidence.map_weights import PIXELS, WEIGHTS
from repshift.similarity.influence import share_order, variance_shares, without_first_component
from repshift.similarity.portions import Resources
from repshift.similarity.subsets import subset_cka_matrices
from repshift.statistics.blocks import BLOCK_NUMBERS, block_numbers
from repshift.statistics.draws import random_maps, scatter
from repshift.statistics.outliers import THRESHOLD, share_scores
from repshift.statistics.resampling import FEWEST_SIMULATIONS
from repshift.storage.datasets import write_dataset
from repshift.storage.functions import Constructor
from repshift.storage.simulations import Paths, Simulations
from repshift.vocabulary import INFLUENTIAL_MAPS_SHOWN, Estimator, InputError

logger = logging.getLogger(__name__)

ESTIMATORS: Final[tuple[Estimator, ...]] = get_args(Estimator)
CHOICES: Final = ("all", "without_named", "without_most", "without_first_component")
"""Of what the matrices are."""

_PREPARED: Final = ("maps_sha256", "moments_mean", "moments_std")
_EXTREMES: Final[dict[str, Callable[..., npt.NDArray[np.float64]]]] = {
    "minimum": np.min,
    "maximum": np.max,
    "mean": np.mean,
    "std": np.std,
}

Variables = dict[str, Variable]

_OF_SHARE: Final = {"units": "1", "long_name": "share of a map in the variance of a layer"}
_OF_COMPONENT: Final = {"units": "1", "long_name": "share of the first principal component in the variance of a layer"}
"""What the shares of maps, and of the first component, are."""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the arguments of `run`."""
    parser.set_defaults(run=lambda **given: run(functions=functions_of(given), **given))
    parser.add_argument("--grams", type=Path, required=True, help=".nc of Gram matrices")
    add_maps(parser)
    add_functions(parser)
    parser.add_argument("--most", type=at_least(1), required=True, help="largest number of maps left out")
    parser.add_argument("--draws", type=at_least(2), required=True, help="number of random draws of as many maps")
    parser.add_argument(
        "--seed", type=at_least(0), required=True, help="random seed: draws the maps left out at random"
    )
    add_resources(parser)
    parser.add_argument("--output", type=Path, required=True, help=".nc to write")


def run(
    *,
    grams: Path,
    maps: Paths,
    measured: Paths,
    functions: Sequence[Constructor] = (),
    most: int,
    draws: int,
    seed: int,
    memory: float = Resources.memory,
    device: str = "cpu",
    output: Path,
) -> None:
    """Weigh the maps of a case, and compare all layers without those that weigh most."""
    stored, resources = read_grams(grams, attributes=_PREPARED), Resources(memory, device)
    gram, simulations = stored.shown, open_shown(stored.attributes, maps, measured, functions=functions)
    _require_left(gram["simulation"].to_numpy(), most)
    logger.info("%s: %d layers, %d maps", grams, *gram.shape[:2])
    try:
        shares = variance_shares(gram)
        weighed = _weighed(gram, shares, resources)
        dominant = np.flatnonzero(weighed["dominant"][1])
        compared, component = _compared(gram, dominant, share_order(shares)[:most], resources)
        curves = _curves(gram, share_order(shares)[:most], draws=draws, seed=seed, resources=resources)
        influential_maps = gram["position"].to_numpy()[share_order(shares)[:INFLUENTIAL_MAPS_SHOWN]]
    except InputError as error:
        raise InputError(f"{stored.who}: {error}") from error
    drawn = drawable(simulations, influential_maps)
    dataset = xr.Dataset(
        {
            **weighed,
            **_pixels(stored, simulations),
            "influential_map": drawn.pop("maps"),
            "share": (("layer", "map"), shares, _OF_SHARE),
            "first_component_share": (("layer",), component, _OF_COMPONENT),
            **compared,
            **curves,
        },
        coords={
            "layer": gram["layer"].to_numpy(),
            "layer_other": gram["layer"].to_numpy(),
            **{name: gram[name] for name in ("map", "position", "simulation", "suite", "domain")},
            "choice": list(CHOICES),
            "estimator": list(ESTIMATORS),
            "number": list(BLOCK_NUMBERS),
            "removed": np.arange(most + 1),
            **drawn,
        },
        attrs={
            **stored.attributes,
            **scale_of(simulations),
            **{"influence_most": most, "influence_draws": draws, "influence_seed": seed},
            "influence_threshold": THRESHOLD,
        },
    )
    write_dataset(dataset, output)
    logger.info("%s: %d dominant maps", output, len(dominant))


def _require_left(simulations: npt.NDArray[Any], most: int) -> None:
    """Refuse to leave out so many maps that what is left says nothing."""
    n = len(np.unique(simulations))
    if n - most < FEWEST_SIMULATIONS:
        raise InputError(
            f"Without the {most} maps of influence.most, {n - most} of {n} simulations are left; at least "
            f"{FEWEST_SIMULATIONS} were expected. Leave out fewer, or compare more."
        )


def _numbers(gram: xr.DataArray, subsets: list[npt.NDArray[np.int64]], resources: Resources) -> npt.NDArray[np.float64]:
    """Return the block numbers of both estimators on subsets of the maps, (estimator, subsets, number)."""
    n_layers = gram.sizes["layer"]
    how: dict[str, Any] = {"simulations": gram["simulation"].to_numpy(), "resources": resources}
    parts = list(resources.portions(len(subsets), each=4 * n_layers**2, what=f"A subset of {n_layers} layers"))
    found = [
        [block_numbers(subset_cka_matrices(gram, subsets[part], estimator=estimator, **how)) for part in parts]
        for estimator in ESTIMATORS
    ]
    return np.stack([np.concatenate(of_estimator) for of_estimator in found])


def _without(gram: xr.DataArray, removed: npt.NDArray[np.int64]) -> npt.NDArray[np.int64]:
    """Return the positions of all maps but those `removed`, ascending."""
    return np.delete(np.arange(gram.sizes["map"]), removed)


def _weighed(gram: xr.DataArray, shares: npt.NDArray[np.float64], resources: Resources) -> Variables:
    """Return the variables of each map: its share, whether that is outlying, and its influence on the block."""
    mean_share = shares.mean(0)
    scores = share_scores(mean_share)
    rank = np.empty(len(mean_share), dtype=np.int64)
    rank[share_order(shares)] = np.arange(1, len(mean_share) + 1)
    everything = np.arange(len(mean_share))
    subsets = [everything, *(_without(gram, everything[[left_out]]) for left_out in everything)]
    means = _numbers(gram, subsets, resources)[
        ESTIMATORS.index("debiased"), :, BLOCK_NUMBERS.index("off_diagonal_mean")
    ]
    found: dict[str, npt.NDArray[Any]] = {
        "mean_share": mean_share,
        "z_score": scores,
        "dominant": (scores > THRESHOLD).astype(np.int8),
        "rank": rank,
        "influence": means[1:] - means[0],
    }
    return {name: (("map",), values, dict(WEIGHTS[name])) for name, values in found.items()}


def _compared(
    gram: xr.DataArray, dominant: npt.NDArray[np.int64], most: npt.NDArray[np.int64], resources: Resources
) -> tuple[Variables, npt.NDArray[np.float64]]:
    """Return matrices and their numbers for each of `CHOICES`, and the share (layer,) of the first component."""
    labels = gram["simulation"].to_numpy()
    kept = [_without(gram, removed) for removed in (np.array([], dtype=np.int64), dominant, most)]
    matrices = []
    for estimator in ESTIMATORS:
        how: dict[str, Any] = {"simulations": labels, "estimator": estimator}
        left, component = without_first_component(gram, **how)
        of_subsets = subset_cka_matrices(gram, kept, resources=resources, **how)
        deflated = subset_cka_matrices(gram.copy(data=left), kept[:1], resources=resources, **how)
        matrices.append(np.concatenate([of_subsets, deflated]))
    variables: Variables = {
        "cka": (
            ("choice", "estimator", "layer", "layer_other"),
            np.stack(matrices, axis=1),
            {"units": "1", "long_name": "linear CKA"},
        ),
        "block": (
            ("choice", "estimator", "number"),
            block_numbers(np.stack(matrices, axis=1)),
            {"units": "1", "long_name": "number of the matrix of CKA"},
        ),
    }
    return variables, component


def _curves(
    gram: xr.DataArray, order: npt.NDArray[np.int64], *, draws: int, seed: int, resources: Resources
) -> Variables:
    """Return the block numbers without the first k maps of `order`, and without k maps drawn at random, k from 0."""
    steps = range(len(order) + 1)
    curve = _numbers(gram, [_without(gram, order[:k]) for k in steps], resources)
    drawn = random_maps(gram.sizes["map"], n_maps=len(order), draws=draws, seed=seed)
    subsets = [_without(gram, maps[:k]) for maps in drawn for k in steps[1:]]
    numbers = _numbers(gram, subsets, resources).reshape(len(ESTIMATORS), draws, len(order), -1).swapaxes(0, 1)
    random = scatter(np.concatenate([np.broadcast_to(curve[:, :1], (draws, *curve[:, :1].shape)), numbers], axis=2))
    described = {
        "without_dominant": (curve, "without the maps of largest share"),
        "random_mean": (random.mean, "without maps drawn at random, mean of the draws"),
        "random_low": (random.low, "without maps drawn at random, 2.5 % quantile of the draws"),
        "random_high": (random.high, "without maps drawn at random, 97.5 % quantile of the draws"),
    }
    return {
        name: (
            ("estimator", "number", "removed"),
            values.swapaxes(1, 2),
            {"units": "1", "long_name": f"number of the matrix of CKA {text}"},
        )
        for name, (values, text) in described.items()
    }


def _pixels(stored: CaseGrams, simulations: Simulations) -> Variables:
    """Return the extremes of the pixels of each map, as they are and as the network takes them."""
    positions = stored.shown["position"].to_numpy()
    raw = simulations.raw(positions).astype(np.float64)
    inputs = simulations.standardised(positions, stored_moments(stored.attributes)).astype(np.float64)
    units = {quantity_of(one).units for one in simulations.measured}
    if len(units) > 1:
        raw = np.full_like(raw, np.nan)  # fields of several units have no common extreme
    return {
        f"{kind}_{name}": (
            ("map",),
            number(values, axis=(1, 2, 3)),
            {**PIXELS[f"{kind}_{name}"], "units": unit},
        )
        for kind, values, unit in (("pixel", raw, ", ".join(sorted(units))), ("input", inputs, "1"))
        for name, number in _EXTREMES.items()
    }
