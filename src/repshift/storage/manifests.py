"""What a run has made and of what: ``results/manifest.json``, with the checksum of every file."""

from collections.abc import Iterable
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, Final

from repshift.storage.files import read_json, sha256, write_json
from repshift.vocabulary import InputError

NAME: Final = "manifest.json"
"""What the file is called; it lies in the folder of results."""


@dataclass(frozen=True)
class ResultRecord:
    """A result.

    Attributes
    ----------
    sha256
        Its checksum; None where the configuration does not keep it.
    rule, command
        What made it, with every setting.
    inputs
        The files it was made from, sorted.
    """

    sha256: str | None
    rule: str
    command: str
    inputs: tuple[str, ...]


@dataclass(frozen=True)
class Manifest:
    """Results of one configuration, and all that they were made from, by paths relative to the directory of the run.

    Attributes
    ----------
    configuration
        The file of settings that ran.
    versions
        Of the package, of Python and of every installed package that the lock file names.
    code
        Checksums of the workflow, the package, the environments and the configuration.
    sources
        Checksums of files that no rule made: weights, tables, maps of the user.
    results
        What rules made.
    """

    configuration: str
    versions: dict[str, str]
    code: dict[str, str]
    sources: dict[str, str]
    results: dict[str, ResultRecord]

    def checksums(self) -> dict[str, str]:
        """Return the checksum of every file that has one."""
        made = {path: one.sha256 for path, one in self.results.items() if one.sha256 is not None}
        return self.code | self.sources | made


def write_manifest(manifest: Manifest, path: Path) -> None:
    """Write a manifest."""
    write_json(asdict(manifest), path)


def read_manifest(path: Path) -> Manifest:
    """Read a manifest.

    Raises
    ------
    FileNotFoundError
        If there is no such file.
    InputError
        If it is no manifest.
    """
    if not path.exists():
        raise FileNotFoundError(f"No such file: {path}. 'make provenance' writes it once the workflow has run.")
    found = read_json(path)
    _require_form(found, path)
    try:
        made = {
            name: ResultRecord(**one | {"inputs": tuple(one["inputs"])}) for name, one in found.pop("results").items()
        }
        return Manifest(**found, results=made)
    except (AttributeError, KeyError, TypeError) as error:
        raise InputError(f"{path} is not a manifest of results: {error}.") from error


def _require_form(found: dict[str, Any], path: Path) -> None:
    """Refuse a manifest whose parts are not what `Manifest` says."""
    parts: dict[str, Any] = {name: found.get(name) for name in ("versions", "code", "sources", "results")}
    wrong = [name for name, part in parts.items() if not isinstance(part, dict)]
    wrong += [
        name for name in ("versions", "code", "sources") if name not in wrong and not _is_text(parts[name].values())
    ]
    if not isinstance(found.get("configuration"), str):
        wrong.append("configuration")
    results = parts["results"] if isinstance(parts["results"], dict) else {}
    for name, one in results.items():
        whole = isinstance(one, dict) and _is_text([one.get("rule"), one.get("command"), one.get("sha256") or ""])
        if not whole or not isinstance(one.get("inputs"), list) or not _is_text(one["inputs"]):
            wrong.append(f"results/{name}")
    if wrong:
        raise InputError(f"{path} is not a manifest of results: '{wrong[0]:.200}' is not what it should be.")


def _is_text(values: Iterable[object]) -> bool:
    return all(isinstance(value, str) for value in values)


def checksums_of(paths: list[str], *, root: Path) -> dict[str, str]:
    """Return the SHA-256 of files, by their paths relative to `root`, sorted."""
    return {path: sha256(root / path) for path in sorted(paths)}


def differing(checksums: dict[str, str], *, root: Path) -> dict[str, str]:
    """Return what is wrong with files, by path, of those that do not have the checksum they should have."""
    wrong = {}
    for path, expected in checksums.items():
        if not (root / path).is_file():
            wrong[path] = "is missing"
        elif (found := sha256(root / path)) != expected:
            wrong[path] = f"has the SHA-256 {found}, expected {expected}"
    return wrong
