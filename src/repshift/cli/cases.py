"""Arguments of stages that run a model on a domain."""

import argparse
from pathlib import Path
from typing import get_args

from repshift.cli.arguments import add_device, add_domain, add_functions, add_simulations, add_torch, at_least
from repshift.cli.networks import add_constructor
from repshift.recording.passes import Precision


def add_case(parser: argparse.ArgumentParser) -> None:
    """Add a model, a domain, and the domain's files; `repshift.case.inputs` collects them."""
    parser.add_argument("--model", required=True, help="label of the model")
    parser.add_argument("--weights", type=Path, required=True, help=".pt of the model, its .json beside it")
    add_constructor(parser)
    add_domain(parser)
    add_simulations(parser)
    add_functions(parser)
    add_torch(parser)


def add_recording(parser: argparse.ArgumentParser) -> None:
    """Add which maps of a domain are compared, and how they are run through the model."""
    add_device(parser)
    parser.add_argument("--n-maps", type=at_least(1), required=True, help="number of maps to compare")
    parser.add_argument("--maps-each", type=at_least(1), default=1, help="number of maps of each simulation among them")
    parser.add_argument("--seed", type=at_least(0), required=True, help="random seed: draws the maps, and dropout")
    parser.add_argument(
        "--passes", type=int, choices=(1, 2), required=True, help="number of forward passes over the maps"
    )
    parser.add_argument("--dropout", choices=("on", "off"), required=True, help="whether dropout stays on")
    parser.add_argument("--precision", choices=get_args(Precision), required=True, help="precision of the forward pass")
