"""Action of the stage repair: the ``ladder`` of rungs without training, and its bounds. Rules ``repair_{n}``.

Output: ``{model}/{domain}.nc``, with the variables of `repshift.evidence.repair.quantities.REPAIR_QUANTITIES`.
"""

import argparse
import logging
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from repshift.case.domain_maps import KnownLabels
from repshift.case.repair.bounds import bounding_runs
from repshift.case.repair.dataset import runs_dataset
from repshift.case.repair.open_ladder import open_ladder
from repshift.case.repair.run_outcomes import run_outcomes
from repshift.case.repair.run_plans import plans_without_training, rungs_without_training
from repshift.case.repair.run_table import with_entries
from repshift.case.repair.settings import Bound, LadderFiles, LadderSettings
from repshift.cli.arguments import device_of, settings_of
from repshift.recording.devices import choose_device, describe, reproducible
from repshift.stages.repair.arguments import add_repairs, files_of
from repshift.storage.datasets import write_dataset

logger = logging.getLogger(__name__)


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the arguments of `run`."""
    parser.set_defaults(run=_run_given)
    add_repairs(parser)
    text = "repairs without training; left out, those that the network and the labels allow"
    parser.add_argument("--rungs", nargs="*", default=[], help=text)
    text = "weight of the target's batch-norm statistics beside the network's own"
    parser.add_argument("--mixing", type=float, required=True, help=text)
    names = ("MODEL", "TARGET.nc", "HOME.nc")
    text = "another model with its predictions for either domain, that bounds what repairs reach; HOME.nc may be none"
    parser.add_argument("--bound", nargs=3, action="append", default=[], metavar=names, help=text)
    parser.add_argument("--output", type=Path, required=True, help=".nc to write")


def run(
    *,
    files: LadderFiles,
    settings: LadderSettings,
    labels: KnownLabels | None,
    rungs: Sequence[str] = (),
    bounds: Sequence[Bound] = (),
    device: str,
    threads: int,
    output: Path,
) -> None:
    """Make the networks of the rungs without training, judge them, and write what they score and cost."""
    target = choose_device(device)
    with reproducible(threads=threads):
        ladder = open_ladder(files, settings, labels=labels, device=target)
        repairs = rungs_without_training(ladder, rungs)
        plans = plans_without_training(ladder, repairs)
        words = (files.model, files.target.domain.name, len(plans), len(repairs), describe(target))
        logger.info("%s repaired for %s: %d networks of %d rungs on %s", *words)
        with ladder.shown.named():
            runs = run_outcomes(ladder, plans)
            runs += bounding_runs(ladder, bounds, runs)
            dataset = with_entries(runs_dataset(ladder, runs)).assign_attrs(mixing=settings.mixing)
    write_dataset(dataset, output)
    logger.info("%s: %d runs, %d entries", output, dataset.sizes["run"], dataset.sizes["entry"])


def _run_given(**given: Any) -> None:  # noqa: ANN401 - what the parser gives
    files, labels = files_of(given)
    bounds = [
        Bound(name, Path(target), None if home == "none" else Path(home)) for name, target, home in given.pop("bound")
    ]
    settings = settings_of(LadderSettings, given)
    run(files=files, labels=labels, settings=settings, bounds=bounds, device=device_of(given), **given)
