"""Run examples/notebook.ipynb and write it with its figures as a page: ``make notebook``.

The code of each cell runs in one namespace, as in a kernel; what it prints, and the value of its last line, follow it.
"""

import ast
import io
import json
import sys
from collections.abc import Iterator
from contextlib import redirect_stdout
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parents[1]
NOTEBOOK = ROOT / "examples/notebook.ipynb"
PAGE = ROOT / "docs/notebook_example.md"
FIGURES = PAGE.parent / "images"


def cells() -> Iterator[tuple[str, str]]:
    """Yield the kind, ``code`` or ``markdown``, and the text of each cell."""
    for cell in json.loads(NOTEBOOK.read_text())["cells"]:
        yield cell["cell_type"], "".join(cell["source"])


def execute(code: str, names: dict[str, Any]) -> tuple[str, Any]:
    """Run the code of a cell; return what it printed, and the value of its last line where that is an expression."""
    *body, last = ast.parse(code).body
    if not isinstance(last, ast.Expr):
        body, last = [*body, last], None
    printed = io.StringIO()
    with redirect_stdout(printed):
        exec(compile(ast.Module(body, []), str(NOTEBOOK), "exec"), names)
        value = None if last is None else eval(compile(ast.Expression(last.value), str(NOTEBOOK), "eval"), names)
    return printed.getvalue(), value


def render() -> tuple[str, list[bytes]]:
    """Return the notebook as Markdown, and its figures."""
    names: dict[str, Any] = {"__name__": "__main__"}
    parts, figures = ["<!-- Written by `make notebook` from examples/notebook.ipynb. -->"], []
    for kind, text in cells():
        if kind == "markdown":
            parts.append(text)
            continue
        parts.append(f"```python\n{text}\n```")
        printed, value = execute(text, names)
        if hasattr(value, "_repr_png_"):
            figures.append(value._repr_png_())
            parts.append(f"![Figure {len(figures)}]({FIGURES.name}/{PAGE.stem}_{len(figures)}.png)")
        elif printed or value is not None:
            shown = printed.rstrip() if value is None else f"{printed}{value!r}"
            parts.append(f"```text\n{shown}\n```")
    return "\n\n".join(parts) + "\n", figures


def main() -> None:
    """Write the page and its figures."""
    page, figures = render()
    PAGE.write_text(page)
    for number, figure in enumerate(figures, start=1):
        (FIGURES / f"{PAGE.stem}_{number}.png").write_bytes(figure)
    sys.stdout.write(f"{PAGE.relative_to(ROOT)}, {len(figures)} figures\n")


if __name__ == "__main__":
    main()
