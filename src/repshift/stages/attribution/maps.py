"""Action of the stage attribution: the ``maps`` of a case attributed by several methods. Rule ``attribution_{model}``.

Output: ``{model}/{domain}.nc``, with the variables of `repshift.evidence.attribution.quantities.MAP_QUANTITIES`.
"""

import argparse
import logging
from collections.abc import Sequence
from pathlib import Path
from typing import Any, get_args

from repshift.case.attribution.inputs import open_environment
from repshift.case.attribution.maps_dataset import attribution_of
from repshift.case.attribution.settings import Baseline, Faithfulness, Fill, MethodSettings, Randomisation, Settings
from repshift.case.inputs import CaseInputs, case_inputs_of
from repshift.cli.arguments import add_device, at_least, device_of
from repshift.cli.cases import add_case
from repshift.cli.progress import progress
from repshift.recording.devices import choose_device, describe, reproducible
from repshift.storage.datasets import write_dataset

logger = logging.getLogger(__name__)


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the arguments of `run`."""
    parser.set_defaults(run=_run_given)
    add_case(parser)
    add_device(parser)
    add_attributed(parser)
    parser.add_argument("--periodic", action="store_true", help="maps are of a periodic box")
    _add_methods(parser)
    _add_faithfulness(parser)
    _add_randomisation(parser)
    parser.add_argument("--home", type=Path, help=".nc of this action on the model's own domain")
    parser.add_argument("--output", type=Path, required=True, help=".nc to write")


def add_attributed(parser: argparse.ArgumentParser) -> None:
    """Add which outputs of which maps are attributed, and what ranks their pixels: shared with the action shift."""
    text = "outputs that are attributed; none: the first two that the network infers, or all classes"
    parser.add_argument("--outputs", nargs="*", default=[], help=text)
    parser.add_argument("--n-maps", type=at_least(1), required=True, help="number of maps, one of each simulation")
    text = ".npy of maps of the same simulations that rank pixels by environment; left out, pixel values do"
    parser.add_argument("--environment", type=Path, help=text)
    parser.add_argument("--environment-measured", type=Path, help=".json that 'maps measure' wrote of them")
    parser.add_argument("--pixel", type=float, help="side of a pixel; left out, it is not known")
    parser.add_argument("--pixel-units", default="", help="unit of the side of a pixel")
    parser.add_argument("--seed", type=at_least(0), required=True, help="random seed: draws maps, orders and resamples")
    parser.add_argument("--resamples", type=at_least(100), required=True, help="number of bootstrap resamples")


def _add_methods(parser: argparse.ArgumentParser) -> None:
    """Add the methods, and what they need."""
    parser.add_argument("--methods", nargs="+", required=True, help="methods of attribution")
    choices = get_args(Baseline)
    parser.add_argument("--baseline", choices=choices, required=True, help="where paths of integration start")
    parser.add_argument("--nodes", type=at_least(1), required=True, help="number of Gauss-Legendre nodes of a path")
    parser.add_argument("--window", type=at_least(1), required=True, help="side of the hidden square [pixels]")
    parser.add_argument("--stride", type=at_least(1), required=True, help="step of the hidden square [pixels]")
    parser.add_argument("--fill", choices=get_args(Fill), required=True, help="what is put where pixels are hidden")
    text = "standard deviation of SmoothGrad's noise, in that of the training maps"
    parser.add_argument("--noise", type=float, required=True, help=text)
    parser.add_argument("--draws", type=at_least(1), required=True, help="number of draws of that noise")
    parser.add_argument("--layer", help="layer of class activation maps; left out, the last one that has maps")


def _add_faithfulness(parser: argparse.ArgumentParser) -> None:
    """Add what is hidden to see whether attributions are faithful."""
    text = "number of maps whose blocks of pixels are hidden; left out, none"
    parser.add_argument("--faithfulness-maps", type=at_least(1), help=text)
    text = "side of the blocks of pixels that are hidden together"
    parser.add_argument("--faithfulness-window", type=at_least(1), default=Faithfulness.window, help=text)
    text = "number of steps in which half of the blocks are hidden"
    parser.add_argument("--faithfulness-steps", type=at_least(1), default=Faithfulness.steps, help=text)
    text = "what is put where blocks are hidden"
    default = list(Faithfulness.fills)
    parser.add_argument("--faithfulness-fills", nargs="+", choices=get_args(Fill), default=default, help=text)
    parser.add_argument("--insertion", action="store_true", help="blocks are also shown in a map that is hidden")
    text = "number of random orders of the blocks"
    parser.add_argument("--random-orders", type=at_least(1), default=Faithfulness.random_orders, help=text)


def _add_randomisation(parser: argparse.ArgumentParser) -> None:
    """Add the networks of shuffled weights that attributions are compared with."""
    text = "number of maps that networks of shuffled weights are run on; left out, none"
    parser.add_argument("--randomisation-maps", type=at_least(1), help=text)
    text = "number of those maps for methods of more than one pass"
    parser.add_argument("--integrated-maps", type=at_least(1), default=Randomisation.integrated_maps, help=text)
    text = "number of networks, shuffled from the last layer down"
    parser.add_argument("--randomisation-depths", type=at_least(1), default=Randomisation.depths, help=text)
    parser.add_argument("--untrained", action="store_true", help="an untrained network is added")


def run(
    case: CaseInputs,
    *,
    outputs: Sequence[str] = (),
    n_maps: int,
    environment: Path | None = None,
    environment_measured: Path | None = None,
    periodic: bool = False,
    pixel: float | None = None,
    pixel_units: str = "",
    seed: int,
    resamples: int,
    method: MethodSettings,
    faithfulness: Faithfulness | None = None,
    randomisation: Randomisation | None = None,
    home: Path | None = None,
    batch_size: int,
    device: str,
    threads: int,
    output: Path,
) -> None:
    """Attribute the maps of a case, and write what the attributions are worth."""
    shown = case.open()
    target = choose_device(device)
    settings = Settings(
        outputs=outputs,
        n_maps=n_maps,
        seed=seed,
        resamples=resamples,
        batch_size=batch_size,
        method=method,
        faithfulness=faithfulness,
        randomisation=randomisation,
        periodic=periodic,
        pixel=pixel,
        pixel_units=pixel_units,
    )
    logger.info("%s shown %s: %d maps on %s", case.model, case.domain.name, n_maps, describe(target))
    with reproducible(threads=threads), shown.named(), progress(settings.n_steps, "runs") as advance:
        ranked = open_environment(shown, environment, environment_measured)
        dataset = attribution_of(shown, settings, environment=ranked, home=home, device=target, advance=advance)
    write_dataset(dataset, output)
    logger.info("%s: %d methods on %d maps", output, len(method.methods), n_maps)


def _run_given(**given: Any) -> None:  # noqa: ANN401 - what the parser gives
    how: dict[str, Any] = {"method": _methods_of(given), "faithfulness": _faithfulness_of(given)}
    how |= {"randomisation": _randomisation_of(given)}
    run(case_inputs_of(given), device=device_of(given), **how, **given)


def _methods_of(given: dict[str, Any]) -> MethodSettings:
    names = ("methods", "baseline", "nodes", "window", "stride", "fill", "noise", "draws", "layer")
    return MethodSettings(**{name: given.pop(name) for name in names})


def _faithfulness_of(given: dict[str, Any]) -> Faithfulness | None:
    of_stage = {name: given.pop(f"faithfulness_{name}") for name in ("maps", "window", "steps", "fills")}
    more = {name: given.pop(name) for name in ("insertion", "random_orders")}
    return None if of_stage["maps"] is None else Faithfulness(**of_stage, **more)


def _randomisation_of(given: dict[str, Any]) -> Randomisation | None:
    of_stage = {name: given.pop(f"randomisation_{name}") for name in ("maps", "depths")}
    more = {name: given.pop(name) for name in ("integrated_maps", "untrained")}
    return None if of_stage["maps"] is None else Randomisation(**of_stage, **more)
