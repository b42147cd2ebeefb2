"""Stage models: bring a network into the standard model file. Rules ``trial`` and ``network_{model}_{n}``.

Outputs: ``{model}.pt`` (a state dict) and ``{model}.json`` (suite, field, constructor, layers, moments, provenance,
SHA-256): see `repshift.storage.models`.
"""

from typing import Final

ACTIONS: Final = {
    "choose": "take a model file as it is, once it proved whole and fitting",
    "trial": "a trial of a search that CMD publishes, chosen by its rank",
    "initialise": "an untrained network, batch statistics set on given maps",
    "network": "a network of your own code",
}
"""Actions of the stage, a module each, and what they do."""
