"""Pages that a browser shows by themselves: tables and text, no script, nothing to fetch."""

import re
from collections.abc import Sequence
from html import escape
from typing import Final

import pandas as pd

MOST_ROWS: Final = 1500
"""Rows of a table that a page shows: a browser refuses pages of 2 MB inside another."""

_STYLE: Final = """
body { font: 14px/1.45 system-ui, sans-serif; color: #1e293b; margin: 1.5rem; }
h1 { font-size: 1.25rem; } h2 { font-size: 1.05rem; margin-top: 1.75rem; } p, li { max-width: 60rem; }
li { margin: 0.3rem 0; }
table { border-collapse: collapse; font-size: 12px; }
th { position: sticky; top: 0; background: #f1f5f9; text-align: left; vertical-align: bottom; }
th, td { padding: 2px 8px; border-bottom: 1px solid #e2e8f0; white-space: nowrap; }
tbody tr:hover { background: #f8fafc; }
td:not(:first-child) { font-variant-numeric: tabular-nums; }
pre { background: #f8fafc; padding: 1rem; overflow-x: auto; font-size: 12px; }
"""


def page(title: str, parts: Sequence[str]) -> str:
    """Return a page with a title and parts of HTML."""
    head = f'<meta charset="utf-8"><title>{escape(title)}</title><style>{_STYLE}</style>'
    body = "\n".join([f"<h1>{escape(title)}</h1>", *parts])
    return f'<!doctype html>\n<html lang="en"><head>{head}</head>\n<body>\n{body}\n</body></html>\n'


def paragraph(text: str) -> str:
    """Return a paragraph."""
    return f"<p>{escape(text)}</p>"


def heading(text: str) -> str:
    """Return the heading of a part."""
    return f"<h2>{escape(text)}</h2>"


def verbatim(text: str) -> str:
    """Return text as it is, line by line."""
    return f"<pre>{escape(text)}</pre>"


def table(rows: pd.DataFrame) -> str:
    """Return a table, numbers with four digits; of a long one the first rows, and that there are more.

    Examples
    --------
    >>> print(table(pd.DataFrame({"r2": [0.123456]})).splitlines()[-4].strip())
    <td>0.1235</td>
    """
    shown = rows.head(MOST_ROWS).to_html(index=False, border=0, na_rep="", float_format="{:.4g}".format, max_cols=None)
    if len(rows) <= MOST_ROWS:
        return shown
    return paragraph(f"The first {MOST_ROWS} of {len(rows)} rows; the CSV file holds all.") + "\n" + shown


def from_text(text: str) -> list[str]:
    r"""Return titles, lists and paragraphs of reStructuredText, as the modules of wording write it, as parts of a page.

    Examples
    --------
    >>> from_text("Title\n-----\n\n- **R²** of T\\_ < 0\n")
    ['<h2>Title</h2>', '<ul>\n<li><strong>R²</strong> of T_ &lt; 0</li>\n</ul>']
    """
    return [_block(block.splitlines()) for block in text.strip().split("\n\n")]


def _block(lines: Sequence[str]) -> str:
    """Return a title, a list or a paragraph."""
    if len(lines) == 2 and not lines[1].strip("-"):
        return f"<h2>{_marked(lines[0])}</h2>"
    if lines[0].startswith("- "):
        return "\n".join(["<ul>", *(f"<li>{_marked(line.removeprefix('- '))}</li>" for line in lines), "</ul>"])
    return f"<p>{_marked(' '.join(lines))}</p>"


def _marked(text: str) -> str:
    """Return a sentence with what is strong, its characters unescaped for one markup and escaped for the other."""
    parts, is_strong = [], False
    for token in re.findall(r"\\.|\*\*|[^\\*]+|.", text):
        if token == "**":
            is_strong = not is_strong
            parts.append("<strong>" if is_strong else "</strong>")
        else:
            parts.append(escape(token[1:] if len(token) > 1 and token[0] == "\\" else token, quote=False))
    return "".join(parts)
