"""Action of the stage attribution: the ``shift`` of outputs from maps to their twins. Rule ``attribution_{model}``.

Output: ``{model}/{domain}_to_{twin}.nc``, with the variables of
`repshift.evidence.attribution.quantities.SHIFT_QUANTITIES`.
"""

import argparse
import logging
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from repshift.case.attribution.inputs import open_environment
from repshift.case.attribution.settings import ShiftSettings
from repshift.case.attribution.shift_dataset import attribution_of_shift
from repshift.case.inputs import CaseInputs, case_inputs_of
from repshift.cli.arguments import add_device, add_maps, at_least, device_of
from repshift.cli.cases import add_case
from repshift.recording.devices import choose_device, describe, reproducible
from repshift.stages.attribution.maps import add_attributed
from repshift.storage.datasets import write_dataset
from repshift.storage.simulations import Paths, open_simulations

logger = logging.getLogger(__name__)


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the arguments of `run`."""
    parser.set_defaults(run=_run_given)
    add_case(parser)
    add_device(parser)
    add_attributed(parser)
    text = "suite of the twins: the same simulations under other physics"
    parser.add_argument("--twin", required=True, help=text)
    add_maps(parser, prefix="twin-", which="the twins")
    parser.add_argument("--twin-parameters", type=Path, help=".txt of parameters or .csv of labels of the twins")
    text = "labels that are measured of maps, so that they may differ between twins"
    parser.add_argument("--measured-labels", nargs="+", default=[], metavar="NAME", help=text)
    parser.add_argument("--nodes", type=at_least(1), required=True, help="number of Gauss-Legendre nodes of a path")
    parser.add_argument("--by-layer", action="store_true", help="the shift is also followed through the layers")
    parser.add_argument("--output", type=Path, required=True, help=".nc to write")


def run(
    case: CaseInputs,
    *,
    twin: str,
    twin_maps: Paths,
    twin_measured: Paths,
    twin_parameters: Path | None = None,
    measured_labels: Sequence[str] = (),
    outputs: Sequence[str] = (),
    n_maps: int,
    environment: Path | None = None,
    environment_measured: Path | None = None,
    pixel: float | None = None,
    pixel_units: str = "",
    nodes: int,
    by_layer: bool = False,
    seed: int,
    resamples: int,
    batch_size: int,
    device: str,
    threads: int,
    output: Path,
) -> None:
    """Attribute the shift between the maps of a case and their twins, and write where it comes from."""
    shown = case.open()
    twins = open_simulations(twin_maps, twin_parameters, twin_measured, functions=case.files.functions)
    target = choose_device(device)
    settings = ShiftSettings(
        outputs=outputs,
        n_maps=n_maps,
        seed=seed,
        resamples=resamples,
        batch_size=batch_size,
        nodes=nodes,
        layers=by_layer,
        measured_labels=measured_labels,
        pixel=pixel,
        pixel_units=pixel_units,
    )
    logger.info("%s shown %s and %s: %d maps on %s", case.model, case.domain.name, twin, n_maps, describe(target))
    with reproducible(threads=threads), shown.named():
        ranked = open_environment(shown, environment, environment_measured)
        dataset = attribution_of_shift(shown, settings, name=twin, twin=twins, environment=ranked, device=target)
    write_dataset(dataset, output)
    logger.info("%s: %d outputs of %d maps", output, dataset.sizes["output"], n_maps)


def _run_given(**given: Any) -> None:  # noqa: ANN401 - what the parser gives
    run(case_inputs_of(given), device=device_of(given), **given)
