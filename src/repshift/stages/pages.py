"""Stage pages: what the report shows beside the figures. Rules of ``pages.smk``.

``results`` writes ``results.rst``, the first page of the report: networks of figure 1 and controls in sentences, of
``similarity.csv``, ``scores.csv`` and, where there are any, ``nulls.csv`` and ``failure_correlations.csv``.
``tables`` writes a page ``{table}.html`` of each table.
``provenance`` writes ``configuration.html``, the file that was run, as it is; ``versions.html``, the packages installed
where the pages were made; and ``checksums.html``: of weights and maps as the files of CKA name them, of these files, of
the tables and of the configuration.
"""

import argparse
import logging
from collections.abc import Sequence
from pathlib import Path

from repshift.stages.origins import checksum_parts, configuration_parts, version_parts
from repshift.stages.rows import as_words
from repshift.stages.stated import failure_told, read_told, stated
from repshift.storage.files import write_text
from repshift.storage.tables import read_table
from repshift.vocabulary import InputError
from repshift.wording.html import page, table
from repshift.wording.results import result_page

logger = logging.getLogger(__name__)


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the three actions."""
    actions = parser.add_subparsers(required=True, metavar="ACTION")
    results = actions.add_parser("results", help="the result in words")
    results.set_defaults(run=run_results)
    results.add_argument("--similarity", type=Path, required=True, help=".csv of all cases")
    results.add_argument("--scores", type=Path, required=True, help=".csv of all cases that are scored")
    results.add_argument("--nulls", type=Path, help=".csv of the tests, where there are any")
    results.add_argument("--correlations", type=Path, help=".csv of what goes with failure, where it is known")
    text = "label of a model, of its own domain and of the others it is shown"
    results.add_argument("--network", dest="networks", nargs="+", action="append", required=True, help=text)
    text = "the same of a network that is drawn as a control"
    results.add_argument("--control", dest="controls", nargs="+", action="append", default=[], help=text)
    results.add_argument("--untrained", nargs="*", default=[], help="labels of those that were never trained")
    results.add_argument("--parameters", nargs="*", default=[], help="parameters named; none: all")
    results.add_argument("--output", type=Path, required=True, help=".rst to write")
    tables = actions.add_parser("tables", help="a page of each table")
    tables.set_defaults(run=run_tables)
    tables.add_argument("--tables", type=Path, nargs="+", required=True, help=".csv of each")
    tables.add_argument("--outputs", type=Path, nargs="+", required=True, help=".html of each, same order")
    provenance = actions.add_parser("provenance", help="configuration, versions and checksums")
    provenance.set_defaults(run=run_provenance)
    provenance.add_argument("--configuration", type=Path, required=True, help=".yaml that was run")
    provenance.add_argument("--overrides", default="{}", help="what the command line set in its place, as JSON")
    provenance.add_argument("--snakemake", required=True, help="version of Snakemake")
    provenance.add_argument("--cka", type=Path, nargs="+", required=True, help=".nc of each case")
    provenance.add_argument("--tables", type=Path, nargs="+", required=True, help=".csv of each")
    for name in ("configuration", "versions", "checksums"):
        provenance.add_argument(f"--output-{name}", type=Path, required=True, help=".html to write")


def run_results(
    *,
    similarity: Path,
    scores: Path,
    nulls: Path | None = None,
    correlations: Path | None = None,
    networks: Sequence[Sequence[str]],
    controls: Sequence[Sequence[str]] = (),
    untrained: Sequence[str] = (),
    parameters: Sequence[str] = (),
    output: Path,
) -> None:
    """Write the result in words."""
    told = read_told(similarity, scores, nulls)
    shown, controlling = (
        [
            stated(told, model, own, others, is_trained=model not in untrained, parameters=parameters)
            for model, own, *others in named
        ]
        for named in (networks, controls)
    )
    rise, strongest = (None, None) if correlations is None else failure_told(correlations)
    write_text(result_page(shown, controlling, rise, strongest), output)
    logger.info("%s: %d networks, %d controls", output, len(shown), len(controlling))


def run_tables(*, tables: Sequence[Path], outputs: Sequence[Path]) -> None:
    """Write a page of each table."""
    if len(tables) != len(outputs):
        raise InputError(f"{len(tables)} tables and {len(outputs)} pages: a table needs one of its own.")
    for path, output in zip(tables, outputs, strict=True):
        write_text(page(path.stem, [table(as_words(read_table(path, columns=())))]), output)
    logger.info("%d pages", len(outputs))


def run_provenance(
    *,
    configuration: Path,
    overrides: str = "{}",
    snakemake: str,
    cka: Sequence[Path],
    tables: Sequence[Path],
    output_configuration: Path,
    output_versions: Path,
    output_checksums: Path,
) -> None:
    """Write what was run, with which packages, and what it was made from."""
    write_text(page(configuration.name, configuration_parts(configuration, overrides)), output_configuration)
    write_text(page("Versions", version_parts(snakemake)), output_versions)
    write_text(page("Checksums", checksum_parts(configuration, cka, tables)), output_checksums)
    logger.info("%s, %s, %s", output_configuration, output_versions, output_checksums)
