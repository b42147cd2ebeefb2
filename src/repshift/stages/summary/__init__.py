"""Stage summary: the numbers of all cases in one file, and its tables. Rules of ``summary.smk``."""

from typing import Final

ACTIONS: Final = {
    "stack": "the numbers of all cases, in one file",
    "tables": "tables of that file",
    "correlations": "what goes with the loss of accuracy, over networks",
    "choices": "what it costs to choose among networks by a number without labels",
}
"""Actions of the stage, a module each, and what they do."""
