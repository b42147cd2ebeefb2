"""Stage summary: the numbers of all cases, and their tables. Rules of ``summary.smk``."""

from typing import Final

ACTIONS: Final = {
    "cases": "of every case, scores and how alike its layers are",
    "permutation_tests": "tests of every case out of distribution, and of independent layers",
    "comparisons": "how alike the layers of two networks are",
    "influence": "which maps have most influence, and what the block is without them",
    "sample_size": "what the block is of fewer simulations",
    "failures": "the loss of accuracy of every pair, beside what was seen of it without labels",
    "correlations": "what goes with the loss of accuracy, over networks",
}
"""Actions of the stage, a module each, and what they do."""
