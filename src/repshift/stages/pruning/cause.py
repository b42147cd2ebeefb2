"""Action of the stage pruning: is CKA a cause? The loss moves it. Rule ``pruning_{model}_{domain}``.

Networks train on their own domain, as the action retrain has it, with a term by CKA of all layers on maps of both
domains, of which the domain's labels are not seen: ``build`` raises the mean of different layers, ``remove`` lowers it,
``match`` lowers the difference of the domains. Each has a control, of the same split and seed: the same steps without
the term, which equals a weight of 0 bit for bit.

Output: ``{model}/{domain}_cause.nc``, dimensions run, entry (a kind with a weight), parameter, relation (cka_reached,
cka_at_home, cka_difference), moved (all, build, remove, match). Of classes the one parameter is the label, and the
score the accuracy.

- coordinates ``run_kind`` (none, control, build, remove, match), ``run_weight``, ``run_split``, ``run_seed`` (run),
  ``entry_kind``, ``entry_weight`` (entry): none is the network as it is;
- ``cka_reached``, ``cka_at_home``, ``cka_difference`` (run): mean debiased CKA of different layers on judged maps of
  the domain, and of the own domain, a map of each simulation; mean absolute difference of the two matrices;
- ``target_score``, ``source_score`` (run, parameter): on judged maps of the domain, and of the own domain;
- ``home_held`` (run): 1 where no parameter loses more than the attribute ``held`` at home, beside the control;
- ``score_target``, ``score_home``, ``gain``, ``gain_at_home`` (entry, parameter), ``_low``, ``_high``, ``_lowest``,
  ``_highest``: means over splits and seeds; gains are over the control, paired, NaN of none and control;
- ``reached`` (relation, entry): means over runs;
- ``rank_correlation``, ``rank_correlation_held`` (relation, moved, parameter), ``_low``, ``_high``: over runs of the
  three kinds and of each, what moved beside the control against the gain on the domain; over all, and over those held
  at home;
- ``runs_held``: the number of the latter.

Intervals resample simulations; those of correlations whole sets of runs of one split and seed, too, which share a
control and batches. Of fewer than five such sets a correlation has no interval.
"""

import argparse
import logging
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from repshift.case.domain_files import domain_beside
from repshift.case.domain_maps import known_labels
from repshift.case.inputs import CaseInputs, case_inputs_of
from repshift.case.pruning.cause import CauseSettings, moved_networks
from repshift.case.pruning.settings import JudgingSettings, TrainingSettings
from repshift.cli.arguments import add_device, device_of
from repshift.cli.cases import add_case
from repshift.cli.own_domain import add_own_domain
from repshift.cli.progress import progress
from repshift.cli.training import add_training
from repshift.evidence.pruning.cause import KINDS, Kind
from repshift.recording.devices import choose_device, describe, reproducible
from repshift.stages.pruning.replace import add_judging
from repshift.storage.datasets import write_dataset
from repshift.vocabulary import InputError

logger = logging.getLogger(__name__)


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the arguments of `run`."""
    parser.set_defaults(run=_run_given)
    add_case(parser)
    add_device(parser)
    add_own_domain(parser, purpose="where networks are trained, and where their score is to be held")
    parser.add_argument("--layers", nargs="+", help="names of layers whose CKA is moved; left out, all")
    parser.add_argument("--kinds", nargs="+", choices=KINDS, default=list(KINDS), help="what the loss makes of layers")
    text = "weights of the term, above 0, each in turn"
    parser.add_argument("--term-weights", nargs="+", type=float, required=True, help=text)
    add_judging(parser)
    add_training(parser)
    parser.add_argument("--output", type=Path, required=True, help=".nc to write")


def run(
    case: CaseInputs,
    *,
    training_set: dict[str, Any] | None = None,
    layers: Sequence[str] | None = None,
    kinds: Sequence[Kind] = KINDS,
    term_weights: Sequence[float],
    outputs: Sequence[str] = (),
    unscored: Sequence[str] = (),
    splits: int,
    maps_each: int,
    seed: int,
    resamples: int,
    seeds: int,
    steps: int,
    batch: int,
    learning_rate: float,
    symmetries: bool = False,
    batch_size: int,
    device: str,
    threads: int,
    output: Path,
) -> None:
    """Train networks whose CKA the loss moves, beside their controls, and write what they score on two domains."""
    cause = CauseSettings(tuple(kinds), tuple(term_weights), layers)
    judging = JudgingSettings(
        outputs=outputs, splits=splits, maps_each=maps_each, seed=seed, resamples=resamples, batch_size=batch_size
    )
    training = TrainingSettings(seeds, steps, batch, learning_rate, symmetries)
    shown = case.open()
    home = case.open_home(shown, purpose="where networks are trained")
    labels = known_labels(case.files, unscored)
    home_labels = None if case.home is None else known_labels(case.home.files)
    if home is None or home_labels is None or labels is None:
        raise InputError(
            f"Model '{case.model}' on domain '{case.domain.name}': CKA is moved while the score at home is held, so "
            "that labels of two domains are needed. Give --parameters, and --reference-domain "
            "with --reference-parameters."
        )
    target = choose_device(device)
    count = splits * (1 + seeds * (1 + len(kinds) * len(term_weights)))
    logger.info("%s shown %s: %d networks on %s", case.model, case.domain.name, count, describe(target))
    with reproducible(threads=threads), shown.named(), progress(count, "networks") as advance:
        dataset = moved_networks(
            shown,
            cause,
            judging,
            training,
            home=home,
            labels=labels,
            home_labels=home_labels,
            training_set=None if training_set is None else shown.on(domain_beside(training_set, case.files.functions)),
            device=target,
            advance=advance,
        )
    write_dataset(dataset, output)
    logger.info("%s: %d networks, of which %d held the score at home", output, count, int(dataset["runs_held"]))


def _run_given(**given: Any) -> None:  # noqa: ANN401 - what the parser gives
    run(case_inputs_of(given), device=device_of(given), **given)
