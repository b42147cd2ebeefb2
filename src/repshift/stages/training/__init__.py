"""Stage training: train a network on one suite and field, and publish it. Rules of ``training.smk``."""

from typing import Final

ACTIONS: Final = {
    "train": "train a network",
    "publish": "copy a trained model to where the configuration looks for it",
}
"""Actions of the stage, a module each, and what they do."""
