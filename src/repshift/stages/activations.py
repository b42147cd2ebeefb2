"""Stage activations: the representations of all layers. Rules ``network_{model}_{n}``.

Output: ``{model}/{domain}.nc``, one variable a layer, (map, unit) float32, or (pass, map, unit) with two passes, and
``pixels`` (map, pixel), the standardised maps that the network takes: a layer of that name is written otherwise;
coordinates map (its label), simulation, position (in the file of maps), suite; attributes of the case and its choices.
"""

import argparse
import logging
from functools import partial
from pathlib import Path
from typing import Any

from repshift.case.activations import Settings, record_to
from repshift.case.inputs import CaseInputs, case_inputs_of
from repshift.cli.arguments import device_of, settings_of
from repshift.cli.cases import add_case, add_recording
from repshift.cli.progress import progress

logger = logging.getLogger(__name__)


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the arguments of `run`."""
    parser.set_defaults(run=_run_given)
    add_case(parser)
    add_recording(parser)
    parser.add_argument("--output", type=Path, required=True, help=".nc to write")


def _run_given(**given: Any) -> None:  # noqa: ANN401 - what the parser gives
    case, given["device"] = case_inputs_of(given), device_of(given)
    run(case, settings=settings_of(Settings, given), **given)


def run(
    case: CaseInputs,
    *,
    settings: Settings,
    output: Path,
) -> None:
    """Run the chosen maps of a domain through a model and write what every layer returns."""
    shown = case.open()
    advancing = partial(progress, what="batches recorded")
    logger.info("%s: %d layers", output, record_to(shown, settings, output, progress=advancing))
