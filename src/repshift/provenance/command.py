"""The command provenance: ``record`` and ``archive`` a finished run, ``show`` where a result comes from, ``verify``.

``redraw`` is for an unpacked archive: it draws the figures again and compares them with those archived.
"""

import argparse
import logging
import os
import shlex
import sys
from collections.abc import Iterable
from pathlib import Path

from repshift.cli.arguments import at_least
from repshift.cli.exits import printable
from repshift.provenance.contents import (
    FIGURES,
    MARKER,
    RESULTS,
    archived_checksums,
    archived_files,
    code_files,
    is_archive,
    place_of,
    versions,
)
from repshift.provenance.page import page_of
from repshift.provenance.tree import lines_of
from repshift.provenance.workflow import draw_again, finished_results
from repshift.storage.archives import write_archive
from repshift.storage.checksums import SUMS
from repshift.storage.files import sha256
from repshift.storage.manifests import (
    NAME,
    Manifest,
    ResultRecord,
    checksums_of,
    differing,
    read_manifest,
    write_manifest,
)
from repshift.storage.wholeness import require_whole
from repshift.vocabulary import InputError

logger = logging.getLogger(__name__)

_FOLDER = "repshift-archive"
_NAMED = 5
"""Files that a sentence names."""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add an action for each thing that can be done."""
    actions = parser.add_subparsers(required=True, metavar="ACTION")
    recording = actions.add_parser("record", help="write the manifest of a finished run")
    recording.set_defaults(run=record)
    archiving = actions.add_parser("archive", help="write the manifest, and one file that figures can be drawn from")
    archiving.set_defaults(run=archive)
    archiving.add_argument("--output", type=Path, required=True, help=".tar.gz to write")
    for action in (recording, archiving):
        action.add_argument("--configuration", type=Path, required=True, help=".yaml that ran")
        action.add_argument("--manifest", type=Path, required=True, help=".json to write, in the folder of results")
    showing = actions.add_parser("show", help="say where a result comes from")
    showing.set_defaults(run=show)
    showing.add_argument("result", type=Path, help="any file in the folder of results")
    verifying = actions.add_parser("verify", help="name every file that differs from the manifest")
    verifying.set_defaults(run=verify)
    drawing = actions.add_parser("redraw", help="draw the figures of an unpacked archive, and compare them")
    drawing.set_defaults(run=redraw)
    drawing.add_argument("--cores", type=at_least(1), required=True)
    for action in (verifying, drawing):
        action.add_argument("manifest", type=Path, help="manifest.json in the folder of results")
    for action in (recording, archiving, drawing):
        action.add_argument("--options", type=shlex.split, default=[], help="further options of Snakemake, one text")


def record(*, configuration: Path, manifest: Path, options: list[str]) -> Manifest:
    """Write the manifest of a finished run; the directory that it ran in is the one above the folder of results."""
    root = _root_of(manifest)
    if is_archive(root):
        raise InputError(f"{root} is an archive, which has its manifest. Only a run can be recorded.")
    configuration = _from(root, configuration)
    rows = finished_results(root, configuration=configuration, options=options)
    require_whole([row.path for row in rows if row.kept], root=root)
    made, code = {row.path for row in rows}, code_files(root, configuration=configuration)
    sources = {path for row in rows for path in row.inputs} - made
    logger.info("%d results of %d sources", len(made), len(sources))
    kept = checksums_of([row.path for row in rows if row.kept], root=root)
    found = Manifest(
        configuration=str(configuration),
        versions=versions(root),
        code=checksums_of(code, root=root),
        sources=checksums_of(list(sources - {*code}), root=root),
        results={row.path: ResultRecord(kept.get(row.path), row.rule, row.command, row.inputs) for row in rows},
    )
    write_manifest(found, manifest)
    logger.info("%s: checksums of %d files", manifest, len(found.checksums()))
    return found


def archive(*, configuration: Path, manifest: Path, output: Path, options: list[str]) -> None:
    """Record a finished run, and write all that its figures are drawn from, and what says how, into one file."""
    found, root = record(configuration=configuration, manifest=manifest, options=options), _root_of(manifest)
    held = archived_files(found, root=root)
    members: dict[str, Path | bytes] = {place_of(path, found): root / path for path in held}
    members[f"results/{NAME}"] = manifest
    members[MARKER] = page_of(found, held).encode()
    sums = {place_of(path, found): digest for path, digest in held.items()} | {f"results/{NAME}": sha256(manifest)}
    members[SUMS] = "".join(f"{sums[name]}  {name}\n" for name in sorted(sums)).encode()
    write_archive(members, output, folder=_FOLDER)
    logger.info("%s: %d files, %.1f MB", output, len(members), output.stat().st_size / 1e6)


def show(*, result: Path) -> None:
    """Print where a result comes from, which need not be there: an archive leaves some out."""
    path = next((folder / NAME for folder in result.absolute().parents if (folder / NAME).exists()), None)
    if path is None:
        raise FileNotFoundError(f"No {NAME} in a folder above {result}. 'make provenance' writes it.")
    manifest, root = read_manifest(path), _root_of(path)
    name = result.absolute().relative_to(root).as_posix()
    if name not in manifest.results:
        raise InputError(
            f"{path} knows no '{name}'. It knows the {len(manifest.results)} results of its configuration."
        )
    expected = manifest.results[name].sha256
    if result.exists() and expected is not None and (wrong := differing({name: expected}, root=root)):
        raise InputError(f"{name} {wrong[name]}: the manifest is not of this file. 'make provenance' writes it again.")
    sys.stdout.writelines(f"{printable(line)}\n" for line in lines_of(name, manifest))


def verify(*, manifest: Path) -> None:
    """Say whether every file still is what the manifest says; of an unpacked archive, every file that it holds."""
    found, root = read_manifest(manifest), _root_of(manifest)
    checksums = archived_checksums(root, found) if is_archive(root) else found.checksums()
    _require_same(checksums, root=root, what="files are not what they were")
    require_whole([path for path in checksums if path in found.results], root=root)
    logger.info("%s: all %d files are what they were", root, len(checksums))


def redraw(*, manifest: Path, cores: int, options: list[str]) -> None:
    """Draw the figures of an unpacked archive again, from results that are those archived, and compare them."""
    found, root = read_manifest(manifest), _root_of(manifest)
    if not is_archive(root):
        raise InputError(f"{root} is no unpacked archive: there is no {MARKER}. The workflow draws its figures itself.")
    held = archived_checksums(root, found)
    figures = {path: digest for path, digest in held.items() if path.startswith(FIGURES)}
    data = {path: digest for path, digest in held.items() if path.startswith(RESULTS) and path not in figures}
    code = {path: digest for path, digest in held.items() if not path.startswith(RESULTS)}
    _require_same(data, root=root, what="results are not those archived, so no figure is drawn")
    before = _times(figures, root)
    draw_again(root, cores=cores, options=options)
    after = _times(figures, root)
    reason = _reason(differing(code, root=root), found.versions, versions(root))
    old = {path: "was not drawn again" for path, time in after.items() if before.get(path) == time}
    _refuse(old, len(figures), what="figures are old", reason=reason)
    _require_same(figures, root=root, what="figures are not those archived", reason=reason)
    logger.info("all %d files of figures are those archived, byte for byte", len(figures))


def _root_of(manifest: Path) -> Path:
    """Return the directory that a manifest's paths are relative to: the one above the folder of results."""
    return manifest.absolute().parent.parent


