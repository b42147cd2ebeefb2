"""The command line: ``python -m repshift STAGE ...``, one subcommand a stage, and commands that make no result.

What the user can mend ends in one line and exit status 2; anything else is a bug and keeps its traceback.
"""

import argparse
import importlib
import logging
import signal
import sys
import time
from typing import Any

from repshift.vocabulary import InputError

STAGES = {
    "maps": "simulate a mock suite; fetch files of CMD; measure a file of maps",
    "models": "bring a network into the standard model file",
    "training": "train a network; publish it",
    "activations": "representations of all layers",
    "grams": "Gram matrix of every layer",
    "cka": "CKA of every pair of layers, and other measures",
    "intervals": "how far the numbers of a case would be from these with other simulations",
    "nulls": "what a case would show if a label did not matter",
    "dominance": "whether a few maps build the block, and which",
    "subsets": "CKA of fewer simulations",
    "predictions": "predicted parameters of every map",
    "symmetries": "scatter of the answers under turns, flips and shifts of a map",
    "predictors": "what can be seen of a shift without labels",
    "examples": "the one map of a case that figures show",
    "summary": "scores and statistics of all cases",
    "figures": "figures",
    "pages": "the report's pages: the result in words, tables, provenance",
}

COMMANDS = {
    "costs": "what a run cost, and what one would cost",
    "provenance": "where results come from, whether they are what was made, and one archive of all",
}
"""No stages: no rule calls them."""

logger = logging.getLogger("repshift")


def main(arguments: list[str] | None = None) -> int:
    """Run one stage and return the exit status."""
    words = sys.argv[1:] if arguments is None else arguments
    return call(vars(_parser(words[0] if words else None).parse_args(words)))


def call(parsed: dict[str, Any]) -> int:
    """Call ``run`` of the parsed arguments with the others, and return the exit status."""
    logging.basicConfig(stream=sys.stderr, format="%(name)s: %(message)s")
    logger.setLevel(logging.INFO)
    logging.captureWarnings(True)
    run = parsed.pop("run")
    signal.signal(signal.SIGTERM, _stop)
    start = time.perf_counter()
    try:
        run(**parsed)
    except (InputError, FileNotFoundError) as error:
        return _refuse(str(error))
    except MemoryError as error:
        return _refuse(f"Memory is short: {error}. Show fewer maps (activations.n_maps), or give the job more memory.")
    logger.info("done in %.1f s", time.perf_counter() - start)
    return 0


def _refuse(sentence: str) -> int:
    """Say in one line what the user can mend, and return the exit status."""
    print(f"repshift: error: {sentence}", file=sys.stderr)  # noqa: T201 - the one line for the user
    return 2


def _stop(number: int, _frame: object) -> None:
    """End as after an error, so that no temporary file is left."""
    sys.exit(128 + number)


def _parser(stage: str | None) -> argparse.ArgumentParser:
    """Build the parser; only the stage that is asked for is imported, so the others' packages may be missing."""
    parser = argparse.ArgumentParser(prog="python -m repshift", description=__doc__.splitlines()[0])
    stages = parser.add_subparsers(required=True, metavar="STAGE or COMMAND")
    for name, text in (STAGES | COMMANDS).items():
        subparser = stages.add_parser(name, help=text)
        if name == stage:
            room = "stages" if name in STAGES else "commands"
            importlib.import_module(f"repshift.{room}.{name}").add_arguments(subparser)
    return parser


if __name__ == "__main__":
    sys.exit(main())
