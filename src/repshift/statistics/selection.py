"""Which simulations are a split, and which of their maps are compared.

References
----------
Villaescusa-Navarro et al. 2022, ApJS 259, 61 (arXiv 2109.10915), and the published training scripts: the split.
"""

from typing import get_args

import numpy as np
import numpy.typing as npt

from repshift.vocabulary import MAPS_PER_SIMULATION, SHARES, InputError, Split

_SPLIT_SEED = 1


def split_simulations(n_simulations: int, *, split: Split) -> npt.NDArray[np.int64]:
    """Return the simulations of a split, in CMD's shuffled order (``all``: every one, in the order of the file).

    Parameters
    ----------
    n_simulations
        Simulations of the file.
    split
        ``train`` (the first 90 % of the shuffled simulations), ``validation`` (the next 5 %), ``test`` (the rest), or
        ``all``.

    Raises
    ------
    InputError
        If the split is unknown or holds no simulation.

    Notes
    -----
    The shuffle is that of ``numpy.random.seed(1); numpy.random.shuffle``, numpy's legacy generator.

    Examples
    --------
    >>> len(split_simulations(1000, split="test"))
    50
    """
    if split not in get_args(Split):
        raise InputError(f"Unknown split '{split}'. The splits are {', '.join(get_args(Split))}.")
    simulations = np.arange(n_simulations)
    if split == "all":
        return simulations
    np.random.RandomState(_SPLIT_SEED).shuffle(simulations)
    train, validation = int(n_simulations * SHARES["train"]), int(n_simulations * SHARES["validation"])
    parts = {
        "train": simulations[:train],
        "validation": simulations[train : train + validation],
        "test": simulations[train + validation :],
    }
    if len(parts[split]) == 0:
        raise InputError(f"Split '{split}' of {n_simulations} simulations is empty. Use 'all', or more simulations.")
    return parts[split]


def maps_of(
    simulations: npt.NDArray[np.int64], *, maps_per_simulation: int = MAPS_PER_SIMULATION
) -> npt.NDArray[np.int64]:
    """Return the positions in the file of all maps of `simulations`, (len(simulations) * maps_per_simulation,)."""
    return (simulations[:, None] * maps_per_simulation + np.arange(maps_per_simulation)).ravel()


def choose_maps(
    simulations: npt.NDArray[np.int64],
    *,
    n_maps: int,
    seed: int,
    maps_each: int = 1,
    maps_per_simulation: int = MAPS_PER_SIMULATION,
) -> npt.NDArray[np.int64]:
    """Choose maps of a split to compare representations on, some of each of several simulations.

    Maps of one simulation are not independent: several of them raise CKA, also the debiased one, unless no two maps of
    one simulation meet (`repshift.similarity.between`).

    Parameters
    ----------
    simulations
        The simulations of the split.
    n_maps
        Maps to choose.
    seed
        Draws the simulations, where there are more than needed, and the maps' positions within each.
    maps_each
        Maps of each simulation chosen.
    maps_per_simulation
        Consecutive maps of a simulation in the file.

    Returns
    -------
    Positions in the file, (n_maps,), simulation after simulation in the order of the split.

    Raises
    ------
    InputError
        If the split has fewer simulations than that, a simulation fewer maps, or maps are left over.
    """
    n_simulations, left_over = divmod(n_maps, maps_each)
    if left_over:
        raise InputError(f"{n_maps} maps leave {left_over} over in simulations of {maps_each} maps each.")
    if maps_each > maps_per_simulation:
        raise InputError(f"{maps_each} maps of each simulation were asked for; it has {maps_per_simulation}.")
    if n_simulations > len(simulations):
        each = "each of another simulation" if maps_each == 1 else f"{maps_each} of each simulation"
        raise InputError(f"{n_maps} maps, {each}, were asked for; the split has {len(simulations)} simulations.")
    rng = np.random.default_rng(seed)
    chosen = simulations[np.sort(rng.permutation(len(simulations))[:n_simulations])]
    if maps_each == 1:
        return chosen * maps_per_simulation + rng.integers(maps_per_simulation, size=n_simulations)
    orders = rng.permuted(np.tile(np.arange(maps_per_simulation), (n_simulations, 1)), axis=1)
    positions = chosen[:, None] * maps_per_simulation + np.sort(orders[:, :maps_each], axis=1)
    return np.asarray(positions.ravel(), dtype=np.int64)


def shuffled_batches(n_maps: int, *, batch_size: int, seed: int) -> npt.NDArray[np.int64]:
    """Shuffle maps into batches of equal size, (n_maps / batch_size, batch_size).

    Raises
    ------
    InputError
        If a batch has fewer than four maps, or maps are left over.
    """
    if batch_size < 4:
        raise InputError(f"A batch of {batch_size} maps is too small: the debiased HSIC needs at least 4.")
    if n_maps % batch_size:
        raise InputError(
            f"{n_maps} maps leave {n_maps % batch_size} over in batches of {batch_size}. "
            "Choose a batch size that divides the number of maps."
        )
    return np.random.default_rng(seed).permutation(n_maps).reshape(-1, batch_size)
