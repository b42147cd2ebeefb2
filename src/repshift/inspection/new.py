"""The command new: a first configuration for a network and maps of the user's own, which `repshift check` accepts.

It looks at the files, runs the user's constructor, shows the network a few maps, and chooses by the data: whether the
logarithm is taken, what the outputs are, how many maps are compared. What it chose, and why, is a comment of the file.
It refuses with every problem that it can see, and writes a whole file or none.
"""

import argparse
import json
import logging
import shlex
import sys
from collections.abc import Mapping, Sequence
from importlib.util import find_spec
from pathlib import Path
from typing import Any, Final

import numpy as np
import numpy.typing as npt
import yaml

from repshift.cli.arguments import at_least
from repshift.inspection.choices import bands_of, field_of_cmd, fields_of_cmd, logarithm_of, numbered
from repshift.inspection.draft import Draft, text_of
from repshift.inspection.maps import Contents, contents_of, n_bands_of, prepared
from repshift.inspection.outputs import Cells, Outputs, outputs_of
from repshift.inspection.problems import Problems
from repshift.inspection.request import Request, check_words, named_paths
from repshift.inspection.sets import labels_of
from repshift.inspection.table import counted
from repshift.networks.channels import Preprocessing
from repshift.storage.files import write_text
from repshift.storage.functions import Constructor
from repshift.storage.labels import read_words
from repshift.storage.names import BAND
from repshift.study.catalogue import ROOT, read_catalogue
from repshift.study.reading import read_whole
from repshift.vocabulary import MAPS_PER_SIMULATION, size_in_words

logger = logging.getLogger(__name__)

_IMAGE: Final = "image"
"""What a field is called that nothing names."""

_FEWEST: Final = 4
"""Maps that the unbiased estimator of HSIC needs."""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the arguments of `run`."""
    parser.set_defaults(run=lambda **given: run(Request(**given)))
    add = parser.add_argument
    pairs: dict[str, Any] = {"nargs": "+", "action": "extend", "metavar": "NAME=PATH"}
    add("--network", required=True, metavar="MODULE:FUNCTION", help="what returns the network; it is called, and runs")
    add("--path", type=Path, help="folder that holds the module; left out, it is installed")
    add("--arguments", type=_section, default={}, help="keyword arguments of the function, as JSON")
    add("--weights", type=Path, help="checkpoint or state dict; left out, the weights are those of the function")
    add("--trained", action="store_true", help="without --weights: the function loads weights that have learned")
    add("--seed", type=at_least(0), default=1, help="random seed: of torch, before the function is called")
    add("--maps", required=True, help="maps of each suite, by its name; the network was trained on the first", **pairs)
    add("--labels", default=[], help="labels of a suite: .csv with a header, or .txt; a row a simulation", **pairs)
    add("--field", help="name of what the maps show: letters; image, if nothing says it")
    add("--bands", nargs="+", default=[], help="names of the bands, in their order")
    add("--maps-per-simulation", type=at_least(1), help="consecutive maps of one simulation; 1, or 15 of CMD's files")
    add("--layers", nargs="+", default=[], help="names and patterns of layers; left out, all activations")
    add("--outputs", nargs="+", default=[], help="columns of the labels that the network infers, in its order")
    add("--classes", nargs="+", default=[], help="classes of that column, in the order of the network's outputs")
    add("--output", type=Path, default=Path("config/own.yaml"), help=".yaml to write; an existing one is refused")


def run(asked: Request) -> None:
    """Look at files and network, and write a configuration, or say all that is wrong."""
    problems = Problems()
    maps, labels = (
        named_paths(words, flag, problems) for words, flag in ((asked.maps, "--maps"), (asked.labels, "--labels"))
    )
    check_words(asked, maps, labels, problems)
    each = asked.maps_per_simulation or (MAPS_PER_SIMULATION if fields_of_cmd(maps) else 1)
    contents: dict[str, Contents] = {}
    tables: dict[str, Cells] = {}
    for name, path in maps.items():
        with problems.gathering():
            contents[name] = contents_of(path, bands=_bands(asked, path), maps_per_simulation=each)
        if name in labels and name in contents:
            with problems.gathering():
                labels_of(labels[name], contents[name], maps_per_simulation=each)
                tables[name] = read_words(Path(labels[name]))
    _check_contents(contents, each, problems)
    field = asked.field or field_of_cmd(maps, problems) or _IMAGE
    chosen = _tried(asked, contents, list(tables.values()), field=field, problems=problems)
    problems.require_none()
    text = text_of(_draft(asked, contents, labels, field=field, outputs=chosen, each=each))
    read_whole(yaml.safe_load(text))
    write_text(text, asked.output)
    logger.info("%s: a network on maps of %s", asked.output, ", ".join(maps))
    sys.stdout.write(f"repshift check {shlex.quote(str(asked.output))}\n{_run_command(asked.output)}\n")


def _section(text: str) -> dict[str, Any]:
    """Read keyword arguments."""
    try:
        found = json.loads(text)
    except ValueError:
        found = None
    if not isinstance(found, dict):
        raise argparse.ArgumentTypeError(f"found '{text[:60]}'. Expected JSON, as '{{\"width\": 12}}'.")
    return found


def _bands(asked: Request, path: str) -> tuple[str, ...]:
    """Return the names of the bands that each image of a file or folder holds; none of maps of one."""
    return tuple(asked.bands) or numbered(1 if BAND in path else n_bands_of(path))


def _check_contents(contents: Mapping[str, Contents], each: int, problems: Problems) -> None:
    """Note suites of maps that cannot be compared: of other sizes or bands than the first, or too few."""
    for name, found in contents.items():
        first = next(iter(contents))
        problems.note(
            found.shape == contents[first].shape,
            f"{found.source} ('{name}') holds {_form(found)}, but {contents[first].source} ('{first}') "
            f"{_form(contents[first])}. Layers are compared over maps of one form.",
        )
        n_simulations = found.n_maps // each
        problems.note(
            n_simulations >= _FEWEST,
            f"{found.source} has {counted(n_simulations, 'simulation')}. CKA needs {_FEWEST} or more.",
        )


def _tried(
    asked: Request, contents: Mapping[str, Contents], tables: Sequence[Cells], *, field: str, problems: Problems
) -> Outputs:
    """Build the network, show it a few maps of each suite, and return what its outputs are."""
    for flag, words in (("--outputs", asked.outputs), ("--classes", asked.classes)):
        problems.note(asked.labels or not words, f"{flag} names {', '.join(words)}, but no --labels are given.")
    root = asked.network.partition(":")[0].partition(".")[0]
    if asked.path is None and not (root.isidentifier() and find_spec(root)):
        words = (
            f"--network is '{asked.network}', but no package '{root}' is installed. Say by --path which folder has it."
        )
        problems.note(False, words)
        return Outputs()
    from repshift.inspection.networks import (
        answers_of,
        build,
        is_sigmoid,
        layers_of,
        require_again,
        require_pairs,
        require_varying,
    )  # torch takes seconds
    from repshift.recording.devices import reproducible  # which --help does without

    chosen = Outputs()
    with problems.gathering(), reproducible(threads=1):
        logger.info("calling %s, which is your own code", asked.network)
        own, arguments = Constructor(asked.network, asked.path), dict(asked.arguments or {})
        network = build(own, arguments, weights=asked.weights, seed=asked.seed)
        require_again(network, own, arguments)
        shown = _prepared(contents, field)
        answers = [answers_of(network, maps, asked.network) for maps in shown]
        if shown:
            found = layers_of(network, shown[0], asked.network, layers=asked.layers or None)
            require_pairs(found, asked.network)
            require_varying(network, shown[0], found, asked.network)
            logger.info("%d layers: %s", len(found), ", ".join(found))
            if tables:
                ends = is_sigmoid(network, shown[0], asked.network)
                chosen = outputs_of(answers, tables, asked=asked.outputs, is_sigmoid=ends, classes=asked.classes)
                if chosen.classes and not asked.classes:
                    logger.warning(
                        "classes, sorted; --classes gives another order: %s", ", ".join(map(str, chosen.classes))
                    )
    return chosen


def _prepared(contents: Mapping[str, Contents], field: str) -> list[npt.NDArray[np.float32]]:
    """Return a few maps of each suite as the network takes them; none of a suite whose form is not the first's."""
    forms = [one.shape for one in contents.values()]
    how = Preprocessing(logarithm=logarithm_of(contents, field)[0])
    return [
        prepared(
            one,
            [field] * one.shape[0],
            preprocessing=[how] * one.shape[0],
            moments=None,
            functions=[None] * one.shape[0],
            places=range(one.shape[0]),
        )
        for one in contents.values()
        if one.shape == forms[0]
    ]


