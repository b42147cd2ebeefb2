"""Action of the stage repair: one rung that ``train``s, beside its control. Rule ``repair_train``.

Output: ``{model}/{domain}_{rung}.nc``, or a part of its runs, with the variables of
`repshift.evidence.repair.quantities.REPAIR_QUANTITIES`. The runs of the network as it is are the first.
"""

import argparse
import json
import logging
from pathlib import Path
from typing import Any, Final

from repshift.case.domain_maps import KnownLabels
from repshift.case.grams import read_case
from repshift.case.repair.dataset import runs_dataset
from repshift.case.repair.open_ladder import open_ladder
from repshift.case.repair.perturbations import Perturbations
from repshift.case.repair.run_outcomes import run_outcomes
from repshift.case.repair.run_table import file_of_rung
from repshift.case.repair.rung_training import choice_in, choice_of, choice_variables, trained_repair, training_plans
from repshift.case.repair.settings import NOT_FROZEN, LadderFiles, LadderSettings, TrainingSettings
from repshift.cli.arguments import at_least, device_of, settings_of
from repshift.cli.described import described_domain
from repshift.cli.progress import progress
from repshift.evidence.repair.quantities import repair_variables
from repshift.recording.devices import choose_device, describe, reproducible
from repshift.stages.repair.arguments import add_repairs, files_of
from repshift.storage.datasets import write_dataset

logger = logging.getLogger(__name__)

_TRAINING: Final = ("rung", "seeds", "steps", "batch", "learning_rate", "candidates", "freeze", "splits", "symmetries")


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the arguments of `run`."""
    parser.set_defaults(run=_run_given)
    add_repairs(parser)
    parser.add_argument("--rung", required=True, help="repair that trains")
    parser.add_argument("--seeds", type=at_least(1), required=True, help="number of trainings of each split")
    parser.add_argument("--steps", type=at_least(1), required=True, help="number of steps of training")
    text = "number of simulations of a domain in one step, a map of each"
    parser.add_argument("--batch", type=at_least(2), required=True, help=text)
    parser.add_argument("--learning-rate", type=float, required=True, help="learning rate of training")
    text = "weights of the term, one of which is chosen without labels of the target; none: the repair's own"
    parser.add_argument("--candidates", type=float, nargs="*", default=[], help=text)
    text = f"layers below which nothing is trained, a network each; {NOT_FROZEN}: all is trained"
    parser.add_argument("--freeze", nargs="+", default=[NOT_FROZEN], help=text)
    parser.add_argument("--splits-done", type=at_least(0), nargs="*", default=[], help="splits that are run; none: all")
    parser.add_argument("--symmetries", action="store_true", help="maps are turned and mirrored at random")
    text = "JSON of labelled maps of the model's suite; left out, what tunes of its own domain"
    parser.add_argument("--training-set", type=described_domain, help=text)
    text = "JSON of labelled domains of other suites"
    parser.add_argument("--third", type=described_domain, nargs="*", default=[], help=text)
    text = "JSON of the labelled domain that chooses the weight; left out, the own domain does"
    parser.add_argument("--choose-on", type=described_domain, help=text)
    text = "JSON of strengths by the axis along which maps are perturbed"
    parser.add_argument("--perturbations", type=json.loads, default={}, help=text)
    parser.add_argument("--periodic", action="store_true", help="maps are of a periodic box")
    parser.add_argument("--pixel", type=float, help="side of a pixel; left out, it is not known")
    parser.add_argument("--pixel-units", default="", help="unit of the side of a pixel")
    parser.add_argument("--control", type=Path, help=".nc of this action for the control, with the same splits")
    parser.add_argument("--chosen", type=Path, help=".nc of a part of this rung, whose choice of the weight is taken")
    parser.add_argument("--output", type=Path, required=True, help=".nc to write")


def run(
    *,
    files: LadderFiles,
    settings: LadderSettings,
    training: TrainingSettings,
    labels: KnownLabels | None,
    perturbations: Perturbations,
    control: Path | None = None,
    chosen: Path | None = None,
    device: str,
    threads: int,
    output: Path,
) -> None:
    """Train the networks of a rung, judge them beside the network as it is and the control, and write that."""
    target = choose_device(device)
    repair = trained_repair(training, has_control=control is not None)
    beside = None if control is None else read_case(control)
    with reproducible(threads=threads):
        opened = open_ladder(files, settings, labels=labels, device=target)
        with opened.shown.named():
            choice = choice_of(opened, repair, training) if chosen is None else choice_in(read_case(chosen))
            plans = training_plans(opened, repair, training, choice, perturbations)
            words = (files.model, files.target.domain.name, repair.name, len(plans), describe(target))
            logger.info("%s trained for %s by %s: %d networks on %s", *words)
            with progress(len(plans), "networks trained") as advance:
                runs = run_outcomes(opened, plans, made=lambda _plan, _network: advance())
            held = repair_variables(choice_variables(choice), units="1")
            said = {"weight": float("nan") if choice.weight is None else choice.weight, "rung": repair.name}
            said |= {name: getattr(training, name) for name in ("seeds", "steps", "batch", "learning_rate")}
            said |= {"choice_judged_on": choice.judged_on, "symmetries": str(training.symmetries).lower()}
            dataset = file_of_rung(runs_dataset(opened, runs).assign(held).assign_attrs(said), control=beside)
    write_dataset(dataset, output)
    logger.info("%s: %d runs, %d entries", output, dataset.sizes["run"], dataset.sizes["entry"])


def _run_given(**given: Any) -> None:  # noqa: ANN401 - what the parser gives
    files, labels = files_of(given)
    given["splits_of_ladder"], given["splits"] = given.pop("splits"), given.pop("splits_done")
    training = TrainingSettings(**{name: given.pop(name) for name in _TRAINING})
    given["splits"] = given.pop("splits_of_ladder")
    words = {"is_periodic": "periodic", "pixel": "pixel", "pixel_units": "pixel_units", "strengths": "perturbations"}
    perturbations = Perturbations(**{name: given.pop(word) for name, word in words.items()})
    how: dict[str, Any] = {"training": training, "perturbations": perturbations, "device": device_of(given)}
    run(files=files, labels=labels, settings=settings_of(LadderSettings, given), **how, **given)
