"""Where a result comes from, in words: a tree of files down to those that no rule made from another."""

from collections.abc import Iterator

from repshift.storage.manifests import Manifest, ResultRecord

_INDENT = "  "
_NOT_KEPT = "not kept"


def lines_of(path: str, manifest: Manifest) -> Iterator[str]:
    """Yield what made a result, the tree of what it was made from, and where the tree ends, each with its checksum."""
    made = manifest.results[path]
    yield f"{path}: rule {made.rule}, {_checksum(made)}"
    yield f"command: {made.command}"
    yield f"configuration: {manifest.configuration}, sha256 {manifest.code[manifest.configuration]}"
    shown = ("repshift", "python", "snakemake", "torch", "numpy", "matplotlib")
    yield "versions: " + ", ".join(f"{name} {manifest.versions[name]}" for name in shown if name in manifest.versions)
    yield "made from:"
    seen: set[str] = set()
    for name in made.inputs:
        yield from _branch(name, manifest, depth=1, seen=seen)
    yield "all of which begins with:"
    for name in sorted(seen):
        if not _inputs_of(name, manifest):
            yield f"{_INDENT}{_words(name, manifest)}"


def _branch(path: str, manifest: Manifest, *, depth: int, seen: set[str]) -> Iterator[str]:
    """Yield a line for a file and those below it, which a file that stands above already does not repeat."""
    inputs = _inputs_of(path, manifest)
    again = path in seen
    yield f"{_INDENT * depth}{path}, as above" if again else f"{_INDENT * depth}{_words(path, manifest)}"
    seen.add(path)
    for name in () if again else inputs:
        yield from _branch(name, manifest, depth=depth + 1, seen=seen)


def _inputs_of(path: str, manifest: Manifest) -> tuple[str, ...]:
    return manifest.results[path].inputs if path in manifest.results else ()


def _words(path: str, manifest: Manifest) -> str:
    if path not in manifest.results:
        return f"{path}: sha256 {manifest.checksums()[path]}"
    made = manifest.results[path]
    return f"{path}: rule {made.rule}, {_checksum(made)}"


def _checksum(made: ResultRecord) -> str:
    return _NOT_KEPT if made.sha256 is None else f"sha256 {made.sha256}"
