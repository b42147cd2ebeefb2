"""Stage figures: draw the figures. Rules of ``figures.smk``."""

from typing import Final

ACTIONS: Final = {
    "figure1": "maps, CKA matrices and their statistics, a row a model",
    "figure2": "what block and loss consist of, a group of panels a model",
    "figure3": "what goes with the loss of accuracy, and the pairs themselves",
    "figure4": "how a network does along each axis of a stress, and what warns before, a figure a model",
    "figure5": "what a network looks at, and whether that is worth anything, a figure a model",
    "figure6": "which pixels carry the shift of a network's outputs, a figure a model",
    "figure7": "what brings a network home, at what price, and beside which control, a figure a model",
    "figure8": "what layers are worth, and whether their likeness is a cause, a figure a model",
    "figure9": "which scores rank a network's errors, and which intervals hold, a figure a model",
    "latent_space": "maps as layers place them, before and after repair, a figure a model",
    "features": "what the channels of a network respond to, and what moves its outputs, sheets a model",
    "stress_maps": "one map along each axis of a stress, a figure a model",
    "measures": "the same cases by several measures, a group of rows a model",
    "comparisons": "networks compared with each other, a panel for each two",
    "predictions": "predicted against true parameters, a panel a case",
    "shift_scores": "every score of a shift beside its range between halves, a panel a score",
    "influential_maps": "the maps of most influence on a case, and what is left without them",
    "learning_curve": "losses of each epoch, a panel a model",
}
"""Actions of the stage, a module each, and what they do."""