def _draft(
    asked: Request,
    contents: Mapping[str, Contents],
    labels: Mapping[str, str],
    *,
    field: str,
    outputs: Outputs,
    each: int,
) -> Draft:
    """Return what the configuration is written of."""
    logarithm, why = logarithm_of(contents, field)
    return Draft(
        constructor=asked.network,
        path=None if asked.path is None else str(asked.path),
        arguments=asked.arguments or {},
        weights=None if asked.weights is None else str(asked.weights),
        is_trained=asked.trained,
        seed=asked.seed,
        maps={name: found.source for name, found in contents.items()},
        labels=labels,
        field=field,
        is_known=field in read_catalogue().fields,
        bands=bands_of(asked.bands, contents.values()),
        is_named=bool(asked.bands),
        maps_per_simulation=each,
        layers=tuple(asked.layers),
        outputs=outputs,
        logarithm=logarithm,
        why_logarithm=why,
        n_simulations=min(found.n_maps // each for found in contents.values()),
    )


def _form(contents: Contents) -> str:
    """Return the form of one map in words."""
    bands = contents.shape[0]
    return f"maps of {size_in_words(contents.shape[1:])}" + (f" in {bands} bands" if bands > 1 else "")


def _run_command(output: Path) -> str:
    """Return the command that runs a configuration from the working directory, by the Snakefile here or the clone's."""
    configured = f"--cores 2 --configfile {shlex.quote(str(output))}"
    clone = ROOT / "Snakefile"
    if Path("Snakefile").is_file():
        return f"snakemake {configured}"
    if clone.is_file():
        return f"snakemake --snakefile {shlex.quote(str(clone))} {configured}"
    logger.info("there is no Snakefile here, nor beside the package: run snakemake in a clone of the repository")
    return f"snakemake {configured}"
