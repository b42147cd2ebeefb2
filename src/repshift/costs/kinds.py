"""The kinds of parts that jobs have: what the cost of each depends on, and what its process loads."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Final, Literal

from repshift.costs import network_terms, terms
from repshift.costs.dimensions import Dimensions
from repshift.costs.jobs import Sizes
from repshift.costs.terms import Terms

Packages = Literal["analysis", "drawing", "torch"]
"""What a process loads before it does anything, the heavier later."""


@dataclass(frozen=True)
class Kind:
    """A kind of part: its terms; what its process loads; a kind that does the same, if none of this was measured."""

    terms: Callable[[Dimensions], Terms]
    packages: Packages = "analysis"
    like: str = ""


def kind_of(name: str) -> Kind:
    """Return a kind by its name; of another name, that of a table or figure of all cases."""
    drawn = (
        Kind(terms.of_cases, "drawing", "figure1")
        if "figure" in name or name == "learning_curve"
        else Kind(terms.of_cases)
    )
    return KINDS.get(name, drawn)


def terms_of(name: str, sizes: Sizes, *, threads: int = 1) -> Terms:
    """Return the terms of a part, in the order of its constants."""
    return kind_of(name).terms(Dimensions(sizes, threads=threads))


KINDS: Final[dict[str, Kind]] = {
    "maps": Kind(terms.simulated_maps),
    "generate": Kind(terms.generate),
    "download_maps": Kind(terms.download_maps, like="derive"),
    "download_parameters": Kind(terms.table, like="measured"),
    "convert": Kind(terms.derive, like="derive"),
    "derive": Kind(terms.derive),
    "measured": Kind(terms.measured),
    "sample": Kind(terms.sample, like="measured"),
    "slice": Kind(terms.part_of_maps, like="derive"),
    "models": Kind(terms.models, "torch"),
    "trial": Kind(terms.trial, "torch", "models"),
    "untrained": Kind(terms.untrained, "torch"),
    "training": Kind(network_terms.training, "torch"),
    "publish_model": Kind(terms.models, "torch", "models"),
    "activations": Kind(terms.activations, "torch"),
    "grams": Kind(terms.grams, "torch"),
    "predictions": Kind(terms.predictions, "torch"),
    "symmetries": Kind(terms.symmetries, "torch", "predictions"),
    "example_maps": Kind(terms.of_a_map),
    "cka": Kind(terms.cka),
    "comparison": Kind(terms.cka, like="cka"),
    "intervals": Kind(terms.intervals),
    "permutation_tests": Kind(terms.permutation_tests),
    "influence": Kind(terms.influence),
    "sample_size": Kind(terms.sample_size),
    "scores": Kind(terms.scores),
    "stress": Kind(network_terms.stress, "torch"),
    "smallest": Kind(network_terms.smallest, "torch"),
    "attribution": Kind(network_terms.attribution, "torch"),
    "attribution_of_shift": Kind(network_terms.attribution_of_shift, "torch"),
    "features": Kind(network_terms.features, "torch"),
    "repair": Kind(network_terms.passes_made, "torch"),
    "repaired": Kind(network_terms.repaired, "torch", "untrained"),
    "rung": Kind(network_terms.passes_made, "torch", "repair"),
    "rungs": Kind(network_terms.rungs),
    "latent_space": Kind(network_terms.latent_space, "torch"),
    "pruning": Kind(network_terms.passes_made, "torch", "repair"),
    "retraining": Kind(network_terms.passes_made, "torch", "repair"),
    "cause": Kind(network_terms.passes_made, "torch", "repair"),
    "trust": Kind(network_terms.trust, "torch"),
    "shift_scores": Kind(terms.shift_scores),
    "shift_steps": Kind(terms.resampled),
    "failures": Kind(terms.resampled, like="shift_steps"),
    "correlations": Kind(terms.resampled, like="shift_steps"),
    "influential_maps": Kind(terms.of_a_map, "drawing"),
}
"""The kinds whose cost depends on more than the number of cases."""

ACTIONS: Final = {
    "maps generate": "generate",
    "maps measure": "measured",
    "maps derive": "derive",
    "maps convert": "convert",
    "maps download": "download_maps",
    "maps sample": "sample",
    "maps slice": "slice",
    "models trial": "trial",
    "models initialise": "untrained",
    "training publish": "publish_model",
    "stress smallest": "smallest",
    "attribution shift": "attribution_of_shift",
    "attribution features": "features",
    "repair network": "repaired",
    "repair train": "rung",
    "repair join": "rungs",
    "repair latent_space": "latent_space",
    "pruning retrain": "retraining",
    "pruning cause": "cause",
    "summary correlations": "correlations",
    "summary choices": "choices",
    "figures influential_maps": "influential_maps",
}
"""Kinds by stage and action, where they are not named as the stage."""


def kind_of_words(words: str) -> str:
    """Return the name of the kind that a stage, or a stage and its action, is."""
    return ACTIONS.get(words, words.partition(" ")[0])


def stage_of(kind: str) -> str:
    """Return the stage of a kind, in whose folder its files lie."""
    return next((words.partition(" ")[0] for words, name in ACTIONS.items() if name == kind), kind)
