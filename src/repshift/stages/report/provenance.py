"""Action of the stage report: ``provenance``, configuration, versions and checksums.

Outputs: ``configuration.html``, the file that was run, as it is; ``versions.html``, the packages installed where the
pages were made; and ``checksums.html``: of weights and maps as the files of CKA name them, of these files, of the
tables and of the configuration.
"""

import argparse
import logging
from collections.abc import Sequence
from pathlib import Path

from repshift.stages.report.origins import checksum_parts, configuration_parts, version_parts
from repshift.storage.files import write_text
from repshift.wording.html import page

logger = logging.getLogger(__name__)


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the arguments of `run`."""
    parser.set_defaults(run=run)
    parser.add_argument("--configuration", type=Path, required=True, help=".yaml of the run")
    parser.add_argument("--overrides", default="{}", help="values that the command line set instead, as JSON")
    parser.add_argument("--snakemake", required=True, help="version of Snakemake")
    parser.add_argument("--cka", type=Path, nargs="+", required=True, help=".nc of each case")
    parser.add_argument("--tables", type=Path, nargs="+", required=True, help=".csv of each")
    for name in ("configuration", "versions", "checksums"):
        parser.add_argument(f"--output-{name}", type=Path, required=True, help=".html to write")


def run(
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
