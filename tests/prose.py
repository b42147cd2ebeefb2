"""Sentences of a page in Markdown, and how many words they have. No test."""

import re

_NO_PROSE = re.compile(
    r"```.*?```|<!--.*?-->|\$\$.*?\$\$"  # code, comments, formulas
    r"|^(?:\||#).*?$|^ {4,}(?![-*] |\d+\. ).*?$",  # rows of tables, headings, indented code
    re.DOTALL | re.MULTILINE,
)
_BREAK = re.compile(r"\n\s*\n|\n\s*(?=(?:[-*]|\d+\.) )")
"""Between paragraphs, and before the item of a list."""

_END = re.compile(r"(?<=[.?!])(?<!\bal\.)(?<!\be\.g\.)(?<!\bi\.e\.)[)*_\"]*\s+")
"""What ends a sentence, and no abbreviation."""


def sentences(page):
    """Return the sentences of a page (str), each on one line; code is one word, a link its text."""
    text = re.sub(r"`[^`]*`", "CODE", _NO_PROSE.sub("", page))
    text = re.sub(r"!?\[([^\]]*)\]\([^)]*\)", r"\1", text)
    parts = [re.sub(r"^(?:[-*]|\d+\.) ", "", " ".join(part.split())) for part in _BREAK.split("\n" + text)]
    found = [one for part in parts for one in _END.split(part)]
    return [one for one in found if words(one)]


def words(sentence):
    """Return how many words a sentence has: what holds a letter or a digit between spaces."""
    return sum(bool(re.search(r"\w", word)) for word in sentence.split())
