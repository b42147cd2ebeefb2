"""Pages that a browser shows by themselves: tables and text, no script, nothing to fetch."""

from collections.abc import Sequence
from html import escape
from typing import Final

import pandas as pd

MOST_ROWS: Final = 1500
"""Rows of a table that a page shows: a browser refuses pages of 2 MB inside another."""

_STYLE: Final = """
body { font: 14px/1.45 system-ui, sans-serif; color: #1e293b; margin: 1.5rem; }
h1 { font-size: 1.25rem; } h2 { font-size: 1.05rem; margin-top: 1.75rem; } p { max-width: 48rem; }
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
