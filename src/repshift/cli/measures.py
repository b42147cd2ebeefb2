"""Arguments that name measures beside CKA."""

import argparse

from repshift.similarity.measures import BESIDE_CKA, MEASURES, OPTIONS


def add_measures(parser: argparse.ArgumentParser) -> None:
    """Add the measures beside CKA, and what they depend on."""
    parser.add_argument(
        "--measures",
        choices=MEASURES,
        nargs="*",
        default=[],
        metavar="NAME",
        help=f"measures beside CKA: {', '.join(BESIDE_CKA)}",
    )
    for name, option in OPTIONS.items():
        parser.add_argument(f"--{name}", type=type(option.default), default=option.default, help=option.description)
