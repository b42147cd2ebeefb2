"""Action of the stage stress: the ``curves`` of a case along axes of strength. Rule ``stress_{model}``."""

import argparse
import logging
from pathlib import Path
from typing import Any, get_args

from repshift.cli.arguments import add_device, at_least
from repshift.cli.cases import add_case
from repshift.vocabulary import InputError, Split, Standardisation

logger = logging.getLogger(__name__)

_WORDS = ("domain", "suite", "set", "split", "standardisation")


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the arguments of `run`."""
    parser.set_defaults(run=_run_given)
    add_case(parser)
    add_device(parser)
    choices = {"split": get_args(Split), "standardisation": get_args(Standardisation)}
    for name in _WORDS:
        text = f"{name} of the model's own domain, whose maps scores compare with"
        parser.add_argument(f"--reference-{name}", choices=choices.get(name), help=text)
    for name, text in (("maps", ".npy of maps"), ("measured", ".json of the maps")):
        parser.add_argument(f"--reference-{name}", type=Path, nargs="+", help=f"{text} of that domain, one a channel")
    parser.add_argument("--axes", required=True, help="axes and their strengths, as JSON")
    parser.add_argument("--maps-each", type=at_least(1), required=True, help="number of maps of each simulation")
    parser.add_argument("--simulations", type=at_least(1), help="number of simulations of the split; left out, all")
    text = "number of simulations, one map each, whose layers are recorded"
    parser.add_argument("--drift-maps", type=at_least(1), default=50, help=text)
    parser.add_argument("--seed", type=at_least(0), required=True, help="random seed: draws maps, noise and resamples")
    parser.add_argument("--resamples", type=at_least(1), required=True, help="number of bootstrap resamples")
    parser.add_argument("--halves", type=at_least(0), required=True, help="number of divisions of simulations in two")
    parser.add_argument("--scores", nargs="*", default=[], help="label-free scores along the axes")
    parser.add_argument("--unscored", nargs="*", default=[], help="parameters of the table that are not the maps' own")
    parser.add_argument("--without-truth", action="store_true", help="the maps have no labels of what is inferred")
    parser.add_argument("--own-predictions", type=Path, help=".nc of predictions of the model on its own domain")
    parser.add_argument("--own-stress", type=Path, help=".nc of this action on the model's own domain")
    parser.add_argument("--output", type=Path, required=True, help=".nc to write")


def _run_given(**given: Any) -> None:  # noqa: ANN401 - what the parser gives
    raise InputError("not yet")
