"""What permutation tests take block by block, at once."""

import numpy as np

from repshift.similarity.independence import permuted_cka_blocks


def permuted_cka_matrices(grams, orders, *, simulations, estimator):
    """Return all that `permuted_cka_blocks` yields by one estimator, (permutations, layers, layers)."""
    blocks = permuted_cka_blocks(grams, orders, simulations=simulations)
    return np.concatenate([block[estimator] for block in blocks])
