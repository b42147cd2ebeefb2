"""Action of the stage grams: ``record`` what a network returns, without writing it. Rule ``network``."""

import argparse
import logging
from functools import partial
from pathlib import Path
from typing import Any

from repshift.case.activations import Settings, record
from repshift.case.inputs import CaseInputs, case_inputs_of
from repshift.case.products import write_grams
from repshift.cli.arguments import device_of, settings_of
from repshift.cli.cases import add_case, add_recording
from repshift.cli.own_domain import add_own_domain
from repshift.cli.progress import progress

logger = logging.getLogger(__name__)


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the arguments of `run`."""
    parser.set_defaults(run=_run_given)
    add_case(parser)
    add_recording(parser)
    add_own_domain(parser, purpose="for its cross block")
    parser.add_argument("--output", type=Path, required=True, help=".nc to write")


def run(
    case: CaseInputs,
    *,
    settings: Settings,
    output: Path,
) -> None:
    """Run the chosen maps of a domain, and of the model's own, through a model, and multiply what layers return."""
    shown = [case.open()]
    if case.home is not None:
        shown.append(shown[0].on(case.home))
    datasets = [record(one, settings, progress=partial(progress, what="batches recorded")) for one in shown]
    write_grams(datasets, device=settings.device, threads=settings.threads, output=output)


def _run_given(**given: Any) -> None:  # noqa: ANN401 - what the parser gives
    case, given["device"] = case_inputs_of(given), device_of(given)
    run(case, settings=settings_of(Settings, given), **given)
