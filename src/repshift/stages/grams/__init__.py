"""Stage grams: the Gram matrix of every layer over the maps of a case. Rules ``network_{model}_{n}``.

Output: ``{model}/{domain}.nc`` with ``gram`` (layer, map, map_other) float64, or (pass, layer, map, map_other): the
domain's maps and, out of distribution, after them those of the model's own domain, with one common offset; and
``gram_pixels`` (map, map_other) of the standardised maps themselves, which come before all layers; coordinates layer,
map, simulation, position, suite, domain.

The action ``multiply`` reads what the stage activations wrote; ``record`` runs the maps through the model itself.
"""

from typing import Final

ACTIONS: Final = {
    "multiply": "of what the stage activations wrote",
    "record": "of what a network returns, without writing that",
}
"""Actions of the stage, a module each, and what they do."""
