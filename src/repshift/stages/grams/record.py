"""Action of the stage grams: ``record`` what a network returns, without writing it. Rule ``network``."""

import argparse
import logging
from collections.abc import Sequence
from functools import partial
from pathlib import Path
from typing import Any, Literal, get_args

from repshift.case.activations import Settings, record
from repshift.case.forward import open_case, show
from repshift.case.products import write_grams
from repshift.cli.arguments import device_of, domain_of, functions_of
from repshift.cli.cases import add_case, add_recording
from repshift.cli.networks import constructor_of
from repshift.cli.progress import progress
from repshift.recording.passes import Precision
from repshift.storage.functions import Constructor
from repshift.storage.simulations import Paths, SimulationFiles
from repshift.vocabulary import Domain, InputError, Split, Standardisation

logger = logging.getLogger(__name__)


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the arguments of `run`."""
    parser.set_defaults(run=_record_given)
    add_case(parser)
    add_recording(parser)
    choices = {"split": get_args(Split), "standardisation": get_args(Standardisation)}
    for name in ("domain", "suite", "set", "split", "standardisation"):
        text = f"{name} of the model's own domain, for its cross block"
        parser.add_argument(f"--reference-{name}", choices=choices.get(name), help=text)
    for name, text in (("maps", ".npy of maps"), ("measured", ".json of the maps")):
        parser.add_argument(f"--reference-{name}", type=Path, nargs="+", help=f"{text} of that domain, one a channel")
    parser.add_argument("--output", type=Path, required=True, help=".nc to write")


def run(
    *,
    model: str,
    weights: Path,
    own: Constructor | None = None,
    maps: Paths,
    parameters: Path | None,
    measured: Paths,
    functions: Sequence[Constructor] = (),
    domain: Domain,
    reference: Domain | None = None,
    reference_maps: Paths | None = None,
    reference_measured: Paths | None = None,
    n_maps: int,
    maps_each: int = 1,
    seed: int,
    batch_size: int,
    passes: int,
    dropout: Literal["on", "off"],
    precision: Precision,
    device: str,
    threads: int,
    output: Path,
) -> None:
    """Run the chosen maps of a domain, and of the model's own, through a model, and multiply what layers return."""
    _require_whole({"domain": reference, "maps": reference_maps, "measured": reference_measured})
    files = SimulationFiles(maps, parameters, measured, functions)
    shown = [open_case(model, weights, own=own, files=files, domain=domain)]
    if reference is not None and reference_maps is not None and reference_measured is not None:
        files = SimulationFiles(reference_maps, None, reference_measured, functions)
        shown.append(show(model, shown[0].network, shown[0].description, files=files, domain=reference))
    settings = Settings(
        n_maps=n_maps,
        maps_each=maps_each,
        seed=seed,
        batch_size=batch_size,
        passes=passes,
        dropout=dropout,
        precision=precision,
        device=device,
        threads=threads,
    )
    datasets = [record(one, settings, progress=partial(progress, what="batches recorded")) for one in shown]
    write_grams(datasets, device=device, threads=threads, output=output)


def _record_given(**given: Any) -> None:  # noqa: ANN401 - what the parser gives
    words = {name: given.pop(f"reference_{name}") for name in ("domain", "suite", "set", "split", "standardisation")}
    _require_whole(words | {name: given[f"reference_{name}"] for name in ("maps", "measured")})
    reference = None if words["domain"] is None else domain_of(words)
    here = device_of(given)
    how: dict[str, Any] = {"own": constructor_of(given), "functions": functions_of(given)}
    run(domain=domain_of(given), reference=reference, device=here, **how, **given)


def _require_whole(reference: dict[str, object]) -> None:
    """Refuse a part of what the cross block with the model's own domain needs."""
    missing = [f"--reference-{name}" for name, value in reference.items() if value is None]
    if missing and len(missing) < len(reference):
        given = [f"--reference-{name}" for name, value in reference.items() if value is not None]
        raise InputError(f"The cross block lacks {', '.join(missing)}. Give it beside {', '.join(given)}, or none.")
