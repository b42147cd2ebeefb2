"""Action of the stage stress: the ``curves`` of a case along axes of strength. Rules ``stress_{model}_{n}``.

Output: ``{model}/{domain}.nc``. Along ``level``, every strength of every axis (coordinates axis, strength, physical;
attribute ``axes`` says in JSON what each is): ``mean`` and ``std``, or ``probability``, of each map, ``truth``,
``floored`` (pixels without a logarithm left), ``example`` (one map), and the numbers of
`repshift.evidence.stress.variables.stress_numbers`. A map that takes no part in an axis has NaN there.
"""

import argparse
import json
import logging
from collections.abc import Sequence
from functools import partial
from pathlib import Path
from typing import Any

from repshift.case.inputs import CaseInputs, case_inputs_of
from repshift.case.stress.dataset import stress_of
from repshift.case.stress.entries import Setting, sky_of, sources_of
from repshift.case.stress.plan import Plan, choose
from repshift.cli.arguments import add_device, at_least, device_of
from repshift.cli.cases import add_case
from repshift.cli.own_domain import add_own_domain
from repshift.cli.progress import progress
from repshift.evidence.level_scores import DEFAULT_SCORES
from repshift.recording.devices import choose_device, describe, reproducible
from repshift.storage.datasets import write_dataset
from repshift.vocabulary import InputError

logger = logging.getLogger(__name__)


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the arguments of `run`."""
    parser.set_defaults(run=_run_given)
    add_case(parser)
    add_device(parser)
    add_own_domain(parser, purpose="whose maps scores compare with")
    _add_levels(parser)
    _add_numbers(parser)
    parser.add_argument("--output", type=Path, required=True, help=".nc to write")


def _add_levels(parser: argparse.ArgumentParser) -> None:
    """Add the axes, and the maps that are run along them."""
    parser.add_argument("--axes", required=True, help="axes and their strengths, as JSON")
    parser.add_argument("--periodic", action="store_true", help="maps are of a periodic box")
    parser.add_argument("--pixel", type=float, help="side of a pixel; left out, it is not known")
    parser.add_argument("--pixel-units", default="", help="unit of the side of a pixel")
    parser.add_argument("--maps-each", type=at_least(1), required=True, help="number of maps of each simulation")
    parser.add_argument("--simulations", type=at_least(1), help="number of simulations of the split; left out, all")
    text = "number of simulations, one map each, whose layers are recorded"
    parser.add_argument("--drift-maps", type=at_least(1), default=50, help=text)
    parser.add_argument("--seed", type=at_least(0), required=True, help="random seed: draws maps, noise and resamples")


def _add_numbers(parser: argparse.ArgumentParser) -> None:
    """Add what the numbers along the axes need."""
    parser.add_argument("--resamples", type=at_least(100), required=True, help="number of bootstrap resamples")
    parser.add_argument("--halves", type=at_least(0), required=True, help="number of divisions of simulations in two")
    parser.add_argument(
        "--scores", nargs="*", default=list(DEFAULT_SCORES), help="label-free scores; left out, those that cost little"
    )
    parser.add_argument("--unscored", nargs="*", default=[], help="parameters of the table that are not the maps' own")
    parser.add_argument("--without-truth", action="store_true", help="the maps have no labels of what is inferred")
    parser.add_argument("--own-predictions", type=Path, help=".nc of predictions of the model on its own domain")
    parser.add_argument("--own-stress", type=Path, help=".nc of this action on the model's own domain")


def run(
    case: CaseInputs,
    *,
    axes: Sequence[dict[str, Any]],
    periodic: bool = False,
    pixel: float | None = None,
    pixel_units: str = "",
    maps_each: int,
    simulations: int | None = None,
    drift_maps: int = 50,
    seed: int,
    resamples: int,
    halves: int,
    scores: Sequence[str] = DEFAULT_SCORES,
    unscored: Sequence[str] = (),
    without_truth: bool = False,
    own_predictions: Path | None = None,
    own_stress: Path | None = None,
    batch_size: int,
    device: str,
    threads: int,
    output: Path,
) -> None:
    """Run a case along its axes, and write what becomes of its predictions, layers and scores."""
    shown = case.open()
    choosing = partial(choose, maps_each=maps_each, n_simulations=simulations, n_recorded=drift_maps, seed=seed)
    home = case.open_home(shown, purpose="which scores compare with")
    beside = None if home is None else (home, choosing(home))
    target = choose_device(device)
    with shown.named():
        sky = sky_of(shown, is_periodic=periodic, pixel=pixel, pixel_units=pixel_units)
        sources = sources_of(axes, Setting(shown, sky, seed, case.files.functions, case.files.parameters))
        choice = choosing(shown, sources=sources)
    n_levels = sum(len(source.strengths) for source in sources)
    words = (case.model, case.domain.name, n_levels, len(sources), len(choice.positions), describe(target))
    logger.info("%s shown %s: %d levels of %d axes, %d maps on %s", *words)
    plan = Plan(
        sources=sources,
        choice=choice,
        batch_size=batch_size,
        device=target.type,
        scores=scores,
        halves=halves,
        seed=seed,
        resamples=resamples,
        parameters=case.files.parameters,
        unscored=unscored,
        without_truth=without_truth,
        own_predictions=own_predictions,
        own_stress=own_stress,
    )
    with reproducible(threads=threads), shown.named(), progress(n_levels, "levels") as advance:
        dataset = stress_of(shown, plan, home=beside, advance=advance)
    write_dataset(dataset, output)
    logger.info("%s: %d levels of %d maps", output, n_levels, len(choice.positions))


def _run_given(**given: Any) -> None:  # noqa: ANN401 - what the parser gives
    axes = _axes_of(given.pop("axes"))
    run(case_inputs_of(given), device=device_of(given), axes=axes, **given)


def _axes_of(text: str) -> list[dict[str, Any]]:
    """Return the axes of their JSON."""
    try:
        found = json.loads(text)
    except json.JSONDecodeError as error:
        raise InputError(f"--axes is no JSON: {error}.") from error
    if not isinstance(found, list) or not found or not all(isinstance(one, dict) for one in found):
        raise InputError(f"--axes is {text[:100]}. Expected a list of objects, one at least.")
    return found
