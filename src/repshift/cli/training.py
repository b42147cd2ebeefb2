"""Arguments of actions that train networks of a case again."""

import argparse
from pathlib import Path

from repshift.cli.arguments import at_least
from repshift.cli.described import described_domain


def add_training(parser: argparse.ArgumentParser) -> None:
    """Add what networks are trained on, and how."""
    text = "labels of the model's own domain, beside another; needed without --training-set"
    parser.add_argument("--reference-parameters", type=Path, help=text)
    text = "JSON of labelled maps of the model's suite; left out, what fits of its own domain"
    parser.add_argument("--training-set", type=described_domain, help=text)
    parser.add_argument("--seeds", type=at_least(1), required=True, help="number of trainings of each split")
    parser.add_argument("--steps", type=at_least(1), required=True, help="number of steps of a training")
    parser.add_argument("--batch", type=at_least(2), required=True, help="simulations of a step, a map each")
    parser.add_argument("--learning-rate", type=float, required=True, help="of AdamW")
    parser.add_argument("--symmetries", action="store_true", help="maps are turned and flipped in training")
