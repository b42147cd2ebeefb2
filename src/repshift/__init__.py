"""repshift: layer by layer, how a network's representations change when the data shift, and what that costs.

The names below are what a notebook can rely on. They are loaded on first use, so that what needs no torch runs without.

Examples
--------
>>> import numpy as np, repshift
>>> layers = np.random.default_rng(0).normal(size=(3, 20, 50))
>>> grams = np.stack([repshift.linear_gram(layer) for layer in layers])
>>> repshift.cka_matrix(grams, estimator="debiased").shape
(3, 3)
"""

import importlib
from typing import Any

__version__ = "0.1.0"

_HOME = {
    "InputError": "repshift.vocabulary",
    "accelerate": "repshift.recording.fast",
    "attribute": "repshift.notebook.attribution",
    "cka": "repshift.similarity.cka",
    "cka_loss": "repshift.notebook.cka_loss",
    "cka_matrix": "repshift.similarity.cka",
    "compare": "repshift.notebook.compare",
    "hsic": "repshift.similarity.hsic",
    "linear_gram": "repshift.similarity.gram",
    "minibatch_cka_matrix": "repshift.similarity.cka",
    "plot_attribution": "repshift.notebook.attribution_plot",
    "plot_comparison": "repshift.notebook.comparison_plot",
    "plot_similarity": "repshift.notebook.similarity_plot",
    "plot_stress": "repshift.notebook.stress_plot",
    "record_grams": "repshift.recording.grams",
    "record_minibatch_grams": "repshift.recording.grams",
    "record_representations": "repshift.recording.representations",
    "repair": "repshift.notebook.repair",
    "similarity_matrix": "repshift.similarity.measures",
    "stress": "repshift.notebook.stress",
    "trust": "repshift.notebook.trust",
}

__all__ = [*_HOME, "networks"]


def __getattr__(name: str) -> Any:  # noqa: ANN401 - a module attribute may be anything
    """Load a public name on first use."""
    if name == "networks":
        return importlib.import_module("repshift.networks")
    if name not in _HOME:
        raise AttributeError(f"module 'repshift' has no attribute '{name}'")
    return getattr(importlib.import_module(_HOME[name]), name)


def __dir__() -> list[str]:
    return sorted(__all__)
