"""Stage stress: how far the maps of a case may change before its network fails. Rule ``stress_{model}``.

The action ``curves`` writes ``{model}/{domain}.nc``: predictions at every strength of every axis with the numbers that
judge them, the drift of layers and label-free scores along the axes, critical strengths.
"""

from typing import Final

ACTIONS: Final = {
    "curves": "predictions, layers and label-free scores of a case along axes of strength",
}
"""Actions of the stage, a module each, and what they do."""
