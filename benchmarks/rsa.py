"""The same Spearman RSA, bootstrapped by simulation, here and by rsatoolbox: ``python -m benchmarks.rsa``.

Both are given the same squared distances of the maps of each layer (one map a simulation) and the same draws, and
return the matrix of all pairs of layers of every resample; a pair of two copies of one map counts in neither. Run in
turn, in one process, on one thread.
"""

import argparse
import statistics
import time

import numpy as np
import numpy.typing as npt
from rsatoolbox.rdm import RDMs, compare

from benchmarks.gaussian import SPECTRA, gram_stack, layers
from benchmarks.workflow import say
from repshift.similarity.gram import squared_distances
from repshift.similarity.measures.rsa import rsa_matrix, weighted_rsa_matrices

Array = npt.NDArray[np.float64]


def of_rsatoolbox(distances: Array, drawn: npt.NDArray[np.int64]) -> Array:
    """Return what rsatoolbox makes of resamples (resamples, n_maps), each sorted again, (resamples, layers, layers)."""
    rdms = RDMs(distances)
    samples = (rdms.subsample_pattern("index", maps) for maps in drawn)
    return np.stack([compare(sample, sample, method="spearman") for sample in samples])


def ours(grams: Array, drawn: npt.NDArray[np.int64]) -> Array:
    """Return the same by weights."""
    weights = np.stack([np.bincount(maps, minlength=drawn.shape[1]) for maps in drawn]).astype(np.float64)
    return weighted_rsa_matrices(grams, weights, correlation="spearman")


def main() -> None:
    """Compare numbers, then times."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--case", type=int, nargs=2, action="append", metavar=("LAYERS", "N"), help="repeat for more")
    parser.add_argument("--resamples", type=int, default=200)
    parser.add_argument("--rounds", type=int, default=5)
    given = parser.parse_args()
    for n_layers, n in given.case or [(14, 50), (14, 200), (100, 50)]:
        rng = np.random.default_rng(n_layers * n)
        grams = gram_stack(layers(rng, np.linspace(0.1, 0.9, n_layers), np.arange(n), SPECTRA["falling"]))
        distances = squared_distances(grams)
        drawn = rng.integers(n, size=(given.resamples, n))
        found, theirs = ours(grams, drawn), of_rsatoolbox(distances, drawn)
        whole = np.abs(
            rsa_matrix(grams, correlation="spearman") - compare(RDMs(distances), RDMs(distances), "spearman")
        )
        apart = f"{whole.max():.1e} of all maps, {np.abs(found - theirs).max():.1e} of resamples"
        say(f"{n_layers} layers, {n} maps, {given.resamples} resamples: largest difference {apart}")
        ratios = []
        for _ in range(given.rounds):
            taken = []
            for call, values in ((ours, grams), (of_rsatoolbox, distances)):
                start = time.process_time()
                call(values, drawn)
                taken.append(time.process_time() - start)
            ratios.append(taken[1] / taken[0])
        spread = f"({min(ratios):.1f} to {max(ratios):.1f} of {given.rounds} rounds)"
        say(f"  {taken[0]:.2f} s here, {taken[1]:.2f} s there: {statistics.median(ratios):.1f} times faster {spread}")


if __name__ == "__main__":
    main()
