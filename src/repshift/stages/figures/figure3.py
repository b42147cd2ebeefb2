"""Action of the stage figures: ``figure3``, what goes with the loss of accuracy, and the pairs themselves.

Outputs: ``.pdf`` and ``.png`` of 300 dpi.
"""

import argparse
from collections.abc import Sequence
from pathlib import Path

from repshift.drawing.figure3 import draw_figure3
from repshift.drawing.plotting import HOUSE, Plotting
from repshift.stages.figures.sources import add_fields, add_outputs, add_plotting, words_of, write
from repshift.storage.tables import as_numbers, read_failures, read_table


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the arguments of `run`."""
    parser.set_defaults(run=run)
    add_plotting(parser)
    parser.add_argument("--failures", type=Path, required=True, help=".csv of all pairs")
    parser.add_argument("--correlations", type=Path, required=True, help=".csv of the correlations of all shift scores")
    parser.add_argument("--transfers", type=Path, required=True, help=".csv of each field left out")
    add_fields(parser)
    add_outputs(parser)


def run(
    *,
    failures: Path,
    correlations: Path,
    transfers: Path,
    fields: Sequence[Sequence[str]] = (),
    plotting: Plotting = HOUSE,
    outputs: Sequence[Path],
) -> None:
    """Draw what goes with the loss of accuracy."""
    keys = ("parameter", "predictor")
    words = ("model", "field", "train_suite", "domain", "test_suite", "shift", "condition")
    pairs, _ = read_failures(failures, columns=(*words, "parameter"))
    correlated = read_table(correlations, columns=(*keys, "family", "rho", "partial_rho"))
    transferred = read_table(transfers, columns=(*keys, "held_out_field", "rho"))
    text = {*words, *keys, "family", "held_out_field"}
    tables = [
        as_numbers(table, [str(name) for name in table if name not in text])
        for table in (pairs, correlated, transferred)
    ]
    write(draw_figure3(*tables, fields=words_of(fields)), outputs)
