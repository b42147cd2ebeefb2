"""How the matrix of CKA, and the numbers that sum it up, change out of distribution."""

from collections.abc import Callable
from functools import partial
from typing import Final

import numpy as np

from repshift.evidence.shift_scores.score import Pair, ShiftScore, Values
from repshift.similarity.between import between_cka_matrix
from repshift.similarity.cka import cka_matrix
from repshift.statistics.blocks import BLOCK_NUMBERS, block_numbers

Matrices = Callable[[Pair], list[Values]]
"""Returns the matrices of CKA of a pair, (layers, layers), out of distribution first."""

_CHANGES: Final = (
    ("off_diagonal_mean", "mean_rise", "rise of mean", 1),
    ("leading_share", "share_rise", "rise of leading share", 1),
    ("spectral_entropy", "entropy_fall", "fall of entropy", -1),
    ("participation_ratio", "participation_fall", "fall of participation", -1),
    ("off_diagonal_skewness", "skewness_rise", "rise of skewness", 1),
)
"""Numbers of a matrix; name and words of their change, where more of a block is more; the sign that it takes."""


def biased_matrices(pair: Pair) -> list[Values]:
    """Return the matrices of biased CKA."""
    return [cka_matrix(block.to_numpy(), estimator="biased") for block in pair.blocks()]


def debiased_matrices(pair: Pair) -> list[Values]:
    """Return the matrices of debiased CKA, of pairs of maps of different simulations."""
    return [between_cka_matrix(block, simulations=block["simulation"].to_numpy()) for block in pair.blocks()]


def change_of_number(pair: Pair, *, matrices: Matrices, number: str) -> float:
    """Return a number of the matrix out of distribution less that in distribution."""
    outside, inside = pair.once(matrices)
    return float((block_numbers(outside) - block_numbers(inside))[BLOCK_NUMBERS.index(number)])


def fall_of_number(pair: Pair, *, matrices: Matrices, number: str) -> float:
    """Return `change_of_number`, with the other sign."""
    return -change_of_number(pair, matrices=matrices, number=number)


def distance_of_matrices(pair: Pair, *, matrices: Matrices) -> float:
    """Return the root mean square difference of the two matrices."""
    outside, inside = pair.once(matrices)
    return float(np.linalg.norm(outside - inside) / len(outside))


def _scores(estimator: str, matrices: Matrices) -> tuple[ShiftScore, ...]:
    """Return the scores of one estimator."""
    words = f"{estimator} CKA"
    changes = [
        ShiftScore(
            name=f"cka_{estimator}_{name}",
            label=f"{words}: {label}",
            family="cka",
            function=partial(change_of_number if sign > 0 else fall_of_number, matrices=matrices, number=number),
        )
        for number, name, label, sign in _CHANGES
    ]
    distance = ShiftScore(
        name=f"cka_{estimator}_distance",
        label=f"{words}: matrix distance",
        family="cka",
        function=partial(distance_of_matrices, matrices=matrices),
    )
    return (*changes, distance)


BIASED: Final = _scores("biased", biased_matrices)
DEBIASED: Final = _scores("debiased", debiased_matrices)
