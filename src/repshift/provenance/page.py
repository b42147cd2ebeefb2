"""The page of an archive that says what it is: ``ARCHIVE.md``."""

from collections import Counter
from collections.abc import Collection
from pathlib import PurePath
from typing import Final

from repshift.provenance.contents import ACTIVATIONS, FIGURES, place_of
from repshift.storage.manifests import Manifest

_PAGE: Final = """# An archive of results

The results of one configuration of repshift {repshift}, and all that its figures are drawn from. With Python 3.11 and
make, in this directory,

```bash
make figures                           # sets up .venv and draws the figures again
sha256sum --check --quiet SHA256SUMS   # says whether every file is what it was
```

`make figures` reads nothing but what is here. At the end it says whether the {figures} files of figures are those
archived, byte for byte. If a result was changed, it draws nothing and names it. If the code, the configuration or a
version was changed, figures may differ, and it names both. Unpack the archive again to have the first ones back.

| file | holds |
|---|---|
| `{configuration}` | the configuration that ran, as it was{renamed} |
| `requirements.lock`, `envs/` | the exact version of every package |
| `Snakefile`, `workflow/`, `src/`, `profiles/` | the code that ran |
| `results/` | {results} results: figures, tables, Gram matrices, statistics, predictions |
| `results/manifest.json` | of every result, also of those not here: checksum, rule, settings, what it was made from |
| `SHA256SUMS` | the checksum of every file here |

{left_out}

Where a result comes from, down to the weights and the maps:

```bash
PYTHONPATH=src .venv/bin/python -m repshift provenance show {example}
```

To run everything again instead, delete this page, `.venv` and `results/`: then `make figures` is the whole workflow, of
the configuration above.{missing} `README.md` explains it.
"""


def page_of(manifest: Manifest, held: Collection[str]) -> str:
    """Return the page of an archive of a run that holds the files `held`."""
    gone = sorted(path for path in (*manifest.results, *manifest.sources) if path not in held)
    figures = sorted(path for path in held if path.startswith(FIGURES))
    configuration = place_of(manifest.configuration, manifest)
    name = PurePath(manifest.configuration).name
    renamed = "" if name == PurePath(configuration).name else f" (then `{name}`)"
    sources = [PurePath(path).name for path in manifest.sources if path not in held]
    return _PAGE.format(
        repshift=manifest.versions["repshift"],
        figures=len(figures),
        configuration=configuration,
        renamed=renamed,
        results=len([path for path in manifest.results if path in held]),
        left_out=_left_out(gone),
        example=next((path for path in figures if path.endswith("figure1.png")), next(iter(manifest.results))),
        missing=f" It needs files that are not here: {', '.join(map(_code, sources))}." if sources else "",
    )


def _left_out(paths: list[str]) -> str:
    """Return in words what an archive does not hold."""
    counts = Counter(map(_kind_of, paths))
    said = ", ".join(f"{count} of {kind}" for kind, count in sorted(counts.items()))
    return f"Files that are not here: {said}." if said else "Nothing is left out."


def _kind_of(path: str) -> str:
    kinds = {".npy": "maps", ".fits": "maps", ".pt": "weights"}
    return "activations" if path.startswith(ACTIVATIONS) else kinds.get(PurePath(path).suffix, "other sources")


def _code(name: str) -> str:
    return f"`{name}`"
