"""Action of the stage attribution: the ``features`` of a model's layers. Rule ``attribution_{model}``.

Output: ``{model}/{domain}_features.nc``, with the variables of
`repshift.evidence.attribution.feature_quantities.FEATURE_QUANTITIES`: feature maps of a map of the model's own domain
beside one of another, maps that channels respond to most, and what is added to maps until an output moves.
"""

import argparse
import logging
from pathlib import Path
from typing import Any, Final

from repshift.case.attribution.feature_dataset import feature_dataset
from repshift.case.attribution.feature_settings import FeatureSettings
from repshift.case.attribution.features import found_features
from repshift.case.inputs import CaseInputs, case_inputs_of
from repshift.cli.arguments import add_device, at_least, device_of, settings_of
from repshift.cli.cases import add_case
from repshift.cli.own_domain import add_own_domain
from repshift.recording.devices import choose_device, describe, reproducible
from repshift.recording.memory import BatchSize
from repshift.storage.datasets import write_dataset

logger = logging.getLogger(__name__)

_PURPOSE: Final = "whose maps are shown beside"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the arguments of `run`."""
    parser.set_defaults(run=_run_given)
    add_case(parser)
    add_device(parser)
    add_own_domain(parser, purpose=_PURPOSE)
    _add_channels(parser)
    _add_dreams(parser)
    parser.add_argument("--seed", type=at_least(0), required=True, help="random seed: draws maps, starts and resamples")
    parser.add_argument("--resamples", type=at_least(100), required=True, help="number of bootstrap resamples")
    parser.add_argument("--output", type=Path, required=True, help=".nc to write")


def _add_channels(parser: argparse.ArgumentParser) -> None:
    """Add which channels are shown, and how maps are optimised for them."""
    text = "layers, by name or pattern; left out, four that are spread over depth"
    parser.add_argument("--layers", nargs="+", default=[], help=text)
    text = "number of maps of each domain, one of each simulation"
    parser.add_argument("--n-maps", type=at_least(20), required=True, help=text)
    parser.add_argument("--channels", type=at_least(1), required=True, help="number of channels of each layer")
    text = "number of these channels that maps are optimised for"
    parser.add_argument("--filters", type=at_least(0), required=True, help=text)
    text = "number of random maps that an optimisation starts from"
    parser.add_argument("--seeds", type=at_least(2), required=True, help=text)
    parser.add_argument("--steps", type=at_least(1), required=True, help="number of steps of an optimisation")


def _add_dreams(parser: argparse.ArgumentParser) -> None:
    """Add what is added to maps."""
    parser.add_argument("--dream-layer", help="layer that the deep dream enhances; left out, the last that is shown")
    text = "number of maps of each domain that dreams start from"
    parser.add_argument("--dream-maps", type=at_least(1), required=True, help=text)
    text = "root mean square of what is added to a map, in standard deviations of pixels"
    parser.add_argument("--dream-size", type=_positive, required=True, help=text)
    text = "outputs that dreams move; none: the first two that the network infers, or all classes"
    parser.add_argument("--outputs", nargs="*", default=[], help=text)


def _positive(text: str) -> float:
    """Read a finite number above 0."""
    value = float(text)
    if not 0 < value < float("inf"):
        raise argparse.ArgumentTypeError(f"found '{text}'. Expected a finite number above 0.")
    return value


def run(
    case: CaseInputs,
    *,
    settings: FeatureSettings,
    batch_size: int,
    device: str,
    threads: int,
    output: Path,
) -> None:
    """Show what the channels of a model's layers respond to, and write it."""
    shown = case.open()
    home = case.open_home(shown, purpose=_PURPOSE)
    target = choose_device(device)
    words = (case.model, case.domain.name, settings.n_maps, describe(target))
    logger.info("%s shown %s: features of %d maps on %s", *words)
    cases = [shown] if home is None else [home, shown]
    with reproducible(threads=threads), shown.named():
        size = BatchSize(batch_size, say=logger.warning)
        found = size.fit(lambda n: found_features(cases, settings, batch_size=n, device=target), device=target)
        dataset = feature_dataset(found, settings)
    write_dataset(dataset.assign_attrs(device=target.type), output)
    logger.info("%s: %d channels of %d layers", output, dataset.sizes["feature"], len(found.layers))


def _run_given(**given: Any) -> None:  # noqa: ANN401 - what the parser gives
    settings = settings_of(FeatureSettings, given)
    run(case_inputs_of(given), settings=settings, device=device_of(given), **given)
