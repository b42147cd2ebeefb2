"""Action of the stage stress: the ``smallest`` changes of maps that move an output. Rule ``smallest_{model}``.

Output: ``{model}/{domain}_smallest.nc``. Of each map ``size`` (norm, output, map), the norm of the smallest change of
the standardised map that moves the output by ``threshold`` (output), some root mean squared errors in distribution, or
that changes the class; ``size_raw`` (norm, output, map, channel) in dex, or in the unit of the field; ``moved`` and
``moved_half``, how far the change and half of it go; ``noise_moved``, how far random changes of the same norm go;
``pixel_*`` (output, map), the best single pixel. Over maps medians, 10 and 90 % with the ends of their intervals by
simulation, and ``n_failed``, maps whose output no change within the bound moves so far.
"""

import argparse
import logging
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
from torch import Tensor

from repshift.attacks.goals import Goal, class_change, movement
from repshift.attacks.network import on_maps
from repshift.attacks.smallest import AttackSettings, Smallest, smallest_changes
from repshift.case.errors import errors_at_home
from repshift.case.forward import OpenCase
from repshift.case.inputs import CaseInputs, case_inputs_of
from repshift.case.outputs import Outputs, answer_units, outputs_of
from repshift.case.stress.smallest_dataset import smallest_dataset
from repshift.cli.arguments import add_device, at_least, device_of
from repshift.cli.cases import add_case
from repshift.recording.devices import choose_device, describe, reproducible
from repshift.recording.maps import batch_of
from repshift.recording.memory import BatchSize
from repshift.statistics.selection import choose_maps
from repshift.storage.datasets import write_dataset
from repshift.vocabulary import InputError

logger = logging.getLogger(__name__)

Values = npt.NDArray[np.float64]


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the arguments of `run`."""
    parser.set_defaults(run=_run_given)
    add_case(parser)
    add_device(parser)
    parser.add_argument("--n-maps", type=at_least(1), required=True, help="number of maps, one of each simulation")
    parser.add_argument("--seed", type=at_least(0), required=True, help="random seed: draws maps, noise and resamples")
    parser.add_argument("--factor", type=_positive, required=True, help="movement in errors in distribution")
    parser.add_argument("--outputs", nargs="*", default=[], help="outputs that are moved; none: all that have a truth")
    parser.add_argument("--bound", type=_positive, required=True, help="largest change of a standardised pixel")
    parser.add_argument("--steps", type=at_least(0), required=True, help="number of gradients beyond the first")
    parser.add_argument("--draws", type=at_least(1), required=True, help="number of random changes of each map")
    parser.add_argument("--pixel", type=_positive, required=True, help="change of a single standardised pixel")
    parser.add_argument("--candidates", type=at_least(1), required=True, help="number of single pixels that are tried")
    parser.add_argument("--resamples", type=at_least(1), required=True, help="number of bootstrap resamples")
    text = ".nc of predictions of the model on its own domain, for its errors there"
    parser.add_argument("--own-predictions", type=Path, required=True, help=text)
    parser.add_argument("--output", type=Path, required=True, help=".nc to write")


def _positive(text: str) -> float:
    """Read a number above 0."""
    value = float(text)
    if not 0 < value < np.inf:
        raise argparse.ArgumentTypeError(f"found '{text}'. Expected a finite number above 0.")
    return value


def _run_given(**given: Any) -> None:  # noqa: ANN401 - what the parser gives
    run(case_inputs_of(given), device=device_of(given), **given)


def run(
    case: CaseInputs,
    *,
    n_maps: int,
    seed: int,
    factor: float,
    outputs: Sequence[str] = (),
    bound: float,
    steps: int,
    draws: int,
    pixel: float,
    candidates: int,
    resamples: int,
    batch_size: int,
    device: str,
    threads: int,
    own_predictions: Path,
    output: Path,
) -> None:
    """Find the smallest changes of some maps of a domain, and write them with their medians."""
    shown = case.open()
    positions = choose_maps(
        shown.split(), n_maps=n_maps, seed=seed, maps_each=1, maps_per_simulation=shown.maps_per_simulation
    )
    moved = outputs_of(shown)
    thresholds = _thresholds(own_predictions, shown, moved, outputs, factor)
    settings = AttackSettings(steps=steps, bound=bound, draws=draws, pixel=pixel, candidates=candidates)
    target = choose_device(device)
    logger.info("%s shown %s: %d maps on %s", case.model, case.domain.name, n_maps, describe(target))
    inputs = shown.simulations.standardised(positions, shown.moments)
    with reproducible(threads=threads), shown.named():
        network = shown.network.to(target)
        held = batch_of(network, inputs, slice(None), target)
        size = BatchSize(batch_size, say=logger.warning)
        found = size.fit(
            lambda n: _found(shown, held, n, moved, thresholds, settings, [[seed, int(one)] for one in positions]),
            device=target,
        )
    dataset = smallest_dataset(
        shown, inputs, found, settings, positions=positions, thresholds=thresholds, resamples=resamples, seed=seed
    )
    about = {"n_maps": n_maps, "factor": factor, "device": target.type}
    write_dataset(dataset.assign_attrs(about), output)
    logger.info("%s: %d outputs of %d maps", output, len(found), n_maps)


def _thresholds(path: Path, case: OpenCase, outputs: Outputs, asked: Sequence[str], factor: float) -> dict[str, float]:
    """Return how far each output that is asked for is to move, in its unit; of a classifier NaN for its label."""
    if outputs.label is not None:
        if asked and list(asked) != [outputs.label]:
            raise InputError(f"The model tells classes of {outputs.label}; found the outputs {', '.join(asked)}.")
        return {outputs.label: np.nan}
    errors = dict(zip(outputs.names, errors_at_home(path, case, outputs.names).tolist(), strict=True))
    known = [name for name, error in errors.items() if np.isfinite(error)]
    for name in asked or known:
        if name not in known:
            raise InputError(f"{path} has no error of the output '{name}'. There are {', '.join(known) or 'none'}.")
    if not known:
        raise InputError(f"{path} holds no true values, so there is no error in distribution to move an output by.")
    return {name: factor * errors[name] for name in asked or known}


def _found(
    case: OpenCase,
    maps: Tensor,
    batch_size: int,
    outputs: Outputs,
    thresholds: dict[str, float],
    settings: AttackSettings,
    entropy: Sequence[Sequence[int]],
) -> dict[str, Smallest]:
    """Return the smallest changes for each output."""
    with on_maps(case.network, maps, batch_size=batch_size) as network:
        answers = network.answers()
        return {
            name: smallest_changes(network, _goal(case, outputs, answers, name, threshold), settings, entropy=entropy)
            for name, threshold in thresholds.items()
        }


def _goal(case: OpenCase, outputs: Outputs, answers: Tensor, name: str, threshold: float) -> Goal:
    """Return what changes are to do."""
    if case.description.classes is not None:
        return class_change(answers, case.description.classes.output_scale)
    place = outputs.names.index(name)
    return movement(answers, place, threshold / float(answer_units(case, outputs)[place]))
