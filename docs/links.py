"""Links of pages that leave docs/, for the site: a hook of mkdocs.

A page of docs/ lies at the root of the site, a file outside docs/ where it lies in the repository. What pages link is
taken in, so that every link that works in the repository works on the site.
"""

import posixpath
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final

ROOT: Final = Path(__file__).parents[1]
_DOCS: Final = "docs/"
_FIRST: Final = "README.md"
"""The page of the site that no other need link."""

_CODE: Final = re.compile(r"(?ms)(^ *```.*?^ *```$|`[^`\n]*`)")
_LINK: Final = re.compile(r"(?<=\]\()(?!https?:|mailto:|#)([^)\s#]+)")


def links(text: str) -> list[str]:
    """Return where a page links in the repository, as it writes it; code holds no links."""
    return [link for part in _CODE.split(text)[::2] for link in _LINK.findall(part)]


def target(link: str, page: str) -> str:
    """Return the path in the repository that a link of a page leads to.

    Examples
    --------
    >>> target("../config/README.md", "docs/own.md")
    'config/README.md'
    """
    return posixpath.normpath(posixpath.join(posixpath.dirname(page), link))


def place(path: str) -> str:
    """Return where a file of the repository lies in the site.

    Examples
    --------
    >>> place("docs/own.md"), place("config/README.md")
    ('own.md', 'config/README.md')
    """
    return path.removeprefix(_DOCS)


def rewritten(text: str, page: str) -> str:
    """Return a page whose links lead to where their targets lie in the site.

    Examples
    --------
    >>> rewritten("[keys](../config/README.md#axes)", "docs/own.md")
    '[keys](config/README.md#axes)'
    """
    folder = posixpath.dirname(place(page)) or "."
    parts = _CODE.split(text)
    parts[::2] = [
        _LINK.sub(lambda found: posixpath.relpath(place(target(found[1], page)), folder), part) for part in parts[::2]
    ]
    return "".join(parts)


def linked(root: Path = ROOT) -> Iterator[str]:
    """Yield the files outside docs/ that pages of the site link, and the first page."""
    waiting = [_FIRST, *(f"{_DOCS}{path.name}" for path in sorted((root / "docs").glob("*.md")))]
    seen = set(waiting)
    while waiting:
        page = waiting.pop(0)
        if not page.startswith(_DOCS):
            yield page
        if page.endswith(".md"):
            found = {target(link, page) for link in links((root / page).read_text(encoding="utf-8"))}
            waiting += sorted(path for path in found - seen if (root / path).is_file())
            seen |= found


def on_files(files: Any, config: Any) -> Any:  # noqa: ANN401 - of mkdocs, which tests do without
    """Take in the files outside docs/."""
    from mkdocs.structure.files import File  # of .venv-site alone

    for path in linked():
        files.append(File.generated(config, path, abs_src_path=str(ROOT / path)))
    return files


def on_page_markdown(markdown: str, *, page: Any, **_: Any) -> str:  # noqa: ANN401 - of mkdocs
    """Rewrite the links of a page."""
    uri = page.file.src_uri
    return rewritten(markdown, f"{_DOCS}{uri}" if (ROOT / _DOCS / uri).exists() else uri)