def _from(root: Path, path: Path) -> Path:
    """Return a path relative to the directory of the run, where it lies inside."""
    whole = Path(os.path.normpath(path.absolute()))
    return whole.relative_to(root) if whole.is_relative_to(root) else whole


def _times(paths: Iterable[str], root: Path) -> dict[str, int]:
    """Return when files that are there were changed."""
    return {path: (root / path).stat().st_mtime_ns for path in paths if (root / path).exists()}


def _require_same(checksums: dict[str, str], *, root: Path, what: str, reason: str = "") -> None:
    """Refuse files that do not have their checksums."""
    _refuse(differing(checksums, root=root), len(checksums), what=what, reason=reason)


def _refuse(wrong: dict[str, str], total: int, *, what: str, reason: str = "") -> None:
    """Name files with which something is wrong, if there are any."""
    if wrong:
        more = f" and {len(wrong) - _NAMED} more" if len(wrong) > _NAMED else ""
        named = "; ".join(f"{path} {said}" for path, said in list(wrong.items())[:_NAMED])
        raise InputError(f"{len(wrong)} of {total} {what}: {named}{more}.{reason}")


def _reason(code: dict[str, str], archived: dict[str, str], installed: dict[str, str]) -> str:
    """Return in words what else is not as archived, where that can be why figures are not."""
    both = [name for name in installed if archived.get(name, installed[name]) != installed[name]]
    changed = [*code, *(f"{name} {installed[name]} (then {archived[name]})" for name in both)]
    return f" Not as archived are {', '.join(changed)}." if changed else ""
