"""Stage repair: what makes a network fit another domain, and what that costs. Rules ``repair_*``.

The action ``network`` writes the repaired network as a model: ``results/models/{model}.pt`` and ``.json``.
"""

from typing import Final

ACTIONS: Final = {
    "network": "a model, repaired for another domain, as a model of its own",
}
"""Actions of the stage, a module each, and what they do."""
