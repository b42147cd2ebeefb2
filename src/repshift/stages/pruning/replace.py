"""Action of the stage pruning: layers are replaced without training. Rule ``pruning_{model}``.

Output: ``{model}/{domain}.nc``. A *change* is a layer, or a run of layers within a block, that is replaced; a *way* is
``identity`` (the features before it are passed on) or ``linear`` (the least-squares map of the features before it,
fitted on the model's own domain). The activation after the last layer of a change stays. ``parameter`` is what the
network infers; of a classifier it has one entry, the label, and the score is the accuracy. Splits are by simulation.

Dimensions: ``change``; ``way``; ``parameter``; ``relation`` (``cka_with_neighbour``, ``depth``, ``parameters_saved``).
Coordinates of ``change`` (names such as "C12", "C12 to C21"):

- ``n_layers``: 1 for a layer, more for a run; ``first``, ``last``: its layers; ``block``: the block they lie in, in
  words such as "C02 to C41", empty where in none; ``is_linear``: 1 where the layers were found to be linear themselves,
  as a convolution whose kernel is its stride.

Variables, each with ``units`` and ``long_name``; ``_low`` and ``_high`` are ends of the intervals by simulation, which
a change shares with the unchanged network; ``_lowest`` and ``_highest`` are those of the splits:

- ``score_unchanged`` (parameter), ``_low``, ``_high``, ``_lowest``, ``_highest``: of the network as it is;
- ``score`` (change, way, parameter), ``_low``, ``_high``, ``_lowest``, ``_highest``;
- ``score_lost`` (change, way, parameter), likewise: the unchanged network's score less that of the changed one; NaN
  where the change is not possible in this way;
- ``refusal`` (change, way), text: why it is not possible, empty where it is;
- ``cka_with_neighbour`` (change): debiased CKA of the last layer of the change with the layer before the change, on
  the judged maps, mean over splits;
- ``depth`` (change): place of the first layer of the change among the layers, from 1;
- ``parameters_saved`` (change, way): fewer parameters than the unchanged network has, may be negative;
- ``unexplained`` (change): share of the variance of what the change replaces that the linear map leaves, 0 where the
  layers are linear themselves; on the maps it is fitted on;
- ``rank_correlation`` (relation, way, parameter), ``_low``, ``_high``: Spearman's of ``score_lost`` with each number,
  over single layers that are not linear themselves; NaN with fewer than five of them.

Attributes: those of every case, ``score`` ("r2" or "accuracy") and ``score_label``, ``parameters`` (of the whole
network), ``layers``, ``alike`` (CKA from which layers are a block), ``blocks``, ``left_out`` (layers that cannot be
replaced, and why, as JSON), ``splits``, ``n_tuned`` and ``n_judged`` (maps of a split), ``maps_each``, ``seed``,
``resamples``.
"""

import argparse
import logging
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from repshift.case.domain_maps import known_labels
from repshift.case.inputs import CaseInputs, case_inputs_of
from repshift.case.pruning.dataset import replaced_layers
from repshift.case.pruning.settings import WAYS, PruningSettings
from repshift.cli.arguments import add_device, at_least, device_of, settings_of
from repshift.cli.cases import add_case
from repshift.cli.own_domain import add_own_domain
from repshift.cli.progress import progress
from repshift.recording.devices import choose_device, describe, reproducible
from repshift.storage.datasets import write_dataset

logger = logging.getLogger(__name__)


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the arguments of `run`."""
    parser.set_defaults(run=_run_given)
    add_case(parser)
    add_device(parser)
    add_own_domain(parser, purpose="where linear maps are fitted and blocks are found")
    add_pruning(parser)
    parser.add_argument("--output", type=Path, required=True, help=".nc to write")


def add_pruning(parser: argparse.ArgumentParser) -> None:
    """Add which layers are replaced, and how that is judged; `run` takes them as they are."""
    parser.add_argument("--layers", nargs="+", help="names of layers that are replaced; left out, all")
    parser.add_argument("--ways", nargs="+", choices=WAYS, default=list(WAYS), help="what stands for layers")
    parser.add_argument("--runs", action="store_true", help="runs of layers within a block are replaced, too")
    parser.add_argument("--alike", type=float, required=True, help="CKA that all pairs of layers of a block reach")
    add_judging(parser)


def add_judging(parser: argparse.ArgumentParser) -> None:
    """Add how changed networks are judged; `run` takes it as it is."""
    text = "parameters that are scored; none: the first two that have true values"
    parser.add_argument("--outputs", nargs="*", default=[], help=text)
    parser.add_argument("--unscored", nargs="*", default=[], help="parameters of the table that are not the maps' own")
    parser.add_argument("--splits", type=at_least(1), required=True, help="number of divisions of the simulations")
    parser.add_argument("--maps-each", type=at_least(1), required=True, help="number of maps of each simulation")
    parser.add_argument("--seed", type=at_least(0), required=True, help="random seed: draws maps, splits and resamples")
    parser.add_argument("--resamples", type=at_least(100), required=True, help="number of bootstrap resamples")


def run(
    case: CaseInputs,
    *,
    settings: PruningSettings,
    unscored: Sequence[str] = (),
    device: str,
    threads: int,
    output: Path,
) -> None:
    """Replace the layers of a network, and write what that costs on a domain."""
    shown = case.open()
    home = case.open_home(shown, purpose="where linear maps are fitted")
    labels = known_labels(case.files, unscored)
    target = choose_device(device)
    words = (case.model, case.domain.name, settings.splits, describe(target))
    logger.info("%s shown %s: layers replaced, %d splits on %s", *words)
    with reproducible(threads=threads), shown.named(), progress(1 + settings.splits, "passes") as advance:
        dataset = replaced_layers(shown, settings, home=home, labels=labels, device=target, advance=advance)
    write_dataset(dataset, output)
    logger.info("%s: %d changes of %d layers", output, dataset.sizes["change"], int(dataset["depth"].max()))


def _run_given(**given: Any) -> None:  # noqa: ANN401 - what the parser gives
    settings = settings_of(PruningSettings, given)
    run(case_inputs_of(given), settings=settings, device=device_of(given), **given)
