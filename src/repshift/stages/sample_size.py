"""Stage sample_size: CKA of fewer simulations. Rules ``statistics_{model}_{n}``.

Output: ``{model}/{domain}.nc`` with ``mean``, ``std``, ``low`` and ``high`` (estimator, number, size) of the numbers of
the matrix of CKA over random subsets of the simulations, drawn without replacement; the last size is that of all.
Coordinates estimator, number, size.
"""

import argparse
import logging
from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any, Final, get_args

import numpy as np
import numpy.typing as npt
import xarray as xr

from repshift.case.grams import read_grams
from repshift.cli.arguments import at_least
from repshift.cli.resources import add_resources
from repshift.similarity.portions import Resources
from repshift.similarity.subsets import subset_cka_matrices
from repshift.statistics.blocks import BLOCK_NUMBERS, block_numbers
from repshift.statistics.draws import SCATTER_WORDS, random_subsets, scatter
from repshift.storage.datasets import write_dataset
from repshift.vocabulary import Estimator, InputError

logger = logging.getLogger(__name__)

_ESTIMATORS: Final[tuple[Estimator, ...]] = get_args(Estimator)


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the arguments of `run`."""
    parser.set_defaults(run=run)
    parser.add_argument("--grams", type=Path, required=True, help=".nc of Gram matrices")
    parser.add_argument(
        "--sizes", type=at_least(4), nargs="+", required=True, help="numbers of simulations of a subset"
    )
    parser.add_argument("--draws", type=at_least(2), required=True, help="number of random draws of each size")
    parser.add_argument("--seed", type=at_least(0), required=True, help="random seed: draws the subsets")
    add_resources(parser)
    parser.add_argument("--output", type=Path, required=True, help=".nc to write")


def run(
    *,
    grams: Path,
    sizes: Sequence[int],
    draws: int,
    seed: int,
    memory: float = Resources.memory,
    device: str = "cpu",
    output: Path,
) -> None:
    """Compare all layers on random subsets of the simulations."""
    stored, resources = read_grams(grams), Resources(memory, device)
    gram = stored.shown
    every = sorted({*sizes, len(np.unique(gram["simulation"]))})
    logger.info("%s: %d layers, subsets of %s simulations", grams, gram.sizes["layer"], every)
    try:
        subsets = [random_subsets(gram["simulation"].to_numpy(), size=size, draws=draws, seed=seed) for size in every]
        scatters = [[_scatter(gram, estimator, some, resources) for some in subsets] for estimator in _ESTIMATORS]
    except InputError as error:
        raise InputError(f"{stored.who}: {error}") from error
    variables = {
        name: (
            ("estimator", "number", "size"),
            np.stack([np.stack([one[name] for one in of_estimator], axis=-1) for of_estimator in scatters]),
            {"units": "1", "long_name": f"{words} over subsets of a number of the matrix of CKA"},
        )
        for name, words in SCATTER_WORDS.items()
    }
    dataset = xr.Dataset(
        variables,
        coords={"estimator": list(_ESTIMATORS), "number": list(BLOCK_NUMBERS), "size": every},
        attrs={**stored.attributes, "sample_size_draws": draws, "sample_size_seed": seed},
    )
    write_dataset(dataset, output)
    logger.info("%s: %d sizes", output, len(every))


def _scatter(
    gram: xr.DataArray, estimator: Estimator, subsets: Sequence[npt.NDArray[np.int64]], resources: Resources
) -> dict[str, npt.NDArray[np.float64]]:
    """Return mean, std, low and high (number,) of subsets of one size."""
    labels, n_layers = gram["simulation"].to_numpy(), gram.sizes["layer"]
    how: dict[str, Any] = {"simulations": labels, "estimator": estimator, "resources": resources}
    what = f"A subset of {n_layers} layers"
    numbers = [
        block_numbers(subset_cka_matrices(gram, subsets[some], **how))
        for some in resources.portions(len(subsets), each=4 * n_layers**2, what=what)
    ]
    return asdict(scatter(np.concatenate(numbers)))
