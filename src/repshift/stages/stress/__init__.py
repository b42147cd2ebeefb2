"""Stage stress: how far the maps of a case may change before its network fails. Rules ``stress_{model}_{n}``.

The action ``curves`` writes ``{model}/{domain}.nc``: predictions at every strength of every axis with the numbers that
judge them, the drift of layers and label-free scores along the axes, critical strengths. The action ``smallest`` writes
``{model}/{domain}_smallest.nc``: the smallest change of each map that moves an output, or changes the class.
"""

from typing import Final

ACTIONS: Final = {
    "curves": "predictions, layers and label-free scores of a case along axes of strength",
    "smallest": "smallest changes of maps that move an output by so much, or change the class",
}
"""Actions of the stage, a module each, and what they do."""
