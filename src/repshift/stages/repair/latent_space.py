"""Action of the stage repair: ``latent_space``, maps in two dimensions before and after. Rule ``latent_space_{model}``.

Output: ``{model}/{domain}_latent_space.nc``, with the variables of
`repshift.evidence.repair.latent_space.LATENT_QUANTITIES` along ``network`` ("none": as it is; else the name of a
repair, or of a repaired model; coordinate network_label), ``layer``, ``method`` (``pca``, ``tsne``), ``map`` of the
model's own domain and then of the target, ``map_home``, those of the own domain alone, and ``axis`` (2). Coordinates of
maps: map, map_simulation, map_suite, map_domain. With labels ``truth`` (map, parameter), or of classes ``true_class``
(map). No map is of a simulation that tuned a repair. Attributes: those of the case, own_domain, n_tuned, neighbours,
perplexity, seed.
"""

import argparse
import logging
from pathlib import Path
from typing import Any

from repshift.case.domain_maps import KnownLabels
from repshift.case.repair.latent_space import LatentPicture, latent_space_of
from repshift.case.repair.open_ladder import open_ladder
from repshift.case.repair.settings import LadderFiles, LadderSettings
from repshift.cli.arguments import add_device, at_least, device_of
from repshift.cli.cases import add_case
from repshift.cli.own_domain import add_own_domain
from repshift.evidence.repair.latent_space import LatentSettings
from repshift.recording.devices import choose_device, describe, reproducible
from repshift.stages.repair.arguments import files_of
from repshift.statistics.embedding import EMBEDDINGS
from repshift.storage.datasets import write_dataset

logger = logging.getLogger(__name__)


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the arguments of `run`."""
    parser.set_defaults(run=_run_given)
    add_case(parser)
    add_device(parser)
    add_own_domain(parser, purpose="whose maps are placed beside")
    parser.add_argument("--reference-parameters", type=Path, help="labels of that domain; left out, there are none")
    parser.add_argument("--unscored", nargs="*", default=[], help="parameters of the table that are not the maps' own")
    parser.add_argument("--without-truth", action="store_true", help="the maps have no labels of what is inferred")
    text = "repairs without training that are drawn; left out, batch_norm, or what a network without batch norms allows"
    parser.add_argument("--rungs", nargs="*", default=[], help=text)
    text = "a model that is a repair of this one, drawn beside"
    parser.add_argument("--repaired", nargs=2, action="append", default=[], metavar=("MODEL", "WEIGHTS.pt"), help=text)
    parser.add_argument("--layers", nargs="*", default=[], help="layers, by name; left out, the last")
    text = "number of maps of each domain at most, one of each simulation that tunes no repair"
    parser.add_argument("--n-maps", type=at_least(5), required=True, help=text)
    parser.add_argument("--methods", nargs="+", choices=list(EMBEDDINGS), required=True, help="embeddings")
    text = "number of nearest neighbours that are compared; left out, 10 or a fifth of the maps"
    parser.add_argument("--neighbours", type=at_least(1), help=text)
    text = "perplexity of t-SNE; left out, 30 or a fifth of the maps"
    parser.add_argument("--perplexity", type=float, help=text)
    text = "number of simulations of the target that tune repairs"
    parser.add_argument("--simulations", type=at_least(1), default=25, help=text)
    text = "number of maps of each simulation that tune"
    parser.add_argument("--tuned-maps-each", type=at_least(1), default=5, help=text)
    parser.add_argument("--layer", help="layer whose features are adjusted; left out, the last")
    text = "weight of the target's batch-norm statistics beside the network's own"
    parser.add_argument("--mixing", type=float, default=0.5, help=text)
    text = "random seed: divides simulations, draws maps and starts t-SNE"
    parser.add_argument("--seed", type=at_least(0), required=True, help=text)
    parser.add_argument("--output", type=Path, required=True, help=".nc to write")


def run(
    *,
    files: LadderFiles,
    settings: LadderSettings,
    labels: KnownLabels | None,
    pictured: LatentPicture,
    device: str,
    threads: int,
    output: Path,
) -> None:
    """Place maps of a model's own domain and of a target in two dimensions, before and after repair, and write it."""
    target = choose_device(device)
    with reproducible(threads=threads):
        ladder = open_ladder(files, settings, labels=labels, device=target)
        logger.info("%s and %s: latent space on %s", files.model, files.target.domain.name, describe(target))
        with ladder.shown.named():
            dataset = latent_space_of(ladder, pictured)
    write_dataset(dataset, output)
    logger.info("%s: %d maps, %d layers", output, dataset.sizes["map"], dataset.sizes["layer"])


def _run_given(**given: Any) -> None:  # noqa: ANN401 - what the parser gives
    files, labels = files_of(given | {"prior_domain": None})
    settings = LadderSettings(
        simulations=(given["simulations"],),
        splits=1,
        maps_each=1,
        tuned_maps_each=given["tuned_maps_each"],
        layer=given["layer"],
        mixing=given["mixing"],
        seed=given["seed"],
        batch_size=given["batch_size"],
    )
    how = LatentSettings(given["methods"], given["neighbours"], given["perplexity"], given["seed"])
    models = [(name, Path(weights)) for name, weights in given["repaired"]]
    pictured = LatentPicture(given["rungs"], models, given["layers"], given["n_maps"], how, own=files.own)
    output, threads = given["output"], given["threads"]
    run(
        files=files,
        settings=settings,
        labels=labels,
        pictured=pictured,
        device=device_of(given),
        threads=threads,
        output=output,
    )
