"""What belongs to a run beside its results, and what of all that an archive holds."""

import importlib.metadata
import platform
from pathlib import Path, PurePath
from typing import Any, Final

import yaml

from repshift import __version__
from repshift.provenance.code import import_closure, path_of
from repshift.storage.checksums import SUMS, read_sums
from repshift.storage.manifests import NAME, Manifest
from repshift.vocabulary import InputError

MARKER: Final = "ARCHIVE.md"
"""What tells an unpacked archive from a clone; the Snakefile and the Makefile look for it."""

RESULTS: Final = "results/"
ACTIVATIONS: Final = "results/activations/"
FIGURES: Final = "results/figures/"

_CODE: Final = (
    *("Snakefile", "Makefile", "README.md", "CHANGELOG.md", "CITATION.cff", "LICENSE", "pyproject.toml"),
    *("requirements.lock", "resources/cmd.yaml", "config/README.md", "CONTRIBUTING.md", "docs"),
    *("workflow", "src", "profiles", "envs"),
)
_DEFAULT: Final = "config/config.yaml"
_MOST_BYTES: Final = 10_000_000
"""Of weights in an archive; the shipped networks have a tenth of it."""


def code_files(root: Path, *, configuration: Path) -> list[str]:
    """Return the files that say what runs: the workflow, the package, environments, and code of the user's networks."""
    found = [path for name in _CODE for path in _files_in(root / name)]
    inside = [path.relative_to(root).as_posix() for path in found]
    return sorted(
        {
            *inside,
            str(configuration),
            *_own_code(root, yaml.safe_load((root / configuration).read_text(encoding="utf-8"))),
        }
    )


def is_archive(root: Path) -> bool:
    """Return whether a directory is an unpacked archive."""
    return (root / MARKER).exists()


def archived_checksums(root: Path, manifest: Manifest) -> dict[str, str]:
    """Return what the files of an unpacked archive were, by their paths in it.

    Raises
    ------
    InputError
        If ``SHA256SUMS`` lacks a file that the manifest knows and an archive holds, or says something else of it.
    """
    found = read_sums(root)
    known = {place_of(path, manifest): digest for path, digest in manifest.checksums().items()}
    held = {place_of(path, manifest) for path in archived_files(manifest, root=root)} | {f"{RESULTS}{NAME}"}
    missing = sorted(held - found.keys())
    if missing:
        raise InputError(
            f"{root / SUMS} has no line for {len(missing)} of {len(held)} files of the archive, the first "
            f"'{missing[0]}'. Unpack the archive again."
        )
    other = sorted(path for path, digest in found.items() if known.get(path, digest) != digest)
    if other:
        raise InputError(f"{root / SUMS} and {NAME} disagree on {len(other)} files, the first '{other[0]}'.")
    return found


def versions(root: Path) -> dict[str, str]:
    """Return the versions of the package, of Python, and of every installed package that the lock file names."""
    lines = (root / "requirements.lock").read_text(encoding="utf-8").splitlines()
    named = [line.partition("==")[0] for line in lines if "==" in line]
    installed = {name: version for name in named if (version := _version(name)) is not None}
    return {"repshift": __version__, "python": platform.python_version(), **installed}


def archived_files(manifest: Manifest, *, root: Path) -> dict[str, str]:
    """Return the checksums of the files of a run that an archive of it holds, by their paths in the run.

    All code and settings; results but activations, maps and weights; of other files descriptions, and weights of up to
    10 MB. Nothing that lies outside the directory of the run, but the configuration.
    """
    held = {
        path: digest
        for path, digest in manifest.checksums().items()
        if _is_inside(path) and (path in manifest.code or _is_data(path, root=root))
    }
    return held | {manifest.configuration: manifest.code[manifest.configuration]}


def _is_inside(path: str) -> bool:
    return not PurePath(path).is_absolute() and ".." not in PurePath(path).parts


def _is_data(path: str, *, root: Path) -> bool:
    suffix = PurePath(path).suffix
    if path.startswith(RESULTS):
        return suffix not in (".npy", ".pt") and not path.startswith(ACTIVATIONS)
    if suffix == ".pt":  # an archive may have left it out
        return (root / path).is_file() and (root / path).stat().st_size <= _MOST_BYTES
    return suffix == ".json"


def place_of(path: str, manifest: Manifest) -> str:
    """Return where an archive holds a file of the run: the configuration that ran takes the default's place."""
    return _DEFAULT if path == manifest.configuration else path


def _files_in(place: Path) -> list[Path]:
    """Return a file, or all files in a folder but those of caches and editors; none where there is nothing."""
    if place.is_file():
        return [place]
    found = (path for path in place.rglob("*") if path.is_file() and "__pycache__" not in path.parts)
    return [path for path in found if not path.name.startswith(".")]


def _own_code(root: Path, configuration: dict[str, Any]) -> list[str]:
    """Return the files of networks, generators and axes of the user, and what they import beside them."""
    found = []
    for folder, function in _own_functions(configuration):
        source, module = root / folder, function.partition(":")[0]
        files = [path_of(name, source=source) for name in import_closure(module, source=source)]
        found += [Path(folder, path.relative_to(source)).as_posix() for path in files]
    return found


def _own_functions(configuration: dict[str, Any]) -> list[tuple[str, str]]:
    """Return the folder and the name of each function of the user that lies in a folder."""
    networks = [model["network"] for model in configuration.get("models", {}).values() if "network" in model]
    named = [(network.get("path"), network["constructor"]) for network in networks]
    for suite in configuration["suites"].values():
        if suite["provider"] == "function":
            labels = [suite["labels"]["function"]] if suite.get("labels") else []
            named += [(suite.get("path"), function) for function in (suite["generator"], *labels)]
    axes = (configuration.get("stress") or {}).get("axes", {}).values()
    named += [(axis.get("path"), axis["function"]) for axis in axes if "function" in axis]
    return [(folder, function) for folder, function in named if folder]


def _version(name: str) -> str | None:
    try:
        return importlib.metadata.version(name)
    except importlib.metadata.PackageNotFoundError:
        return None
