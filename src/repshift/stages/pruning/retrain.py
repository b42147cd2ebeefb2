"""Action of the stage pruning: replaced networks are trained again. Rule ``retrained_{model}_{domain}``.

Output: ``{model}/{domain}_retrained.nc``, with the dimensions and the words of `repshift.stages.pruning.replace`, and:

- ``score_control`` (parameter), ``_low``, ``_high``, ``_lowest``, ``_highest``: the unchanged network after the same
  training, on the same maps in the same order;
- ``score_unchanged`` (parameter), likewise: the network as it is;
- ``score`` (change, way, parameter), likewise: the replaced network after training;
- ``score_lost`` (change, way, parameter), likewise: the *control's* score less that of the change;
- ``score_lost_before`` (change, way, parameter), likewise: the same before training, less than the unchanged network's;
- ``cka_with_neighbour``, ``depth``, ``parameters_saved``, ``refusal``, ``rank_correlation`` as there.

Scores are means over splits and seeds. Attributes as there, and ``seeds``, ``steps``, ``batch``, ``learning_rate``.
"""

import argparse
import logging
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from repshift.case.domain_files import domain_beside
from repshift.case.domain_maps import known_labels
from repshift.case.inputs import CaseInputs, case_inputs_of
from repshift.case.pruning.retraining import retrained_layers
from repshift.case.pruning.settings import PruningSettings, TrainingSettings
from repshift.cli.arguments import add_device, device_of, settings_of
from repshift.cli.cases import add_case
from repshift.cli.own_domain import add_own_domain
from repshift.cli.progress import progress
from repshift.cli.training import add_training
from repshift.recording.devices import choose_device, describe, reproducible
from repshift.stages.pruning.replace import add_pruning
from repshift.storage.datasets import write_dataset

logger = logging.getLogger(__name__)


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the arguments of `run`."""
    parser.set_defaults(run=_run_given)
    add_case(parser)
    add_device(parser)
    add_own_domain(parser, purpose="where linear maps are fitted and blocks are found")
    add_pruning(parser)
    add_training(parser)
    parser.add_argument("--output", type=Path, required=True, help=".nc to write")


def run(
    case: CaseInputs,
    *,
    training_set: dict[str, Any] | None = None,
    settings: PruningSettings,
    training: TrainingSettings,
    unscored: Sequence[str] = (),
    device: str,
    threads: int,
    output: Path,
) -> None:
    """Train replaced networks and the unchanged one, and write what the replacement costs after that."""
    shown = case.open()
    home = case.open_home(shown, purpose="where linear maps are fitted")
    target, count = choose_device(device), settings.splits * training.seeds
    logger.info("%s shown %s: %d trainings on %s", case.model, case.domain.name, count, describe(target))
    with reproducible(threads=threads), shown.named(), progress(count, "trainings") as advance:
        dataset = retrained_layers(
            shown,
            settings,
            training,
            home=home,
            labels=known_labels(case.files, unscored),
            home_labels=None if case.home is None else known_labels(case.home.files),
            training_set=None if training_set is None else shown.on(domain_beside(training_set, case.files.functions)),
            device=target,
            advance=advance,
        )
    write_dataset(dataset, output)
    logger.info("%s: %d changes, %d trainings of each", output, dataset.sizes["change"], count)


def _run_given(**given: Any) -> None:  # noqa: ANN401 - what the parser gives
    settings, training = settings_of(PruningSettings, given), settings_of(TrainingSettings, given)
    run(case_inputs_of(given), settings=settings, training=training, device=device_of(given), **given)
