"""Arguments that say what the arithmetic of many resamples may use."""

import argparse
from math import nan
from typing import Final

from repshift.similarity.portions import Resources

_MOST_MEGABYTES: Final = 1e6
"""Memory that may be set: as in the configuration."""

_SHOWN: Final = 20
"""Characters of a wrong value that are shown."""


def add_resources(parser: argparse.ArgumentParser) -> None:
    """Add what the arithmetic of many resamples may use."""
    parser.add_argument(
        "--memory", type=_megabytes, default=Resources.memory, help="memory [MB] of what is held at a time"
    )
    parser.add_argument("--device", choices=("cpu", "cuda"), default="cpu", help="where matrices are multiplied")


def _megabytes(text: str) -> float:
    """Read an amount of memory, and refuse what is none."""
    try:
        found = float(text)
    except ValueError:
        found = nan
    if not 0 < found <= _MOST_MEGABYTES:
        raise argparse.ArgumentTypeError(f"found '{text[:_SHOWN]}'. Expected MB, above 0 and up to 1000000.")
    return found
