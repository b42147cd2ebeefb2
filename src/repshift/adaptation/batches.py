"""Batches of training: different simulations, a map of each."""

from collections.abc import Iterator
from dataclasses import replace

import numpy as np
import numpy.typing as npt

from repshift.adaptation.sample import Sample
from repshift.training.augmentation import augment
from repshift.vocabulary import InputError, size_in_words


def batches(sample: Sample, *, batch: int, seed: tuple[int, int], symmetries: bool) -> Iterator[Sample]:
    """Yield batches of a sample without end.

    Parameters
    ----------
    sample
        Maps of one domain.
    batch
        Maps of a batch, of as many simulations as there are.
    seed
        That of training, and the number of the domain: what one domain draws does not depend on the others.
    symmetries
        Whether every map is turned and flipped by a symmetry of its own.

    Raises
    ------
    InputError
        If there are fewer than two maps, or maps that are not square are to be turned.
    """
    if len(sample) < 2:
        raise InputError(f"A domain has {len(sample)} maps to train with. Expected 2 or more.")
    height, width = sample.maps.shape[-2:]
    if symmetries and height != width:
        raise InputError(
            f"Maps of {size_in_words((height, width))} are not square. Expected square maps, or no symmetries."
        )
    rng = np.random.default_rng(seed)
    while True:
        chosen = sample.of(drawn(sample.simulations, batch=batch, rng=rng))
        yield replace(chosen, maps=augment(chosen.maps, rng)) if symmetries else chosen


def drawn(simulations: npt.NDArray[np.int64], *, batch: int, rng: np.random.Generator) -> npt.NDArray[np.int64]:
    """Return the places of the maps of a batch, (n_chosen,): no simulation twice before every other has been once.

    Parameters
    ----------
    simulations
        (n_maps,): the simulation of each map.
    batch
        Maps to draw; all of them where there are no more.
    rng
        Draws them.
    """
    kinds, which = np.unique(simulations, return_inverse=True)
    order = np.lexsort((rng.random(len(which)), which))
    starts = np.searchsorted(which[order], np.arange(len(kinds)))
    rounds = np.arange(len(which)) - starts[which[order]]
    ranks = rng.permutation(len(kinds))[which[order]]
    return order[np.lexsort((ranks, rounds))[:batch]]
