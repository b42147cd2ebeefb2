"""Formulas of pages, for the site: a hook of mkdocs. Browsers draw MathML themselves, so no script is needed."""

import re
from typing import Any, Final

_FORMULA: Final = re.compile(r"(?ms)^\$\$\n(.*?)\n\$\$$")


def with_formulas(text: str) -> str:
    """Return a page whose displayed formulas, between lines of two dollars, are MathML."""
    from latex2mathml.converter import convert  # of .venv-site alone

    return _FORMULA.sub(lambda found: convert(" ".join(found[1].split()), display="block"), text)


def on_page_markdown(markdown: str, **_: Any) -> str:  # noqa: ANN401 - of mkdocs
    """Draw the formulas of a page."""
    return with_formulas(markdown)
