"""What a run was made from: its configuration, packages, checksums of what went in and came out."""

import json
import platform
from collections.abc import Sequence
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Final

import pandas as pd

from repshift import __version__
from repshift.storage.datasets import open_dataset
from repshift.storage.files import sha256
from repshift.vocabulary import CASE, InputError
from repshift.wording.html import heading, paragraph, table, verbatim

PACKAGES: Final = (
    *("numpy", "scipy", "scikit-learn", "xarray", "netCDF4", "pandas", "matplotlib", "seaborn", "torch", "tqdm"),
    *("requests", "urllib3", "optuna", "sqlalchemy", "pydantic", "pyyaml"),
    *("astropy", "safetensors", "h5py", "pillow"),
)
"""Packages that repshift imports: its dependencies."""

_WHERE: Final = (
    "As installed where the pages of this report were made. Where rules run in environments of their own (conda), "
    "those of other stages are pinned in envs/; else all stages ran with these."
)


def configuration_parts(path: Path, overrides: str) -> list[str]:
    """Return the configuration as it is, and what the command line set in its place.

    Raises
    ------
    InputError
        If the overrides are not JSON.
    """
    try:
        changed = json.loads(overrides)
    except ValueError as error:
        raise InputError(f"The overrides are not JSON: {error}.") from error
    said = [paragraph("The command line set these in its place:"), verbatim(json.dumps(changed, indent=2))]
    return [*(said if changed else []), verbatim(path.read_text(encoding="utf-8"))]


def version_parts(snakemake: str) -> list[str]:
    """Return the versions of repshift, of what runs it, and of the packages it imports."""
    own = {"repshift": __version__, "Python": platform.python_version(), "Snakemake": snakemake}
    rows = pd.DataFrame((own | {name: installed(name) for name in PACKAGES}).items(), columns=["package", "version"])
    return [paragraph(_WHERE), table(rows)]


def installed(name: str) -> str:
    """Return the version of a package as its own record says, or that there is none."""
    try:
        return version(name)
    except PackageNotFoundError:
        return "not in this environment"


def checksum_parts(configuration: Path, cka: Sequence[Path], tables: Sequence[Path]) -> list[str]:
    """Return the SHA-256 of what went in, as the files of CKA name it, and of what came out."""
    cases = pd.DataFrame([_made_of(path) for path in cka])
    weights = cases[["model", "weights_sha256"]].drop_duplicates()
    maps = cases[["field", "test_suite", "set", "maps_sha256"]].drop_duplicates()
    files = pd.DataFrame(
        [(path.name, sha256(path)) for path in (configuration, *tables)], columns=["file", "file_sha256"]
    )
    return [
        paragraph("SHA-256. Weights and maps as every file of CKA names those it was made from."),
        *(heading("Weights"), table(_named(weights))),
        *(heading("Maps"), table(_named(maps))),
        *(heading("Configuration and tables"), table(_named(files))),
        *(heading("Files of CKA"), table(_named(cases[["model", "domain", "cka_sha256"]]))),
    ]


def _made_of(path: Path) -> dict[str, str]:
    """Return what a file of CKA says of its case and of what it was made from, and its own checksum."""
    asked = (*CASE, "set", "weights_sha256", "maps_sha256")
    with open_dataset(path, attributes=asked) as opened:
        return {**{name: str(opened.attrs[name]) for name in asked}, "cka_sha256": sha256(path)}


def _named(rows: pd.DataFrame) -> pd.DataFrame:
    """Return a table whose last column, of checksums, is called so."""
    return rows.rename(columns={rows.columns[-1]: "SHA-256", "test_suite": "suite"})
