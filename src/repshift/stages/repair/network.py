"""Action of the stage repair: ``network``, a model made from a model to fit another domain.

Output: ``{model}.pt`` and ``{model}.json``, see `repshift.storage.models`. Its provenance is that of the model that was
repaired, and under ``repair`` the method, its options, and of each domain that it saw the simulations and checksums.
"""

import argparse
import logging
from collections.abc import Sequence
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Any, Final

from torch import nn

from repshift.adaptation import REPAIRS, Material, Options, repair_of
from repshift.adaptation.barrier import repaired
from repshift.case.domain_maps import known_labels
from repshift.case.forward import OpenCase
from repshift.case.inputs import CaseInputs, case_inputs_of
from repshift.case.layers import layers_of
from repshift.case.outputs import outputs_of
from repshift.case.repair.domain_share import Share, domain_share
from repshift.case.task import task_of
from repshift.cli.arguments import add_device, at_least, device_of
from repshift.cli.cases import add_case
from repshift.cli.networks import add_layers
from repshift.cli.own_domain import add_own_domain
from repshift.recording.devices import choose_device, describe, reproducible
from repshift.storage.models import Description, write_model
from repshift.storage.repairs import RepairRecord
from repshift.vocabulary import InputError

logger = logging.getLogger(__name__)

METHODS: Final = tuple(name for name, repair in REPAIRS.items() if not repair.is_bound)


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the arguments of `run`."""
    parser.set_defaults(run=_run_given)
    add_case(parser)
    parser.add_argument("--of", required=True, help="label of the model that is repaired, whose weights are given")
    add_device(parser)
    add_own_domain(parser, purpose="or its training set, that the repair may see")
    parser.add_argument("--reference-parameters", type=Path, help="labels of that domain")
    parser.add_argument("--method", choices=METHODS, required=True, help="repair")
    text = "number of simulations of {} that the repair sees; left out, all"
    parser.add_argument("--simulations", type=at_least(1), help=text.format("the domain"))
    parser.add_argument("--reference-simulations", type=at_least(1), help=text.format("the model's own domain"))
    parser.add_argument("--maps-each", type=at_least(1), help="number of maps of each simulation; left out, all")
    parser.add_argument("--layer", help="layer whose features are adjusted; left out, the last before the outputs")
    parser.add_argument("--mixing", type=float, default=0.5, help="share of the domain in mixed statistics, 0 to 1")
    parser.add_argument("--freeze", help="layer below which nothing is trained; left out, all is trained")
    parser.add_argument("--rung-weight", type=float, help="weight of the term; left out, that of the repair")
    parser.add_argument("--steps", type=at_least(1), default=Options.steps, help="number of steps of training")
    text = "number of simulations of a domain in one step"
    parser.add_argument("--batch", type=at_least(2), default=Options.batch, help=text)
    parser.add_argument("--learning-rate", type=float, default=Options.learning_rate, help="learning rate")
    parser.add_argument("--symmetries", action="store_true", help="maps are turned and flipped in training")
    parser.add_argument("--seed", type=at_least(0), required=True, help="random seed: draws simulations and batches")
    parser.add_argument("--unscored", nargs="*", default=[], help="parameters of the table that are not the maps' own")
    parser.add_argument("--output", type=Path, required=True, help=".pt to write, its .json beside it")
    add_layers(parser)


def _run_given(**given: Any) -> None:  # noqa: ANN401 - what the parser gives
    name, given["model"] = given["model"], given.pop("of")
    named = ("layer", "mixing", "freeze", "steps", "batch", "learning_rate", "symmetries", "seed", "batch_size")
    options = Options(weight=given.pop("rung_weight"), **{name: given.pop(name) for name in named})
    run(case_inputs_of(given), name=name, options=options, device=device_of(given), **given)


def run(
    case: CaseInputs,
    *,
    name: str,
    method: str,
    options: Options,
    threads: int,
    device: str,
    output: Path,
    simulations: int | None = None,
    reference_simulations: int | None = None,
    maps_each: int | None = None,
    unscored: Sequence[str] = (),
    layers: Sequence[str] | None = None,
) -> None:
    """Repair the model of a case for its domain, and write the network as another, `name`.

    Simulations are those that the ladder of the same seed tunes on in its first split, so that its judged ones judge.
    """
    repair, computing = repair_of(method), choose_device(device)
    shown = case.open()
    shown.network.to(computing)
    outputs = outputs_of(shown) if repair.sees_labels else None
    read = partial(domain_share, outputs=outputs, device=computing)
    known = known_labels(case.files, unscored) if "target_labels" in repair.needs else None
    target, source = read(shown, share=Share(simulations, maps_each, options.seed), labels=known), None
    if "source_maps" in repair.needs and case.home is not None:
        home = _at_home(shown.on(case.home))
        known = known_labels(case.home.files) if "source_labels" in repair.needs else None
        source = read(home, share=Share(reference_simulations, maps_each, options.seed), labels=known)
    logger.info("%s: %s of %s for %s on %s", name, method, case.model, case.domain.name, describe(computing))
    task = None if outputs is None else task_of(shown, outputs, computing)
    material = Material(None if source is None else source.sample, target.sample, task=task)
    with reproducible(threads=threads), shown.named():
        network = repaired(shown.network, repair, material, options)
    seen = {"target": target.record, "source": None if source is None else source.record}
    where = {"device": computing.type} if computing.type != "cpu" else {}
    before = shown.description.provenance.get("repair")
    seen |= {} if before is None else {"before": before}
    how = {"options": {name: getattr(options, name) for name in repair.takes}, **seen, **where}
    description = _described(shown, network, layers, case.weights)
    provenance = {**description.provenance, "repair": how}
    record = RepairRecord(method, case.model, description.sha256)
    write_model(network, output, description=replace(description, provenance=provenance, repair=record))
    logger.info("%s: differs by %s", output, repair.changes)


def _at_home(shown: OpenCase) -> OpenCase:
    """Refuse a domain of another suite in the place of the model's own."""
    if not shown.case.in_distribution:
        raise InputError(
            f"Domain '{shown.domain.name}' is of suite '{shown.domain.suite}', but the model was trained on "
            f"'{shown.description.suite}'. Expected a domain of that suite as --reference-domain."
        )
    return shown


def _described(shown: OpenCase, network: nn.Module, layers: Sequence[str] | None, weights: Path) -> Description:
    """Return the description of the model that is repaired, with other layers where these are named."""
    if layers is None:
        return shown.description
    shape = (len(shown.description.channels), *shown.simulations.size)
    return replace(shown.description, layers=layers_of(network.cpu(), layers, shape, weights))
